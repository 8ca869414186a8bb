//! Schemas of answers that nobody wrote down: what a rename, a pick or a plain program makes of a schema, and what a schema
//! is with a field more. What is not touched stays a reference.

mod reshaped;

use serde_json::{Map, Value, json};

use super::Contract;
use super::composition::Shape;
use super::schema::{Found, Kinds, Schema};
pub(crate) use reshaped::at_parent;
use transform::{Form, Path, Step};

/// The schema of an answer after `shape`; none if that cannot be known.
pub(crate) fn shaped(contract: &Contract, schema: &Value, shape: &Shape) -> Option<Value> {
    match shape {
        Shape::Program(program) => formed(&Schema::new(contract, schema), program.form()?),
        Shape::Reshape(reshape) => Some(reshaped::reshaped(contract, schema, reshape)),
    }
}

/// The schema of what a plain program builds.
pub(crate) fn formed(schema: &Schema<'_>, form: &Form) -> Option<Value> {
    match form {
        Form::Path(path) => read(schema, path),
        Form::Literal(json) => {
            let value: Value = serde_json::from_slice(json).ok()?;
            Some(json!({ "const": value }))
        }
        Form::Object(members) => {
            let mut properties = Map::new();
            for (name, form) in members {
                properties.insert(name.to_string(), formed(schema, form)?);
            }
            let required: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
            Some(json!({ "type": "object", "required": required, "properties": properties }))
        }
        Form::Map(path, inner) => {
            let Found::Known(list) = schema.at(path) else { return None };
            let Found::Known(item) = list.items() else { return None };
            Some(json!({ "type": "array", "items": formed(&item, inner)? }))
        }
    }
}

/// The schema at a path, which is nullable where a program would find nothing.
fn read(schema: &Schema<'_>, path: &Path) -> Option<Value> {
    let (mut here, mut nullable) = (schema.clone(), false);
    for step in path.steps() {
        let Step::Field(name) = step else { return None };
        nullable |= here.kinds().has(Kinds::NULL) || !here.requires(name);
        let Found::Known(next) = here.field(name) else { return None };
        here = next;
    }
    let value = here.to_value();
    Some(if nullable { or_null(value, here.kinds()) } else { value })
}

/// The schema, or null; one that says little of kinds may allow that itself.
pub(crate) fn or_null(schema: Value, kinds: Kinds) -> Value {
    if kinds.has(Kinds::NULL) { schema } else { json!({ "anyOf": [schema, { "type": "null" }] }) }
}

/// Adds a field to an object's schema, next to the field `beside`: where that is required the new one is, too, if it may be.
pub(crate) fn add_beside(object: &mut Map<String, Value>, beside: &str, name: &str, schema: Value, may: bool) {
    if let Value::Object(found) = object.entry("properties").or_insert_with(|| json!({})) {
        let known: Vec<(String, Value)> = std::mem::take(found).into_iter().collect();
        for (key, value) in known {
            let is_beside = key == beside;
            found.insert(key, value);
            if is_beside {
                found.insert(name.to_owned(), schema.clone());
            }
        }
    }
    if let Some(Value::Array(all)) = object.get_mut("required")
        && may
        && all.iter().any(|one| one == beside)
    {
        all.push(name.into());
    }
}

/// The schema at a path of fields and lists, as it stands in the contract.
pub(crate) fn schema_at(contract: &Contract, schema: &Value, path: &Path) -> Option<Value> {
    match Schema::new(contract, schema).at(path) {
        Found::Known(found) => Some(found.to_value()),
        Found::Open | Found::Nothing(_) => None,
    }
}

#[cfg(test)]
mod tests;
