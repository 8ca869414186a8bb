//! The `form` of a route: the operation reads a form that has the fields, and each field keeps one public name.

use serde_json::{Map, Value};

use super::super::Service;
use super::super::contract::{Contract, Operation};
use super::super::file::RouteDraft;
use super::super::read::{At, Collector, one_of};
use crate::form::{Renames, is_form};

/// How deep a schema is put together from others.
const DEPTH: usize = 8;

type Entry = (At<String>, At<String>);

/// Checks the renamed fields of a route; none if it has none. What is wrong has been reported.
pub(super) fn check(
    draft: &RouteDraft,
    service: &Service,
    operation: &Operation,
    mistakes: &Collector,
) -> Option<Renames> {
    let form = draft.form.as_ref()?;
    if !operation.request_media_types.iter().any(|media_type| is_form(media_type)) {
        let read = match operation.request_media_types.as_slice() {
            [] => "no body".to_owned(),
            media_types => media_types.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or "),
        };
        let sentence =
            format!("`form` renames the fields of a form, but `{}.{}` reads {read}.", service.name, operation.id);
        mistakes.blame(&form.mark, sentence);
        return None;
    }
    if form.value.is_empty() {
        let sentence =
            "This renames no field; write `form = { public_name = \"field_of_the_operation\" }`, or leave it out.";
        mistakes.blame(&form.mark, sentence);
    }
    let declared = declared_fields(&service.contract, operation);
    for (index, entry) in form.value.iter().enumerate() {
        let (before, _) = form.value.split_at(index);
        if let Some((at, sentence)) = wrong(entry, before, &form.value, declared.as_deref(), service, operation) {
            mistakes.blame(&at.mark, sentence);
        }
    }
    Some(form.value.iter().map(|(public, field)| (public.value.as_str(), field.value.as_str())).collect())
}

/// What is wrong with one of the names, and where.
fn wrong<'e>(
    (public, field): &'e Entry,
    before: &[Entry],
    all: &[Entry],
    declared: Option<&[String]>,
    service: &Service,
    operation: &Operation,
) -> Option<(&'e At<String>, String)> {
    if let Some(name) = [public, field].into_iter().find(|name| !is_name(&name.value)) {
        let sentence =
            "This is no name of a field here: it is empty, or has a quote, `\\`, `%` or a control character.";
        return Some((name, sentence.to_owned()));
    }
    if public.value == field.value {
        return Some((public, format!("`{}` keeps its name; leave it out.", public.value)));
    }
    if let Some((first, _)) = before.iter().find(|(_, known)| known.value == field.value) {
        let (first, second, field) = (&first.value, &public.value, &field.value);
        return Some((
            public,
            format!("`{second}` and `{first}` both stand for `{field}`; a field has one public name."),
        ));
    }
    let declared = declared?;
    let (of, names) = (format!("`{}.{}`", service.name, operation.id), declared.iter().map(String::as_str));
    if !declared.contains(&field.value) {
        let hint = one_of(&field.value, &names.collect::<Vec<_>>());
        return Some((field, format!("The form of {of} has no field `{}`{hint}", field.value)));
    }
    if declared.contains(&public.value) && !all.iter().any(|(_, renamed)| renamed.value == public.value) {
        let public_name = &public.value;
        let sentence =
            format!("{of} has a field `{public_name}` of its own, which nobody could send any more; rename that too.");
        return Some((public, sentence));
    }
    None
}

/// Whether every service reads it as the same name, and as this one.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['"', '\\', '%']) && !name.contains(char::is_control)
}

/// The fields of the operation's forms; none if the contract leaves open which there are.
fn declared_fields(contract: &Contract, operation: &Operation) -> Option<Vec<String>> {
    let body = contract.resolved(contract.value_of(operation)?.get("requestBody")?);
    let content = body.get("content").and_then(Value::as_object)?;
    let mut fields = Vec::new();
    for (_, media_type) in content.iter().filter(|(name, _)| is_form(name)) {
        collect(contract, media_type.get("schema")?, &mut fields, DEPTH)?;
    }
    (!fields.is_empty()).then_some(fields)
}

/// Adds the properties of a schema; none if it takes others, too.
fn collect(contract: &Contract, schema: &Value, fields: &mut Vec<String>, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let resolved = contract.resolved(schema);
    let open = |value: &Value| value != &Value::Bool(false);
    if resolved.get("additionalProperties").is_some_and(open) || resolved.get("patternProperties").is_some() {
        return None;
    }
    fields.extend(resolved.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned());
    for combined in ["allOf", "anyOf", "oneOf"] {
        for schema in resolved.get(combined).and_then(Value::as_array).into_iter().flatten() {
            collect(contract, schema, fields, depth)?;
        }
    }
    Some(())
}
