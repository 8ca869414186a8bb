//! What an answer is kept under: the route as it is now, who may share it, and the target.

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Uri};
use principal::Principal;

use crate::plan::query::declared_pieces;
use crate::plan::{CacheClaim, Caching, Scope};

/// The whole key, compared byte by byte.
pub(crate) type Key = Box<[u8]>;

/// Writes the key of a request. The target's path is taken as it came, and so is the query of an origin without a contract;
/// of a contracted operation those parts of the query count that it declares, in the order of their names.
///
/// What a trusted proxy in front says of scheme, host and prefix counts too (`trusted`): services are told it.
pub(crate) fn write(
    key: &mut Vec<u8>,
    caching: &Caching,
    caller: &Principal,
    (uri, headers): (&Uri, &HeaderMap),
    trusted: bool,
) {
    key.clear();
    key.extend_from_slice(&caching.generation.to_be_bytes());
    partition(key, &caching.scope, caller);
    let before = key.len();
    key.extend_from_slice(headers.get(HOST).map_or(b"", HeaderValue::as_bytes));
    key[before..].make_ascii_lowercase();
    key.push(0);
    if trusted {
        for name in ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "forwarded"] {
            let told: Vec<&[u8]> = headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
            text(key, str::from_utf8(&told.join(&b", "[..])).ok());
        }
    }
    key.extend_from_slice(uri.path().as_bytes());
    if let Some(query) = uri.query() {
        match &caching.query {
            None => {
                key.push(b'?');
                key.extend_from_slice(query.as_bytes());
            }
            Some(declared) => {
                // The first mark is one that no path has: a path may have the other.
                for (number, piece) in declared_pieces(query, declared).iter().enumerate() {
                    key.push(if number == 0 { b'?' } else { b'&' });
                    key.extend_from_slice(piece.as_bytes());
                }
            }
        }
    }
}

/// Who shares the answer. Roles are part of it beside the user, so that nobody is shown what they could see before their
/// roles changed. Every text has its length before it, so that no two callers can be written alike.
pub(crate) fn partition(key: &mut Vec<u8>, scope: &Scope, caller: &Principal) {
    for claim in scope.claims() {
        match claim {
            CacheClaim::Sub => text(key, caller.sub.as_deref()),
            CacheClaim::Sid => text(key, caller.sid.as_deref()),
            CacheClaim::Roles => {
                key.push(caller.roles.len().min(255) as u8);
                caller.roles.iter().for_each(|role| text(key, Some(role)));
            }
        }
    }
}

fn text(key: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => key.push(0),
        Some(text) => {
            key.push(1);
            key.extend_from_slice(&(text.len() as u64).to_be_bytes());
            key.extend_from_slice(text.as_bytes());
        }
    }
}

/// As much of a caller as the key knows: services are told nothing else, so an answer cannot depend on anything else.
pub(crate) fn visible(scope: &Scope, caller: &Principal) -> Principal {
    let shows = |claim| scope.claims().contains(&claim);
    Principal {
        sub: caller.sub.clone().filter(|_| shows(CacheClaim::Sub)),
        sid: caller.sid.clone().filter(|_| shows(CacheClaim::Sid)),
        roles: if shows(CacheClaim::Roles) { caller.roles.clone() } else { Vec::new() },
    }
}

#[cfg(test)]
#[path = "key/tests.rs"]
mod tests;
