//! A post from its beginning to its end.

use serde_json::{Value, json};

use crate::harness::{id, on_both_engines, people};

on_both_engines! {
    async fn a_post_is_written_read_changed_and_deleted(service) {
        let (ada, bob, boss) = people();
        let body = json!({"text": " A bridge.\n#Bridges ", "tags": ["Budapest", "bridges", "budapest"]});
        let post = service.post("/posts", body).by(&ada).send().await.expect(201);
        let path = format!("/posts/{}", id(&post));
        assert_eq!(post.header("location"), path);
        assert_eq!((&post["text"], &post["author_id"]), (&json!("A bridge.\n#Bridges"), &json!(7)));
        assert_eq!((&post["tags"], &post["media"]), (&json!(["budapest", "bridges"]), &json!([])));
        assert_eq!((&post["like_count"], &post["comment_count"], &post["version"]), (&json!(0), &json!(0), &json!(1)));
        assert!(post["created_at"] == post["updated_at"] && post["created_at"].as_str().unwrap().ends_with('Z'));

        let shown = service.get(&path).send().await.expect(200);
        assert_eq!((&shown.json, shown.header("etag")), (&post.json, post.header("etag")));
        assert_eq!(shown.header("etag"), format!("\"{}-1.1\"", id(&post)));
        service.get(&path).header("if-none-match", shown.header("etag")).send().await.expect(304);

        service.clock.advance(std::time::Duration::from_secs(1));
        let changed = service.patch(&path, json!({"text": "Two #bridges and a #river"})).by(&ada).send().await.expect(200);
        assert_eq!((&changed["tags"], &changed["version"]), (&json!(["budapest", "bridges", "river"]), &json!(2)));
        assert!(changed["updated_at"].as_str() > changed["created_at"].as_str());
        assert_eq!(changed["created_at"], post["created_at"]);
        let merge = service.patch(&path, json!({"tags": null})).header("content-type", "application/merge-patch+json");
        assert_eq!(merge.by(&ada).send().await.expect(200)["tags"], json!(["bridges", "river"]));
        let replaced = service.put(&path, json!({"text": "Nothing"})).by(&ada).send().await.expect(200);
        assert_eq!((&replaced["tags"], &replaced["version"]), (&json!([]), &json!(4)));

        for call in [service.patch(&path, json!({"text": "x"})), service.put(&path, json!({"text": "x"})), service.delete(&path)] {
            call.clone().send().await.refused(401, "unauthenticated");
            call.by(&bob).send().await.refused(403, "forbidden");
        }
        // Not even an administrator puts words into somebody's mouth.
        service.patch(&path, json!({"text": "x"})).by_admin(&boss).send().await.refused(403, "forbidden");
        service.delete(&path).by(&ada).send().await.expect(204);
        service.delete(&path).by(&ada).send().await.refused(404, "not_found");
        service.get(&path).send().await.refused(404, "not_found");
        service.patch(&path, json!({"text": "x"})).by(&ada).send().await.refused(404, "not_found");
        assert_eq!((service.count("posts").await, service.count("post_tags").await), (0, 0));
    }

    async fn an_administrator_deletes_what_others_wrote(service) {
        let (ada, bob, boss) = people();
        let path = format!("/posts/{}", service.write(&ada, "spam").await);
        service.delete(&path).with_roles(&bob, &["seller"]).send().await.refused(403, "forbidden");
        service.delete(&path).by_admin(&boss).send().await.expect(204);
        assert_eq!(service.count("posts").await, 0);
    }

    async fn every_field_that_is_wrong_is_named_and_nothing_is_stored(service) {
        let (ada, _, _) = people();
        let post = |body: Value| service.post("/posts", body).by(&ada);
        post(json!({"text": "x".repeat(2001), "tags": ["ok", "a b", ""], "media_ids": [1, 1]})).send().await.refuses(&[
            ("/text", "too_long"), ("/tags/1", "invalid_characters"), ("/tags/2", "too_short"), ("/media_ids/1", "duplicate"),
        ]);
        for body in [json!({}), json!({"text": " \n "}), json!({"text": "", "tags": ["a"]})] {
            post(body).send().await.refuses(&[("/text", "required")]);
        }
        post(json!({"text": "a\u{0}b"})).send().await.refuses(&[("/text", "invalid_characters")]);
        let many: Vec<String> = (0..20).map(|number| format!("t{number}")).collect();
        post(json!({"text": "#more", "tags": many})).send().await.refuses(&[("/tags", "too_many")]);
        post(json!({"media_ids": (1..=11).collect::<Vec<_>>()})).send().await.refuses(&[("/media_ids", "too_many")]);
        let near = post(json!({"txt": "x"})).send().await.refuses(&[("/txt", "unknown_field")]);
        assert!(near["errors"][0]["message"].as_str().unwrap().contains("did you mean `text`?"));
        post(json!({"text": "x", "author_id": 8})).send().await.refuses(&[("/author_id", "unknown_field")]);
        post(json!({"text": 7})).send().await.refuses(&[("/text", "invalid_type")]);
        post(json!({"text": null})).send().await.refuses(&[("/text", "invalid_type")]);
        post(json!({})).body("{").send().await.refused(400, "malformed_json");
        post(json!({})).header("content-type", "text/plain").send().await.refused(415, "unsupported_media_type");
        post(json!({"text": "x".repeat(1 << 20)})).send().await.refused(413, "payload_too_large");
        service.post("/posts", json!({"text": "x"})).send().await.refused(401, "unauthenticated");
        assert_eq!((service.count("posts").await, service.count("outbox").await), (0, 0));

        let path = format!("/posts/{}", service.write(&ada, "x").await);
        service.patch(&path, json!({"text": null})).by(&ada).send().await.refuses(&[("/text", "required")]);
        service.put(&path, json!({"tags": ["a"]})).by(&ada).send().await.refuses(&[("/text", "required")]);
        service.patch(&path, json!({"tags": many, "text": "#more"})).by(&ada).send().await.refuses(&[("/tags", "too_many")]);
        assert_eq!(service.get(&path).send().await.expect(200)["version"], 1);
        for bad in ["x", "1.5", "99999999999999999999"] {
            service.get(&format!("/posts/{bad}")).send().await.refused(400, "invalid_parameter");
        }
        for unknown in ["0", "-1", "999"] {
            service.get(&format!("/posts/{unknown}")).send().await.refused(404, "not_found");
        }
    }

    async fn the_longest_text_is_taken_as_it_is(service) {
        let (ada, _, _) = people();
        let text = format!("{}\n\u{1f309}", "\u{fc}".repeat(1998));
        let path = format!("/posts/{}", service.write(&ada, &text).await);
        assert_eq!(service.get(&path).send().await.expect(200)["text"], text);
    }

    async fn pictures_are_those_of_the_author_in_their_order_and_of_one_post_only(service) {
        let (ada, bob, _) = people();
        let (first, second, foreign) = (service.upload(&ada).await, service.upload(&ada).await, service.upload(&bob).await);
        let post = |ids: Value| service.post("/posts", json!({"media_ids": ids})).by(&ada);
        post(json!([first, foreign, 999])).send().await.refuses(&[("/media_ids/1", "unknown_media"), ("/media_ids/2", "unknown_media")]);
        assert_eq!(service.count("posts").await, 0);
        let made = post(json!([second, first])).send().await.expect(201);
        let path = format!("/posts/{}", id(&made));
        let media = json!({
            "id": second, "alt": "a bridge", "width": 1080, "height": 720, "placeholder": "#abcdef", "focus": null,
            "variants": [{"height": 144, "width": 216, "url": "/media/h/144.webp"}],
        });
        assert_eq!((&made["media"][0], &made["media"][1]["id"]), (&media, &json!(first)));
        assert_eq!(service.get(&path).send().await.expect(200).json, made.json);
        assert_eq!(service.get("/posts").send().await.expect(200)["items"][0], made.json);
        post(json!([first])).send().await.refuses(&[("/media_ids/0", "unknown_media")]);

        let changed = service.patch(&path, json!({"media_ids": [first]})).by(&ada).send().await.expect(200);
        assert_eq!((&changed["media"].as_array().unwrap().len(), &changed["version"]), (&1, &json!(2)));
        // What a post has given up is free for another.
        let other = post(json!([second])).send().await.expect(201);
        service.patch(&path, json!({"media_ids": [second, first]})).by(&ada).send().await.refuses(&[("/media_ids/0", "unknown_media")]);
        service.patch(&path, json!({"media_ids": null})).by(&ada).send().await.refuses(&[("/text", "required")]);
        service.delete(&format!("/posts/{}", id(&other))).by(&ada).send().await.expect(204);
        assert_eq!(service.count("media").await, 2);
        post(json!([second])).send().await.refuses(&[("/media_ids/0", "unknown_media")]);
    }
}
