//! What `rename`, `pick` and `omit` make of a schema. What is on the way to a change is written out.

use serde_json::{Map, Value};

use super::super::Contract;
use super::super::schema::{Kinds, Schema};
use super::or_null;
use transform::{Path, Reshape, Step};

/// What holds for an object or a list as a whole, and may no longer hold when fields of it have gone or have other names.
const WHOLE: [&str; 14] = [
    "minProperties",
    "maxProperties",
    "propertyNames",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "uniqueItems",
    "const",
    "enum",
    "not",
    "if",
    "then",
    "else",
];

pub(super) fn reshaped(contract: &Contract, schema: &Value, reshape: &Reshape) -> Value {
    let mut schema = schema.clone();
    if let Some(picked) = reshape.pick() {
        schema = picked_from(contract, &schema, &picked.iter().map(Path::steps).collect::<Vec<_>>());
    }
    for path in reshape.omit() {
        schema = at_parent(contract, schema, path, without);
    }
    for (parent, names) in by_parent(reshape.rename()) {
        schema = at(contract, schema, parent, &|object| renamed(object, &names));
    }
    schema
}

/// The steps to an object, and its fields that get other names.
type Renamed<'r> = (&'r [Step], Vec<(&'r str, &'r str)>);

/// New names by the object that they are in, the deepest first: every path is one of the document before any has changed.
fn by_parent(renames: &[(Path, String)]) -> Vec<Renamed<'_>> {
    let mut grouped: Vec<Renamed<'_>> = Vec::new();
    for (path, to) in renames {
        let Some((Step::Field(name), parent)) = path.steps().split_last() else { continue };
        match grouped.iter_mut().find(|(known, _)| *known == parent) {
            Some((_, names)) => names.push((name, to)),
            None => grouped.push((parent, vec![(name, to)])),
        }
    }
    grouped.sort_by_key(|(parent, _)| std::cmp::Reverse(parent.len()));
    grouped
}

/// Only the picked fields, each with everything below it. What a path cannot lead through becomes null.
fn picked_from(contract: &Contract, schema: &Value, paths: &[&[Step]]) -> Value {
    if paths.iter().any(|path| path.is_empty()) {
        return schema.clone();
    }
    let led_through = if paths.iter().any(|path| path.first() == Some(&Step::Each)) {
        Kinds::ARRAY.with(Kinds::NULL)
    } else {
        Kinds::OBJECT.with(Kinds::NULL)
    };
    let kinds = Schema::new(contract, schema).kinds();
    let mut schema = inlined(contract, schema);
    each_branch(contract, &mut schema, &mut |object| {
        if let Some(items) = object.get_mut("items") {
            let below: Vec<&[Step]> = paths.iter().filter_map(|path| path.strip_prefix(&[Step::Each])).collect();
            *items = picked_from(contract, items, &below);
        }
        let names: Vec<String> = properties(object).map(|found| found.keys().cloned().collect()).unwrap_or_default();
        for name in names {
            let starts = |path: &&[Step]| matches!(path.first(), Some(Step::Field(first)) if **first == *name);
            let below: Vec<&[Step]> = paths.iter().copied().filter(starts).map(|path| &path[1..]).collect();
            if below.is_empty() {
                without(object, &name);
            } else if let Some(field) = properties(object).and_then(|found| found.get_mut(&name)) {
                *field = picked_from(contract, field, &below);
            }
        }
    });
    if kinds.within(led_through) { schema } else { or_null(schema, kinds) }
}

/// The schema with `change` made to the objects that have the last field of `path`.
pub(crate) fn at_parent(
    contract: &Contract,
    schema: Value,
    path: &Path,
    change: impl Fn(&mut Map<String, Value>, &str),
) -> Value {
    match path.steps().split_last() {
        Some((Step::Field(name), parent)) => at(contract, schema, parent, &|object| change(object, name)),
        _ => schema,
    }
}

/// The schema with `change` made to the objects at `steps`.
fn at(contract: &Contract, schema: Value, steps: &[Step], change: &dyn Fn(&mut Map<String, Value>)) -> Value {
    let mut schema = inlined(contract, &schema);
    each_branch(contract, &mut schema, &mut |object| {
        let Some((step, rest)) = steps.split_first() else { return change(object) };
        let next = match step {
            Step::Field(name) => properties(object).and_then(|found| found.get_mut(&**name)),
            Step::Each => object.get_mut("items"),
        };
        if let Some(next) = next {
            *next = at(contract, next.take(), rest, change);
        }
    });
    schema
}

/// Calls `change` for the schema itself and for each alternative of it that is no null.
fn each_branch(contract: &Contract, schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    let Value::Object(object) = schema else { return };
    let mut alternatives = 0;
    for key in ["oneOf", "anyOf"] {
        let Some(Value::Array(branches)) = object.get_mut(key) else { continue };
        for branch in branches.iter_mut().filter(|branch| branch.get("type").is_none_or(|kind| kind != "null")) {
            *branch = inlined(contract, branch);
            each_branch(contract, branch, change);
            alternatives += 1;
        }
    }
    if alternatives > 1
        && let Some(one) = object.shift_remove("oneOf")
        && !object.contains_key("anyOf")
    {
        // What told them apart may be gone, so that several of them fit.
        object.insert("anyOf".to_owned(), one);
    }
    if alternatives == 0 || ["properties", "items", "required"].iter().any(|key| object.contains_key(*key)) {
        change(object);
    }
    WHOLE.iter().for_each(|key| drop(object.shift_remove(*key)));
}

/// The schema itself in the place of a reference, and one object in the place of `allOf`.
fn inlined(contract: &Contract, schema: &Value) -> Value {
    let mut schema = contract.resolved(schema).clone();
    let Value::Object(object) = &mut schema else { return schema };
    let Some(Value::Array(all)) = object.shift_remove("allOf") else { return schema };
    for part in all {
        let Value::Object(part) = inlined(contract, &part) else { continue };
        for (key, value) in part {
            match (object.get_mut(&key), value) {
                (Some(Value::Object(known)), Value::Object(more)) if key == "properties" => known.extend(more),
                (Some(Value::Array(known)), Value::Array(more)) if key == "required" => known.extend(more),
                (Some(_), _) => {}
                (None, value) => drop(object.insert(key, value)),
            }
        }
    }
    schema
}

fn properties(object: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    object.get_mut("properties").and_then(Value::as_object_mut)
}

fn without(object: &mut Map<String, Value>, name: &str) {
    properties(object).map(|found| found.shift_remove(name));
    if let Some(Value::Array(required)) = object.get_mut("required") {
        required.retain(|one| one != name);
    }
}

/// All new names of one object at once: two fields may have changed theirs.
fn renamed(object: &mut Map<String, Value>, names: &[(&str, &str)]) {
    let new = |name: &str| names.iter().find(|(from, _)| *from == name).map(|(_, to)| (*to).to_owned());
    if let Some(found) = properties(object) {
        *found = std::mem::take(found).into_iter().map(|(key, value)| (new(&key).unwrap_or(key), value)).collect();
    }
    for one in object.get_mut("required").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(to) = one.as_str().and_then(new) {
            *one = Value::String(to);
        }
    }
}
