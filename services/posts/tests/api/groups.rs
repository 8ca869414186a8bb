//! What the service tells caches: groups of its reads, and groups that its writes change.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::alone::{Answer, Call, Person};

use crate::harness::{Service, id, on_both_engines, people};

const GROUPS: &str = "cache-groups";
const CHANGED: &str = "cache-group-invalidation";

/// The groups that a field names; it is a list of strings, or not there.
fn named(answer: &Answer, field: &str) -> BTreeSet<String> {
    let Some(value) = answer.headers.get(field) else { return BTreeSet::new() };
    let strings = value.to_str().unwrap().split(", ");
    strings.map(|text| text.strip_prefix('"').unwrap().strip_suffix('"').unwrap().to_owned()).collect()
}

/// A write that is possible after the ones before it, and the groups that it names.
type Write<'a> = (&'static str, Call<'a>, Vec<String>);

/// Every read that has a body which could be kept, as different callers ask for it. Posts 1 and 2 are there, the next is 3.
fn reads<'a>(service: &'a Service, comment: i64, people: [&Person; 2]) -> Vec<Call<'a>> {
    let paths = [
        "/posts".to_owned(),
        "/posts?limit=1".to_owned(),
        "/posts?tag=t".to_owned(),
        "/posts?author_id=7".to_owned(),
        "/posts/1".to_owned(),
        "/posts/2".to_owned(),
        "/posts/1/comments".to_owned(),
        format!("/posts/1/comments/{comment}"),
        "/posts/1/likes".to_owned(),
        "/internal/posts?ids=1,3".to_owned(),
        format!("/internal/posts?ids={}", (1..=51).map(|id| id.to_string()).collect::<Vec<_>>().join(",")),
        "/internal/counts?ids=7,8".to_owned(),
        "/internal/post-viewer?ids=1,2".to_owned(),
        "/media/1".to_owned(),
        "/media/2".to_owned(),
    ];
    let calls = paths.iter().flat_map(|path| {
        let [ada, bob] = people;
        [service.get(path), service.get(path).by(ada), service.get(path).by(bob)]
    });
    calls.collect()
}

/// Every write of the service, in an order in which each changes something.
fn writes<'a>(service: &'a Service, comment: i64, [ada, bob]: [&Person; 2]) -> Vec<Write<'a>> {
    let post = |id: i64, more: &[&str]| {
        let groups = [format!("post:{id}"), "posts".to_owned(), "posts-of:7".to_owned()];
        groups.into_iter().chain(more.iter().map(ToString::to_string)).collect::<Vec<_>>()
    };
    let path = format!("/posts/1/comments/{comment}");
    vec![
        ("create_post", service.post("/posts", json!({"text": "#t new"})).by(ada), post(3, &[])),
        ("update_media", service.patch("/media/1", json!({"alt": "other"})).by(ada), post(1, &["media:1"])),
        ("update_free_media", service.patch("/media/2", json!({"alt": "other"})).by(ada), vec!["media:2".to_owned()]),
        ("delete_media", service.delete("/media/2").by(ada), vec!["media:2".to_owned()]),
        ("update_post", service.patch("/posts/1", json!({"text": "#t other"})).by(ada), post(1, &[])),
        ("replace_post", service.put("/posts/1", json!({"text": "none"})).by(ada), post(1, &[])),
        ("like_post", service.put("/posts/1/like", json!(null)).by(bob), post(1, &["likes-of:1", "viewer:8"])),
        ("unlike_post", service.delete("/posts/1/like").by(bob), post(1, &["likes-of:1", "viewer:8"])),
        (
            "create_comment",
            service.post("/posts/1/comments", json!({"text": "x"})).by(bob),
            post(1, &["comments-of:1"]),
        ),
        ("update_comment", service.patch(&path, json!({"text": "y"})).by(bob), vec!["comments-of:1".to_owned()]),
        ("replace_comment", service.put(&path, json!({"text": "z"})).by(bob), vec!["comments-of:1".to_owned()]),
        ("delete_comment", service.delete(&path).by(bob), post(1, &["comments-of:1"])),
        ("like_again", service.put("/posts/1/like", json!(null)).by(bob), post(1, &["likes-of:1", "viewer:8"])),
        ("delete_post", service.delete("/posts/1").by(ada), post(1, &["comments-of:1", "likes-of:1"])),
    ]
}

on_both_engines! {
    async fn every_write_names_a_group_of_every_read_that_it_changes(service) {
        let (ada, bob, _) = people();
        assert_eq!((service.upload(&ada).await, service.upload(&ada).await), (1, 2));
        let with_picture = json!({"text": "#t one", "media_ids": [1]});
        let first = service.post("/posts", with_picture).by(&ada).send().await.expect(201);
        assert_eq!((id(&first), service.write(&ada, "two").await), (1, 2));
        let made = service.post("/posts/1/comments", json!({"text": "x"})).by(&bob).send().await.expect(201);
        let people = [&ada, &bob];
        for (name, write, groups) in writes(&service, id(&made), people) {
            let mut before = Vec::new();
            for read in reads(&service, id(&made), people) {
                before.push(read.send().await);
            }
            // Times in answers are in milliseconds.
            service.clock.advance(std::time::Duration::from_secs(1));
            let written = write.send().await;
            assert!(written.status.is_success(), "{name}: {}", written.text);
            let changed = named(&written, CHANGED);
            assert_eq!(changed, groups.into_iter().collect(), "{name}");
            assert!(written.headers.get(GROUPS).is_none(), "{name}");
            let mut different = 0;
            for (before, read) in before.iter().zip(reads(&service, id(&made), people)) {
                let after = read.send().await;
                // An error is never stored.
                if before.status.is_success() && before.text != after.text {
                    let belongs = named(before, GROUPS);
                    assert!(!belongs.is_disjoint(&changed), "{name}: {changed:?}, read: {belongs:?} {}", before.text);
                    different += 1;
                }
            }
            assert!(different > 0, "{name} changed nothing that is read here");
        }
    }

    async fn what_a_block_can_hide_belongs_to_whoever_looks(service) {
        let (ada, bob, _) = people();
        service.write(&ada, "#t one").await;
        let made = service.post("/posts/1/comments", json!({"text": "x"})).by(&ada).send().await.expect(201);
        service.put("/posts/1/like", json!(null)).by(&ada).send().await.expect(200);
        let look = async || {
            let mut seen = Vec::new();
            for read in reads(&service, id(&made), [&ada, &bob]) {
                seen.push(read.send().await);
            }
            seen
        };
        let before = look().await;
        service.blocks(&ada, &bob, true, 1).await;
        let mut different = 0;
        for (before, after) in before.iter().zip(look().await) {
            if before.status.is_success() && before.text != after.text {
                assert!(named(before, GROUPS).contains("viewer:8"), "{}", before.text);
                different += 1;
            }
        }
        assert!(different > 5, "{different}");
    }

    async fn a_write_that_is_repeated_names_its_groups_again_and_a_refusal_names_none(service) {
        let (ada, bob, _) = people();
        service.write(&ada, "x").await;
        for _ in 0..2 {
            let liked = service.put("/posts/1/like", json!(null)).by(&bob).send().await.expect(200);
            assert_eq!(liked.header(CHANGED), "\"post:1\", \"posts\", \"posts-of:7\", \"likes-of:1\", \"viewer:8\"");
            let same = service.patch("/posts/1", json!({"text": "x"})).by(&ada).send().await.expect(200);
            assert_eq!(same.header(CHANGED), "\"post:1\", \"posts\", \"posts-of:7\"");
        }
        let full = service.get("/posts/1").send().await.expect(200);
        let known = service.get("/posts/1").header("if-none-match", full.header("etag")).send().await.expect(304);
        assert_eq!(known.header(GROUPS), full.header(GROUPS));
        for call in [
            service.patch("/posts/1", json!({"text": "y"})).by(&bob),
            service.patch("/posts/1", json!({"text": "y"})).header("if-match", "\"0-0\"").by(&ada),
            service.delete("/posts/9").by(&ada),
            service.get("/posts/9"),
        ] {
            let answer = call.send().await;
            assert!(answer.status.is_client_error());
            assert!(answer.headers.get(CHANGED).is_none() && answer.headers.get(GROUPS).is_none());
        }
    }
}
