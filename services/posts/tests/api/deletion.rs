//! What goes when a post goes, and when an account goes.

use serde_json::json;
use testkit::alone::Person;

use crate::harness::{id, on_both_engines, people};

on_both_engines! {
    async fn a_post_takes_along_what_belongs_to_it(service) {
        let (ada, bob, _) = people();
        let picture = service.upload(&ada).await;
        let body = json!({"text": "#t", "media_ids": [picture]});
        let post = format!("/posts/{}", id(&service.post("/posts", body).by(&ada).send().await.expect(201)));
        let made = service.post(&format!("{post}/comments"), json!({"text": "x"})).by(&bob).send().await.expect(201);
        service.put(&format!("{post}/like"), json!(null)).by(&bob).send().await.expect(200);
        service.delete(&post).by(&ada).send().await.expect(204);
        for table in ["posts", "comments", "likes", "media", "post_tags"] {
            assert_eq!(service.count(table).await, 0, "{table}");
        }
        for path in [format!("{post}/comments"), format!("{post}/likes"), format!("{post}/comments/{}", id(&made))] {
            service.get(&path).send().await.refused(404, "not_found");
        }
        assert_eq!(service.get("/posts?tag=t").send().await.expect(200)["items"], json!([]));
        // Its number is never given out again.
        let next = service.write(&ada, "x").await;
        assert!(format!("/posts/{next}") != post);
    }

    async fn an_account_that_is_gone_leaves_nothing_and_the_counts_are_right(service) {
        let (ada, bob, carl) = people();
        let own = service.write(&bob, "#mine").await;
        service.put(&format!("/posts/{own}/like"), json!(null)).by(&ada).send().await.expect(200);
        let mut others = Vec::new();
        for text in ["one", "two", "three"] {
            let post = service.write(&ada, text).await;
            others.push(format!("/posts/{post}"));
        }
        for (post, comments, likes) in [(&others[0], 2, true), (&others[1], 0, true), (&others[2], 1, false)] {
            for _ in 0..comments {
                service.post(&format!("{post}/comments"), json!({"text": "x"})).by(&bob).send().await.expect(201);
            }
            service.post(&format!("{post}/comments"), json!({"text": "stays"})).by(&carl).send().await.expect(201);
            service.put(&format!("{post}/like"), json!(null)).by(&carl).send().await.expect(200);
            if likes {
                service.put(&format!("{post}/like"), json!(null)).by(&bob).send().await.expect(200);
            }
        }
        service.upload(&bob).await;
        let before = service.told().await.len();
        service.ends(&bob).await;
        for post in &others {
            let shown = service.get(post).send().await.expect(200);
            assert_eq!((&shown["comment_count"], &shown["like_count"]), (&json!(1), &json!(1)), "{post}");
            assert_eq!(service.get(&format!("{post}/comments")).send().await.all("author_id"), [carl.id]);
            assert_eq!(service.get(&format!("{post}/likes")).send().await.all("user_id"), [carl.id]);
        }
        service.get(&format!("/posts/{own}")).send().await.refused(404, "not_found");
        assert_eq!((service.count("media").await, service.count("post_tags").await), (0, 0));
        // Each is told, as it is now.
        let told = service.told().await.split_off(before);
        let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["post.deleted", "post.counted", "post.counted", "post.counted"]);
        assert_eq!(told[0]["aggregate"], format!("post:{own}"));
        assert!(told[1..].iter().all(|event| event["data"]["like_count"] == 1 && event["data"]["comment_count"] == 1));

        // Told twice, it changes nothing more; and nobody writes in that name any more.
        service.ends(&bob).await;
        assert_eq!(service.told().await.len(), before + 4);
        for call in [
            service.post("/posts", json!({"text": "x"})),
            service.put(&format!("{}/like", others[0]), json!(null)),
            service.post(&format!("{}/comments", others[0]), json!({"text": "x"})),
        ] {
            call.by(&bob).send().await.refused(401, "unauthenticated");
        }
    }

    async fn an_account_that_goes_while_it_writes_leaves_nothing(service) {
        let (ada, bob, _) = people();
        let post = format!("/posts/{}", service.write(&ada, "x").await);
        let writers: Vec<_> = (0..12)
            .map(|number| {
                let (service, post, bob) = (service.clone(), post.clone(), bob.clone());
                tokio::spawn(async move {
                    let call = match number % 3 {
                        0 => service.post("/posts", json!({"text": "#x"})),
                        1 => service.post(&format!("{post}/comments"), json!({"text": "x"})),
                        _ => service.put(&format!("{post}/like"), json!(null)),
                    };
                    let status = call.by(&bob).send().await.status.as_u16();
                    assert!([200, 201, 401].contains(&status), "{status}");
                })
            })
            .collect();
        service.ends(&bob).await;
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!((service.count("posts").await, service.count("comments").await, service.count("likes").await), (1, 0, 0));
        let shown = service.get(&post).by(&Person::new(99)).send().await.expect(200);
        assert_eq!((&shown["comment_count"], &shown["like_count"]), (&json!(0), &json!(0)));
    }
}
