//! What arrives, at whom, and in which order.

use testkit::nats::Nats;

use crate::world::{Noting, REGISTERED, connect, ids, message, publish, registrations, until};

#[tokio::test]
async fn what_is_published_arrives_in_its_order_at_everybody_who_follows_its_subject() {
    let Some(server) = Nats::start().await else { return };
    let (publisher, follower) = (connect(&server).await, connect(&server).await);
    let users = Noting::follow(&follower, "feed.users", &["agora.users.>", "agora.shop.>"]);
    let all = Noting::follow(&follower, "audit", &["agora.>"]);
    let posts = Noting::follow(&follower, "feed.posts", &["agora.posts.post.*"]);
    publish(&publisher, &registrations(0..100)).await;
    publish(&publisher, &[message(100, "agora.posts.post.created")]).await;
    users.until_seen(&ids(0..100)).await;
    all.until_seen(&ids(0..101)).await;
    posts.until_seen(&ids(100..101)).await;
}

#[tokio::test]
async fn what_was_not_taken_comes_again_before_what_comes_after_it() {
    let Some(server) = Nats::start().await else { return };
    let bus = connect(&server).await;
    publish(&bus, &registrations(0..20)).await;
    let failing = Noting::failing(&bus, "failing", &["agora.>"], 3);
    failing.until_seen(&ids(0..20)).await;
    assert_eq!(failing.fails(), 0);
}

#[tokio::test]
async fn a_follower_that_fails_holds_up_no_other_and_nobody_who_publishes() {
    let Some(server) = Nats::start().await else { return };
    let bus = connect(&server).await;
    let failing = Noting::failing(&bus, "failing", &["agora.>"], u32::MAX);
    let other = Noting::follow(&bus, "other", &["agora.>"]);
    publish(&bus, &registrations(0..20)).await;
    other.until_seen(&ids(0..20)).await;
    until("it failed", async || failing.fails() < u32::MAX).await;
    assert!(failing.stop().await.is_empty());
}

#[tokio::test]
async fn a_repeat_is_recognised_by_its_id() {
    let Some(server) = Nats::start().await else { return };
    let bus = connect(&server).await;
    publish(&bus, &registrations(0..3)).await;
    publish(&bus, &registrations(0..4)).await;
    let noting = Noting::follow(&bus, "noting", &[REGISTERED]);
    noting.until_seen(&ids(0..4)).await;
}

#[tokio::test]
async fn two_processes_that_follow_under_one_name_share_what_comes() {
    let Some(server) = Nats::start().await else { return };
    let buses = [connect(&server).await, connect(&server).await];
    let both = [Noting::follow(&buses[0], "shared", &[REGISTERED]), Noting::follow(&buses[1], "shared", &[REGISTERED])];
    publish(&buses[0], &registrations(0..50)).await;
    until("both have all of it", async || both.iter().map(|one| one.seen().len()).sum::<usize>() == 50).await;
    let mut all = both.iter().flat_map(Noting::seen).map(|id| id.parse().unwrap()).collect::<Vec<u32>>();
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}
