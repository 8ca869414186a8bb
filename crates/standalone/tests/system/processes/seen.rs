//! What somebody writes is seen within a second by everybody whom it concerns, whatever they have just looked at.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Caller, until};

use super::{PATIENCE, world::World};

const POSTS: usize = 9;
/// So many have to be seen in time: a machine that is busy makes some late, and what is late by design is late every time.
const IN_TIME: usize = 3;
const WITHIN: Duration = Duration::from_secs(1);

async fn register(world: &World, name: &str) -> Caller {
    let caller = Caller::new(world.address());
    let account = json!({ "username": name, "password": "a good password" });
    let tokens = caller.post("/api/v1/auth/register", &account).await.expect(201).json();
    caller.with_token(tokens["access_token"].as_str().unwrap())
}

/// What is at the top of a list.
async fn top(caller: &Caller, path: &str) -> Value {
    caller.get(path).await.expect(200).json()["items"][0]["id"].clone()
}

async fn everybody_sees_it_within_a_second(world: World) {
    let (author, follower, stranger) =
        (register(&world, "ada").await, register(&world, "bob").await, register(&world, "eve").await);
    let anonymous = Caller::new(world.address());
    let _ = follower.put("/api/v1/users/ada/follow", &json!({})).await.expect(200);
    let mut took = Vec::new();
    for number in 0..POSTS {
        let search = format!("/api/v1/search/posts?q=quokka{number}");
        let places = [
            (&author, "/api/v1/feed/home"),
            (&follower, "/api/v1/feed/home"),
            (&follower, "/api/v1/feed/public"),
            (&anonymous, "/api/v1/feed/public"),
            (&anonymous, "/api/v1/feed/public?author=ada"),
            (&anonymous, search.as_str()),
        ];
        // Whatever the gateway keeps of before, it keeps now.
        for (caller, path) in places {
            let _ = top(caller, path).await;
        }
        let written = Instant::now();
        let text = json!({ "text": format!("quokka{number}") });
        let post = author.post("/api/v1/posts", &text).await.expect(201).json();
        for (caller, path) in places {
            until(path, PATIENCE, async || (top(caller, path).await == post["id"]).then_some(())).await;
        }
        took.push(written.elapsed());
    }
    assert_eq!(stranger.get("/api/v1/feed/home").await.expect(200).json()["items"], json!([]));
    took.sort();
    assert!(took[IN_TIME - 1] <= WITHIN, "seen by everybody after {took:?}");
}

#[tokio::test]
async fn a_post_is_seen_within_a_second_in_one_process() {
    everybody_sees_it_within_a_second(World::whole().await).await;
}

#[tokio::test]
async fn a_post_is_seen_within_a_second_between_processes_over_nats() {
    let Some(world) = World::parts().await else { return };
    everybody_sees_it_within_a_second(world).await;
}
