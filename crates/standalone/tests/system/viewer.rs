//! What is only for whoever asks, beside what everybody sees.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Caller};

use crate::{System, over_both};

/// What this page says of the viewer of its first post.
fn first(page: &Value) -> &Value {
    let list = ["posts", "timeline"].iter().find_map(|name| page.get(name)).unwrap_or(page);
    &list["items"][0]["viewer"]
}

fn word(answer: &Answer) -> &str {
    answer.header("cache-status").trim_start_matches("agora; ").split(';').next().unwrap_or_default()
}

over_both! {
    async fn what_a_caller_likes_is_told_to_nobody_else(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let anonymous = system.anonymous();
        let post = ada.post("/api/v1/posts", &json!({"text": "Okapi"})).await.expect(201).header("location").to_owned();
        let shown = format!("{post}?include=viewer");
        let (liked, not) = (json!({"liked": true}), json!({"liked": false}));
        let viewer = async |caller: &Caller| caller.get(&shown).await.expect(200).json()["viewer"].clone();
        assert_eq!([viewer(&ada).await, viewer(&bob).await, viewer(&anonymous).await], [not.clone(), not.clone(), Value::Null]);
        let _ = bob.put(&format!("{post}/like"), &json!({})).await.expect(200);
        assert_eq!([viewer(&ada).await, viewer(&bob).await, viewer(&anonymous).await], [not.clone(), liked.clone(), Value::Null]);
        assert_eq!(bob.get(&post).await.expect(200).json().get("viewer"), None, "only who asks is told");

        for path in ["/api/v1/posts?tag=&", "/api/v1/posts?author=ada&", "/api/v1/users/ada/posts?", "/api/v1/feed/public?", "/api/v1/search/posts?q=okapi&", "/api/v1/search?q=okapi&"] {
            let path = format!("{}include=viewer", path.replace("tag=&", ""));
            testkit::until(&path, Duration::from_secs(10), async || {
                (*first(&bob.get(&path).await.expect(200).json()) == liked).then_some(())
            })
            .await;
            assert_eq!(*first(&ada.get(&path).await.expect(200).json()), not, "{path}");
            assert_eq!(*first(&anonymous.get(&path).await.expect(200).json()), Value::Null, "{path}");
        }
        let _ = ada.put(&format!("{post}/like"), &json!({})).await.expect(200);
        for path in ["/api/v1/feed/home?include=viewer", "/api/v1/home?include=viewer"] {
            testkit::until(path, Duration::from_secs(10), async || {
                (*first(&ada.get(path).await.expect(200).json()) == liked).then_some(())
            })
            .await;
        }
        let _ = bob.delete(&format!("{post}/like")).await.expect(200);
        assert_eq!(viewer(&bob).await, not);
        bob.get(&format!("{post}?include=viewers")).await.problem(400, "invalid_include");
    }

    async fn strangers_share_what_they_are_shown_and_posts_may_be_away(system: &System) {
        let ada = system.user("ada").await;
        let _ = ada.post("/api/v1/posts", &json!({"text": "Okapi"})).await.expect(201);
        let path = "/api/v1/feed/public";
        testkit::until("the post is there", Duration::from_secs(10), async || {
            (!ada.get(path).await.expect(200).json()["items"].as_array().unwrap().is_empty()).then_some(())
        })
        .await;
        let _ = system.anonymous().get(path).header("cache-control", "no-cache").await.expect(200);
        let again = system.anonymous().get(&format!("{path}?include=viewer")).header("cache-control", "max-stale=60").await.expect(200);
        assert_eq!((word(&again), first(&again.json())), ("hit", &Value::Null));
        system.cut("posts", true);
        let lost = ada.get(&format!("{path}?include=viewer")).await.expect(200);
        assert_eq!(lost.header("gateway-parts"), "viewer;state=error;code=upstream_unavailable");
        assert_eq!(*first(&lost.json()), Value::Null);
        system.cut("posts", false);
    }

    async fn a_profile_says_what_there_is_between_it_and_its_viewer(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let _ = bob.put("/api/v1/users/ada/follow", &json!({})).await.expect(200);
        let path = "/api/v1/users/ada?include=viewer";
        let profile = bob.get(path).await.expect(200).json();
        assert_eq!(profile["viewer"], json!({"following": true, "followed_by": false, "blocking": false}));
        assert_eq!(profile["followers_count"], 1);
        assert_eq!(ada.get("/api/v1/users/bob?include=viewer").await.expect(200).json()["viewer"]["followed_by"], true);
        assert_eq!(system.anonymous().get(path).await.expect(200).json()["viewer"], Value::Null);
        let chosen = bob.get("/api/v1/users/ada?include=viewer&fields=username,viewer.following").await.expect(200).json();
        assert_eq!(chosen, json!({"username": "ada", "viewer": {"following": true}}));
    }

    async fn a_post_comes_with_its_comments_for_whoever_asks(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let post = ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201).header("location").to_owned();
        let path = format!("{post}?include=comments.author");
        let shown = async || system.anonymous().get(&path).await.expect(200).json();
        assert_eq!(shown().await["comments"]["items"], json!([]));
        let _ = bob.post(&format!("{post}/comments"), &json!({"text": "First"})).await.expect(201);
        let comments = shown().await["comments"].clone();
        assert_eq!((&comments["items"][0]["text"], &comments["items"][0]["author"]["username"]), (&json!("First"), &json!("bob")));
        assert_eq!(comments["has_more"], false);
        assert_eq!(system.anonymous().get(&post).await.expect(200).json().get("comments"), None);
    }
}
