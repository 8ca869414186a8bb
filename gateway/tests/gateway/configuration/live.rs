//! `gateway check --live`: the program itself, against a service that has the pinned contract, another one, or none.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use principal::{InternalKey, Verifier};
use secrecy::SecretString;
use testkit::Stub;
use testkit::faulty::Refusing;

use super::commands::{ends, gateway, write};
use super::{ROUTES, SHOP};

const KEY: &str = "a key of at least thirty-two characters";

/// A service `shop` that shows this contract to whom the gateway's key vouches for.
async fn shop(contract: String) -> Stub {
    let key = InternalKey::from_secret(&SecretString::from(KEY)).unwrap().derive("gateway", "shop");
    let verifier = Arc::new(Verifier::new("shop", vec![("gateway".to_owned(), key)]));
    let router = Router::new().route("/openapi.json", get(move || async move { contract }));
    Stub::start(router.layer(from_fn_with_state(verifier, principal::require))).await
}

/// Exit status, output and error of the check against a service at `url`, with this key.
async fn checked(url: &str, key: Option<&'static str>) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), ROUTES);
    let mut command = gateway(&["check", "--live", "--config", "conf"]);
    command.current_dir(directory.path()).env("SHOP_URL", url);
    if let Some(key) = key {
        command.env("AGORA_INTERNAL_KEY", key);
    }
    tokio::task::spawn_blocking(move || {
        let ended = ends(command);
        drop(directory);
        ended
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn services_with_the_pinned_contract_end_with_0() {
    let shop = shop(SHOP.to_owned()).await;
    let (status, out, err) = checked(&shop.url(), Some(KEY)).await;
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("The configuration is right: "), "{out}");
    assert!(out.ends_with(&format!("\n`shop` at {}/ has the contract that is pinned.\n", shop.url())), "{out}");
}

#[tokio::test]
async fn a_service_with_another_contract_ends_with_1_and_what_differs() {
    let drifted = SHOP.replacen("\"type\": \"integer\"", "\"type\": \"string\"", 1).replace("list_by_tags", "by_tags");
    let shop = shop(drifted).await;
    let (status, out, err) = checked(&shop.url(), Some(KEY)).await;
    assert_eq!((status, out.as_str()), (Some(1), ""), "{err}");
    for expected in [
        "has another contract than the pinned one:",
        "  `list_by_tags` is gone: the pin has it at /paths/~1by-tags~1{tags}/get.",
        "  `by_tags` is new: the pin has nothing like /paths/~1by-tags~1{tags}/get.",
        "/schema/type is \"string\" now, not \"integer\".",
    ] {
        assert!(err.contains(expected), "{expected}\n{err}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_or_has_no_contract_ends_with_1() {
    let refusing = Refusing::start();
    let (status, _, err) = checked(&refusing.url(), Some(KEY)).await;
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains(&format!("`shop` at {}/ does not answer: connection_refused.", refusing.url())), "{err}");

    for (body, expected) in [("{}", "serves no contract: it is no OpenAPI document."), ("<p>", "serves no JSON: ")] {
        let shop = shop(body.to_owned()).await;
        let (status, _, err) = checked(&shop.url(), Some(KEY)).await;
        assert_eq!(status, Some(1), "{err}");
        assert!(err.contains(expected), "{err}");
    }
    let elsewhere = Stub::answering(404, "text/plain", "").await;
    let (status, _, err) = checked(&elsewhere.url(), Some(KEY)).await;
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("has no contract at /openapi.json: it answers 404 Not Found."), "{err}");
}

#[tokio::test]
async fn a_key_is_needed_and_a_wrong_one_is_noticed() {
    let shop = shop(SHOP.to_owned()).await;
    let (status, out, err) = checked(&shop.url(), None).await;
    assert_eq!((status, out.as_str(), shop.calls()), (Some(2), "", 0));
    assert!(err.contains("AGORA_INTERNAL_KEY"), "{err}");
    let (status, _, err) = checked(&shop.url(), Some("another key of at least thirty-two characters")).await;
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("does not believe this key: is AGORA_INTERNAL_KEY its own?"), "{err}");
}
