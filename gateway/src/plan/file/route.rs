//! `[[route]]` and `[[proxy]]` of the route files: one line per key.

use std::time::Duration;

use http::{Method, StatusCode, Uri};

use super::super::read::{At, Entries, Mark, Section, Value, one_of};
use super::super::{Access, ContractMode, Successor, TokenRule};
use super::caching::{self, CacheDraft};
use super::part::{self, PartDraft};
use super::service::base_url;
use super::shape::ShapeDraft;
use crate::routes::Pattern;

/// A route as the file has it.
#[derive(Debug)]
pub(crate) struct RouteDraft {
    pub(crate) mark: Mark,
    pub(crate) matches: Option<At<Match>>,
    /// Whether `to` is written, readable or not.
    pub(crate) has_to: bool,
    pub(crate) to: Option<At<OperationName>>,
    pub(crate) access: Option<At<Access>>,
    pub(crate) token: Option<At<TokenRule>>,
    pub(crate) timeout: Option<At<Duration>>,
    pub(crate) body_limit: Option<At<u64>>,
    pub(crate) deprecated: Option<At<Successor>>,
    pub(crate) assert_roles: Vec<At<String>>,
    pub(crate) profiles: Vec<At<String>>,
    pub(crate) websocket: Option<At<bool>>,
    pub(crate) breaker: Option<At<bool>>,
    pub(crate) limit: Option<At<String>>,
    pub(crate) contract: Option<At<ContractMode>>,
    /// Public names, each with the operation's field that it stands for.
    pub(crate) form: Option<At<Entries>>,
    pub(crate) bind: Entries,
    pub(crate) query: Entries,
    /// Whether all of `bind` and `query` could be read.
    pub(crate) binds_whole: bool,
    pub(crate) request: Option<At<String>>,
    pub(crate) shape: ShapeDraft,
    pub(crate) finish: Option<At<String>>,
    pub(crate) status: Option<At<StatusCode>>,
    pub(crate) headers: Entries,
    pub(crate) errors: Vec<ErrorDraft>,
    pub(crate) response_schema: Option<At<String>>,
    pub(crate) parts: Vec<PartDraft>,
    pub(crate) includes: Vec<PartDraft>,
    pub(crate) fields: Option<At<FieldsDraft>>,
    pub(crate) doc: Option<At<DocDraft>>,
    pub(crate) cache: Option<At<CacheDraft>>,
    pub(crate) tags: Vec<At<String>>,
    pub(crate) invalidates: Vec<At<String>>,
}

/// How a route answers one problem code.
#[derive(Debug)]
pub(crate) struct ErrorDraft {
    pub(crate) code: At<String>,
    pub(crate) status: Option<At<StatusCode>>,
    pub(crate) detail: Option<At<String>>,
    /// Whether all of it could be read.
    pub(crate) whole: bool,
}

/// What `?fields=` may name.
#[derive(Debug)]
pub(crate) enum FieldsDraft {
    /// Everything that the schema of the answer declares, or nothing.
    All(bool),
    /// These.
    Listed(Vec<At<String>>),
}

/// How a route is documented that no single operation stands behind.
#[derive(Debug)]
pub(crate) struct DocDraft {
    pub(crate) id: Option<At<String>>,
    pub(crate) summary: Option<At<String>>,
    pub(crate) description: Option<At<String>>,
    pub(crate) tag: Option<At<String>>,
}

/// A proxy as the file has it.
#[derive(Debug)]
pub(crate) struct ProxyDraft {
    pub(crate) mark: Mark,
    pub(crate) prefix: Option<At<String>>,
    pub(crate) url: Option<At<Uri>>,
    pub(crate) access: Option<At<Access>>,
    pub(crate) strip_prefix: bool,
    pub(crate) timeout: Option<At<Duration>>,
    pub(crate) body_limit: Option<At<u64>>,
    pub(crate) profiles: Vec<At<String>>,
    pub(crate) websocket: Option<At<bool>>,
    pub(crate) cache: Option<At<CacheDraft>>,
    pub(crate) limit: Option<At<String>>,
}

/// What a route matches.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) method: Method,
    pub(crate) template: String,
    pub(crate) pattern: Pattern,
}

/// `users.show_user`.
#[derive(Clone, Debug)]
pub(crate) struct OperationName {
    pub(crate) service: String,
    pub(crate) operation: String,
}

const ACCESS: &str = "who may call this, `anyone`, `signed_in` or `role:NAME`; there is no default";

/// The profiles that there are.
pub(crate) const PROFILES: &[&str] = &["demo", "production"];

/// The methods that a route can match. `HEAD` is answered where `GET` is, `OPTIONS` belongs to CORS.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

pub(super) fn read(mut section: Section<'_>) -> RouteDraft {
    let mistakes = section.mistakes();
    let has_to = section.has("to");
    let (to, before) = (read_to(&mut section), mistakes.count());
    let (bind, query) = (section.texts("bind"), section.texts("query"));
    let binds_whole = mistakes.count() == before;
    let parts = read_parts(&mut section);
    let draft = RouteDraft {
        mark: section.mark().clone(),
        matches: section
            .required("match", "a method and a path, like \"GET /api/v1/users/{username}\"", |v| v.parsed(matches)),
        has_to,
        to,
        access: section.required("access", ACCESS, |v| v.parsed(access)),
        token: section.optional("token", |v| v.parsed(token)),
        timeout: section.optional("timeout", Value::positive_duration),
        body_limit: section.optional("body_limit", Value::size),
        deprecated: section.optional("deprecated", deprecated).and_then(|at| at.value),
        assert_roles: list(&mut section, "assert_roles", role),
        profiles: list(&mut section, "profiles", profile),
        websocket: section.optional("websocket", Value::flag),
        breaker: section.optional("breaker", Value::flag),
        limit: section.optional("limit", Value::text),
        bind,
        query,
        binds_whole,
        request: section.optional("request", Value::text),
        shape: ShapeDraft::read(&mut section),
        finish: section.optional("finish", Value::text),
        status: section.optional("status", success),
        headers: section.texts("headers"),
        errors: section.named("errors", read_error),
        response_schema: section.optional("response_schema", Value::text),
        parts,
        includes: section.named("include", part::read),
        fields: section.optional("fields", fields),
        doc: section.optional("doc", read_doc),
        form: section.entries("form"),
        contract: section.optional("contract", |v| v.parsed(ContractMode::parse)),
        cache: section.optional("cache", caching::read),
        tags: caching::names(&mut section, "tags"),
        invalidates: caching::names(&mut section, "invalidates"),
    };
    section.finish();
    draft
}

/// A route leads to an operation, or it has parts that do.
fn read_to(section: &mut Section<'_>) -> Option<At<OperationName>> {
    let read = |value: Value<'_>| value.parsed(operation_name);
    if section.has("parts") {
        return section.optional("to", read);
    }
    section.required("to", "the operation behind this route, like \"users.show_user\"", read)
}

/// The parts; a route that has neither any nor a `to` does nothing.
fn read_parts(section: &mut Section<'_>) -> Vec<PartDraft> {
    let before = section.mistakes().count();
    let parts = section.named("parts", part::read);
    if parts.is_empty() && section.has("parts") && !section.has("to") && section.mistakes().count() == before {
        section.refuse("There is nothing behind this route: give it a part, or `to`.");
    }
    parts
}

fn read_error(code: At<String>, mut section: Section<'_>) -> ErrorDraft {
    let mistakes = section.mistakes();
    let before = mistakes.count();
    let mut draft = ErrorDraft {
        code,
        status: section.optional("status", |value| status(value, 400..=599)),
        detail: section.optional("detail", Value::text),
        whole: false,
    };
    section.finish();
    draft.whole = mistakes.count() == before;
    draft
}

fn read_doc(value: Value<'_>) -> Option<DocDraft> {
    let mut section = value.section()?;
    let draft = DocDraft {
        id: section
            .required("id", "the operationId in the public document, like \"show_home\"", |v| v.parsed(operation_id)),
        summary: section.required("summary", "what the operation does, in a few words", Value::text),
        description: section.optional("description", Value::text),
        tag: section.required("tag", "the group in the public document, like \"Users\"", Value::text),
    };
    section.finish();
    Some(draft)
}

fn operation_id(text: &str) -> Result<String, String> {
    let is_id = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_id {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no operationId; use lower-case letters, digits and `_`"))
    }
}

fn status(value: Value<'_>, of: std::ops::RangeInclusive<u16>) -> Option<StatusCode> {
    let number = value.number()?;
    let status = u16::try_from(number).ok().filter(|number| of.contains(number));
    match status.and_then(|number| StatusCode::from_u16(number).ok()) {
        Some(status) => Some(status),
        None => value.refuse(format!("This must be a status from {} to {}, not {number}.", of.start(), of.end())),
    }
}

/// A success that has a body.
fn success(value: Value<'_>) -> Option<StatusCode> {
    match value.number()? {
        number @ (204..=206) => {
            value.refuse(format!("An answer with the status {number} has no body, or only a piece of one."))
        }
        _ => status(value, 200..=299),
    }
}

fn fields(value: Value<'_>) -> Option<FieldsDraft> {
    if value.is_empty() {
        return value.refuse("A client could choose nothing; list the fields, or leave this out.");
    }
    if value.is_list() {
        return value.list(Value::text).map(FieldsDraft::Listed);
    }
    value.flag().map(FieldsDraft::All)
}

pub(super) fn read_proxy(mut section: Section<'_>) -> ProxyDraft {
    let draft = ProxyDraft {
        mark: section.mark().clone(),
        prefix: section.required("prefix", "the paths that go to the origin, like \"/legacy/\"", |v| v.parsed(prefix)),
        url: section.required("url", "the origin, like \"http://127.0.0.1:8000\"", |v| v.parsed(base_url)),
        access: section.required("access", ACCESS, |v| v.parsed(access)),
        strip_prefix: section.optional("strip_prefix", Value::flag).is_some_and(|at| at.value),
        timeout: section.optional("timeout", Value::positive_duration),
        body_limit: section.optional("body_limit", Value::size),
        profiles: list(&mut section, "profiles", profile),
        websocket: section.optional("websocket", Value::flag),
        cache: section.optional("cache", caching::read),
        limit: section.optional("limit", Value::text),
    };
    section.finish();
    draft
}

fn list(section: &mut Section<'_>, key: &'static str, parse: fn(&str) -> Result<String, String>) -> Vec<At<String>> {
    section.optional(key, |value| value.list(|value| value.parsed(parse))).map_or_else(Vec::new, |at| at.value)
}

fn matches(text: &str) -> Result<Match, String> {
    let Some((method, template)) = text.split_once(' ') else {
        return Err(format!("`{text}` is not a method and a path, like \"GET /api/v1/users/{{username}}\""));
    };
    if !METHODS.contains(&method) {
        let hint = match method {
            "HEAD" => "; `HEAD` is answered wherever `GET` is".to_owned(),
            "OPTIONS" => "; `OPTIONS` is answered by the gateway itself".to_owned(),
            _ => one_of(&method.to_ascii_uppercase(), METHODS),
        };
        return Err(format!("A route cannot match the method `{method}`{hint}"));
    }
    let pattern = Pattern::parse(template).map_err(|reason| format!("The path is wrong: {reason}"))?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|reason| reason.to_string())?;
    Ok(Match { method, template: template.to_owned(), pattern })
}

pub(super) fn operation_name(text: &str) -> Result<OperationName, String> {
    match text.split_once('.') {
        Some((service, operation)) if !service.is_empty() && !operation.is_empty() && !operation.contains('.') => {
            Ok(OperationName { service: service.to_owned(), operation: operation.to_owned() })
        }
        _ => Err(format!("`{text}` is no operation; write `SERVICE.OPERATION`, like \"users.show_user\"")),
    }
}

fn access(text: &str) -> Result<Access, String> {
    match text {
        "anyone" => Ok(Access::Anyone),
        "signed_in" => Ok(Access::SignedIn),
        _ => match text.strip_prefix("role:") {
            Some(name) => role(name).map(Access::Role),
            None => Err(format!(
                "`{text}` does not say who may call{}",
                one_of(text, &["anyone", "signed_in", "role:NAME"])
            )),
        },
    }
}

fn role(name: &str) -> Result<String, String> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_name {
        Ok(name.to_owned())
    } else {
        Err(format!("`{name}` is no role; use lower-case letters, digits and `_`"))
    }
}

fn token(text: &str) -> Result<TokenRule, String> {
    match text {
        "ignore" => Ok(TokenRule::Ignore),
        "check" => Ok(TokenRule::Check),
        _ => Err(format!("`{text}` is no rule for tokens; write \"ignore\", or leave the key out to have it checked")),
    }
}

fn profile(text: &str) -> Result<String, String> {
    if PROFILES.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("There is no profile `{text}`{}", one_of(text, PROFILES)))
}

fn deprecated(value: Value<'_>) -> Option<Option<At<Successor>>> {
    let mut section = value.section()?;
    let path = section.required("successor", "the path of the route to use instead", Value::text);
    section.finish();
    Some(path.map(|at| at.map(|path| Successor { path })))
}

fn prefix(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('/').and_then(|rest| if rest.is_empty() { Some("") } else { rest.strip_suffix('/') });
    let Some(inner) = inner else {
        return Err(format!("`{text}` is no prefix; it starts and ends with `/`, like \"/legacy/\""));
    };
    let pattern = Pattern::parse(&format!("/{inner}")).map_err(|reason| format!("The prefix is wrong: {reason}"))?;
    match pattern.names().next() {
        Some(name) => Err(format!("A prefix has no parameters, but this has `{{{name}}}`")),
        None => Ok(text.to_owned()),
    }
}
