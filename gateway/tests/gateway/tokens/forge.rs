//! Tokens that must not work, made by somebody who even has the gateway's own key.

use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub(crate) struct Forger {
    pair: Ed25519KeyPair,
    kid: String,
}

impl Forger {
    pub(crate) fn new(pem: &Path) -> Self {
        let pem = std::fs::read_to_string(pem).unwrap();
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, thumbprint.as_bytes());
        Self { pair, kid: URL_SAFE_NO_PAD.encode(digest) }
    }

    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.kid})
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes())))
    }

    /// What the gateway itself would issue: the control of the experiment.
    pub(super) fn genuine(&self) -> String {
        self.signed(&self.header(), &claims())
    }

    /// What the gateway itself would issue to this user for this session.
    pub(crate) fn of(&self, sub: &str, sid: &str) -> String {
        let claims = changed(changed(claims(), "sub", json!(sub)), "sid", json!(sid));
        self.signed(&self.header(), &claims)
    }

    pub(super) fn expired(&self) -> String {
        let mut claims = claims();
        for name in ["iat", "nbf", "exp"] {
            claims[name] = json!(claims[name].as_i64().unwrap() - 700);
        }
        self.signed(&self.header(), &claims)
    }

    /// Every forgery, with its name.
    pub(super) fn forged(&self, access: &str, refresh: &str) -> Vec<(String, String)> {
        let mut forged = self.by_header();
        forged.extend(self.by_claims());
        forged.extend(self.by_encoding(access));
        forged.push(("a refresh token".to_owned(), refresh.to_owned()));
        forged
    }

    fn by_header(&self) -> Vec<(String, String)> {
        let changes = [
            ("alg", json!("none")),
            ("alg", json!("None")),
            ("alg", json!("HS256")),
            ("alg", json!("RS256")),
            ("kid", json!("another")),
            ("kid", Value::Null),
            ("typ", json!("JWT")),
            ("typ", json!("rt+jwt")),
            ("typ", Value::Null),
            ("jku", json!("https://evil.example/jwks.json")),
            ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
            ("x5u", json!("https://evil.example/")),
            ("crit", json!(["exp"])),
        ];
        let mut forged: Vec<_> = changes
            .into_iter()
            .map(|(name, value)| {
                let what = format!("header {name} = {value}");
                (what, self.signed(&changed(self.header(), name, value), &claims()))
            })
            .collect();
        let none = message(&changed(self.header(), "alg", json!("none")), &claims());
        forged.push(("alg none without a signature".to_owned(), format!("{none}.")));
        forged.push(("no signature".to_owned(), format!("{}.", message(&self.header(), &claims()))));
        for alg in ["HS256", "EdDSA"] {
            let message = message(&changed(self.header(), "alg", json!(alg)), &claims());
            let key = hmac::Key::new(hmac::HMAC_SHA256, self.pair.public_key().as_ref());
            let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
            forged.push((format!("HMAC with the public key as {alg}"), format!("{message}.{mac}")));
        }
        let stranger = Self { pair: Ed25519KeyPair::generate().unwrap(), kid: self.kid.clone() };
        forged.push(("a stranger's signature under our key id".to_owned(), stranger.genuine()));
        forged
    }

    fn by_claims(&self) -> Vec<(String, String)> {
        let good = claims();
        let exp = good["exp"].as_i64().unwrap();
        let mut changes = vec![
            ("iss", json!("someone")),
            ("aud", json!("another-api")),
            ("aud", json!(["agora-api"])),
            ("exp", json!(exp.to_string())),
            ("nbf", json!(exp)),
            ("iat", json!(exp)),
            ("sub", json!(7)),
            ("roles", json!("admin")),
        ];
        changes.extend(good.as_object().unwrap().keys().map(|name| (name.as_str(), Value::Null)));
        let forge = |(name, value): (&str, Value)| {
            let what = format!("claim {name} = {value}");
            (what, self.signed(&self.header(), &changed(claims(), name, value)))
        };
        changes.into_iter().map(forge).collect()
    }

    fn by_encoding(&self, access: &str) -> Vec<(String, String)> {
        let (rest, last) = access.split_at(access.len() - 1);
        // Each character of the alphabet that only differs in bits that mean nothing (86 characters for 64 bytes).
        let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).collect();
        let value = alphabet.iter().position(|c| last.starts_with(*c)).unwrap();
        let mut forged = vec![
            ("non-canonical base64".to_owned(), format!("{rest}{}", alphabet[value | 1])),
            ("padding".to_owned(), format!("{access}==")),
            ("a fourth part".to_owned(), format!("{access}.AAAA")),
            ("a trailing dot".to_owned(), format!("{access}.")),
            ("trailing bytes".to_owned(), format!("{access}AAAA")),
            ("two parts".to_owned(), access.rsplit_once('.').unwrap().0.to_owned()),
            ("nothing but dots".to_owned(), "..".to_owned()),
        ];
        let mut long = access.to_owned();
        long.push_str(&"A".repeat(5000));
        forged.push(("an oversize token".to_owned(), long));
        forged
    }
}

fn claims() -> Value {
    let now = super::now_ms();
    json!({"iss": "agora", "aud": "agora-api", "sub": "7", "sid": "session-1", "roles": [],
        "iat": now / 1000, "nbf": now / 1000, "exp": now / 1000 + 600, "iat_ms": now})
}

/// Sets a member, or with null removes it.
fn changed(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    object
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}
