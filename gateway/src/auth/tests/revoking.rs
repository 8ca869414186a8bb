//! Revocations that users records, and the data plane that has to notice them.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use principal::{ASSERTION, Principal, Verifier};

use super::world::{Answer, World, bearer};
use crate::auth::verify::TokenError;
use crate::auth::{AccessError, TokenCache};
use crate::plan::{Access, ServiceId, TokenRule};

fn cache(world: &World) -> TokenCache {
    TokenCache::new(world.auth.gate(), Arc::from([world.signer("gateway"), world.signer("users")]))
}

fn headers(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}

fn authenticate(cache: &mut TokenCache, world: &World, login: &Answer) -> Result<Principal, AccessError> {
    let headers = headers(&bearer(login.access()));
    let caller = cache.authenticate(&headers, TokenRule::Check, &Access::Anyone, world.clock.now_ms())?;
    Ok(caller.principal().clone())
}

/// One round of what the task does every half second.
async fn poll(world: &World) {
    let mut feed = world.auth.feed.lock().unwrap().take().unwrap();
    feed.poll(&world.auth.users).await;
    feed.persist().await;
    *world.auth.feed.lock().unwrap() = Some(feed);
}

#[tokio::test]
async fn a_remembered_token_stops_counting_with_the_next_poll() {
    let world = World::new();
    let (login, other) = (world.login().await, world.login().await);
    let mut cache = cache(&world);
    assert_eq!(authenticate(&mut cache, &world, &login).unwrap().user_id(), Some(7));
    assert!(authenticate(&mut cache, &world, &other).is_ok());
    world.stub.know(|known| known.end("session-1"));
    assert!(authenticate(&mut cache, &world, &login).is_ok(), "nobody has told the gateway");
    poll(&world).await;
    assert_eq!(authenticate(&mut cache, &world, &login), Err(AccessError::SessionRevoked));
    assert_eq!(authenticate(&mut cache, &world, &login), Err(AccessError::SessionRevoked), "nor when asked again");
    assert!(authenticate(&mut cache, &world, &other).is_ok());
}

#[tokio::test]
async fn a_users_revocation_catches_what_was_issued_before_it_and_nothing_after() {
    let world = World::new();
    let before = world.login().await;
    world.pass(Duration::from_millis(5));
    world.stub.know(|known| known.revoke("sub", "7", known.now_ms));
    poll(&world).await;
    assert_eq!(world.check(&before), Err(TokenError::Revoked));
    assert!(world.check(&world.login().await).is_ok());
}

#[tokio::test]
async fn revocations_survive_a_restart_while_users_is_down() {
    let world = World::new();
    let (login, other) = (world.login().await, world.login().await);
    world.stub.know(|known| known.end("session-1"));
    poll(&world).await;
    let restarted = world.restarted();
    restarted.users.sever(true);
    assert_eq!(restarted.check(&login), Err(TokenError::Revoked));
    poll(&restarted).await;
    assert_eq!(restarted.check(&login), Err(TokenError::Revoked));
    assert!(restarted.check(&other).is_ok(), "verification goes on");
}

#[tokio::test]
async fn a_local_logout_survives_a_restart_too() {
    let world = World::new();
    let login = world.login().await;
    let tasks = boot::Tasks::new();
    world.auth.follow_revocations(&tasks);
    let body = serde_json::json!({"refresh_token": login.refresh_token()});
    world.post("/auth/logout", body, &[]).await;
    assert!(tasks.shutdown(Duration::from_secs(10)).await.is_empty(), "the task ends when it is told to");
    world.stub.know(|known| known.revocations.clear());
    assert_eq!(world.restarted().check(&login), Err(TokenError::Revoked));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_costs_a_refresh_and_lets_nobody_through() {
    let world = World::new();
    let login = world.login().await;
    std::fs::write(world.directory.path().join("revocations.json"), "{").unwrap();
    world.pass(Duration::from_millis(1));
    let restarted = world.restarted();
    assert_eq!(restarted.check(&login), Err(TokenError::Revoked));
    let refreshed = restarted.refresh(login.refresh_token()).await;
    assert!(restarted.check(&refreshed).is_ok());
}

#[tokio::test]
async fn revocations_are_read_page_by_page() {
    let world = World::new();
    let login = world.login().await;
    world.stub.know(|known| {
        for number in 0..1200 {
            known.revoke("sid", &format!("other-{number}"), known.now_ms);
        }
        known.end("session-1");
    });
    poll(&world).await;
    assert_eq!(world.check(&login), Err(TokenError::Revoked));
}

#[tokio::test]
async fn a_hit_checks_the_expiry() {
    let world = World::new();
    let login = world.login().await;
    let mut cache = cache(&world);
    assert!(authenticate(&mut cache, &world, &login).is_ok());
    world.pass(Duration::from_secs(604));
    assert!(authenticate(&mut cache, &world, &login).is_ok());
    world.pass(Duration::from_secs(1));
    assert_eq!(authenticate(&mut cache, &world, &login), Err(AccessError::TokenExpired));
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_key() {
    let world = World::new();
    let login = world.login().await;
    let mut cache = cache(&world);
    assert!(authenticate(&mut cache, &world, &login).is_ok());
    std::fs::write(world.directory.path().join("signing.pem"), crate::auth::keys::tests::PEM).unwrap();
    world.auth.reload_keys().unwrap();
    assert_eq!(authenticate(&mut cache, &world, &login), Err(AccessError::TokenInvalid));
}

#[tokio::test]
async fn a_service_is_told_the_caller_in_an_assertion_that_is_signed_once_in_half_a_minute() {
    let world = World::new();
    let mut cache = cache(&world);
    let sent = headers(&bearer(world.login().await.access()));
    let now = world.clock.now_ms();
    let caller = cache.authenticate(&sent, TokenRule::Check, &Access::SignedIn, now).unwrap();
    let users = ServiceId(1);
    let assertion = cache.assertion(&caller, users, &[], now).unwrap();
    let again = cache.authenticate(&sent, TokenRule::Check, &Access::SignedIn, now).unwrap();
    assert_eq!(cache.assertion(&again, users, &[], now + 29_999).unwrap(), assertion);
    assert_ne!(cache.assertion(&again, users, &[], now + 30_000).unwrap(), assertion);
    assert_ne!(cache.assertion(&again, ServiceId::GATEWAY, &[], now).unwrap(), assertion);
    assert!(cache.assertion(&again, ServiceId(2), &[], now).is_none());
    let with_role = cache.assertion(&again, users, &["auditor".to_owned()], now).unwrap();
    for (value, roles) in [(assertion, vec!["seller"]), (with_role, vec!["seller", "auditor"])] {
        let read = verifier(&world).verify(&HeaderMap::from_iter([(ASSERTION, value)]), now / 1000).unwrap();
        assert_eq!((read.user_id(), read.roles), (Some(7), roles.into_iter().map(str::to_owned).collect()));
    }
}

#[tokio::test]
async fn an_anonymous_caller_gets_an_assertion_without_a_subject() {
    let world = World::new();
    let mut cache = cache(&world);
    let now = world.clock.now_ms();
    let caller = cache.authenticate(&HeaderMap::new(), TokenRule::Check, &Access::Anyone, now).unwrap();
    let value = cache.assertion(&caller, ServiceId(1), &[], now).unwrap();
    let read = verifier(&world).verify(&HeaderMap::from_iter([(ASSERTION, value.clone())]), now / 1000);
    assert_eq!(read, Ok(Principal::anonymous()));
    let next = cache.authenticate(&HeaderMap::new(), TokenRule::Check, &Access::Anyone, now).unwrap();
    assert_eq!(cache.assertion(&next, ServiceId(1), &[], now).unwrap(), value, "signed once for all of them");
}

fn verifier(world: &World) -> Verifier {
    world.verifier("users")
}
