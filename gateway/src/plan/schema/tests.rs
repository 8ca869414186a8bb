use serde_json::json;

use super::*;

/// A contract with these components, and what one of them is.
fn contract(schemas: &Value) -> Contract {
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}, "components": {"schemas": schemas},
    });
    Contract::parse(document).unwrap()
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn kinds_of(schema: &Value) -> String {
    let contract = contract(&json!({"Id": {"type": "integer"}, "Name": {"type": ["string", "null"]}}));
    Schema::new(&contract, schema).kinds().to_string()
}

#[test]
fn kinds_are_those_of_all_that_applies() {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let nothing = json!({"type": "null"});
    for (schema, expected) in [
        (json!({}), "anything"),
        (Value::Null, "anything"),
        (json!({"type": "integer"}), "integer"),
        (json!({"type": ["string", "null"]}), "null or string"),
        (reference("Id"), "integer"),
        (reference("Nobody"), "anything"),
        (json!({"oneOf": [reference("Id"), nothing]}), "null or integer"),
        (json!({"anyOf": [reference("Id"), reference("Name")]}), "null or integer or string"),
        (json!({"allOf": [reference("Id"), {"minimum": 3}]}), "integer"),
        (json!({"allOf": [{"type": ["integer", "null"]}, {"type": ["number", "string"]}]}), "integer"),
        (json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}), "object"),
        (json!({"properties": {}}), "object"),
        (json!({"items": {}}), "array"),
        (json!({"enum": ["a", "b", 1, null]}), "null or integer or string"),
        (json!({"const": 1.5}), "number"),
    ] {
        assert_eq!(kinds_of(&schema), expected, "{schema}");
    }
}

#[test]
fn a_whole_number_is_a_number_and_what_both_allow_is_known() {
    assert!(Kinds::INTEGER.meets(Kinds::NUMBER) && Kinds::NUMBER.meets(Kinds::INTEGER));
    assert!(!Kinds::STRING.meets(Kinds::SCALAR.without(Kinds::STRING)));
    assert_eq!(Kinds::NUMBER.and(Kinds::INTEGER), Kinds::INTEGER);
    assert!(Kinds::KEY.within(Kinds::SCALAR) && !Kinds::SCALAR.within(Kinds::KEY));
}

/// What there is at a path: the kinds, `open`, or what is missing where.
fn at(contract: &Contract, name: &str, text: &str) -> String {
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    match Schema::new(contract, &reference).at(&path(text)) {
        Found::Known(found) => found.kinds().to_string(),
        Found::Open => "open".to_owned(),
        Found::Nothing(missing) => format!("{:?} after {} of {}", missing.step, missing.at, missing.names.join(",")),
    }
}

#[test]
fn a_path_leads_through_references_lists_and_alternatives() {
    let contract = contract(&json!({
        "Page": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}}},
        "Node": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"next": {"oneOf": [
            {"$ref": "#/components/schemas/Node"}, {"type": "null"}]}}}]},
        "Base": {"type": "object", "properties": {"id": {"type": "integer"}, "size": {"type": "number"}}},
        "Either": {"oneOf": [
            {"type": "object", "properties": {"id": {"type": "integer"}, "own": {"type": "string"}}},
            {"type": "object", "properties": {"id": {"type": "string"}}},
            {"type": "null"}]},
        "Loose": {"oneOf": [{"type": "object", "properties": {"id": {"type": "integer"}}}, {"type": "object"}]},
    }));
    for (name, text, expected) in [
        ("Page", "items[].id", "integer"),
        ("Page", "items[].next.next.next.id", "integer"),
        ("Page", "items[].next.nxt", "Field(\"nxt\") after .items[].next of id,size,next"),
        ("Page", "items.id", "Field(\"id\") after .items of "),
        ("Page", "items[].id[]", "Each after .items[].id of "),
        ("Page", ".[]", "Each after . of items"),
        ("Either", "id", "integer or string"),
        ("Either", "own", "string"),
        ("Either", "other", "Field(\"other\") after . of id,own"),
        ("Loose", "id", "open"),
        ("Loose", "other", "open"),
    ] {
        assert_eq!(at(&contract, name, text), expected, "{name} {text}");
    }
}

#[test]
fn what_a_schema_leaves_open_is_not_denied() {
    let contract = contract(&json!({
        "Any": {}, "Object": {"type": "object"},
        "More": {"type": "object", "properties": {"id": {"type": "integer"}}, "additionalProperties": true},
        "Map": {"type": "object", "additionalProperties": {"type": "number"}},
        "Closed": {"type": "object", "properties": {"id": {}}, "additionalProperties": false},
        "Pattern": {"type": "object", "properties": {"id": {}}, "patternProperties": {"^x-": {}}},
        "Part": {"allOf": [{"properties": {"id": {"type": "integer"}}}, {"description": "More of it."}]},
        "List": {"type": "array"}, "Pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    }));
    for (name, text, expected) in [
        ("Any", "a", "open"),
        ("Object", "a", "open"),
        ("More", "id", "integer"),
        ("More", "a", "open"),
        ("Map", "a", "number"),
        ("Map", "[]", "open"),
        ("Closed", "a", "Field(\"a\") after . of id"),
        ("Closed", "id", "anything"),
        ("Pattern", "x-a", "open"),
        ("Part", "id", "integer"),
        ("Part", "a", "Field(\"a\") after . of id"),
        ("List", "[]", "open"),
        ("Pair", "[]", "open"),
    ] {
        let text = if text.contains('-') { ".\"x-a\"" } else { text };
        assert_eq!(at(&contract, name, text), expected, "{name} {text}");
    }
}

#[test]
fn a_field_is_required_only_if_every_object_has_it() {
    let contract = contract(&json!({"Base": {"type": "object", "required": ["id"], "properties": {"id": {}}}}));
    let base = json!({"$ref": "#/components/schemas/Base"});
    let other = json!({"type": "object", "required": ["a"], "properties": {"a": {}}});
    for (schema, expected) in [
        (base.clone(), true),
        (json!({"allOf": [base, other]}), true),
        (json!({"oneOf": [base, {"type": "null"}]}), true),
        (json!({"oneOf": [base, other]}), false),
        (json!({"anyOf": [base, base]}), true),
        (json!({"type": "object", "properties": {"id": {}}}), false),
        (json!({"type": "null"}), false),
        (json!({}), false),
    ] {
        assert_eq!(Schema::new(&contract, &schema).requires("id"), expected, "{schema}");
    }
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let contract = contract(&json!({
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "All": {"allOf": [{"$ref": "#/components/schemas/All"}, {"properties": {"a": {}}}]},
        "One": {"oneOf": [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/One"}]},
    }));
    assert_eq!(at(&contract, "Loop", "a.b[].c"), "open");
    assert_eq!(at(&contract, "One", "a"), "open");
    let all = json!({"$ref": "#/components/schemas/All"});
    assert_eq!(Schema::new(&contract, &all).names(), ["a"]);
    assert!(!Schema::new(&contract, &all).requires("a"));
}

#[test]
fn a_list_says_how_long_it_may_be_and_a_batch_has_items() {
    let contract = contract(&json!({"Ids": {"type": "array", "maxItems": 50, "items": {"type": "integer"}}}));
    let ids = json!({"$ref": "#/components/schemas/Ids"});
    assert_eq!(Schema::new(&contract, &ids).max_items(), Some(50));
    let batch = json!({"properties": {"items": ids}});
    let items = Schema::new(&contract, &batch).batch_items().unwrap();
    assert_eq!((items.kinds(), items.to_value()), (Kinds::INTEGER, json!({"type": "integer"})));
    assert!(Schema::new(&contract, &ids).batch_items().is_none());
    assert_eq!(Schema::new(&contract, &Value::Null).to_value(), json!({}));
}
