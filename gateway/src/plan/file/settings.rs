//! The settings of `gateway.toml`: one line per key.

use std::time::Duration;

use http::{StatusCode, Uri};

use super::super::read::{At, Section, Value};
use super::super::{Auth, Cache, Cookie, Cors, Limits, Listen, Log, Settings, Shutdown};
use super::policy;
use crate::auth::LONGEST_TTL;

/// Reads the settings; what the file does not set keeps its default.
pub(super) fn read(section: &mut Section<'_>) -> Settings {
    let mut settings = Settings::default();
    section.set("deadline", &mut settings.deadline, Value::positive_duration);
    section.set("timeout_status", &mut settings.timeout_status, timeout_status);
    section.set("trusted_proxies", &mut settings.trusted_proxies, |value| {
        Some(values(
            value.list(|value| value.parsed(|text| text.parse().map_err(|_| format!("`{text}` is no IP address"))))?,
        ))
    });
    section.set("public_origin", &mut settings.public_origin, |value| value.parsed(origin));
    table(section, "listen", |section| listen(section, &mut settings.listen));
    table(section, "limits", |section| limits(section, &mut settings.limits));
    table(section, "auth", |section| auth(section, &mut settings.auth));
    table(section, "cors", |section| cors(section, &mut settings.cors));
    table(section, "cache", |section| cache(section, &mut settings.cache));
    table(section, "log", |section| log(section, &mut settings.log));
    table(section, "shutdown", |section| shutdown(section, &mut settings.shutdown));
    settings
}

fn table(section: &mut Section<'_>, key: &'static str, read: impl FnOnce(&mut Section<'_>)) {
    if let Some(mut inner) = section.optional(key, Value::section) {
        read(&mut inner.value);
        inner.value.finish();
    }
}

fn listen(section: &mut Section<'_>, listen: &mut Listen) {
    let address = |value: Value<'_>| {
        value.parsed(|text| {
            text.parse().map_err(|_| format!("`{text}` is no address; write one like \"127.0.0.1:8001\""))
        })
    };
    listen.public = section.optional("public", address).map(|at| at.value);
    listen.admin = section.optional("admin", address).map(|at| at.value);
}

fn limits(section: &mut Section<'_>, limits: &mut Limits) {
    section.set("head_timeout", &mut limits.head_timeout, Value::positive_duration);
    section.set("head_bytes", &mut limits.head_bytes, Value::size);
    section.set("head_fields", &mut limits.head_fields, Value::count);
    section.set("uri_bytes", &mut limits.uri_bytes, Value::size);
    section.set("first_byte_timeout", &mut limits.first_byte_timeout, Value::positive_duration);
    section.set("body_bytes", &mut limits.body_bytes, Value::size);
    section.set("upload_bytes", &mut limits.upload_bytes, Value::size);
    section.set("body_idle_timeout", &mut limits.body_idle_timeout, Value::positive_duration);
    section.set("connections", &mut limits.connections, Value::count);
    section.set("connections_per_address", &mut limits.connections_per_address, Value::count);
    section.set("uploads_per_address", &mut limits.uploads_per_address, Value::count);
    section.set("requests_in_flight", &mut limits.requests_in_flight, Value::count);
    section.set("keep_alive_timeout", &mut limits.keep_alive_timeout, Value::positive_duration);
    section.set("upstream_connect_timeout", &mut limits.upstream_connect_timeout, Value::positive_duration);
    section.set("part_bytes", &mut limits.part_bytes, Value::size);
    section.set("composed_bytes", &mut limits.composed_bytes, Value::size);
    section.set("join_keys", &mut limits.join_keys, Value::count);
    limits.policies = section.tables(policy::read);
}

fn auth(section: &mut Section<'_>, auth: &mut Auth) {
    section.set("issuer", &mut auth.issuer, not_empty);
    section.set("audience", &mut auth.audience, not_empty);
    section.set("access_token_ttl", &mut auth.access_token_ttl, access_token_ttl);
    table(section, "cookie", |section| cookie(section, &mut auth.cookie));
}

/// No token may be accepted for longer than its revocation is remembered.
fn access_token_ttl(value: Value<'_>) -> Option<Duration> {
    value.whole_seconds_up_to(LONGEST_TTL, "a revoked token would be accepted again once its revocation is forgotten")
}

fn cookie(section: &mut Section<'_>, cookie: &mut Cookie) {
    section.set("name", &mut cookie.name, cookie_name);
    cookie.secure = section.optional("secure", Value::flag).map(|at| at.value);
}

fn cors(section: &mut Section<'_>, cors: &mut Cors) {
    section.set("origins", &mut cors.origins, |value| Some(values(value.list(|value| value.parsed(origin))?)));
}

fn cache(section: &mut Section<'_>, cache: &mut Cache) {
    section.set("bytes", &mut cache.bytes, Value::size);
    section.set("object_bytes", &mut cache.object_bytes, Value::size);
}

fn log(section: &mut Section<'_>, log: &mut Log) {
    section.set("requests", &mut log.requests, Value::flag);
}

fn shutdown(section: &mut Section<'_>, shutdown: &mut Shutdown) {
    section.set("delay", &mut shutdown.delay, Value::duration);
    section.set("grace", &mut shutdown.grace, Value::positive_duration);
}

fn timeout_status(value: Value<'_>) -> Option<StatusCode> {
    match value.number()? {
        503 => Some(StatusCode::SERVICE_UNAVAILABLE),
        504 => Some(StatusCode::GATEWAY_TIMEOUT),
        other => value.refuse(format!("A deadline that passed is answered with 503 or 504, not {other}.")),
    }
}

fn not_empty(value: Value<'_>) -> Option<String> {
    value.parsed(|text| if text.trim().is_empty() { Err("This must not be empty") } else { Ok(text.to_owned()) })
}

fn cookie_name(value: Value<'_>) -> Option<String> {
    value.parsed(|text| {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let good = !text.is_empty() && text.bytes().all(is_name);
        if good {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` is no name for a cookie; use letters, digits, `-` and `_`"))
        }
    })
}

/// An origin exactly as a browser sends it: scheme, host and a port that is not the scheme's own.
fn origin(text: &str) -> Result<String, String> {
    let parts = text.parse::<Uri>().ok().map(Uri::into_parts);
    let scheme = parts.as_ref().and_then(|parts| parts.scheme.as_ref()).map_or("", |scheme| scheme.as_str());
    let authority =
        parts.as_ref().and_then(|parts| parts.authority.as_ref()).map_or("", |authority| authority.as_str());
    let exact = matches!(scheme, "http" | "https")
        && text == format!("{scheme}://{authority}")
        && authority == authority.to_ascii_lowercase()
        && !authority.contains('@');
    if exact {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no origin; write one like \"https://app.example\", without a path"))
    }
}

fn values<T>(items: Vec<At<T>>) -> Vec<T> {
    items.into_iter().map(|at| at.value).collect()
}
