//! What only the gateway and other services ask for.

use std::time::Duration;

use serde_json::json;

use crate::harness::{PASSWORD, eventually, on_both_engines, token};

on_both_engines! {
    async fn a_batch_has_each_account_once_by_id(service) {
        let (ada, bob) = (service.register("ada").await, service.register("bob").await);
        let ids = format!("{},{},{},99999", bob.id, ada.id, bob.id);
        let batch = service.get(&format!("/internal/users?ids={ids}")).send().await.expect(200);
        assert_eq!(batch.all("username"), ["ada", "bob"]);
        let hundred = (1..=100).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(service.get(&format!("/internal/users?ids={hundred}")).send().await.expect(200).all("username").len(), 2);
        for ids in ["", "x", "1,,2", "1.5", &format!("{hundred},101"), "99999999999999999999"] {
            let answer = service.get(&format!("/internal/users?ids={ids}")).send().await;
            assert_eq!(answer.refused(400, "invalid_parameter")["errors"][0]["pointer"], "ids");
        }
        service.get("/internal/users").send().await.refused(400, "invalid_parameter");
    }

    async fn an_account_is_found_by_its_name_or_nobody_is(service) {
        let ada = service.register("ada").await;
        let found = service.get("/internal/users/by-name?username=ADA").send().await.expect(200);
        assert_eq!((found.all("username"), found["items"][0].get("email")), (vec!["ada".into()], None));
        assert_eq!(found.header("cache-groups"), format!("\"user:{}\"", ada.id));
        // Whoever comes to have the name changes this.
        for nobody in ["bob", "x", "", "a,b", "%00", "%C3%A4da", &"x".repeat(300)] {
            let none = service.get(&format!("/internal/users/by-name?username={nobody}")).send().await.expect(200);
            assert_eq!((&none["items"], none.header("cache-groups")), (&json!([]), "\"users\""));
        }
        service.delete("/users/me").by(&ada).send().await.expect(204);
        assert_eq!(service.get("/internal/users/by-name?username=ada").send().await.expect(200)["items"], json!([]));
        service.get("/internal/users/by-name").send().await.refused(400, "invalid_parameter");
    }

    async fn revocations_are_followed_from_where_one_stopped(service) {
        let ada = service.register("ada").await;
        let empty = service.get("/internal/revocations").send().await.expect(200);
        assert_eq!((&empty["items"], &empty["next_after"]), (&json!([]), &json!(0)));
        for _ in 0..3 {
            service.login("ada", PASSWORD).await.1.expect(201);
        }
        let before = service.clock.now();
        let all = json!({"sid": ada.sid, "all": true});
        service.post("/internal/sessions/close", all).by(&ada).send().await.expect(200);
        let first = service.get("/internal/revocations?limit=3").send().await.expect(200);
        assert_eq!(first["items"].as_array().unwrap().len(), 3);
        assert!(first["items"][0]["not_before"].as_i64().unwrap() >= before);
        let after = first["next_after"].as_i64().unwrap();
        assert_eq!(first["items"][2]["id"], after);
        let rest = service.get(&format!("/internal/revocations?after={after}")).send().await.expect(200);
        assert_eq!(rest["items"].as_array().unwrap().len(), 1);
        let end = rest["next_after"].as_i64().unwrap();
        let done = service.get(&format!("/internal/revocations?after={end}")).send().await.expect(200);
        assert_eq!((&done["items"], &done["next_after"]), (&json!([]), &json!(end)));
        for query in ["limit=0", "limit=1001", "after=-1", "after=x"] {
            service.get(&format!("/internal/revocations?{query}")).send().await.refused(400, "invalid_parameter");
        }
    }

    async fn who_follows_revocations_misses_none_however_many_end_at_once(service) {
        let ada = service.register("ada").await;
        let mut sids = vec![ada.sid.clone()];
        for _ in 0..23 {
            let (_, answer) = service.login("ada", PASSWORD).await;
            sids.push(answer.expect(201)["session"]["id"].as_str().unwrap().to_owned());
        }
        let enders: Vec<_> = sids
            .iter()
            .map(|sid| {
                let (service, ada, path) = (service.clone(), ada.clone(), format!("/sessions/{sid}"));
                tokio::spawn(async move { service.delete(&path).by(&ada).send().await.expect(204) })
            })
            .collect();
        let (mut seen, mut after) = (Vec::new(), 0);
        while seen.len() < sids.len() {
            let finished = enders.iter().all(tokio::task::JoinHandle::is_finished);
            let list = service.get(&format!("/internal/revocations?after={after}")).send().await.expect(200);
            let items = list["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["subject"].as_str().unwrap().to_owned()));
            after = list["next_after"].as_i64().unwrap();
            assert!(!finished || !items.is_empty() || seen.len() == sids.len(), "missed some: {seen:?}");
        }
        seen.sort();
        sids.sort();
        assert_eq!(seen, sids);
    }

    async fn what_is_too_old_is_removed_and_the_rest_stays(service) {
        let ada = service.register("ada").await;
        let (bob, next) = (service.register("bob").await, token());
        service.rotate(&bob.token, &next).await.expect(200);
        service.delete(&format!("/sessions/{}", ada.sid)).by(&ada).send().await.expect(204);
        assert_eq!(service.revocations().await.len(), 1);
        service.clock.advance(users::REVOCATIONS_KEPT + Duration::from_secs(1));
        eventually(async || service.revocations().await.is_empty().then_some(())).await;
        assert_eq!(service.count("sessions").await, 2);
        service.clock.advance(Duration::from_secs(24 * 60 * 60));
        eventually(async || (service.count("sessions").await == 1).then_some(())).await;
        assert_eq!((service.count("refresh_tokens").await, service.count("users").await), (2, 2));
        service.rotate(&next, &token()).await.expect(200);
    }
}
