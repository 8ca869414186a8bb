//! What becomes of a request's body: the main operation reads it, and programs do.

use http::Method;
use serde_json::Value;

use super::super::composition::{Binding, Source};
use super::super::read::{At, Collector, Entries, one_of};
use super::super::schema::{Found, Schema};
use super::call::Called;
use super::composition::{REQUEST_VARIABLES, Site};
use super::{fallback, programs};
use transform::{Form, Path, Program};

/// `request`: what is made of the body has to be what the operation reads.
pub(super) fn check(site: &Site<'_>, to: &Called<'_>) -> Option<Program> {
    let Site { draft, matches, mistakes, .. } = site;
    let text = draft.request.as_ref()?;
    if matches.value.method == Method::GET {
        if to.operation.method != Method::GET {
            // The methods have been blamed.
            return None;
        }
        mistakes.blame(&text.mark, "A GET request has no body to make something of.");
        return None;
    }
    let program = programs::program(text, REQUEST_VARIABLES, mistakes)?;
    match to.service.contract.request(to.operation) {
        Some(schema) => built(text, &program, &Schema::new(&to.service.contract, schema), to, mistakes),
        None if draft.form.is_some() => {}
        None => mistakes.blame(&text.mark, format!("`{}` reads no JSON.", to.name())),
    }
    Some(program)
}

/// The members that a plain program builds are fields of the operation's request, and none is missing that it needs.
fn built(text: &At<String>, program: &Program, schema: &Schema<'_>, to: &Called<'_>, mistakes: &Collector) {
    let Some(Form::Object(members)) = program.form() else { return };
    let names = schema.names();
    let before = mistakes.count();
    for (name, form) in members {
        match (schema.field(name), form) {
            (Found::Nothing(_), _) => {
                let hint = one_of(name, &names);
                mistakes.blame(&text.mark, format!("`{}` reads no field `{name}`{hint}", to.name()));
            }
            (Found::Known(field), Form::Literal(json)) => {
                let value: Value = serde_json::from_slice(json).unwrap_or_default();
                if fallback::holds(&to.service.contract, &field.to_value(), &value).is_err() {
                    mistakes.blame(&text.mark, format!("`{name}` of `{}` does not take `{value}`.", to.name()));
                }
            }
            _ => {}
        }
    }
    if mistakes.count() > before {
        // What is missing may be what has the wrong name.
        return;
    }
    let is_built = |name: &&str| members.iter().any(|(member, _)| **member == **name);
    for name in names.iter().filter(|name| schema.requires(name) && !is_built(name)) {
        mistakes.blame(&text.mark, format!("`{}` needs the field `{name}`, which this does not build.", to.name()));
    }
}

/// Values that are taken of a body which the operation reads as it is are in it.
pub(super) fn taken(site: &Site<'_>, entries: &Entries, bindings: &[Binding]) {
    let Site { draft, mistakes, .. } = site;
    let Some(to) = site.to.filter(|_| draft.request.is_none()) else { return };
    for (binding, (_, text)) in bindings.iter().zip(entries) {
        let Source::Body(program) = &binding.source else { continue };
        let media_types = &to.operation.request_media_types;
        match to.service.contract.request(to.operation) {
            Some(schema) => {
                let schema = Schema::new(&to.service.contract, schema);
                let rest = text.value.strip_prefix("body:").unwrap_or_default();
                let of = format!("the request of `{}`", to.name());
                programs::reads(&programs::ending(text, rest), program, &|path: &Path| schema.at(path), &of, mistakes);
            }
            None if !media_types.is_empty() => {
                let read = media_types.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or ");
                let sentence = format!("`body:` reads JSON, but `{}` reads {read}.", to.name());
                mistakes.blame(&text.mark, sentence);
            }
            None => {}
        }
    }
}
