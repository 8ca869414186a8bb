//! `cache`, `tags` and `invalidates` of a route.

use std::time::Duration;

use super::super::read::{At, Section, Value, one_of};
use super::super::{CacheClaim, Scope};

/// How the answers of a route are kept, as the file has it.
#[derive(Debug)]
pub(crate) struct CacheDraft {
    /// None for `none`.
    pub(crate) scope: Option<At<Option<Scope>>>,
    pub(crate) ttl: Option<At<Duration>>,
    pub(crate) stale_while_revalidate: Option<At<Duration>>,
    pub(crate) stale_if_error: Option<At<Duration>>,
}

const SCOPE: &str = "who shares an answer, `public`, `viewer`, `user`, `claims:[…]` or `none`; there is no default";
const SCOPES: [&str; 5] = ["public", "viewer", "user", "claims:[sub, roles]", "none"];

pub(super) fn read(value: Value<'_>) -> Option<CacheDraft> {
    let mut section = value.section()?;
    let draft = CacheDraft {
        scope: section.required("scope", SCOPE, |value| value.parsed(scope)),
        ttl: section.optional("ttl", Value::positive_duration),
        stale_while_revalidate: section.optional("stale_while_revalidate", Value::duration),
        stale_if_error: section.optional("stale_if_error", Value::duration),
    };
    section.finish();
    Some(draft)
}

/// A list of names of groups.
pub(super) fn names(section: &mut Section<'_>, key: &'static str) -> Vec<At<String>> {
    section.optional(key, |value| value.list(Value::text)).map_or_else(Vec::new, |at| at.value)
}

fn scope(text: &str) -> Result<Option<Scope>, String> {
    match text {
        "none" => return Ok(None),
        "public" => return Ok(Some(Scope::Public)),
        "viewer" => return Ok(Some(Scope::Viewer)),
        "user" => return Ok(Some(Scope::User)),
        _ => {}
    }
    let listed = text.strip_prefix("claims:[").and_then(|rest| rest.strip_suffix(']'));
    let Some(listed) = listed else {
        return Err(format!("`{text}` does not say who shares an answer{}", one_of(text, &SCOPES)));
    };
    let mut claims = listed.split(',').map(|name| claim(name.trim())).collect::<Result<Vec<_>, _>>()?;
    claims.sort_unstable();
    claims.dedup();
    Ok(Some(Scope::Claims(claims)))
}

fn claim(name: &str) -> Result<CacheClaim, String> {
    let names = CacheClaim::NAMES.map(|(name, _)| name);
    let known = CacheClaim::NAMES.into_iter().find(|(known, _)| *known == name);
    known.map(|(_, claim)| claim).ok_or_else(|| format!("There is no claim `{name}`{}", one_of(name, &names)))
}
