//! A running contract against its pin.

use serde_json::{Value, json};

use super::super::drift::between;
use super::{contract, things};
use crate::plan::Contract;

/// What is told after one value of the running document was replaced, or one added.
fn told(pointer: &str, value: Value) -> Vec<String> {
    let pin = contract(&things());
    let mut running = pin.document.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    running.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key, value);
    between(&pin, &Contract::parse(running).unwrap())
}

const SHOW: &str = "/paths/~1things~1{id}/get";

#[test]
fn the_same_contract_has_not_drifted_and_neither_have_words() {
    assert_eq!(told("/info", json!({ "title": "other", "version": "2" })), [""; 0]);
    assert_eq!(told(&format!("{SHOW}/description"), json!("Shows it.")), [""; 0]);
    assert_eq!(told("/components/schemas/Thing/required", json!(["owner", "id"])), [""; 0]);
}

#[test]
fn operations_that_are_gone_new_or_moved_are_told() {
    let renamed = told(&format!("{SHOW}/operationId"), json!("exhibit_thing"));
    assert_eq!(
        renamed,
        [
            format!("`show_thing` is gone: the pin has it at {SHOW}."),
            format!("`exhibit_thing` is new: the pin has nothing like {SHOW}."),
        ]
    );
    let show = json!({ "get": { "operationId": "show_thing", "responses": things() } });
    assert_eq!(
        told("/paths", json!({ "/objects/{id}": show })),
        ["`show_thing` is GET /objects/{id} now, not GET /things/{id}."]
    );
}

#[test]
fn parameters_are_compared_by_place_and_name() {
    let limit = json!([{ "name": "limit", "in": "query", "schema": { "type": "integer" } }]);
    let new = told(&format!("{SHOW}/parameters"), limit.clone());
    assert_eq!(new, [format!("`show_thing`: the query parameter `limit` is new, at {SHOW}/parameters/0.")]);
    let mut with = contract(&things()).document;
    with["paths"]["/things/{id}"]["parameters"] = limit;
    let with = Contract::parse(with).unwrap();
    let at = "/paths/~1things~1{id}/parameters/0";
    let gone = between(&with, &contract(&things()));
    assert_eq!(gone, [format!("`show_thing`: the query parameter `limit` is gone: the pin has it at {at}.")]);
    let mut text = with.document.clone();
    text["paths"]["/things/{id}"]["parameters"][0]["schema"]["type"] = json!("string");
    let changed = between(&with, &Contract::parse(text).unwrap());
    let expected =
        format!("`show_thing`, the query parameter `limit`: {at}/schema/type is \"string\" now, not \"integer\".");
    assert_eq!(changed, [expected]);
}

#[test]
fn answers_and_schemas_that_changed_are_told_by_pointer() {
    assert_eq!(
        told(&format!("{SHOW}/responses/429"), json!({ "description": "Later." })),
        [format!("`show_thing`: {SHOW}/responses/429 is new.")]
    );
    assert_eq!(
        told("/components/schemas/Thing/properties/id/type", json!("string")).join(""),
        "the schema `Thing`: /components/schemas/Thing/properties/id/type is \"string\" now, not \"integer\"."
    );
    assert_eq!(
        told("/components/schemas/Thing/required", json!(["id", "owner", "description"])).join(""),
        "the schema `Thing`: /components/schemas/Thing/required is [\"id\",\"owner\",\"description\"] now, not [\"id\",\"owner\"]."
    );
    let named = told("/components/schemas/Thing/properties/description", json!({ "type": "string" }));
    assert_eq!(named, ["the schema `Thing`: /components/schemas/Thing/properties/description is new."]);
    assert_eq!(told("/components/schemas", json!({})).len(), 2, "both schemas are gone");
    assert_eq!(told("/components/schemas/More", json!({})), ["the schema `More` is new."]);
}

#[test]
fn another_contract_altogether_is_cut_short() {
    let answers: serde_json::Map<_, _> = (400..430).map(|status| (status.to_string(), json!({}))).collect();
    let told = told(&format!("{SHOW}/responses"), Value::Object(answers));
    assert_eq!((told.len(), told[20].as_str()), (21, "… and 12 more."));
}
