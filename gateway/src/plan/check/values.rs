//! Where the value of a parameter comes from: `path:NAME`, `query:NAME`, `header:NAME`, `body:JQ`, `claim:NAME`,
//! `part:NAME:JQ`, or a text that stands in the file.

use http::HeaderName;

use super::super::Access;
use super::super::composition::{Claim, MAIN, Source};
use super::super::contract::OperationParameter;
use super::super::read::{At, Collector, one_of};
use super::call::{Called, Offered};
use super::programs;
use transform::{Form, Program};

/// A text that stands in the file must be what the parameter takes.
pub(super) fn fixed(
    called: &Called<'_>,
    parameter: &OperationParameter,
    text: &At<String>,
    mistakes: &Collector,
) -> Option<Source> {
    let mut schema = called.service.contract.resolved(&parameter.schema).clone();
    if let Some(schema) = schema.as_object_mut() {
        // A format is no restriction that a fixed text has to be held to.
        schema.shift_remove("format");
    }
    let as_is = serde_json::Value::String(text.value.clone());
    let parsed = serde_json::from_str(&text.value).unwrap_or_else(|_| as_is.clone());
    let accepts = |value: &serde_json::Value| super::fallback::holds(&called.service.contract, &schema, value).is_ok();
    let list = || {
        serde_json::Value::Array(
            text.value.split(',').map(|one| serde_json::from_str(one).unwrap_or_else(|_| one.into())).collect(),
        )
    };
    if accepts(&as_is) || accepts(&parsed) || accepts(&list()) {
        return Some(Source::Text(text.value.clone()));
    }
    let sentence = format!("`{}` of `{}` does not take `{}`.", parameter.name, called.name(), text.value);
    mistakes.blame(&text.mark, sentence);
    None
}

/// `path:NAME`, `query:NAME`, `header:NAME`, `body:JQ`, `claim:NAME`, `part:NAME:JQ`.
pub(super) fn source(text: &At<String>, offered: &Offered<'_>, mistakes: &Collector) -> Option<Source> {
    let refuse = |sentence: String| {
        mistakes.blame(&text.mark, sentence);
        None
    };
    let (kind, rest) = text.value.split_once(':').unwrap_or(("", &text.value));
    match kind {
        "path" => {
            let names: Vec<&str> = offered.matches.value.pattern.names().collect();
            match names.iter().position(|name| *name == rest) {
                Some(index) => Some(Source::Path(index)),
                None => refuse(format!("The path of this route has no parameter `{rest}`{}", one_of(rest, &names))),
            }
        }
        "query" if !rest.is_empty() => Some(Source::Query(rest.to_owned())),
        "header" => match rest.parse::<HeaderName>() {
            Ok(name) if is_readable(&name) => Some(Source::Header(name)),
            Ok(_) => refuse(format!("`{rest}` is never handed on.")),
            Err(_) => refuse(format!("`{rest}` is no name of a header field.")),
        },
        "body" => {
            if offered.matches.value.method == http::Method::GET {
                return refuse("A GET request has no body to take this from.".to_owned());
            }
            program(text, rest, mistakes).map(Source::Body)
        }
        "claim" => claim(rest, offered).map_or_else(refuse, |claim| Some(Source::Claim(claim))),
        "part" => part(text, rest, offered, mistakes),
        _ => refuse(format!(
            "`{}` does not say where the value comes from; write `path:NAME`, `query:NAME`, `header:NAME`, `body:JQ`, `claim:NAME` or `part:NAME:JQ`.",
            text.value
        )),
    }
}

/// Credentials and what concerns one connection are nobody's parameters.
pub(super) fn is_readable(name: &HeaderName) -> bool {
    let withheld =
        ["authorization", "cookie", "connection", "host", "transfer-encoding", "content-length", "te", "upgrade"];
    !withheld.contains(&name.as_str()) && !name.as_str().starts_with("x-internal-")
}

fn claim(name: &str, offered: &Offered<'_>) -> Result<Claim, String> {
    let claim = match name {
        "sub" => Claim::Sub,
        "sid" => Claim::Sid,
        _ => return Err(format!("There is no claim `{name}`{}", one_of(name, &["sub", "sid"]))),
    };
    match offered.access {
        Some(Access::Anyone) => {
            Err("`anyone` may call this route, also without a token that could say this.".to_owned())
        }
        _ => Ok(claim),
    }
}

fn part(text: &At<String>, rest: &str, offered: &Offered<'_>, mistakes: &Collector) -> Option<Source> {
    let Some((name, inner)) = rest.split_once(':') else {
        mistakes.blame(&text.mark, "Name a part and what to take of it, like `part:main:.id`.");
        return None;
    };
    let Some(index) = offered.parts.iter().position(|known| known == name) else {
        let names: Vec<&str> = offered.parts.iter().map(String::as_str).collect();
        let hint = if name == MAIN { "; only a route with `to` has one.".to_owned() } else { one_of(name, &names) };
        mistakes.blame(&text.mark, format!("There is no part `{name}`{hint}"));
        return None;
    };
    program(text, inner, mistakes).map(|program| Source::Part(index, program))
}

/// A program that ends a text and makes what a parameter can be.
fn program(text: &At<String>, rest: &str, mistakes: &Collector) -> Option<Program> {
    let inner = programs::ending(text, rest);
    let program = programs::program(&inner, &[], mistakes)?;
    if matches!(program.form(), Some(Form::Object(_))) {
        mistakes.blame(&inner.mark, "A parameter is one value or a list of them; this builds an object.");
        return None;
    }
    Some(program)
}
