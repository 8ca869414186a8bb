//! What this service tells others.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{eventually, id, on_both_engines, people};

on_both_engines! {
    async fn everything_that_happens_to_a_post_is_told_in_its_order_with_what_it_is_then(service) {
        let (ada, bob, _) = people();
        let picture = service.upload(&ada).await;
        let body = json!({"text": "#one", "media_ids": [picture]});
        let made = service.post("/posts", body).by(&ada).send().await.expect(201);
        let path = format!("/posts/{}", id(&made));
        let like = format!("{path}/like");
        service.put(&like, json!(null)).by(&bob).send().await.expect(200);
        service.put(&like, json!(null)).by(&bob).send().await.expect(200);
        let comment = service.post(&format!("{path}/comments"), json!({"text": "x"})).by(&bob).send().await.expect(201);
        service.patch(&path, json!({"text": "#two"})).by(&ada).send().await.expect(200);
        service.patch(&path, json!({"text": "#two"})).by(&ada).send().await.expect(200);
        service.patch(&path, json!({"text": "x".repeat(2001)})).by(&ada).send().await.expect(422);
        service.delete(&like).by(&bob).send().await.expect(200);
        service.delete(&like).by(&bob).send().await.expect(200);
        service.delete(&format!("{path}/comments/{}", id(&comment))).by(&bob).send().await.expect(204);
        service.delete(&path).by(&ada).send().await.expect(204);

        let told = service.told().await;
        let summary: Vec<_> = told
            .iter()
            .map(|event| {
                let data = &event["data"];
                (event["type"].as_str().unwrap(), event["version"].as_i64().unwrap(), data["like_count"].as_i64(), data["comment_count"].as_i64())
            })
            .collect();
        assert_eq!(summary, [
            ("post.created", 1, Some(0), Some(0)), ("post.counted", 2, Some(1), Some(0)), ("post.counted", 3, Some(1), Some(1)),
            ("post.changed", 4, Some(1), Some(1)), ("post.counted", 5, Some(0), Some(1)), ("post.counted", 6, Some(0), Some(0)),
            ("post.deleted", 7, None, None),
        ]);
        assert!(told.iter().all(|event| event["aggregate"] == format!("post:{}", id(&made))));
        let changed = &told[3]["data"];
        assert_eq!((&changed["text"], &changed["tags"], &changed["version"]), (&json!("#two"), &json!(["two"]), &json!(2)));
        assert_eq!((&changed["media"], &changed["author_id"]), (&made["media"], &json!(7)));
        assert!(changed["created_at"].is_i64() && changed["updated_at"].as_i64() >= changed["created_at"].as_i64());
        assert_eq!(told[6]["data"], json!({"author_id": 7}));
    }

    async fn what_is_told_reaches_whoever_follows(service) {
        let (ada, _, _) = people();
        let heard: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let noted = Arc::clone(&heard);
        let _following = service.bus.follow("test", &["agora.posts.>"], move |messages: Vec<bus::Message>| {
            for message in messages {
                let event = serde_json::from_slice(&message.payload).unwrap();
                noted.lock().unwrap().push((message.subject, event));
            }
            async { Ok(()) }
        });
        let post = service.write(&ada, "x").await;
        eventually(async || (!heard.lock().unwrap().is_empty()).then_some(())).await;
        let (subject, event) = heard.lock().unwrap()[0].clone();
        assert_eq!((subject.as_str(), &event["aggregate"]), ("agora.posts.post.created", &json!(format!("post:{post}"))));
        assert_eq!(event, service.told().await[0]);
    }
}
