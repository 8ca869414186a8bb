//! How the contract of a running service differs from the one that is pinned.
//!
//! Told is what a request or an answer can depend on: operations, parameters, bodies, statuses, media types, schemas.
//! Words for people (descriptions, examples, titles) may change without being drift.

mod compare;
mod subjects;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::plan::{Contract, Operation};
use compare::{Difference, compare};
use subjects::{component, parameter};

/// The most sentences for one service: who has more has another contract altogether.
const MOST: usize = 20;

/// Each difference as a sentence; none if the running contract says what the pin says.
pub(crate) fn between(pin: &Contract, running: &Contract) -> Vec<String> {
    let mut told = Vec::new();
    for operation in pin.operations() {
        match running.operation(&operation.id) {
            Some(now) => told.extend(operations((pin, operation), (running, now))),
            None => told.push(format!("`{}` is gone: the pin has it at {}.", operation.id, operation.pointer)),
        }
    }
    for operation in running.operations().filter(|operation| pin.operation(&operation.id).is_none()) {
        told.push(format!("`{}` is new: the pin has nothing like {}.", operation.id, operation.pointer));
    }
    told.extend(components(pin, running));
    if told.len() > MOST {
        let more = told.len() - MOST;
        told.truncate(MOST);
        told.push(format!("… and {more} more."));
    }
    told
}

/// What has changed about an operation that both have.
fn operations((pin, was): (&Contract, &Operation), (running, is): (&Contract, &Operation)) -> Vec<String> {
    let id = &was.id;
    let mut told = Vec::new();
    if (&was.method, &was.path) != (&is.method, &is.path) {
        told.push(format!("`{id}` is {} {} now, not {} {}.", is.method, is.path, was.method, was.path));
    }
    let (mut parameters, now) = (parameters_of(pin, was), parameters_of(running, is));
    for (name, (at, value)) in &now {
        match parameters.remove(name) {
            Some((known_at, known)) => {
                let found = compare(known, value, &known_at);
                told.extend(
                    found.iter().map(|difference| sentence(&format!("`{id}`, {}", parameter(name)), difference)),
                );
            }
            None => told.push(format!("`{id}`: {} is new, at {at}.", parameter(name))),
        }
    }
    let gone = parameters.iter();
    told.extend(gone.map(|(name, (at, _))| format!("`{id}`: {} is gone: the pin has it at {at}.", parameter(name))));
    let (was_value, is_value) = (rest_of(pin, was), rest_of(running, is));
    let found = compare(&was_value, &is_value, &was.pointer);
    told.extend(found.iter().map(|difference| sentence(&format!("`{id}`"), difference)));
    told
}

type Parameters<'c> = BTreeMap<(&'c str, &'c str), (String, &'c Value)>;

/// The parameters of an operation by place and name, its own before those of its path.
fn parameters_of<'c>(contract: &'c Contract, operation: &Operation) -> Parameters<'c> {
    let path = operation.pointer.rsplit_once('/').map_or("", |(path, _method)| path);
    let mut parameters = BTreeMap::new();
    for at in [path, operation.pointer.as_str()] {
        let at = format!("{at}/parameters");
        let listed = contract.document.pointer(&at).and_then(Value::as_array);
        for (index, value) in listed.into_iter().flatten().enumerate() {
            let value = contract.resolved(value);
            let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
            parameters.insert((text("in"), text("name")), (format!("{at}/{index}"), value));
        }
    }
    parameters
}

/// An operation without what is compared by itself.
fn rest_of(contract: &Contract, operation: &Operation) -> Value {
    let mut value = contract.value_of(operation).cloned().unwrap_or_default();
    value.retain(|key, _| key != "parameters");
    Value::Object(value)
}

fn components(pin: &Contract, running: &Contract) -> Vec<String> {
    let empty = Map::new();
    let of = |contract: &'_ Contract| contract.document.get("components").and_then(Value::as_object).cloned();
    let (was, is) = (of(pin).unwrap_or_default(), of(running).unwrap_or_default());
    let mut sections: Vec<&String> = was.keys().chain(is.keys().filter(|key| !was.contains_key(*key))).collect();
    sections.retain(|section| *section != "examples");
    let section = |of: &Map<String, Value>, name: &str| of.get(name).and_then(Value::as_object).cloned();
    let mut told = Vec::new();
    for name in sections {
        let (was, is) = (section(&was, name), section(&is, name));
        let (was, is) = (was.as_ref().unwrap_or(&empty), is.as_ref().unwrap_or(&empty));
        for (key, value) in was {
            let at = format!("/components/{name}/{}", compare::escaped(key));
            let subject = component(name, key);
            match is.get(key) {
                Some(now) => told.extend(compare(value, now, &at).iter().map(|found| sentence(&subject, found))),
                None => told.push(format!("{subject} is gone: the pin has it at {at}.")),
            }
        }
        let new = is.keys().filter(|key| !was.contains_key(*key));
        told.extend(new.map(|key| format!("{} is new.", component(name, key))));
    }
    told
}

fn sentence(subject: &str, Difference { pointer, what }: &Difference) -> String {
    format!("{subject}: {pointer} {what}.")
}
