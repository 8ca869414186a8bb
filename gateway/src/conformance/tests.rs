//! What is wrong with an answer is found, named and placed; and an inspector that is too busy loses copies, not time.

#![allow(clippy::unwrap_used)]

mod drift;
mod inspecting;
mod judging;
mod part;

use serde_json::{Value, json};

use super::Rules;
use crate::plan::Contract;

fn rules(responses: &Value) -> Rules {
    let contract = contract(responses);
    Rules::compile(&contract, contract.operation("show_thing").unwrap()).unwrap()
}

/// A contract with the operation `show_thing`, and the schemas `Thing` and `Person`.
fn contract(responses: &Value) -> Contract {
    let thing = json!({
        "type": "object",
        "required": ["id", "owner"],
        "properties": {
            "id": { "type": "integer" },
            "owner": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Person" }] },
            "tags": { "type": "array", "items": { "type": ["string", "null"] }, "maxItems": 3 },
        },
    });
    let person = json!({ "type": "object", "required": ["a/b"], "properties": { "a/b": { "type": "string" } } });
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": "things", "version": "1" },
        "paths": { "/things/{id}": { "get": { "operationId": "show_thing", "responses": responses } } },
        "components": {
            "schemas": { "Thing": thing, "Person": person },
            "responses": { "Gone": { "content": { "application/problem+json": {} } } },
        },
    });
    Contract::parse(document).unwrap()
}

fn things() -> Value {
    let thing = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } });
    json!({
        "200": { "description": "It.", "content": thing },
        "204": { "description": "Nothing." },
        "404": { "$ref": "#/components/responses/Gone" },
    })
}
