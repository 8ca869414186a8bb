//! Tokens that this gateway did not issue, or that somebody has bent, and identities that clients invent.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::{System, over_both};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("a token has three parts")
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The character that stands for the same bits but for those that the encoding ignores.
fn non_canonical(signature: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = *signature.as_bytes().last().unwrap();
    let at = ALPHABET.iter().position(|c| *c == last).unwrap();
    format!("{}{}", &signature[..signature.len() - 1], char::from(ALPHABET[at + 1]))
}

over_both! {
    async fn a_token_that_was_bent_is_refused_on_every_kind_of_route(system: &System) {
        let user = system.user("ada").await;
        let [head, claims, signature] = parts(&user.access_token);
        let jwks = system.anonymous().get("/.well-known/jwks.json").await.expect(200).json();
        let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
        let with = |member: &str, value: Value| {
            let mut bent = decoded(&claims);
            bent[member] = value;
            format!("{head}.{}.{signature}", part(&bent))
        };
        let head_with = |member: &str, value: Value| {
            let mut bent = decoded(&head);
            bent[member] = value;
            format!("{}.{claims}.{signature}", part(&bent))
        };
        let mut hs256 = decoded(&head);
        hs256["alg"] = json!("HS256");
        let signed = format!("{}.{claims}", part(&hs256));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &public);
        let hs256 = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())));
        let none = format!("{}.{claims}.", part(&json!({ "alg": "none", "typ": "at+jwt" })));
        let forged = [
            ("alg none", none),
            ("HS256 with the public key", hs256),
            ("another kid", head_with("kid", json!("another"))),
            ("another typ", head_with("typ", json!("JWT"))),
            ("a jwk in the head", head_with("jwk", jwks["keys"][0].clone())),
            ("another subject", with("sub", json!("999999"))),
            ("another audience", with("aud", json!("another"))),
            ("another issuer", with("iss", json!("another"))),
            ("a role", with("roles", json!(["admin"]))),
            ("exp as text", with("exp", json!("9999999999"))),
            ("a later exp", with("exp", json!(9_999_999_999_u64))),
            ("no signature", format!("{head}.{claims}.")),
            ("two parts", format!("{head}.{claims}")),
            ("four parts", format!("{head}.{claims}.{signature}.x")),
            ("trailing bytes", format!("{head}.{claims}.{signature}AA")),
            ("padding", format!("{head}.{claims}.{signature}==")),
            ("non-canonical base64", format!("{head}.{claims}.{}", non_canonical(&signature))),
            ("a refresh token", user.refresh_token.clone()),
            ("nothing", "x".to_owned()),
        ];
        for (what, token) in forged {
            for path in ["/api/v1/users/me", "/api/v1/users/ada"] {
                let answer = system.anonymous().get(path).bearer(&token).await;
                assert_eq!(answer.status, 401, "{what}: {}", answer.sentence());
                answer.problem(401, "token_invalid");
                assert!(answer.header("www-authenticate").contains("invalid_token"), "{what}: {:?}", answer.headers);
            }
        }
        let _ = user.get("/api/v1/users/me").await.expect(200);
    }

    async fn an_identity_that_a_client_invents_never_reaches_a_service(system: &System) {
        let user = system.user("ada").await;
        let bob = system.user("bob").await;
        let own = system.assertion_for(&bob);
        let call = system.anonymous().get("/api/v1/users/me").header("x-internal-assertion", &own);
        call.await.problem(401, "unauthenticated");
        let call = user.get("/api/v1/users/me").header("x-internal-assertion", &own).header("x-user-id", "2");
        assert_eq!(call.await.expect(200).json()["username"], "ada");
    }

    async fn the_internal_operations_of_a_service_are_not_public(system: &System) {
        let user = system.user("ada").await;
        for path in ["/internal/users?ids=1", "/api/v1/internal/users?ids=1", "/internal/revocations", "/api/v1/internal/sessions"] {
            user.get(path).await.problem(404, "route_not_found");
        }
    }
}
