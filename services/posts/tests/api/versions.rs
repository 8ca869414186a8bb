//! Versions over HTTP: edits that know what they change, and what happens at the same time.

use serde_json::json;
use testkit::alone::Person;

use crate::harness::{id, on_both_engines, people};

on_both_engines! {
    async fn an_edit_needs_the_current_version_if_it_names_one(service) {
        let (ada, bob, _) = people();
        let post = service.write(&ada, "one").await;
        let path = format!("/posts/{post}");
        let first = service.get(&path).send().await.header("etag").to_owned();
        // A like is another tag, and no conflict.
        service.put(&format!("{path}/like"), json!(null)).by(&bob).send().await.expect(200);
        let liked = service.get(&path).send().await.header("etag").to_owned();
        assert_ne!(first, liked);
        service.get(&path).header("if-none-match", &first).send().await.expect(200);
        let patch = |tag: &str, text: &str| service.patch(&path, json!({"text": text})).header("if-match", tag).by(&ada);
        let second = patch(&first, "two").send().await.expect(200).header("etag").to_owned();
        let weak = format!("W/{second}");
        for stale in [first.as_str(), liked.as_str(), weak.as_str(), "\"x\"", "nonsense"] {
            patch(stale, "three").send().await.refused(412, "precondition_failed");
            service.put(&path, json!({"text": "three"})).header("if-match", stale).by(&ada).send().await.refused(412, "precondition_failed");
            service.delete(&path).header("if-match", stale).by(&ada).send().await.refused(412, "precondition_failed");
        }
        assert_eq!(service.get(&path).send().await["text"], "two");
        let same = patch(&second, "two").send().await.expect(200);
        assert_eq!(same.header("etag"), second);
        patch(&format!("\"x\", {second}"), "three").send().await.expect(200);
        patch("*", "four").send().await.expect(200);
        let last = service.get(&path).send().await.header("etag").to_owned();
        service.delete(&path).header("if-match", &last).by(&ada).send().await.expect(204);
        service.delete(&path).header("if-match", &last).by(&ada).send().await.refused(404, "not_found");
    }

    async fn of_many_who_edit_one_version_one_does(service) {
        let (ada, _, _) = people();
        let post = format!("/posts/{}", service.write(&ada, "x").await);
        let made = service.post(&format!("{post}/comments"), json!({"text": "x"})).by(&ada).send().await.expect(201);
        for path in [post.clone(), format!("{post}/comments/{}", id(&made))] {
            let tag = service.get(&path).send().await.header("etag").to_owned();
            let writers: Vec<_> = (0..8)
                .map(|index| {
                    let (service, ada, tag, path) = (service.clone(), ada.clone(), tag.clone(), path.clone());
                    tokio::spawn(async move {
                        let body = json!({"text": format!("t{index}")});
                        service.patch(&path, body).header("if-match", &tag).by(&ada).send().await.status.as_u16()
                    })
                })
                .collect();
            let mut statuses = Vec::new();
            for writer in writers {
                statuses.push(writer.await.unwrap());
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412], "{path}");
        }
        assert_eq!(service.get(&post).send().await["version"], 2);
    }

    async fn a_comment_is_edited_in_the_version_that_one_knows(service) {
        let (ada, _, _) = people();
        let comments = format!("/posts/{}/comments", service.write(&ada, "x").await);
        let made = service.post(&comments, json!({"text": "x"})).by(&ada).send().await.expect(201);
        let path = format!("{comments}/{}", id(&made));
        let first = made.header("etag");
        service.put(&path, json!({"text": "y"})).header("if-match", first).by(&ada).send().await.expect(200);
        service.put(&path, json!({"text": "z"})).header("if-match", first).by(&ada).send().await.refused(412, "precondition_failed");
        service.patch(&path, json!({"text": "z"})).header("if-match", first).by(&ada).send().await.refused(412, "precondition_failed");
        service.delete(&path).header("if-match", first).by(&ada).send().await.refused(412, "precondition_failed");
        assert_eq!(service.get(&path).send().await.expect(200)["text"], "y");
    }

    async fn nothing_is_left_under_a_post_that_is_deleted_at_the_same_time(service) {
        let (ada, _, _) = people();
        for _ in 0..6 {
            let post = format!("/posts/{}", service.write(&ada, "x").await);
            let others: Vec<_> = (0..6)
                .map(|number| {
                    let (service, post, ada) = (service.clone(), post.clone(), ada.clone());
                    tokio::spawn(async move {
                        let person = Person::new(20 + number);
                        let call = match number % 3 {
                            0 => service.put(&format!("{post}/like"), json!(null)).by(&person),
                            1 => service.post(&format!("{post}/comments"), json!({"text": "x"})).by(&person),
                            _ if number == 5 => service.delete(&post).by(&ada),
                            _ => service.patch(&post, json!({"text": "#edited"})).by(&ada),
                        };
                        call.send().await.status.as_u16()
                    })
                })
                .collect();
            for other in others {
                // Who comes too late finds no post.
                let status = other.await.unwrap();
                assert!([200, 201, 204, 404].contains(&status), "{status}");
            }
        }
        for table in ["posts", "comments", "likes", "post_tags"] {
            assert_eq!(service.count(table).await, 0, "{table}");
        }
    }
}
