//! A request body with the public names of its form's fields.
//!
//! The schema is copied to the operation, because the component that it comes from describes other routes, too.

use serde_json::{Map, Value};

use super::operation::resolve;
use crate::form::{Renames, is_form};

/// How deep a schema is put together from others.
const DEPTH: usize = 8;

/// Renames the fields of the forms in a request body of the contract `document`.
pub(super) fn rename(body: &mut Value, renames: &Renames, document: &Value) {
    *body = resolve(document, body).clone();
    let content = body.get_mut("content").and_then(Value::as_object_mut);
    for (_, media_type) in content.into_iter().flatten().filter(|(name, _)| is_form(name)) {
        if let Some(schema) = media_type.get_mut("schema") {
            rename_schema(schema, renames, document, DEPTH);
        }
        for key in ["encoding", "example"] {
            rename_keys(media_type.get_mut(key), renames);
        }
        let examples = media_type.get_mut("examples").and_then(Value::as_object_mut);
        for (_, example) in examples.into_iter().flatten() {
            *example = resolve(document, example).clone();
            rename_keys(example.get_mut("value"), renames);
        }
    }
}

fn rename_schema(schema: &mut Value, renames: &Renames, document: &Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    inline(schema, document, depth);
    let Value::Object(map) = schema else { return };
    for key in ["properties", "example", "default", "dependentRequired"] {
        rename_keys(map.get_mut(key), renames);
    }
    rename_names(map.get_mut("required"), renames);
    let dependent = map.get_mut("dependentRequired").and_then(Value::as_object_mut);
    dependent.into_iter().flatten().for_each(|(_, names)| rename_names(Some(names), renames));
    let examples = map.get_mut("examples").and_then(Value::as_array_mut);
    examples.into_iter().flatten().for_each(|example| rename_keys(Some(example), renames));
    for combined in ["allOf", "anyOf", "oneOf"] {
        let schemas = map.get_mut(combined).and_then(Value::as_array_mut);
        schemas.into_iter().flatten().for_each(|schema| rename_schema(schema, renames, document, depth));
    }
}

/// Puts what a schema refers to in its place; what stands beside the reference wins.
fn inline(schema: &mut Value, document: &Value, depth: usize) {
    for _ in 0..depth {
        let Value::Object(map) = &*schema else { return };
        let mut beside = map.clone();
        if beside.shift_remove("$ref").is_none() {
            return;
        }
        let mut target = resolve(document, schema).clone();
        if let Value::Object(target) = &mut target {
            target.extend(beside);
        }
        *schema = target;
    }
}

/// Renames the keys of an object, which keep their order.
fn rename_keys(object: Option<&mut Value>, renames: &Renames) {
    if let Some(Value::Object(map)) = object {
        let renamed = std::mem::take(map).into_iter().map(|(key, value)| (renames.public_for(&key).to_owned(), value));
        *map = renamed.collect::<Map<_, _>>();
    }
}

/// Renames the texts of a list.
fn rename_names(list: Option<&mut Value>, renames: &Renames) {
    for name in list.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::String(text) = name {
            *text = renames.public_for(text).to_owned();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "components": {
                "requestBodies": {"Post": {"required": true, "content": {
                    "multipart/form-data": {
                        "schema": {"$ref": "#/components/schemas/Post"},
                        "encoding": {"image": {"contentType": "image/png"}, "text": {"contentType": "text/plain"}},
                        "example": {"text": "Hello", "image": "…"},
                    },
                    "application/json": {"schema": {"$ref": "#/components/schemas/Post"}},
                }}},
                "schemas": {
                    "Post": {
                        "type": "object", "required": ["image", "text"],
                        "properties": {"text": {"type": "string"}, "image": {"type": "string", "format": "binary"}},
                        "allOf": [{"$ref": "#/components/schemas/More"}],
                    },
                    "More": {"properties": {"text": {"maxLength": 9}}},
                },
            },
        })
    }

    fn renamed() -> Value {
        let mut body = json!({"$ref": "#/components/requestBodies/Post"});
        rename(&mut body, &[("caption", "text")].into_iter().collect(), &document());
        body
    }

    #[test]
    fn a_form_has_its_public_names_in_schema_encoding_and_example() {
        let form = &renamed()["content"]["multipart/form-data"];
        let schema = &form["schema"];
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["caption", "image"]);
        assert_eq!(schema["required"], json!(["image", "caption"]));
        assert_eq!(schema["allOf"], json!([{"properties": {"caption": {"maxLength": 9}}}]));
        assert_eq!(form["encoding"]["caption"], json!({"contentType": "text/plain"}));
        assert_eq!(form["example"], json!({"caption": "Hello", "image": "…"}));
    }

    #[test]
    fn what_is_no_form_keeps_its_names_and_its_component() {
        let json = &renamed()["content"]["application/json"];
        assert_eq!(json["schema"], json!({"$ref": "#/components/schemas/Post"}));
    }
}
