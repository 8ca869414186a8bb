#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use secrecy::SecretString;

use super::*;
use crate::InternalKey;

const NOW: i64 = 1_800_000_000;

fn deployment() -> InternalKey {
    InternalKey::from_secret(&SecretString::from("k".repeat(48))).unwrap()
}

fn signer(issuer: &str, audience: &str) -> Signer {
    Signer::new(issuer, audience, deployment().derive(issuer, audience))
}

fn verifier() -> Verifier {
    let key = deployment().derive("gateway", "users");
    Verifier::new("users", vec![("gateway".to_owned(), key)])
}

fn caller() -> Principal {
    Principal {
        sub: Some("42".to_owned()),
        sid: Some("0197-session".to_owned()),
        roles: vec!["admin".to_owned(), "seller".to_owned()],
    }
}

fn with(value: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(ASSERTION, value)])
}

fn asserted() -> HeaderValue {
    signer("gateway", "users").assert(&caller(), NOW)
}

/// Signs claims of the test's choice with the right key.
fn signed(claims: &str) -> HeaderMap {
    let mut text = format!("v1.{}", URL_SAFE_NO_PAD.encode(claims));
    let mac = hmac::sign(&deployment().derive("gateway", "users").hmac(), text.as_bytes());
    text.push('.');
    text.push_str(&URL_SAFE_NO_PAD.encode(mac.as_ref()));
    with(HeaderValue::try_from(text).unwrap())
}

#[test]
fn what_was_asserted_is_what_is_read() {
    for principal in [caller(), Principal::anonymous(), Principal::service("feed")] {
        let headers = with(signer("gateway", "users").assert(&principal, NOW));
        assert_eq!(verifier().verify(&headers, NOW), Ok(principal));
    }
}

#[test]
fn a_request_without_or_with_two_assertions_is_refused() {
    assert_eq!(verifier().verify(&HeaderMap::new(), NOW), Err(Refused::Missing));
    let mut twice = with(asserted());
    twice.append(ASSERTION, asserted());
    assert_eq!(verifier().verify(&twice, NOW), Err(Refused::Several));
}

#[test]
fn an_assertion_is_valid_for_a_minute_and_the_clocks_leeway() {
    let headers = with(asserted());
    assert!(verifier().verify(&headers, NOW - LEEWAY_SECONDS).is_ok());
    assert_eq!(verifier().verify(&headers, NOW - LEEWAY_SECONDS - 1), Err(Refused::Implausible));
    let last = NOW + VALIDITY_SECONDS + LEEWAY_SECONDS - 1;
    assert!(verifier().verify(&headers, last).is_ok());
    assert_eq!(verifier().verify(&headers, last + 1), Err(Refused::Expired));
}

#[test]
fn an_assertion_for_another_service_or_from_an_unknown_issuer_is_refused() {
    for signer in [signer("gateway", "posts"), signer("feed", "users")] {
        let headers = with(signer.assert(&caller(), NOW));
        assert_eq!(verifier().verify(&headers, NOW), Err(Refused::Forged));
    }
}

#[test]
fn the_audience_is_checked_even_under_the_right_key() {
    let mislabelled = Signer::new("gateway", "posts", deployment().derive("gateway", "users"));
    let headers = with(mislabelled.assert(&caller(), NOW));
    assert_eq!(verifier().verify(&headers, NOW), Err(Refused::Audience));
}

#[test]
fn an_old_key_is_believed_beside_the_new_one_while_both_are_named() {
    let new = InternalKey::random();
    let both = Verifier::new(
        "users",
        vec![
            ("gateway".to_owned(), new.derive("gateway", "users")),
            ("gateway".to_owned(), deployment().derive("gateway", "users")),
        ],
    );
    assert_eq!(both.verify(&with(asserted()), NOW), Ok(caller()));
    let only_new = Verifier::new("users", vec![("gateway".to_owned(), new.derive("gateway", "users"))]);
    assert_eq!(only_new.verify(&with(asserted()), NOW), Err(Refused::Forged));
}

#[test]
fn claims_are_read_strictly_even_under_a_right_mac() {
    let exp = NOW + 60;
    let right = format!(r#"{{"aud":"users","sub":null,"sid":null,"roles":[],"iat":{NOW},"exp":{exp}}}"#);
    assert_eq!(verifier().verify(&signed(&right), NOW), Ok(Principal::anonymous()));
    let wrong = [
        right.replace(&format!("\"exp\":{exp}"), &format!("\"exp\":\"{exp}\"")),
        right.replace(&format!(",\"exp\":{exp}"), ""),
        right.replace("\"roles\":[]", "\"roles\":\"admin\""),
        right.replace("\"sid\":null", "\"alg\":\"none\""),
        right.replace("\"aud\":\"users\"", "\"aud\":[\"users\"]"),
        right.replace("\"roles\":[]", "\"roles\":[],\"roles\":[\"admin\"]"),
        format!("{right} x"),
        "[]".to_owned(),
    ];
    for claims in wrong {
        assert_eq!(verifier().verify(&signed(&claims), NOW), Err(Refused::Malformed), "{claims}");
    }
}

#[test]
fn a_validity_longer_than_assertions_have_is_refused() {
    let claims = |exp: i64| format!(r#"{{"aud":"users","sub":"1","sid":null,"roles":[],"iat":{NOW},"exp":{exp}}}"#);
    for exp in [NOW + VALIDITY_SECONDS + 1, i64::MAX, NOW, i64::MIN] {
        let refused = verifier().verify(&signed(&claims(exp)), NOW);
        assert_eq!(refused, Err(Refused::Implausible), "{exp}");
    }
}

#[test]
fn an_oversize_assertion_is_refused_unread() {
    let huge = HeaderValue::try_from(format!("v1.{}.AA", "A".repeat(MAX_BYTES))).unwrap();
    assert_eq!(verifier().verify(&with(huge), NOW), Err(Refused::Malformed));
}

#[test]
fn an_assertion_is_not_printed_by_debug() {
    assert!(asserted().is_sensitive());
}

/// One change that leaves a valid header value but not the same text.
fn mutate(original: &str, at: usize, byte: u8, kind: u8) -> Vec<u8> {
    let mut bytes = original.as_bytes().to_vec();
    let at = at % bytes.len();
    match kind {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.remove(at)),
        3 => bytes.truncate(at),
        _ => bytes.push(byte),
    }
    bytes
}

proptest! {
    #[test]
    fn no_mutated_assertion_verifies(at in 0usize..4096, byte in 0x21u8..0x7f, kind in 0u8..5) {
        let original = asserted();
        let mutated = mutate(original.to_str().unwrap(), at, byte, kind);
        prop_assume!(mutated != original.as_bytes());
        let headers = with(HeaderValue::from_bytes(&mutated).unwrap());
        prop_assert!(verifier().verify(&headers, NOW).is_err());
    }

    #[test]
    fn no_arbitrary_header_verifies_or_panics(text in "[ -~]{0,200}") {
        let headers = with(HeaderValue::try_from(text).unwrap());
        prop_assert!(verifier().verify(&headers, NOW).is_err());
    }

    #[test]
    fn every_principal_survives_the_journey(
        sub in proptest::option::of(".{0,40}"),
        sid in proptest::option::of(".{0,40}"),
        roles in proptest::collection::vec(".{0,20}", 0..5),
    ) {
        let principal = Principal { sub, sid, roles };
        let headers = with(signer("gateway", "users").assert(&principal, NOW));
        prop_assert_eq!(verifier().verify(&headers, NOW), Ok(principal));
    }
}
