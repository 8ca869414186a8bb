//! Examples: those that the contracts give, put together like the answers; made of the schema where a contract gives none.

use serde_json::{Map, Value, json};

use super::Composed;
use crate::plan::{Place, schema_at};
use transform::Step;

/// How deep an example is made of a schema.
const DEPTH: usize = 8;

/// An example of the whole answer.
pub(super) fn composed(composed: &Composed<'_>) -> Value {
    let composition = composed.composition;
    let mut whole = match composition.main() {
        Some(_) => part(composed, 0),
        None => json!({}),
    };
    if let Value::Object(whole) = &mut whole {
        for (index, one) in composition.parts.iter().enumerate().filter(|(_, one)| one.place == Place::Member) {
            if one.choice.is_none() {
                whole.insert(one.name.clone(), part(composed, index));
            }
        }
    }
    whole
}

/// An example of a part with what is always joined to it; of one that is joined itself, of one item.
fn part(composed: &Composed<'_>, index: usize) -> Value {
    let part = &composed.composition.parts[index];
    let contract = &composed.plan.service(part.service).contract;
    let mut schema = part.schema.clone().unwrap_or(Value::Null);
    if let Place::Joined(join) = &part.place {
        schema = schema_at(contract, &schema, &join.added()).unwrap_or(Value::Null);
    }
    let own = contract.operation(&part.operation).and_then(|operation| contract.value_of(operation)).and_then(given);
    let shaped = own.and_then(|own| match &part.shape {
        None => Some(own),
        Some(shape) => serde_json::from_slice(&shape.apply(own.to_string().as_bytes(), b"\"\"").ok()?).ok(),
    });
    let mut example = match (shaped, &part.place) {
        (Some(example), Place::Joined(join)) => {
            let step = |here: &'_ Value, step: &Step| match step {
                Step::Field(name) => here.get(&**name).cloned(),
                Step::Each => None,
            };
            let first = example.pointer("/items/0").cloned();
            let taken = first.and_then(|first| join.take.steps().iter().try_fold(first, |here, one| step(&here, one)));
            taken.unwrap_or_else(|| of(&schema, &contract.document))
        }
        (Some(example), _) => example,
        (None, _) => of(&schema, &contract.document),
    };
    for (joined, join) in composed.composition.joined_to(index) {
        if composed.composition.parts[joined].choice == part.choice {
            let item = self::part(composed, joined);
            add(&mut example, join.key.steps(), &join.field, &item);
        }
    }
    example
}

/// The example of a contract's success.
fn given(operation: &Map<String, Value>) -> Option<Value> {
    let responses = operation.get("responses")?.as_object()?;
    let (_, success) = responses.iter().find(|(status, _)| status.starts_with('2'))?;
    let content = success.get("content")?.get("application/json")?;
    let named = || content.get("examples")?.as_object()?.values().next()?.get("value");
    content.get("example").or_else(named).cloned()
}

/// Adds a field beside each key.
fn add(example: &mut Value, steps: &[Step], field: &str, item: &Value) {
    match (steps.split_first(), example) {
        (Some((Step::Field(name), [])), Value::Object(object)) => {
            let known: Vec<(String, Value)> = std::mem::take(object).into_iter().collect();
            for (key, value) in known {
                let is_key = key == **name;
                object.insert(key, value);
                if is_key {
                    object.insert(field.to_owned(), item.clone());
                }
            }
        }
        (Some((Step::Field(name), rest)), Value::Object(object)) => {
            if let Some(next) = object.get_mut(&**name) {
                add(next, rest, field, item);
            }
        }
        (Some((Step::Each, rest)), Value::Array(items)) => {
            items.iter_mut().for_each(|next| add(next, rest, field, item))
        }
        _ => {}
    }
}

/// An example of a schema of this document.
pub(super) fn of(schema: &Value, document: &Value) -> Value {
    made(schema, document, DEPTH)
}

fn made(schema: &Value, document: &Value, depth: usize) -> Value {
    let schema = super::super::operation::resolve(document, schema);
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    for key in ["example", "default", "const"] {
        if let Some(value) = schema.get(key) {
            return value.clone();
        }
    }
    if let Some(first) = ["examples", "enum"].iter().find_map(|key| schema.get(key)?.as_array()?.first()) {
        return first.clone();
    }
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for one in all {
            if let Value::Object(more) = made(one, document, depth) {
                whole.extend(more);
            }
        }
        return Value::Object(whole);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(first) = schema.get(key).and_then(Value::as_array).and_then(|all| all.first()) {
            return made(first, document, depth);
        }
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.as_array()?.first()?.as_str()));
    match kind {
        Some("string") => "text".into(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some("boolean") => true.into(),
        Some("array") => schema.get("items").map_or_else(|| json!([]), |items| json!([made(items, document, depth)])),
        _ => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let made = properties.into_iter().flatten().map(|(name, one)| (name.clone(), made(one, document, depth)));
            Value::Object(made.collect())
        }
    }
}
