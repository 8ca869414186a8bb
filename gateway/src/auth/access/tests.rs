#![allow(clippy::unwrap_used)]

use arc_swap::ArcSwap;
use http::HeaderName;

use super::*;
use crate::auth::keys::Keys;
use crate::auth::keys::tests::PEM;
use crate::auth::revocation::Revocations;
use crate::auth::token::{Grant, Issuer};
use crate::auth::verify::Expected;

const NOW_MS: i64 = 1_800_000_000_000;

fn cache() -> TokenCache {
    let gate = Gate {
        keys: ArcSwap::from_pointee(Keys::from_pem(PEM).unwrap()),
        expected: Expected { issuer: "i".to_owned(), audience: "a".to_owned() },
        revocations: Arc::new(Revocations::new()),
    };
    TokenCache::new(Arc::new(gate), Arc::from([]))
}

fn token(sub: i64, roles: &[&str]) -> String {
    let issuer = Issuer { issuer: "i".to_owned(), audience: "a".to_owned(), ttl_seconds: 600 };
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    let grant = Grant { sub, sid: "s", roles: &roles, as_of_ms: NOW_MS };
    issuer.issue(&Keys::from_pem(PEM).unwrap(), grant, NOW_MS).unwrap()
}

fn headers(values: &[&str]) -> HeaderMap {
    HeaderMap::from_iter(values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())))
}

fn appended(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(HeaderName::from_static("authorization"), HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn who_may_call_is_decided_by_the_routes_rule() {
    let mut cache = cache();
    let (user, admin) =
        (headers(&[&format!("Bearer {}", token(7, &[]))]), headers(&[&format!("bearer  {}", token(1, &["admin"]))]));
    let none = HeaderMap::new();
    let role = Access::Role("admin".to_owned());
    let cases = [
        (&none, Access::Anyone, Ok(None)),
        (&none, Access::SignedIn, Err(AccessError::Unauthenticated)),
        (&none, role.clone(), Err(AccessError::Unauthenticated)),
        (&user, Access::Anyone, Ok(Some(7))),
        (&user, Access::SignedIn, Ok(Some(7))),
        (&user, role.clone(), Err(AccessError::Forbidden)),
        (&admin, role, Ok(Some(1))),
    ];
    for (headers, access, expected) in cases {
        let found = cache.authenticate(headers, TokenRule::Check, &access, NOW_MS);
        assert_eq!(found.map(|caller| caller.principal().user_id()), expected, "{access}");
    }
}

#[test]
fn a_bad_token_is_refused_also_where_none_is_needed_unless_the_route_ignores_it() {
    let mut cache = cache();
    let good = format!("Bearer {}", token(7, &[]));
    let bad = [
        headers(&["Bearer x"]),
        headers(&["Bearer "]),
        headers(&["Bearer"]),
        headers(&["Basic Og=="]),
        headers(&["Token abc"]),
        headers(&[&format!("{good} x")]),
        headers(&[&good.replace("Bearer ", "Bearer")]),
        appended(&[&good, &good]),
        appended(&[&good, "Basic Og=="]),
    ];
    for headers in bad {
        let found = cache.authenticate(&headers, TokenRule::Check, &Access::Anyone, NOW_MS);
        assert_eq!(found.err(), Some(AccessError::TokenInvalid), "{headers:?}");
        let found = cache.authenticate(&headers, TokenRule::Ignore, &Access::Anyone, NOW_MS);
        assert_eq!(found.unwrap().principal(), &Principal::anonymous());
    }
    assert_eq!((cache.young.len(), cache.old.len()), (0, 0), "what does not verify is not remembered");
}

#[test]
fn a_token_is_verified_once_and_found_again_by_its_whole_text() {
    let mut cache = cache();
    let text = token(7, &[]);
    let sent = headers(&[&format!("Bearer {text}")]);
    let first = cache.authenticate(&sent, TokenRule::Check, &Access::Anyone, NOW_MS).unwrap();
    let second = cache.authenticate(&sent, TokenRule::Check, &Access::Anyone, NOW_MS).unwrap();
    assert!(Arc::ptr_eq(&first.0, &second.0), "the second was not verified again");
    let mut forged = text.clone();
    forged.pop();
    forged.push(if text.ends_with('A') { 'Q' } else { 'A' });
    let forged = headers(&[&format!("Bearer {forged}")]);
    let found = cache.authenticate(&forged, TokenRule::Check, &Access::Anyone, NOW_MS);
    assert_eq!(found.err(), Some(AccessError::TokenInvalid));
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
    let mut cache = cache();
    cache.half = 4;
    let used = headers(&[&format!("Bearer {}", token(1, &[]))]);
    let first = cache.authenticate(&used, TokenRule::Check, &Access::Anyone, NOW_MS).unwrap();
    for sub in 2..40 {
        let other = headers(&[&format!("Bearer {}", token(sub, &[]))]);
        cache.authenticate(&other, TokenRule::Check, &Access::Anyone, NOW_MS).unwrap();
        let again = cache.authenticate(&used, TokenRule::Check, &Access::Anyone, NOW_MS).unwrap();
        assert!(Arc::ptr_eq(&first.0, &again.0));
        assert!(cache.young.len() <= 4 && cache.old.len() <= 4);
    }
}

#[test]
fn each_refusal_is_a_problem_with_its_challenge() {
    let cases = [
        (AccessError::Unauthenticated, 401, "unauthenticated", Some("Bearer")),
        (AccessError::TokenInvalid, 401, "token_invalid", Some("Bearer error=\"invalid_token\"")),
        (AccessError::TokenExpired, 401, "token_expired", Some("Bearer error=\"invalid_token\"")),
        (AccessError::SessionRevoked, 401, "session_revoked", Some("Bearer error=\"invalid_token\"")),
        (AccessError::Forbidden, 403, "forbidden", None),
    ];
    for (error, status, code, challenge) in cases {
        let problem = Problem::from(error);
        assert_eq!((problem.status().as_u16(), problem.code().as_str()), (status, code));
        let sent = problem.headers().get(http::header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
        assert_eq!(sent, challenge);
    }
}
