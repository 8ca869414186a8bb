//! One schema among those that apply together or instead of each other.

use serde_json::Value;

use super::super::Contract;
use super::Kinds;

/// What is found of a field or an item, and what may be there besides.
#[derive(Debug)]
pub(super) struct Look<'c> {
    pub(super) found: Vec<&'c Value>,
    pub(super) rest: Rest,
}

/// What a schema says of that which it does not describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is not there.
    Closed,
    /// Nothing: it speaks of something else.
    Unsaid,
    /// It may be there.
    Open,
}

impl<'c> Look<'c> {
    /// What one schema itself says of a field. One that names its fields and says nothing of others has no others: that is
    /// what the contracts of the services mean.
    pub(super) fn field(schema: &'c Value, name: &str) -> Self {
        if let Some((_, value)) = properties(schema).find(|(known, _)| *known == name) {
            return Self { found: vec![value], rest: Rest::Closed };
        }
        let rest = match schema.get("additionalProperties") {
            Some(value @ Value::Object(_)) => return Self { found: vec![value], rest: Rest::Closed },
            Some(Value::Bool(false)) => Rest::Closed,
            Some(_) => Rest::Open,
            None if schema.get("patternProperties").is_some() => Rest::Open,
            None if schema.get("properties").is_some() => Rest::Closed,
            None => Rest::Unsaid,
        };
        Self { found: Vec::new(), rest }
    }

    /// What one schema itself says of the items of a list.
    pub(super) fn items(schema: &'c Value) -> Self {
        match schema.get("items") {
            Some(value @ Value::Object(_)) if schema.get("prefixItems").is_none() => {
                Self { found: vec![value], rest: Rest::Closed }
            }
            Some(_) => Self { found: Vec::new(), rest: Rest::Open },
            None => Self { found: Vec::new(), rest: Rest::Unsaid },
        }
    }
}

/// What a schema says with everything that it is put together of; `of` are the kinds of values that are asked about.
pub(super) fn gather<'c>(
    contract: &'c Contract,
    schema: &'c Value,
    depth: usize,
    of: Kinds,
    own: &dyn Fn(&'c Value) -> Look<'c>,
) -> Look<'c> {
    let schema = contract.resolved(schema);
    let Some(depth) = depth.checked_sub(1) else { return Look { found: Vec::new(), rest: Rest::Open } };
    let mut all = vec![own(schema)];
    all.extend(listed(schema, "allOf").map(|part| gather(contract, part, depth, of, own)));
    for key in ["oneOf", "anyOf"] {
        let may_be = listed(schema, key).filter(|one| kinds(contract, one, depth).has(of));
        let mut looks = may_be.map(|one| gather(contract, one, depth, of, own)).peekable();
        if looks.peek().is_some() {
            all.push(alternatives(looks));
        }
    }
    together(all)
}

/// All of them apply: what one describes is there, and what one leaves open may be.
fn together(all: Vec<Look<'_>>) -> Look<'_> {
    let has = |rest: Rest| all.iter().any(|look| look.rest == rest);
    let described = all.iter().any(|look| !look.found.is_empty() && look.rest == Rest::Closed);
    let rest = match (has(Rest::Open), has(Rest::Closed)) {
        _ if described => Rest::Closed,
        (true, _) => Rest::Open,
        (false, true) => Rest::Closed,
        (false, false) => Rest::Unsaid,
    };
    Look { found: all.into_iter().flat_map(|look| look.found).collect(), rest }
}

/// One of them applies: what only some describe may be anything.
pub(super) fn alternatives<'c>(all: impl Iterator<Item = Look<'c>>) -> Look<'c> {
    let all: Vec<Look<'c>> = all.collect();
    let every = |rest: Rest| all.iter().all(|look| look.rest == rest);
    let rest = match () {
        () if every(Rest::Unsaid) => Rest::Unsaid,
        () if every(Rest::Closed) => Rest::Closed,
        () => Rest::Open,
    };
    Look { found: all.into_iter().flat_map(|look| look.found).collect(), rest }
}

/// What kinds of values a schema allows.
pub(super) fn kinds(contract: &Contract, schema: &Value, depth: usize) -> Kinds {
    let schema = contract.resolved(schema);
    let Some(depth) = depth.checked_sub(1) else { return Kinds::ANY };
    let all = listed(schema, "allOf").map(|part| kinds(contract, part, depth)).fold(own_kinds(schema), Kinds::and);
    ["oneOf", "anyOf"].into_iter().fold(all, |all, key| {
        let one = listed(schema, key).map(|one| kinds(contract, one, depth)).reduce(Kinds::with);
        one.map_or(all, |one| all.and(one))
    })
}

fn own_kinds(schema: &Value) -> Kinds {
    match schema.get("type") {
        Some(Value::String(name)) => Kinds::named(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(Kinds::named).reduce(Kinds::with).unwrap_or(Kinds::ANY)
        }
        _ if schema.get("properties").is_some() => Kinds::OBJECT,
        _ if schema.get("items").is_some() => Kinds::ARRAY,
        _ => match schema.get("enum").and_then(Value::as_array) {
            Some(values) => values.iter().map(Kinds::of).reduce(Kinds::with).unwrap_or(Kinds::ANY),
            None => schema.get("const").map_or(Kinds::ANY, Kinds::of),
        },
    }
}

/// Whether every object of the schema has the field.
pub(super) fn requires(contract: &Contract, schema: &Value, name: &str, depth: usize) -> bool {
    let schema = contract.resolved(schema);
    let Some(depth) = depth.checked_sub(1) else { return false };
    let every = |key: &str| {
        let objects = || listed(schema, key).filter(|one| kinds(contract, one, depth).has(Kinds::OBJECT));
        objects().next().is_some() && objects().all(|one| requires(contract, one, name, depth))
    };
    listed(schema, "required").any(|one| one == name)
        || listed(schema, "allOf").any(|part| requires(contract, part, name, depth))
        || every("oneOf")
        || every("anyOf")
}

/// The schema and everything that it is put together of, side by side.
pub(super) fn spread<'c>(contract: &'c Contract, schema: &'c Value, depth: usize, into: &mut Vec<&'c Value>) {
    let schema = contract.resolved(schema);
    let Some(depth) = depth.checked_sub(1) else { return };
    for key in ["allOf", "oneOf", "anyOf"] {
        listed(schema, key).for_each(|one| spread(contract, one, depth, into));
    }
    into.push(schema);
}

pub(super) fn listed<'v>(schema: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}
