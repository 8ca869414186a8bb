//! Requests that are sent twice and done once.

use serde_json::json;

use crate::harness::{id, on_both_engines, people};

const KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";

on_both_engines! {
    async fn the_same_request_under_the_same_key_is_done_once(service) {
        let (ada, bob, _) = people();
        let post = |text: &str| service.post("/posts", json!({"text": text})).header(KEY, "k-1");
        let first = post("x").by(&ada).send().await.expect(201);
        assert!(first.headers.get(REPLAYED).is_none());
        // Fields that mean the same are the same.
        let again = service.post("/posts", json!({"tags": [], "text": " x "})).header(KEY, "k-1").by(&ada).send().await.expect(201);
        assert_eq!(again.header(REPLAYED), "true");
        for name in ["location", "etag", "cache-group-invalidation"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert_eq!(again.json, first.json);
        post("y").by(&ada).send().await.refused(422, "idempotency_key_reused");
        assert_eq!((service.count("posts").await, service.count("outbox").await), (1, 1));
        // A key is one's own, and of one operation.
        assert_ne!(id(&post("x").by(&bob).send().await.expect(201)), id(&first));
        let comments = format!("/posts/{}/comments", id(&first));
        service.post(&comments, json!({"text": "x"})).header(KEY, "k-1").by(&ada).send().await.expect(201);
        service.clock.advance(std::time::Duration::from_secs(24 * 60 * 60 + 1));
        assert_ne!(id(&post("y").by(&ada).send().await.expect(201)), id(&first));
    }

    async fn of_many_at_once_under_one_key_one_is_done(service) {
        let (ada, _, _) = people();
        let senders: Vec<_> = (0..8)
            .map(|_| {
                let (service, ada) = (service.clone(), ada.clone());
                tokio::spawn(async move {
                    let answer = service.post("/posts", json!({"text": "x"})).header(KEY, "k-2").by(&ada).send().await.expect(201);
                    (id(&answer), answer.headers.get(REPLAYED).is_some())
                })
            })
            .collect();
        let mut answers = Vec::new();
        for sender in senders {
            answers.push(sender.await.unwrap());
        }
        assert_eq!(service.count("posts").await, 1);
        assert!(answers.iter().all(|(id, _)| *id == answers[0].0), "{answers:?}");
        assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1);
    }

    async fn a_comment_is_written_once_under_its_key_and_only_under_its_post(service) {
        let (ada, _, _) = people();
        let (post, other) = (service.write(&ada, "x").await, service.write(&ada, "y").await);
        let comment = |post: i64| service.post(&format!("/posts/{post}/comments"), json!({"text": "x"})).header(KEY, "k-3").by(&ada);
        let first = comment(post).send().await.expect(201);
        let again = comment(post).send().await.expect(201);
        assert_eq!((&again.json, again.header(REPLAYED)), (&first.json, "true"));
        assert_eq!(again.header("cache-group-invalidation"), first.header("cache-group-invalidation"));
        comment(other).send().await.refused(422, "idempotency_key_reused");
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["comment_count"], 1);
    }

    async fn what_was_refused_may_be_mended_under_the_same_key(service) {
        let (ada, _, _) = people();
        let post = |body| service.post("/posts", body).header(KEY, "k-4").by(&ada);
        post(json!({"text": ""})).send().await.refuses(&[("/text", "required")]);
        post(json!({"text": "x", "media_ids": [9]})).send().await.refuses(&[("/media_ids/0", "unknown_media")]);
        let made = post(json!({"text": "x"})).send().await.expect(201);
        assert!(made.headers.get(REPLAYED).is_none());
        for bad in ["", "a b"] {
            let refused = service.post("/posts", json!({"text": "x"})).header(KEY, bad).by(&ada).send().await;
            assert_eq!(refused.refused(400, "invalid_parameter")["errors"][0]["pointer"], "Idempotency-Key");
        }
    }
}
