//! Likes: there or not, and counted exactly.

use serde_json::json;
use testkit::alone::Person;

use crate::harness::{on_both_engines, people};

on_both_engines! {
    async fn to_like_twice_is_to_like_once(service) {
        let (ada, bob, _) = people();
        let post = service.write(&ada, "x").await;
        let like = format!("/posts/{post}/like");
        for _ in 0..2 {
            let liked = service.put(&like, json!(null)).by(&bob).send().await.expect(200);
            assert_eq!(liked.json, json!({"post_id": post, "liked": true, "like_count": 1}));
        }
        assert_eq!(service.put(&like, json!(null)).by(&ada).send().await.expect(200)["like_count"], 2);
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["like_count"], 2);
        for _ in 0..2 {
            let unliked = service.delete(&like).by(&bob).send().await.expect(200);
            assert_eq!(unliked.json, json!({"post_id": post, "liked": false, "like_count": 1}));
        }
        for path in ["/posts/999/like", "/posts/0/like"] {
            service.put(path, json!(null)).by(&ada).send().await.refused(404, "not_found");
            service.delete(path).by(&ada).send().await.refused(404, "not_found");
        }
        service.put("/posts/x/like", json!(null)).by(&ada).send().await.refused(400, "invalid_parameter");
        // A like is no edit.
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["version"], 1);
    }

    async fn counts_are_exact_when_fifty_like_at_once(service) {
        let (ada, _, _) = people();
        let post = service.write(&ada, "x").await;
        let like = format!("/posts/{post}/like");
        let lovers: Vec<_> = (0..50)
            .map(|number| {
                let (service, like) = (service.clone(), like.clone());
                tokio::spawn(async move {
                    // Each of 25 comes twice.
                    let person = Person::new(100 + number % 25);
                    service.put(&like, json!(null)).by(&person).send().await.expect(200);
                })
            })
            .collect();
        for lover in lovers {
            lover.await.unwrap();
        }
        assert_eq!(service.get(&format!("/posts/{post}")).send().await["like_count"], 25);
        assert_eq!(service.count("likes").await, 25);
        let told = service.told().await;
        let counts: Vec<_> = told.iter().skip(1).map(|event| event["data"]["like_count"].as_i64().unwrap()).collect();
        assert_eq!(counts, (1..=25).collect::<Vec<_>>());
    }

    async fn pages_have_everybody_once_the_latest_first(service) {
        let (ada, _, _) = people();
        let post = service.write(&ada, "x").await;
        for number in 1..=5 {
            service.put(&format!("/posts/{post}/like"), json!(null)).by(&Person::new(number)).send().await.expect(200);
        }
        service.change("UPDATE likes SET created_at = 1000").await;
        let likes = format!("/posts/{post}/likes?limit=2");
        let first = service.get(&likes).send().await.expect(200);
        assert_eq!(first.all("user_id"), [5, 4]);
        assert_eq!(first["items"][0]["created_at"], "1970-01-01T00:00:01.000Z");
        service.delete(&format!("/posts/{post}/like")).by(&Person::new(4)).send().await.expect(200);
        let second = service.get(&format!("{likes}&cursor={}", first["next_cursor"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((second.all("user_id"), &second["has_more"]), (vec![json!(3), json!(2)], &json!(true)));
        let last = service.get(&format!("{likes}&cursor={}", second["next_cursor"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((last.all("user_id"), &last["has_more"]), (vec![json!(1)], &json!(false)));
        service.get("/posts/999/likes").send().await.refused(404, "not_found");
        service.get(&format!("/posts/{post}/likes?cursor=x")).send().await.refused(400, "invalid_cursor");
    }
}
