//! Posts that come with their pictures: all of it is taken, or nothing is.

use serde_json::json;

use crate::harness::{Form, drawn, id, on_both_engines, people};

on_both_engines! {
    async fn a_post_and_its_pictures_come_at_once(service) {
        let (ada, _, _) = people();
        let form = Form::default()
            .text("text", "A bridge #danube")
            .image(&drawn(1))
            .text("alt", "the first")
            .image(&drawn(2))
            .text("alt", "the second")
            .image(&drawn(3))
            .text("tags", "Budapest, night")
            .text("tags", "winter");
        let made = service.form("POST", "/posts", &form).by(&ada).send().await.expect(201);
        assert_eq!(made["tags"], json!(["budapest", "night", "winter", "danube"]));
        let media = made["media"].as_array().unwrap();
        let alts: Vec<_> = media.iter().map(|media| media["alt"].as_str().unwrap()).collect();
        assert_eq!(alts, ["the first", "the second", ""]);
        assert_eq!(media[0]["variants"].as_array().unwrap().len(), 4);
        let shown = service.get(&format!("/posts/{}", id(&made))).send().await.expect(200);
        assert_eq!((&shown.json, shown.header("etag")), (&made.json, made.header("etag")));
        let told = service.told().await;
        assert_eq!((told.len(), &told[0]["data"]["media"]), (1, &made["media"]));
        assert_eq!((service.count("media").await, service.files().len()), (3, 12));
        // One picture is enough, and so is a text.
        service.form("POST", "/posts", &Form::default().image(&drawn(4))).by(&ada).send().await.expect(201);
        service.form("POST", "/posts", &Form::default().text("text", "x")).by(&ada).send().await.expect(201);
    }

    async fn one_picture_that_is_refused_is_a_post_that_is_refused(service) {
        let (ada, _, _) = people();
        let good = Form::default().text("text", "x").image(&drawn(1));
        let post = |form: &Form| service.form("POST", "/posts", form).by(&ada);
        post(&good.clone().image(b"<svg/>")).send().await.refused(415, "unsupported_media_type");
        post(&good.clone().image(&drawn(2)[..500])).send().await.refuses(&[("/image/1", "broken_image")]);
        let many = (0..11).fold(Form::default(), |form, seed| form.image(&drawn(seed)));
        post(&many).send().await.refuses(&[("/image/10", "too_many")]);
        post(&good.clone().text("tags", "a b")).send().await.refuses(&[("/tags/0", "invalid_characters")]);
        post(&good.clone().text("alt", "a").text("alt", "b")).send().await.refuses(&[("/alt", "too_many")]);
        post(&good.clone().text("alt", &"x".repeat(1501))).send().await.refuses(&[("/alt/0", "too_long")]);
        post(&good.clone().text("caption", "x")).send().await.refuses(&[("/caption", "unknown_field")]);
        post(&good.clone().text("text", "y")).send().await.refuses(&[("/text", "duplicate_field")]);
        post(&Form::default().image(&drawn(1)).text("text", &"x".repeat(2001))).send().await.refuses(&[("/text", "too_long")]);
        post(&Form::default()).send().await.refuses(&[("/text", "required")]);
        let cut = good.bytes();
        post(&good).body(&cut[..cut.len() - 20]).send().await.refused(400, "invalid_parameter");
        service.form("POST", "/posts", &good).send().await.refused(401, "unauthenticated");
        for table in ["posts", "media", "media_files", "outbox"] {
            assert_eq!(service.count(table).await, 0, "{table}");
        }
        assert_eq!(service.files(), Vec::<String>::new());
    }

    async fn the_same_form_under_the_same_key_is_one_post(service) {
        let (ada, _, _) = people();
        let send = |form: &Form| service.form("POST", "/posts", form).header("idempotency-key", "k").by(&ada);
        let form = Form::default().text("text", "x").image(&drawn(1)).text("alt", "a");
        let first = send(&form).send().await.expect(201);
        let again = send(&Form::default().text("alt", "a").image(&drawn(1)).text("text", " x ")).send().await.expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.json), ("true", &first.json));
        for other in [
            Form::default().text("text", "x").image(&drawn(2)).text("alt", "a"),
            Form::default().text("text", "x").image(&drawn(1)).text("alt", "b"),
            Form::default().text("text", "x"),
        ] {
            send(&other).send().await.refused(422, "idempotency_key_reused");
        }
        assert_eq!((service.count("posts").await, service.count("media").await, service.files().len()), (1, 1, 4));
    }

    async fn what_is_said_of_a_picture_is_said_by_its_post(service) {
        let (ada, _, _) = people();
        let form = Form::default().text("text", "x").image(&drawn(1));
        let made = service.form("POST", "/posts", &form).by(&ada).send().await.expect(201);
        let (post, media) = (format!("/posts/{}", id(&made)), format!("/media/{}", made["media"][0]["id"]));
        service.delete(&media).by(&ada).send().await.refused(409, "conflict");
        let changed = service.patch(&media, json!({"alt": "a bridge"})).by(&ada).send().await.expect(200);
        let groups = format!("\"post:{0}\", \"posts\", \"posts-of:7\", \"media:{1}\"", made["id"], changed["id"]);
        assert_eq!(changed.header("cache-group-invalidation"), groups);
        let shown = service.get(&post).send().await.expect(200);
        assert_eq!((&shown["media"][0]["alt"], &shown["version"]), (&json!("a bridge"), &json!(1)));
        assert_ne!(shown.header("etag"), made.header("etag"));
        let told = service.told().await;
        assert_eq!((&told[1]["type"], &told[1]["data"]["media"][0]["alt"]), (&json!("post.changed"), &json!("a bridge")));
        assert_eq!(told[1]["version"], 2);
        // It is no edit of the post.
        let edit = service.patch(&post, json!({"text": "y"})).header("if-match", made.header("etag"));
        edit.by(&ada).send().await.expect(200);
        // A picture that a post has given up may be deleted.
        service.patch(&post, json!({"media_ids": null})).by(&ada).send().await.expect(200);
        service.delete(&media).by(&ada).send().await.expect(204);
    }
}
