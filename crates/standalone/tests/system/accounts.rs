//! Profiles: who may see and change what, and what each mistake is answered with.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::{PASSWORD, System, over_both};

over_both! {
    async fn one_may_change_ones_own_profile_and_nobody_elses(system: &System) {
        let ada = system.user("ada").await;
        let bob = system.user("bob").await;
        let changed = ada.patch("/api/v1/users/me", &json!({ "display_name": "Ada L.", "description": "counts" })).await.expect(200).json();
        assert_eq!((&changed["display_name"], &changed["description"]), (&json!("Ada L."), &json!("counts")));
        let changed = ada.patch("/api/v1/users/ada", &json!({ "description": null })).await.expect(200).json();
        assert_eq!((&changed["display_name"], &changed["description"]), (&json!("Ada L."), &json!("")));
        let replaced = ada.put("/api/v1/users/ada", &json!({ "display_name": "A." })).await.expect(200).json();
        assert_eq!(replaced["display_name"], "A.");

        let change = json!({ "display_name": "Mallory" });
        bob.patch("/api/v1/users/ada", &change).await.problem(403, "forbidden");
        bob.put("/api/v1/users/ada", &change).await.problem(403, "forbidden");
        bob.delete("/api/v1/users/ada").await.problem(403, "forbidden");
        for (method, path) in [(Method::PATCH, "/api/v1/users/ada"), (Method::PUT, "/api/v1/users/ada"), (Method::PATCH, "/api/v1/users/me")] {
            system.anonymous().call(method, path).json(&change).await.problem(401, "unauthenticated");
        }
        system.anonymous().delete("/api/v1/users/ada").await.problem(401, "unauthenticated");
        system.anonymous().delete("/api/v1/users/me").await.problem(401, "unauthenticated");
        assert_eq!(ada.get("/api/v1/users/me").await.expect(200).json()["display_name"], "A.");
    }

    async fn whoever_registers_is_written_one_letter(system: &System) {
        let before = system.letters().len();
        system.user("ada").await;
        let letters = testkit::until("the letter", Duration::from_secs(10), async || {
            Some(system.letters()).filter(|letters| letters.len() > before)
        })
        .await;
        let to_ada: Vec<_> = letters.iter().filter(|letter| letter.contains("To: ada <ada@example.test>")).collect();
        assert_eq!((letters.len(), to_ada.len()), (before + 1, 1));
    }

    async fn what_is_private_is_shown_to_oneself_and_to_admins_only(system: &System) {
        let ada = system.user("ada").await;
        let bob = system.user("bob").await;
        let admin = system.admin().await;
        assert_eq!(ada.get("/api/v1/users/ada").await.expect(200).json()["email"], "ada@example.test");
        assert_eq!(admin.get("/api/v1/users/ada").await.expect(200).json()["email"], "ada@example.test");
        for caller in [&bob.caller, &system.anonymous()] {
            let seen = caller.get("/api/v1/users/ada").await.expect(200).json();
            assert!(seen.get("email").is_none() && seen.get("is_active").is_none(), "{seen}");
            let page = caller.get("/api/v1/users").await.expect(200).text();
            assert!(!page.contains("ada@example.test"), "{page}");
            let found = caller.get("/api/v1/users?q=ada@example.test").await.expect(200).json();
            assert_eq!(found["items"], json!([]), "an e-mail address can be guessed");
        }
    }

    async fn nobody_makes_himself_an_admin(system: &System) {
        let ada = system.user("ada").await;
        for change in [json!({ "roles": ["admin"] }), json!({ "is_active": false }), json!({ "id": 1 }), json!({ "followers_count": 1000 })] {
            for answer in [ada.patch("/api/v1/users/me", &change).await, ada.put("/api/v1/users/ada", &change).await] {
                let document = answer.problem(422, "validation_failed");
                assert_eq!(document["errors"].as_array().unwrap().len(), 1, "{document}");
            }
        }
        let account = json!({ "username": "mallory", "password": PASSWORD, "roles": ["admin"] });
        let answer = system.anonymous().post("/api/v1/auth/register", &account).await;
        answer.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), ["/roles"]);
        system.anonymous().get("/api/v1/users/mallory").await.problem(404, "not_found");
        assert_eq!(ada.get("/api/v1/users/me").await.expect(200).json()["roles"], json!([]));
    }

    async fn an_admin_may_change_and_delete_others(system: &System) {
        let _ = system.user("ada").await;
        let admin = system.admin().await;
        let _ = admin.patch("/api/v1/users/ada", &json!({ "display_name": "Moderated" })).await.expect(200);
        let _ = admin.delete("/api/v1/users/ada").await.expect(204);
        admin.delete("/api/v1/users/ada").await.problem(404, "not_found");
        admin.get("/api/v1/users/ada").await.problem(404, "not_found");
        admin.patch("/api/v1/users/ada", &json!({ "display_name": "x" })).await.problem(404, "not_found");
    }

    async fn every_mistake_in_a_body_is_named_and_nothing_is_stored(system: &System) {
        let caller = system.anonymous();
        let register = |account: Value| caller.post("/api/v1/auth/register", &account);
        let cases = [
            (json!({ "username": "xy", "password": PASSWORD }), "/username"),
            (json!({ "username": "a".repeat(31), "password": PASSWORD }), "/username"),
            (json!({ "username": "has space", "password": PASSWORD }), "/username"),
            (json!({ "username": "12345", "password": PASSWORD }), "/username"),
            (json!({ "username": "admin", "password": PASSWORD }), "/username"),
            (json!({ "username": "mallory", "password": "short" }), "/password"),
            (json!({ "username": "mallory" }), "/password"),
            (json!({ "username": "mallory", "password": 12_345_678 }), "/password"),
            (json!({ "username": "mallory", "password": PASSWORD, "email": "not an address" }), "/email"),
            (json!({ "username": "mallory", "password": PASSWORD, "display_name": "x".repeat(1000) }), "/display_name"),
            (json!({ "username": "mallory", "password": PASSWORD, "displayname": "x" }), "/displayname"),
        ];
        for (account, pointer) in cases {
            let answer = register(account.clone()).await;
            answer.problem(422, "validation_failed");
            assert_eq!(answer.pointers(), [pointer], "{account}");
        }
        let answer = register(json!({ "username": "xy", "password": "short", "email": "nothing" })).await;
        assert_eq!(answer.pointers().len(), 3, "{}", answer.sentence());
        let unknown = register(json!({ "username": "mallory", "password": PASSWORD, "displayname": "x" })).await;
        assert!(unknown.text().contains("display_name"), "no suggestion: {}", unknown.text());
        caller.get("/api/v1/users/mallory").await.problem(404, "not_found");

        let post = |media_type: &str, body: &str| caller.call(Method::POST, "/api/v1/auth/register").body(media_type, body.to_owned());
        post("application/json", "{\"username\": ").await.problem(400, "malformed_json");
        post("text/plain", "username=ada").await.problem(415, "unsupported_media_type");
        let huge = format!("{{\"username\": \"{}\"}}", "a".repeat(1024 * 1024));
        post("application/json", &huge).await.problem(413, "payload_too_large");
    }

    async fn a_name_and_an_address_belong_to_one_account(system: &System) {
        let _ = system.user("ada").await;
        let register = |account: Value| system.anonymous().post("/api/v1/auth/register", &account);
        register(json!({ "username": "ada", "password": PASSWORD })).await.problem(409, "username_taken");
        register(json!({ "username": "ADA", "password": PASSWORD })).await.problem(409, "username_taken");
        register(json!({ "username": "eve", "email": "ada@example.test", "password": PASSWORD })).await.problem(409, "email_taken");
        register(json!({ "username": "eve", "email": "ADA@example.test", "password": PASSWORD })).await.problem(409, "email_taken");
        system.anonymous().get("/api/v1/users/eve").await.problem(404, "not_found");
        let racing: Vec<_> = (0..10).map(|_| tokio::spawn(register(json!({ "username": "racer", "password": PASSWORD })).into_future())).collect();
        let mut won = 0;
        for one in racing {
            let answer = one.await.unwrap();
            if answer.status == 201 { won += 1 } else { answer.problem(409, "username_taken"); }
        }
        assert_eq!(won, 1);
    }

    async fn a_registration_without_a_name_is_given_one(system: &System) {
        let account = json!({ "email": "nameless@example.test", "password": PASSWORD });
        let registered = system.anonymous().post("/api/v1/auth/register", &account).await.expect(201).json();
        let name = registered["user"]["username"].as_str().unwrap().to_owned();
        assert!(name.starts_with("user_") && name.len() == 13, "{name}");
    }

    async fn pages_are_complete_without_repeats_and_refuse_a_bent_cursor(system: &System) {
        for name in ["ann", "ben", "cat", "dan", "eva"] {
            let _ = system.user(name).await;
        }
        let caller = system.anonymous();
        let mut seen = Vec::new();
        let mut path = "/api/v1/users?limit=2&count=true".to_owned();
        loop {
            let answer = caller.get(&path).await.expect(200);
            let page = answer.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()));
            assert!(page["total"].as_u64().is_some_and(|total| total >= 5), "{page}");
            if page["has_more"] == false {
                assert_eq!(page["next_cursor"], Value::Null);
                break;
            }
            assert!(answer.header("link").contains("rel=\"next\""), "{:?}", answer.headers);
            path = format!("/api/v1/users?limit=2&count=true&cursor={}", page["next_cursor"].as_str().unwrap());
        }
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), seen.len(), "{seen:?}");
        for name in ["ann", "ben", "cat", "dan", "eva"] {
            assert!(seen.iter().any(|seen| seen == name), "{seen:?}");
        }
        caller.get("/api/v1/users?limit=0").await.problem(400, "invalid_parameter");
        caller.get("/api/v1/users?limit=many").await.problem(400, "invalid_parameter");
        caller.get("/api/v1/users?cursor=bent").await.problem(400, "invalid_cursor");
        let found = caller.get("/api/v1/users?q=ann").await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    }

    async fn a_write_with_an_old_validator_is_refused(system: &System) {
        let ada = system.user("ada").await;
        let first = ada.get("/api/v1/users/me").await.expect(200);
        let etag = first.header("etag").to_owned();
        assert!(etag.starts_with('"'), "a strong validator: {etag:?}");
        let change = |name: &str| ada.patch("/api/v1/users/me", &json!({ "display_name": name })).header("if-match", &etag);
        let _ = change("first").await.expect(200);
        change("second").await.problem(412, "precondition_failed");
        assert_eq!(ada.get("/api/v1/users/me").await.expect(200).json()["display_name"], "first");
    }
}
