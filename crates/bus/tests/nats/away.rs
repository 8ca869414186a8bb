//! Followers and servers that are away for a while.

use std::collections::HashSet;

use bus::Bus;
use testkit::nats::Nats;

use crate::world::{Noting, REGISTERED, connect, ids, publish, registrations, until};

#[tokio::test]
async fn whoever_joins_again_gets_what_was_missed_and_nothing_twice() {
    let Some(server) = Nats::start().await else { return };
    let bus = connect(&server).await;
    let first = Noting::follow(&bus, "noting", &[REGISTERED]);
    publish(&bus, &registrations(0..10)).await;
    first.until_seen(&ids(0..10)).await;
    first.stop().await;
    publish(&bus, &registrations(10..20)).await;
    let again = Noting::follow(&connect(&server).await, "noting", &[REGISTERED]);
    again.until_seen(&ids(10..20)).await;
}

#[tokio::test]
async fn what_was_on_its_way_to_a_process_that_was_killed_comes_to_the_next_in_its_order() {
    let Some(server) = Nats::start().await else { return };
    let bus = connect(&server).await;
    let killed = Noting::failing(&bus, "noting", &[REGISTERED], u32::MAX);
    publish(&bus, &registrations(0..10)).await;
    until("it failed", async || killed.fails() < u32::MAX).await;
    killed.kill().await;
    let next = Noting::follow(&connect(&server).await, "noting", &[REGISTERED]);
    next.until_seen(&ids(0..10)).await;
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_again_has_lost_nothing() {
    let Some(mut server) = Nats::start().await else { return };
    let (publisher, follower) = (connect(&server).await, connect(&server).await);
    let noting = Noting::follow(&follower, "noting", &[REGISTERED]);
    publish(&publisher, &registrations(0..10)).await;
    noting.until_seen(&ids(0..10)).await;
    server.stop();
    until("publishing fails", async || publisher.publish(&registrations(10..11)).await.is_err()).await;
    server.start_again().await;
    publish(&publisher, &registrations(10..20)).await;
    until("the rest is seen", async || noting.seen().last().is_some_and(|last| last == "19")).await;
    // What the server had not written down of who took what comes again, in its order.
    let (mut known, mut seen) = (HashSet::new(), noting.stop().await);
    seen.retain(|id| known.insert(id.clone()));
    assert_eq!(seen, ids(0..20));
}

#[tokio::test]
async fn what_the_server_had_when_it_was_killed_arrives_when_it_is_back() {
    let Some(mut server) = Nats::start().await else { return };
    publish(&connect(&server).await, &registrations(0..10)).await;
    server.stop();
    let bus = connect(&server).await;
    let noting = Noting::follow(&bus, "noting", &[REGISTERED]);
    server.start_again().await;
    noting.until_seen(&ids(0..10)).await;
}

#[tokio::test]
async fn whoever_waits_for_an_answer_is_told_when_there_can_be_none() {
    let Some(mut server) = Nats::start().await else { return };
    let bus = connect(&server).await;
    publish(&bus, &registrations(0..1)).await;
    server.freeze();
    let waiting = registrations(1..2);
    let mut publishing = std::pin::pin!(bus.publish(&waiting));
    assert!(futures_util::poll!(publishing.as_mut()).is_pending(), "a server that is frozen answered");
    server.stop();
    let refused = publishing.await.unwrap_err();
    assert_eq!(refused.to_string(), "NATS did not take the message 1: the connection was lost");
    server.start_again().await;
    let noting = Noting::follow(&bus, "noting", &[REGISTERED]);
    publish(&bus, &registrations(1..2)).await;
    noting.until_seen(&ids(0..2)).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_at_the_start_is_waited_for() {
    let Some(mut server) = Nats::stopped(&[]) else { return };
    let bus = connect(&server).await;
    let noting = Noting::follow(&bus, "noting", &[REGISTERED]);
    let refused = bus.publish(&registrations(0..1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "NATS did not take the message 0: the server is away");
    server.start_again().await;
    publish(&bus, &registrations(0..3)).await;
    noting.until_seen(&ids(0..3)).await;
}

#[tokio::test]
async fn a_server_that_asks_who_it_is_is_told_by_the_url() {
    let Some(known) = Nats::start_with(&["--user", "agora", "--pass", "quiet/night"]).await else { return };
    let url = known.url().replace("nats://", "nats://agora:quiet%2Fnight@");
    publish(&Bus::connect(&url).await.unwrap(), &registrations(0..1)).await;
    let refused = connect(&known).await.publish(&registrations(0..1)).await;
    assert!(refused.is_err());
    let Some(token) = Nats::start_with(&["--auth", "quiet"]).await else { return };
    let url = token.url().replace("nats://", "nats://quiet@");
    publish(&Bus::connect(&url).await.unwrap(), &registrations(0..1)).await;
}
