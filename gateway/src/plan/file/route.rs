//! `[[route]]` and `[[proxy]]` of the route files: one line per key.

use std::time::Duration;

use http::{Method, Uri};

use super::super::read::{At, Mark, Section, Value, one_of};
use super::super::{Access, Successor, TokenRule};
use super::service::base_url;
use crate::routes::Pattern;

/// A route as the file has it.
#[derive(Debug)]
pub(crate) struct RouteDraft {
    pub(crate) mark: Mark,
    pub(crate) matches: Option<At<Match>>,
    pub(crate) to: Option<At<OperationName>>,
    pub(crate) access: Option<At<Access>>,
    pub(crate) token: Option<At<TokenRule>>,
    pub(crate) timeout: Option<At<Duration>>,
    pub(crate) body_limit: Option<At<u64>>,
    pub(crate) deprecated: Option<At<Successor>>,
    pub(crate) assert_roles: Vec<At<String>>,
    pub(crate) profiles: Vec<At<String>>,
    pub(crate) websocket: Option<At<bool>>,
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
    let draft = RouteDraft {
        mark: section.mark().clone(),
        matches: section
            .required("match", "a method and a path, like \"GET /api/v1/users/{username}\"", |v| v.parsed(matches)),
        to: section
            .required("to", "the operation behind this route, like \"users.show_user\"", |v| v.parsed(operation_name)),
        access: section.required("access", ACCESS, |v| v.parsed(access)),
        token: section.optional("token", |v| v.parsed(token)),
        timeout: section.optional("timeout", Value::positive_duration),
        body_limit: section.optional("body_limit", Value::size),
        deprecated: section.optional("deprecated", deprecated).and_then(|at| at.value),
        assert_roles: list(&mut section, "assert_roles", role),
        profiles: list(&mut section, "profiles", profile),
        websocket: section.optional("websocket", Value::flag),
    };
    section.finish();
    draft
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

fn operation_name(text: &str) -> Result<OperationName, String> {
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
