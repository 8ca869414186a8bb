//! `[services.NAME]` of `gateway.toml`.

use std::collections::HashSet;
use std::time::Duration;

use http::Uri;
use http::uri::PathAndQuery;
use upstream::Policy;

use super::super::Service;
use super::super::read::{At, Section, Value};

/// A service as the file has it.
#[derive(Debug)]
pub(crate) struct ServiceDraft {
    pub(crate) name: At<String>,
    pub(crate) urls: Vec<At<Uri>>,
    pub(crate) contract: Option<At<String>>,
    pub(crate) timeout: Option<At<Duration>>,
    /// How its calls are guarded.
    pub(crate) policy: Policy,
    /// Where its targets are asked whether they are well.
    pub(crate) health: Option<Uri>,
    /// Whether a URL is given at all, readable or not.
    pub(crate) has_url: bool,
}

pub(super) fn read(name: At<String>, mut section: Section<'_>) -> ServiceDraft {
    let url = section.optional("url", |value| value.parsed(base_url));
    let urls = section.optional("urls", base_urls);
    let has_url = section.has("url") || section.has("urls");
    // The gateway's own operations are not called over a network, so there is nothing to guard.
    let is_called = name.value != Service::GATEWAY;
    let (policy, health) = if is_called { guards(&mut section) } else { (Policy::unguarded(), None) };
    let draft = ServiceDraft {
        name,
        urls: url.into_iter().chain(urls.into_iter().flat_map(|urls| urls.value)).collect(),
        contract: section.required(
            "contract",
            "the service's OpenAPI document, relative to this directory",
            Value::text,
        ),
        timeout: section.optional("timeout", Value::positive_duration),
        policy,
        health,
        has_url,
    };
    if section.has("url") && section.has("urls") {
        section.refuse("A service has `url` or `urls`, not both.");
    }
    section.finish();
    draft
}

/// What is done about a service that fails.
fn guards(section: &mut Section<'_>) -> (Policy, Option<Uri>) {
    let mut policy = Policy::default();
    section.set("retries", &mut policy.retries, Value::flag);
    section.set("breaker", &mut policy.breaker, Value::flag);
    section.set("breaker_pause", &mut policy.breaker_pause, Value::positive_duration);
    section.set("max_in_flight", &mut policy.max_in_flight, |value| Some(value.count()? as usize));
    let health = section.optional("health", |value| value.parsed(path));
    (policy, health.map(|path| path.value))
}

/// A path that a service answers.
fn path(text: &str) -> Result<Uri, String> {
    match text.parse::<PathAndQuery>() {
        Ok(path) if text.starts_with('/') => Ok(Uri::from(path)),
        _ => Err(format!("`{text}` is no path; write one like \"/readyz\"")),
    }
}

fn base_urls(value: Value<'_>) -> Option<Vec<At<Uri>>> {
    if value.is_empty() {
        return value.refuse("There must be at least one URL.");
    }
    let mut known = HashSet::new();
    let mut once = |text: &str| {
        let url = base_url(text)?;
        let target = (url.host().map(str::to_ascii_lowercase), url.port_u16().unwrap_or(80));
        let is_new = known.insert(target);
        is_new.then_some(url).ok_or_else(|| format!("`{text}` is there already: one target is not two"))
    };
    value.list(|value| value.parsed(&mut once))
}

/// A URL that requests can be sent to: `http`, a host, and no path of its own.
pub(super) fn base_url(text: &str) -> Result<Uri, String> {
    let wrong = |what: &str| Err(format!("`{text}` {what}; write one like \"http://127.0.0.1:8101\""));
    let Ok(uri) = text.parse::<Uri>() else { return wrong("is no URL") };
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return wrong("is https, but services are reached by http"),
        _ => return wrong("is no http URL"),
    }
    if uri.path() != "/" || uri.query().is_some() {
        return wrong("has a path of its own, but the path is the request's");
    }
    let Some(authority) = uri.authority() else { return wrong("has no host") };
    if authority.as_str().contains('@') {
        return wrong("has a user in it, which is never sent");
    }
    // What is no port is taken for none elsewhere, and the request would go to port 80.
    let has_port = authority.as_str().len() > authority.host().len();
    if has_port && authority.port_u16().is_none_or(|port| port == 0) {
        return wrong("has a port that is none");
    }
    Ok(uri)
}
