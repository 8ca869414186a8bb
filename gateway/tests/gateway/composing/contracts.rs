//! The contracts of the three services whose answers are put together: people, texts and a shop.

use serde_json::{Value, json};

pub(crate) fn people() -> Value {
    let person = json!({
        "type": "object", "required": ["id", "name", "team_id"],
        "properties": {
            "id": {"type": "integer", "example": 7}, "name": {"type": "string", "example": "Ada"},
            "team_id": {"type": ["integer", "null"], "example": 3}, "motto": {"type": "string"},
        },
    });
    let team = json!({
        "type": "object", "required": ["id", "label"],
        "properties": {"id": {"type": "integer", "example": 3}, "label": {"type": "string", "example": "Red"}},
    });
    document(
        "people",
        &json!({
            "/people/me": {"get": operation("show_me", &[], "Person")},
            "/people/{id}": {"get": or_not_found(operation("show_person", &[path("id", "integer")], "Person"))},
            "/by-name/{name}": {"get": operation("show_by_name", &[path("name", "string")], "Person")},
            "/internal/people": {"get": internal(operation("batch_people", &[ids("integer", 100)], "People"))},
            "/internal/names": {"get": internal(operation("batch_names", &[ids("string", 100)], "People"))},
            "/internal/teams": {"get": internal(operation("batch_teams", &[ids("integer", 50)], "Teams"))},
        }),
        &json!({"Person": person, "Team": team, "People": batch("Person"), "Teams": batch("Team")}),
    )
}

pub(crate) fn texts() -> Value {
    let text = json!({
        "type": "object", "required": ["id", "author_id", "title"],
        "properties": {
            "id": {"type": "integer", "example": 1}, "author_id": {"type": "integer", "example": 7},
            "title": {"type": "string", "example": "On engines"}, "rating": {"type": "number"},
        },
    });
    let page = json!({
        "type": "object", "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Text"}},
            "next_cursor": {"type": ["string", "null"], "example": null},
        },
    });
    let new = json!({
        "type": "object", "required": ["title"],
        "properties": {"title": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    });
    let count = json!({
        "type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "example": 12}},
    });
    let mut create = operation("create_text", &[], "Text");
    create["requestBody"] =
        json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewText"}}}});
    let made = create["responses"].as_object_mut().unwrap().shift_remove("200").unwrap();
    create["responses"]["201"] = made;
    document(
        "texts",
        &json!({
            "/texts": {"get": operation("list_texts", &[query("limit", "integer", false)], "TextPage"), "post": create},
            "/found": {"get": operation("find_texts", &[bounded("q", "maxLength", 10), query("cursor", "string", false)], "TextPage")},
            "/texts/{id}": {"get": operation("show_text", &[path("id", "integer")], "Text")},
            "/counts/{author_id}": {"get": operation("count_texts", &[path("author_id", "integer")], "Count")},
        }),
        &json!({"Text": text, "TextPage": page, "NewText": new, "Count": count}),
    )
}

pub(crate) fn shop() -> Value {
    let cart = json!({
        "type": "object", "required": ["items", "total"],
        "properties": {
            "items": {"type": "array", "items": {
                "type": "object", "required": ["buyer_id"], "properties": {"buyer_id": {"type": "integer", "example": 7}}}},
            "total": {"type": "integer", "example": 999},
        },
    });
    document(
        "shop",
        &json!({"/cart": {"get": operation("show_cart", &[query("status", "string", false)], "Cart")}}),
        &json!({"Cart": cart}),
    )
}

pub(crate) fn document(title: &str, paths: &Value, schemas: &Value) -> Value {
    json!({
        "openapi": "3.1.0", "info": {"title": title, "version": "1"},
        "tags": [{"name": title, "description": title}],
        "paths": paths, "components": {"schemas": schemas},
    })
}

pub(crate) fn operation(id: &str, parameters: &[Value], schema: &str) -> Value {
    json!({
        "operationId": id, "summary": id, "tags": ["Things"], "parameters": parameters,
        "responses": {"200": {"description": "An answer.", "content": {
            "application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}}},
    })
}

fn or_not_found(mut operation: Value) -> Value {
    let problem = json!({"application/problem+json": {"schema": {"type": "object"}}});
    operation["responses"]["404"] = json!({"description": "There is none.", "content": problem});
    operation
}

fn internal(mut operation: Value) -> Value {
    operation["x-internal"] = true.into();
    operation
}

fn path(name: &str, kind: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": kind}})
}

fn query(name: &str, kind: &str, required: bool) -> Value {
    json!({"name": name, "in": "query", "required": required, "schema": {"type": kind}})
}

/// A text with one more word on what it may be.
fn bounded(name: &str, word: &str, value: u64) -> Value {
    let mut parameter = query(name, "string", false);
    parameter["schema"][word] = value.into();
    parameter
}

fn ids(kind: &str, most: u32) -> Value {
    json!({
        "name": "ids", "in": "query", "required": true, "style": "form", "explode": false,
        "schema": {"type": "array", "items": {"type": kind}, "minItems": 1, "maxItems": most},
    })
}

fn batch(of: &str) -> Value {
    let items = json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{of}")}});
    json!({"type": "object", "required": ["items"], "properties": {"items": items}})
}
