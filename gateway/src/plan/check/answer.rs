//! What a route says of its answer: its fields, its schema, its description.

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::super::composition::{Doc, FieldSource, Shape};
use super::super::file::RouteDraft;
use super::super::read::{At, Collector, Mark};
use super::composition::Site;
use super::programs;
use super::whole::Lookup;

/// Whether the main part's answer is read, and not only handed on.
pub(super) fn is_read(draft: &RouteDraft) -> bool {
    let of_body = |(_, text): &(At<String>, At<String>)| text.value.starts_with("body:");
    draft.shape.place().is_some()
        || draft.finish.is_some()
        || draft.fields.is_some()
        || draft.headers.iter().any(of_body)
        || !draft.parts.is_empty()
        || !draft.includes.is_empty()
}

/// The schema that a route declares for its answer; it must, where none can be derived. `opaque` is a shape whose result is
/// not known.
pub(super) fn declared_schema(site: &Site<'_>, opaque: Option<&Shape>) -> Option<Option<Value>> {
    let Site { draft, mistakes, .. } = site;
    let Some(text) = &draft.response_schema else {
        let builds = draft.shape.place().filter(|_| opaque.is_some());
        if let Some(mark) = builds.or(draft.finish.as_ref().map(|at| &at.mark)) {
            let sentence = "What this builds cannot be derived; say it with `response_schema`, a JSON schema.";
            return refuse(mistakes, mark, sentence);
        }
        return Some(None);
    };
    let schema = match serde_json::from_str::<Value>(&text.value) {
        Ok(schema) => schema,
        Err(error) => return refuse(mistakes, &text.mark, &format!("This is not JSON: {error}.")),
    };
    match jsonschema::draft202012::new(&schema).map(drop) {
        Ok(()) => Some(Some(schema)),
        Err(error) => refuse(mistakes, &text.mark, &format!("This is no JSON schema: {error}.")),
    }
}

pub(super) fn refuse<T>(mistakes: &Collector, mark: &Mark, sentence: &str) -> Option<T> {
    mistakes.blame(mark, sentence);
    None
}

/// `headers`: names of fields of the answer, and where they come from. `made` is the answer's body.
pub(super) fn headers(site: &Site<'_>, made: &Lookup<'_>) -> Vec<(HeaderName, FieldSource)> {
    let mistakes = site.mistakes;
    let mut fields: Vec<(HeaderName, FieldSource)> = Vec::new();
    for (name, text) in &site.draft.headers {
        let Ok(field) = name.value.parse::<HeaderName>() else {
            mistakes.blame(&name.mark, format!("`{}` is no name of a header field.", name.value));
            continue;
        };
        if is_the_gateways(&field) {
            mistakes.blame(&name.mark, format!("`{field}` is set by the gateway itself."));
        } else if fields.iter().any(|(known, _)| *known == field) {
            mistakes.blame(&name.mark, format!("`{field}` has a value already."));
        } else if let Some(source) = field_source(site, text, made) {
            fields.push((field, source));
        }
    }
    fields
}

fn field_source(site: &Site<'_>, text: &At<String>, made: &Lookup<'_>) -> Option<FieldSource> {
    let mistakes = site.mistakes;
    let refuse = |sentence: String| refuse(mistakes, &text.mark, &sentence);
    let (kind, rest) = text.value.split_once(':').unwrap_or(("", &text.value));
    match kind {
        "header" if !site.draft.has_to => {
            refuse("Without `to` there is no answer whose header field this could be.".to_owned())
        }
        "header" => match rest.parse::<HeaderName>() {
            Ok(field) if is_the_gateways(&field) => refuse(format!("`{field}` keeps its name.")),
            Ok(field) => Some(FieldSource::Header(field)),
            Err(_) => refuse(format!("`{rest}` is no name of a header field.")),
        },
        "text" => match HeaderValue::from_str(rest) {
            Ok(value) => Some(FieldSource::Text(value)),
            Err(_) => refuse("A header field has no line breaks or control characters.".to_owned()),
        },
        "body" => {
            let program = programs::ending(text, rest);
            let compiled = programs::program(&program, &[], mistakes)?;
            programs::reads(&program, &compiled, made, "the answer", mistakes);
            Some(FieldSource::Body(compiled))
        }
        _ => refuse(format!(
            "`{}` does not say where the value comes from; write `header:NAME`, `body:JQ` or `text:VALUE`.",
            text.value
        )),
    }
}

/// What frames the answer, and what only the gateway knows.
fn is_the_gateways(name: &HeaderName) -> bool {
    let set = [
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "date",
        "via",
        "x-request-id",
        "gateway-parts",
        "set-cookie",
        "cache-control",
        "proxy-status",
        "x-content-type-options",
        "trailer",
        "upgrade",
    ];
    set.contains(&name.as_str()) || name.as_str().starts_with("access-control-")
}

/// A route that no single operation stands behind says itself what it is.
pub(super) fn doc(site: &Site<'_>) -> Option<Option<Doc>> {
    let Site { draft, mistakes, .. } = site;
    let Some(doc) = &draft.doc else {
        if draft.has_to {
            return Some(None);
        }
        let sentence = "`doc` is missing: no operation describes this route, so say it, like `doc = { id = \"show_home\", summary = \"Show the home page\", tag = \"Home\" }`.";
        return refuse(mistakes, &draft.mark, sentence);
    };
    Some(Some(Doc {
        id: doc.value.id.as_ref()?.value.clone(),
        summary: doc.value.summary.as_ref()?.value.clone(),
        description: doc.value.description.as_ref().map(|at| at.value.clone()),
        tag: doc.value.tag.as_ref()?.value.clone(),
    }))
}
