//! Comments, and the post that each belongs to.

use serde_json::{Value, json};

use crate::harness::{id, on_both_engines, people};

on_both_engines! {
    async fn a_comment_is_written_read_changed_and_deleted(service) {
        let (ada, bob, _) = people();
        let post = service.write(&ada, "x").await;
        let comments = format!("/posts/{post}/comments");
        let made = service.post(&comments, json!({"text": " Well.\r\nOr not. "})).by(&bob).send().await.expect(201);
        let path = format!("{comments}/{}", id(&made));
        assert_eq!(made.header("location"), path);
        assert_eq!((&made["text"], &made["author_id"], &made["post_id"]), (&json!("Well.\nOr not."), &json!(8), &json!(post)));
        let shown = service.get(&path).send().await.expect(200);
        assert_eq!((&shown.json, shown.header("etag")), (&made.json, made.header("etag")));
        service.get(&path).header("if-none-match", made.header("etag")).send().await.expect(304);

        service.clock.advance(std::time::Duration::from_secs(1));
        let changed = service.patch(&path, json!({"text": "Now"})).by(&bob).send().await.expect(200);
        assert!(changed["updated_at"].as_str() > changed["created_at"].as_str());
        assert_ne!(changed.header("etag"), made.header("etag"));
        let same = service.patch(&path, json!({})).by(&bob).send().await.expect(200);
        assert_eq!((&same.json, same.header("etag")), (&changed.json, changed.header("etag")));
        assert_eq!(service.put(&path, json!({"text": "Then"})).by(&bob).send().await.expect(200)["text"], "Then");
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["comment_count"], 1);
        service.delete(&path).by(&bob).send().await.expect(204);
        service.delete(&path).by(&bob).send().await.refused(404, "not_found");
        service.get(&path).send().await.refused(404, "not_found");
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["comment_count"], 0);
    }

    async fn a_comment_is_found_under_its_own_post_only(service) {
        let (ada, bob, boss) = people();
        let (post, other) = (service.write(&ada, "x").await, service.write(&ada, "y").await);
        let made = service.post(&format!("/posts/{post}/comments"), json!({"text": "x"})).by(&bob).send().await.expect(201);
        for wrong in [format!("/posts/{other}/comments/{}", id(&made)), format!("/posts/999/comments/{}", id(&made))] {
            service.get(&wrong).send().await.refused(404, "not_found");
            service.put(&wrong, json!({"text": "y"})).by(&bob).send().await.refused(404, "not_found");
            service.patch(&wrong, json!({"text": "y"})).by(&bob).send().await.refused(404, "not_found");
            service.delete(&wrong).by(&bob).send().await.refused(404, "not_found");
            service.delete(&wrong).by_admin(&boss).send().await.refused(404, "not_found");
        }
        let shown = service.get(&format!("/posts/{post}/comments/{}", id(&made))).send().await.expect(200);
        assert_eq!(shown.json, made.json);
        assert_eq!(service.get(&format!("/posts/{other}")).send().await["comment_count"], 0);
    }

    async fn every_field_that_is_wrong_is_named_and_nothing_is_stored(service) {
        let (ada, _, _) = people();
        let comments = format!("/posts/{}/comments", service.write(&ada, "x").await);
        let post = |body: Value| service.post(&comments, body).by(&ada);
        post(json!({})).send().await.refuses(&[("/text", "required")]);
        post(json!({"text": " "})).send().await.refuses(&[("/text", "too_short")]);
        post(json!({"text": "x".repeat(2001)})).send().await.refuses(&[("/text", "too_long")]);
        post(json!({"text": "x", "post_id": 9})).send().await.refuses(&[("/post_id", "unknown_field")]);
        post(json!({"text": "x"})).body("[").send().await.refused(400, "malformed_json");
        service.post("/posts/x/comments", json!({"text": "x"})).by(&ada).send().await.refused(400, "invalid_parameter");
        service.post("/posts/999/comments", json!({"text": "x"})).by(&ada).send().await.refused(404, "not_found");
        service.get("/posts/999/comments").send().await.refused(404, "not_found");
        assert_eq!((service.count("comments").await, service.count("outbox").await), (0, 1));
        let path = format!("{comments}/{}", id(&post(json!({"text": "x"})).send().await.expect(201)));
        service.patch(&path, json!({"text": null})).by(&ada).send().await.refuses(&[("/text", "too_short")]);
        service.put(&path, json!({})).by(&ada).send().await.refuses(&[("/text", "required")]);
        service.get(&format!("{comments}/x")).send().await.refused(400, "invalid_parameter");
    }

    async fn pages_have_every_comment_once_the_oldest_first(service) {
        let (ada, _, _) = people();
        let (post, other) = (service.write(&ada, "x").await, service.write(&ada, "y").await);
        let comments = format!("/posts/{post}/comments");
        let mut ids = Vec::new();
        for text in ["a", "b", "c", "d", "e"] {
            ids.push(id(&service.post(&comments, json!({"text": text})).by(&ada).send().await.expect(201)));
        }
        service.post(&format!("/posts/{other}/comments"), json!({"text": "other"})).by(&ada).send().await.expect(201);
        service.change("UPDATE comments SET created_at = 1000").await;
        let first = service.get(&format!("{comments}?limit=2")).send().await.expect(200);
        assert_eq!((first.all("text"), &first["has_more"]), (vec![json!("a"), json!("b")], &json!(true)));
        service.delete(&format!("{comments}/{}", ids[1])).by(&ada).send().await.expect(204);
        service.delete(&format!("{comments}/{}", ids[2])).by(&ada).send().await.expect(204);
        let next = first.header("link").strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
        let last = service.get(&format!("{comments}{next}")).send().await.expect(200);
        assert_eq!((last.all("text"), &last["has_more"]), (vec![json!("d"), json!("e")], &json!(false)));
        let cursor = first["next_cursor"].as_str().unwrap();
        service.get(&format!("/posts/{other}/comments?cursor={cursor}")).send().await.refused(400, "invalid_cursor");
        service.get(&format!("{comments}?limit=0")).send().await.refused(400, "invalid_parameter");
        service.get(&format!("{comments}?page=1")).send().await.refused(400, "invalid_parameter");
    }

    async fn counts_are_exact_however_many_comment_at_once(service) {
        let (ada, bob, _) = people();
        let post = service.write(&ada, "x").await;
        let comments = format!("/posts/{post}/comments");
        let writers: Vec<_> = (0..12)
            .map(|number| {
                let (service, bob, comments) = (service.clone(), bob.clone(), comments.clone());
                tokio::spawn(async move {
                    let made = service.post(&comments, json!({"text": format!("{number}")})).by(&bob).send().await.expect(201);
                    if number % 3 == 0 {
                        service.delete(&format!("{comments}/{}", id(&made))).by(&bob).send().await.expect(204);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(service.count("comments").await, 8);
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["comment_count"], 8);
    }
}
