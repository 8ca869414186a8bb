//! Deleting, disabling and administering accounts, and what that ends.

use serde_json::json;

use crate::harness::{PASSWORD, on_both_engines, token};

on_both_engines! {
    async fn a_deleted_account_is_gone_and_its_name_stays_taken(service) {
        let ada = service.register("ada").await;
        service.delete("/users/ada").by(&ada).send().await.expect(204);
        service.delete("/users/ada").by(&ada).send().await.refused(404, "not_found");
        service.delete("/users/me").by(&ada).send().await.refused(404, "not_found");
        service.get("/users/ada").send().await.refused(404, "not_found");
        service.get("/users/me").by(&ada).send().await.refused(404, "not_found");
        service.patch("/users/me", json!({"status": "x"})).by(&ada).send().await.refused(404, "not_found");
        assert_eq!(service.get("/users").send().await.expect(200)["items"], json!([]));
        assert_eq!(service.get(&format!("/internal/users?ids={}", ada.id)).send().await.expect(200)["items"], json!([]));

        let revoked = service.revocations().await;
        assert!(revoked.contains(&("sid".to_owned(), ada.sid.clone())));
        assert!(revoked.contains(&("sub".to_owned(), ada.id.to_string())));
        service.rotate(&ada.token, &token()).await.refused(400, "invalid_grant");
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple", "token_hash": token()});
        service.put("/internal/password", body).by(&ada).send().await.refused(404, "not_found");

        let again = |name: &str| json!({"username": name, "email": "ada@example.org", "password": PASSWORD, "token_hash": token()});
        service.post("/internal/accounts", again("ada")).send().await.refused(409, "username_taken");
        let new = service.post("/internal/accounts", again("ada2")).send().await.expect(201);
        assert_ne!(new["user"]["id"], ada.id);
        assert_eq!(service.count("users WHERE deleted_at IS NOT NULL AND email IS NULL AND first_name = ''").await, 1);
        assert_eq!(service.count("credentials").await, 1);
    }

    async fn a_disabled_account_can_do_nothing_until_it_is_enabled(service) {
        let ada = service.register("ada").await;
        let boss = service.register_admin("boss").await;
        let before = service.revocations().await.len();
        let disabled = service.patch("/users/ada", json!({"is_active": false})).by_admin(&boss).send().await.expect(200);
        assert_eq!(disabled["is_active"], false);
        let revoked = service.revocations().await;
        assert_eq!(revoked[before..], [("sid".to_owned(), ada.sid.clone()), ("sub".to_owned(), ada.id.to_string())]);
        service.rotate(&ada.token, &token()).await.refused(400, "invalid_grant");
        service.login("ada", PASSWORD).await.1.refused(403, "forbidden");
        service.login("ada", "wrong").await.1.refused(401, "invalid_credentials");
        service.patch("/users/me", json!({"status": "x"})).by(&ada).send().await.refused(403, "forbidden");
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple", "token_hash": token()});
        service.put("/internal/password", body).by(&ada).send().await.refused(403, "forbidden");
        service.get("/users/ada").send().await.refused(404, "not_found");
        assert_eq!(service.get("/users").send().await.expect(200).all("username"), ["boss"]);
        assert_eq!(service.get("/users").by_admin(&boss).send().await.expect(200).all("username"), ["boss", "ada"]);
        // What they wrote keeps its author.
        assert_eq!(service.get(&format!("/internal/users?ids={}", ada.id)).send().await.expect(200).all("username"), ["ada"]);

        service.patch("/users/ada", json!({"is_active": true})).by_admin(&boss).send().await.expect(200);
        service.rotate(&ada.token, &token()).await.refused(400, "invalid_grant");
        service.login("ada", PASSWORD).await.1.expect(201);
    }

    async fn other_roles_make_tokens_with_the_old_ones_worthless(service) {
        let ada = service.register("ada").await;
        let boss = service.register_admin("boss").await;
        let before = service.revocations().await.len();
        let body = json!({"roles": ["seller", "seller"]});
        let user = service.patch("/users/ada", body.clone()).by_admin(&boss).send().await.expect(200);
        assert_eq!(user["roles"], json!(["seller"]));
        assert_eq!(service.revocations().await[before..], [("sub".to_owned(), ada.id.to_string())]);
        service.patch("/users/ada", body).by_admin(&boss).send().await.expect(200);
        assert_eq!(service.revocations().await.len(), before + 1);
        let list = service.get("/internal/revocations").send().await;
        let not_before = list["items"].as_array().unwrap().last().unwrap()["not_before"].as_i64().unwrap();
        service.clock.advance(std::time::Duration::from_millis(1));
        let fresh = service.rotate(&ada.token, &token()).await.expect(200);
        assert_eq!(fresh["user"]["roles"], json!(["seller"]));
        assert!(fresh["as_of_ms"].as_i64().unwrap() >= not_before);
        service.patch("/users/ada", json!({"roles": ["root"]})).by_admin(&boss).send().await.refuses(&[("/roles", "unknown_role")]);
    }

    async fn an_administrator_remains(service) {
        let boss = service.register_admin("boss").await;
        service.delete("/users/me").by_admin(&boss).send().await.refused(409, "conflict");
        // Also with a token from before the promotion.
        service.delete("/users/boss").by(&boss).send().await.refused(409, "conflict");
        let deputy = service.register_admin("deputy").await;
        let demotions: Vec<_> = [(boss.clone(), "deputy"), (deputy.clone(), "boss")]
            .into_iter()
            .map(|(by, whom)| {
                let service = service.clone();
                tokio::spawn(async move {
                    let path = format!("/users/{whom}");
                    service.patch(&path, json!({"roles": []})).by_admin(&by).send().await.status.as_u16()
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for demotion in demotions {
            statuses.push(demotion.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(service.count("users WHERE is_admin").await, 1);
    }
}
