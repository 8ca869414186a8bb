//! Reading and changing profiles: merge patches, replacing, versions, private data.

use serde_json::{Value, json};

use crate::harness::{on_both_engines, token};

on_both_engines! {
    async fn a_patch_changes_what_it_names_and_null_takes_away(service) {
        let ada = service.register("ada").await;
        let body = json!({"display_name": "Ada", "first_name": "A", "status": "busy", "description": "x"});
        service.patch("/users/me", body).by(&ada).send().await.expect(200);
        let body = json!({"display_name": null, "status": null, "email": null, "last_name": "L"});
        let user = service.patch("/users/me", body).by(&ada).send().await.expect(200);
        assert_eq!(user["display_name"], "ada");
        assert_eq!((&user["first_name"], &user["last_name"]), (&json!("A"), &json!("L")));
        assert_eq!((&user["status"], &user["email"]), (&json!(""), &Value::Null));
        assert_eq!(service.get("/users/me").by(&ada).send().await.expect(200).json, user.json);
        let merge = service.patch("/users/ada", json!({"status": "s"})).header("content-type", "application/merge-patch+json");
        assert_eq!(merge.by(&ada).send().await.expect(200)["status"], "s");
    }

    async fn replacing_a_profile_empties_what_is_left_out(service) {
        let ada = service.register("ada").await;
        service.patch("/users/me", json!({"status": "busy", "description": "x"})).by(&ada).send().await.expect(200);
        let body = json!({"display_name": "Ada", "email": "new@example.org"});
        let user = service.put("/users/ada", body).by(&ada).send().await.expect(200);
        assert_eq!((&user["status"], &user["description"]), (&json!(""), &json!("")));
        assert_eq!((&user["display_name"], &user["email"]), (&json!("Ada"), &json!("new@example.org")));
        assert_eq!((&user["username"], &user["is_active"]), (&json!("ada"), &json!(true)));
        service.put("/users/ada", json!({})).by(&ada).send().await.refuses(&[("/display_name", "required")]);
    }

    async fn a_change_is_refused_for_its_fields_and_nothing_is_stored(service) {
        let ada = service.register("ada").await;
        let before = service.get("/users/me").by(&ada).send().await;
        let body = json!({"display_name": "x".repeat(81), "status": "x".repeat(101), "email": "x", "first_name": "ok"});
        service.patch("/users/me", body).by(&ada).send().await.refuses(&[
            ("/display_name", "too_long"), ("/status", "too_long"), ("/email", "invalid_email"),
        ]);
        service.patch("/users/me", json!({"display_nam": "x"})).by(&ada).send().await.refuses(&[("/display_nam", "unknown_field")]);
        service.patch("/users/me", json!({"username": "eve"})).by(&ada).send().await.refuses(&[("/username", "unknown_field")]);
        service.patch("/users/me", json!({"id": 1})).by(&ada).send().await.refuses(&[("/id", "unknown_field")]);
        service.patch("/users/me", json!({})).body("[").by(&ada).send().await.refused(400, "malformed_json");
        service.patch("/users/me", json!([])).by(&ada).send().await.refuses(&[("", "invalid_type")]);
        service.put("/users/ada", json!({"display_name": ""})).by(&ada).send().await.refuses(&[("/display_name", "too_short")]);
        let after = service.get("/users/me").by(&ada).send().await;
        assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
    }

    async fn another_account_s_address_is_not_given_twice(service) {
        let ada = service.register("ada").await;
        service.register("other").await;
        let body = json!({"email": "OTHER@example.org", "status": "x"});
        service.patch("/users/me", body.clone()).by(&ada).send().await.refused(409, "email_taken");
        service.put("/users/ada", json!({"display_name": "x", "email": "other@example.org"})).by(&ada).send().await.refused(409, "email_taken");
        let user = service.get("/users/me").by(&ada).send().await.expect(200);
        assert_eq!((&user["email"], &user["status"]), (&json!("ada@example.org"), &json!("")));
        // One's own address is no conflict.
        service.patch("/users/me", json!({"email": "ada@EXAMPLE.org"})).by(&ada).send().await.expect(200);
    }

    async fn nobody_gives_themselves_a_role(service) {
        let ada = service.register("ada").await;
        let before = service.get("/users/me").by(&ada).send().await;
        for body in [json!({"roles": ["admin"], "status": "x"}), json!({"is_active": false, "status": "x"})] {
            let name = body.as_object().unwrap().keys().next().unwrap().clone();
            let pointer = format!("/{name}");
            service.patch("/users/me", body.clone()).by(&ada).send().await.refuses(&[(&pointer, "unknown_field")]);
            service.patch("/users/ada", body.clone()).by(&ada).send().await.refused(403, "forbidden");
            // Not even an administrator, so that the last one cannot lock everybody out.
            service.patch("/users/ada", body.clone()).by_admin(&ada).send().await.refused(403, "forbidden");
        }
        for (name, value) in [("roles", json!(["admin"])), ("is_active", json!(true))] {
            let mut body = json!({"display_name": "x"});
            body[name] = value;
            let pointer = format!("/{name}");
            service.put("/users/ada", body).by(&ada).send().await.refuses(&[(&pointer, "unknown_field")]);
        }
        let mut register = json!({"password": "correct horse", "token_hash": token()});
        register["roles"] = json!(["admin"]);
        service.post("/internal/accounts", register).send().await.refuses(&[("/roles", "unknown_field")]);
        let after = service.get("/users/me").by(&ada).send().await;
        assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
    }

    async fn a_write_needs_the_current_version_if_it_names_one(service) {
        let ada = service.register("ada").await;
        let public = service.get("/users/ada").send().await.header("etag").to_owned();
        let own = service.get("/users/ada").by(&ada).send().await.header("etag").to_owned();
        assert_ne!(public, own);
        assert!(own.starts_with('"') && own.ends_with('"'));
        let patch = |tag: &str, status: &str| {
            service.patch("/users/me", json!({"status": status})).header("if-match", tag).by(&ada)
        };
        let changed = patch(&own, "one").send().await.expect(200);
        assert_ne!(changed.header("etag"), own);
        for stale in [own.as_str(), public.as_str(), "\"x\"", "W/\"x\"", "nonsense"] {
            patch(stale, "two").send().await.refused(412, "precondition_failed");
        }
        let weak = format!("W/{}", changed.header("etag"));
        patch(&weak, "two").send().await.refused(412, "precondition_failed");
        service.put("/users/ada", json!({"display_name": "x"})).header("if-match", &own).by(&ada).send().await.refused(412, "precondition_failed");
        service.delete("/users/me").header("if-match", &own).by(&ada).send().await.refused(412, "precondition_failed");
        service.delete("/users/ada").header("if-match", &own).by(&ada).send().await.refused(412, "precondition_failed");
        assert_eq!(service.get("/users/me").by(&ada).send().await.expect(200)["status"], "one");
        let public = service.get("/users/ada").send().await.header("etag").to_owned();
        patch(&format!("\"x\", {public}"), "three").send().await.expect(200);
        patch("*", "four").send().await.expect(200);
        let same = service.patch("/users/me", json!({"status": "four"})).by(&ada).send().await.expect(200);
        assert_eq!(service.get("/users/me").by(&ada).send().await.header("etag"), same.header("etag"));
    }

    async fn of_many_who_change_one_version_one_does(service) {
        let ada = service.register("ada").await;
        let tag = service.get("/users/me").by(&ada).send().await.header("etag").to_owned();
        let writers: Vec<_> = (0..8)
            .map(|index| {
                let (service, ada, tag) = (service.clone(), ada.clone(), tag.clone());
                tokio::spawn(async move {
                    let body = json!({"status": format!("s{index}")});
                    service.patch("/users/me", body).header("if-match", &tag).by(&ada).send().await.status.as_u16()
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for writer in writers {
            statuses.push(writer.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    }

    async fn a_version_that_is_known_is_not_sent_again(service) {
        let ada = service.register("ada").await;
        for path in ["/users/me", "/users/ada"] {
            let tag = service.get(path).by(&ada).send().await.header("etag").to_owned();
            let known = service.get(path).header("if-none-match", &format!("\"x\", W/{tag}")).by(&ada).send().await.expect(304);
            assert_eq!((known.text.as_str(), known.header("etag")), ("", tag.as_str()));
            service.patch("/users/me", json!({"status": path})).by(&ada).send().await.expect(200);
            service.get(path).header("if-none-match", &tag).by(&ada).send().await.expect(200);
        }
    }

    async fn private_data_is_for_oneself_and_administrators(service) {
        let ada = service.register("ada").await;
        let other = service.register("other").await;
        let boss = service.register_admin("boss").await;
        for call in [service.get("/users/ada"), service.get("/users/ADA").by(&other)] {
            let user = call.send().await.expect(200);
            assert!(user.json.get("email").is_none() && user.json.get("is_active").is_none(), "{}", user.text);
        }
        for call in [service.get("/users/ada").by(&ada), service.get("/users/ada").by_admin(&boss)] {
            let user = call.send().await.expect(200);
            assert_eq!((&user["email"], &user["is_active"]), (&json!("ada@example.org"), &json!(true)));
        }
        let list = service.get("/users").by(&other).send().await.expect(200);
        for user in list["items"].as_array().unwrap() {
            assert_eq!(user.get("email").is_some(), user["username"] == "other");
        }
        let batch = service.get(&format!("/internal/users?ids={}", ada.id)).by_admin(&boss).send().await.expect(200);
        assert!(!batch.text.contains("example.org"));
        for name in ["nobody", "x", "%00", "Ada%20"] {
            service.get(&format!("/users/{name}")).send().await.refused(404, "not_found");
        }
    }
}
