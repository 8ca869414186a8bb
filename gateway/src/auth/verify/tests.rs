#![allow(clippy::unwrap_used)]

use aws_lc_rs::hmac;
use jsonwebtoken::{EncodingKey, crypto};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::auth::keys::tests::{OTHER_PEM, PEM};
use crate::auth::token::{Grant, Issuer};

const NOW_MS: i64 = 1_800_000_000_000;
const NOW: i64 = NOW_MS / 1000;

fn keys() -> Keys {
    Keys::from_pem(PEM).unwrap()
}

fn expected() -> Expected {
    Expected { issuer: "agora".to_owned(), audience: "agora-api".to_owned() }
}

fn issued() -> String {
    let issuer = Issuer { issuer: "agora".to_owned(), audience: "agora-api".to_owned(), ttl_seconds: 600 };
    let roles = ["admin".to_owned()];
    let grant = Grant { sub: 7, sid: "s-1", roles: &roles, as_of_ms: NOW_MS - 12 };
    issuer.issue(&keys(), grant, NOW_MS).unwrap()
}

fn refused(token: &str) -> TokenError {
    expected().verify(&keys(), token, NOW_MS).unwrap_err()
}

fn claims() -> Value {
    json!({"iss": "agora", "aud": "agora-api", "sub": "7", "sid": "s-1", "roles": [],
        "iat": NOW, "nbf": NOW, "exp": NOW + 600, "iat_ms": NOW_MS})
}

fn header() -> Value {
    let set: Value = serde_json::from_slice(&keys().jwks()).unwrap();
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": set["keys"][0]["kid"]})
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Any header and claims, signed with our own key.
fn signed(header: &Value, claims: &Value) -> String {
    signed_text(&encoded(header), &encoded(claims))
}

fn signed_text(header: &str, claims: &str) -> String {
    let message = format!("{header}.{claims}");
    let der = super::super::keys::tests::der(PEM);
    let signature = crypto::sign(message.as_bytes(), &EncodingKey::from_ed_der(&der), jsonwebtoken::Algorithm::EdDSA);
    format!("{message}.{}", signature.unwrap())
}

#[test]
fn an_issued_token_verifies_and_says_who_it_is_for() {
    let verified = expected().verify(&keys(), &issued(), NOW_MS).unwrap();
    assert_eq!(verified.access.principal.user_id(), Some(7));
    assert_eq!(verified.access.principal.sid.as_deref(), Some("s-1"));
    assert!(verified.access.principal.has_role("admin"));
    assert_eq!((verified.access.issued_at_ms, verified.access.expires_at), (NOW_MS - 12, NOW + 600));
    assert!(expected().verify(&keys(), &signed(&header(), &claims()), NOW_MS).is_ok());
}

#[test]
fn a_token_with_the_algorithm_none_is_refused() {
    for alg in ["none", "None", "NONE", ""] {
        let mut header = header();
        header["alg"] = alg.into();
        let message = format!("{}.{}", encoded(&header), encoded(&claims()));
        assert_eq!(refused(&format!("{message}.")), TokenError::Header);
        assert_eq!(refused(&signed(&header, &claims())), TokenError::Header);
    }
    let message = format!("{}.{}", encoded(&header()), encoded(&claims()));
    assert_eq!(refused(&format!("{message}.")), TokenError::Signature, "no signature under the right header");
}

#[test]
fn a_token_signed_by_hs256_with_the_public_key_is_refused() {
    let set: Value = serde_json::from_slice(&keys().jwks()).unwrap();
    let x = set["keys"][0]["x"].as_str().unwrap().to_owned();
    let raw = URL_SAFE_NO_PAD.decode(&x).unwrap();
    for secret in [raw, x.into_bytes(), keys().jwks().to_vec(), PEM.as_bytes().to_vec()] {
        for alg in ["HS256", "EdDSA"] {
            let mut header = header();
            header["alg"] = alg.into();
            let message = format!("{}.{}", encoded(&header), encoded(&claims()));
            let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
            let error = refused(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac)));
            assert!(matches!(error, TokenError::Header | TokenError::Signature), "{error}");
        }
    }
}

#[test]
fn an_unknown_or_missing_key_id_is_refused() {
    let stranger = Keys::from_pem(OTHER_PEM).unwrap().sign(&claims().to_string()).unwrap();
    assert_eq!(refused(&stranger), TokenError::UnknownKey);
    let mut header = header();
    header["kid"] = "x".into();
    assert_eq!(refused(&signed(&header, &claims())), TokenError::UnknownKey);
    header.as_object_mut().unwrap().remove("kid");
    assert_eq!(refused(&signed(&header, &claims())), TokenError::Header);
}

#[test]
fn a_strangers_signature_under_our_key_id_is_refused() {
    let message = format!("{}.{}", encoded(&header()), encoded(&claims()));
    let der = super::super::keys::tests::der(OTHER_PEM);
    let signature = crypto::sign(message.as_bytes(), &EncodingKey::from_ed_der(&der), jsonwebtoken::Algorithm::EdDSA);
    assert_eq!(refused(&format!("{message}.{}", signature.unwrap())), TokenError::Signature);
}

#[test]
fn headers_that_bring_a_key_or_a_rule_along_are_refused_even_when_signed_by_us() {
    let additions = [
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert")),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ];
    for (name, value) in additions {
        let mut header = header();
        header[name] = value;
        assert_eq!(refused(&signed(&header, &claims())), TokenError::Header, "{name}");
    }
}

#[test]
fn another_type_of_token_is_refused() {
    for typ in [json!("JWT"), json!("at+JWT"), json!("application/at+jwt"), json!("rt+jwt"), json!(1), Value::Null] {
        let mut header = header();
        header["typ"] = typ;
        assert_eq!(refused(&signed(&header, &claims())), TokenError::Header);
    }
}

#[test]
fn wrong_or_mistyped_claims_are_refused_even_when_signed_by_us() {
    let wrong = [
        ("iss", json!("someone")),
        ("aud", json!("another-api")),
        ("aud", json!(["agora-api"])),
        ("aud", json!(["agora-api", "other"])),
        ("iss", json!(["agora"])),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", Value::Null),
        ("sid", json!("")),
        ("sid", Value::Null),
        ("roles", json!("admin")),
        ("roles", json!([1])),
        ("exp", json!((NOW + 600).to_string())),
        ("exp", json!(1.8e9)),
        ("exp", Value::Null),
        ("nbf", json!(NOW.to_string())),
        ("iat", json!(NOW.to_string())),
        ("iat_ms", json!(NOW_MS.to_string())),
        ("exp", json!(NOW - 1)),
    ];
    for (name, value) in wrong {
        let mut claims = claims();
        claims[name] = value.clone();
        assert_eq!(refused(&signed(&header(), &claims)), TokenError::Claims, "{name} = {value}");
    }
}

#[test]
fn every_claim_is_required() {
    let names: Vec<_> = claims().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 9);
    for name in names {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(&name);
        assert_eq!(refused(&signed(&header(), &claims)), TokenError::Claims, "without {name}");
    }
}

#[test]
fn a_claim_that_is_there_twice_is_refused() {
    let twice = claims().to_string().replacen('{', "{\"sub\":\"1\",", 1);
    assert_eq!(refused(&signed_text(&encoded(&header()), &URL_SAFE_NO_PAD.encode(twice))), TokenError::Claims);
}

#[test]
fn a_token_is_valid_from_its_first_to_its_last_second_and_five_more() {
    let at = |seconds: i64| expected().verify(&keys(), &issued(), seconds * 1000).map(drop);
    assert_eq!(at(NOW - 6), Err(TokenError::NotYet));
    assert_eq!(at(NOW - 5), Ok(()));
    assert_eq!(at(NOW + 604), Ok(()));
    assert_eq!(at(NOW + 605), Err(TokenError::Expired));
    let mut later = claims();
    later["nbf"] = json!(NOW + 6);
    assert_eq!(refused(&signed(&header(), &later)), TokenError::NotYet);
}

#[test]
fn trailing_bytes_padding_and_other_alphabets_are_refused() {
    let token = issued();
    for suffix in [".", "A", "=", "==", " ", "\n", ".AAAA", "\0"] {
        let error = refused(&format!("{token}{suffix}"));
        assert_ne!(error, TokenError::Expired, "{suffix:?}");
    }
    for prefix in [" ", ".", "A", "Bearer "] {
        refused(&format!("{prefix}{token}"));
    }
    assert_eq!(refused(&token.replacen('.', "..", 1)), TokenError::Malformed);
    let padded = format!("{}=.{}", encoded(&header()), encoded(&claims()));
    assert_eq!(refused(&format!("{padded}.AAAA")), TokenError::Malformed);
}

#[test]
fn the_same_signature_in_non_canonical_base64_is_refused() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let token = issued();
    // 64 bytes are 86 characters, whose last one has four bits that mean nothing and have to be zero.
    let (rest, last) = token.split_at(token.len() - 1);
    let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
    for stray in 1..16 {
        let other = char::from(ALPHABET[value | stray]);
        assert_eq!(refused(&format!("{rest}{other}")), TokenError::Malformed);
    }
}

#[test]
fn a_refresh_token_or_an_assertion_is_no_access_token() {
    for other in ["AbCdEfGh.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "v1.e30.AAAA", "", ".", "..", "..."] {
        let error = refused(other);
        assert!(matches!(error, TokenError::Malformed | TokenError::Header), "{other:?}: {error}");
    }
}

#[test]
fn an_oversize_token_is_refused_unread() {
    assert_eq!(refused(&"A".repeat(MAX_BYTES + 1)), TokenError::TooLong);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_token_with_one_byte_changed_verifies(at in any::<prop::sample::Index>(), byte in 0x20u8..0x7f) {
        let mut bytes = issued().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let token = String::from_utf8(bytes).unwrap();
        prop_assert!(expected().verify(&keys(), &token, NOW_MS).is_err());
    }

    #[test]
    fn no_text_verifies_or_panics(token in "[ -~]{0,300}") {
        prop_assert!(expected().verify(&keys(), &token, NOW_MS).is_err());
    }
}
