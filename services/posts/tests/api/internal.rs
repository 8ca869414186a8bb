//! What only the gateway and other services ask for.

use serde_json::{Value, json};

use crate::harness::{id, on_both_engines, people};

on_both_engines! {
    async fn a_batch_has_each_post_once_by_id(service) {
        let (ada, bob, _) = people();
        let (first, second) = (service.write(&ada, "a").await, service.write(&bob, "b").await);
        let batch = service.get(&format!("/internal/posts?ids={second},{first},{second},999")).send().await.expect(200);
        assert_eq!(batch.all("text"), ["a", "b"]);
        assert_eq!(batch["items"][0], service.get(&format!("/posts/{first}")).send().await.json);
        for path in ["/internal/posts", "/internal/counts", "/internal/post-viewer"] {
            for ids in ["", "x", "1,,2"] {
                let answer = service.get(&format!("{path}?ids={ids}")).send().await;
                assert_eq!(answer.refused(400, "invalid_parameter")["errors"][0]["pointer"], "ids");
            }
        }
    }

    async fn posts_are_counted_by_author_with_zero_for_whoever_has_none(service) {
        let (ada, bob, _) = people();
        for person in [&ada, &ada, &bob] {
            service.write(person, "x").await;
        }
        let counts = service.get("/internal/counts?ids=99,8,7,8").send().await.expect(200);
        let expected = json!([{"id": 7, "posts_count": 2}, {"id": 8, "posts_count": 1}, {"id": 99, "posts_count": 0}]);
        assert_eq!(counts["items"], expected);
    }

    async fn a_viewer_is_told_what_they_like_and_nobody_else_is(service) {
        let (ada, bob, _) = people();
        let (first, second) = (service.write(&ada, "a").await, service.write(&ada, "b").await);
        service.put(&format!("/posts/{second}/like"), json!(null)).by(&bob).send().await.expect(200);
        let path = format!("/internal/post-viewer?ids={second},{first},999");
        let seen = service.get(&path).by(&bob).send().await.expect(200);
        assert_eq!((seen.all("id"), seen.all("liked")), (vec![json!(first), json!(second), json!(999)], vec![json!(false), json!(true), json!(false)]));
        for call in [service.get(&path), service.get(&path).by(&ada)] {
            assert!(call.send().await.expect(200).all("liked").iter().all(|liked| liked == false));
        }
    }

    async fn an_export_has_every_post_as_its_latest_event_has_it(service) {
        let (ada, bob, _) = people();
        let picture = service.upload(&ada).await;
        let made = service.post("/posts", json!({"text": "#a", "media_ids": [picture]})).by(&ada).send().await.expect(201);
        let others = [service.write(&ada, "b").await, service.write(&bob, "c").await];
        service.put(&format!("/posts/{}/like", id(&made)), json!(null)).by(&bob).send().await.expect(200);
        service.patch(&format!("/posts/{}", others[0]), json!({"text": "#d"})).by(&ada).send().await.expect(200);

        let (mut exported, mut after) = (Vec::new(), 0);
        loop {
            let part = service.get(&format!("/internal/posts-export?after={after}&limit=2")).send().await.expect(200);
            assert_eq!(part.header("cache-control"), "no-store");
            let items = part["items"].as_array().unwrap().clone();
            if items.is_empty() {
                assert_eq!(part["next_after"], after);
                break;
            }
            after = part["next_after"].as_i64().unwrap();
            exported.extend(items);
        }
        assert_eq!(exported.len(), 3);
        let told = service.told().await;
        for mut item in exported {
            let aggregate = format!("post:{}", item["id"]);
            let latest = told.iter().rev().find(|event| event["aggregate"] == aggregate).unwrap();
            let item = item.as_object_mut().unwrap();
            item.remove("id");
            assert_eq!(item.remove("seq").as_ref(), Some(&latest["version"]));
            assert_eq!(Value::from(item.clone()), latest["data"]);
        }
        for query in ["limit=0", "limit=501", "after=-1", "after=x"] {
            service.get(&format!("/internal/posts-export?{query}")).send().await.refused(400, "invalid_parameter");
        }
    }
}
