//! Signing in, listing and ending sessions, changing the password.

use serde_json::{Value, json};
use users::Passwords;

use crate::harness::{PASSWORD, Service, on_both_engines, token};

on_both_engines! {
    async fn one_signs_in_by_username_or_address_in_any_case(service) {
        let ada = service.register("ada").await;
        for login in ["ada", "ADA", "ada@example.org", "Ada@Example.ORG"] {
            let (_, answer) = service.login(login, PASSWORD).await;
            let answer = answer.expect(201);
            assert_eq!(answer["user"]["id"], ada.id);
            assert_eq!(answer["user"]["email"], "ada@example.org");
            assert_ne!(answer["session"]["id"], ada.sid.as_str());
        }
    }

    async fn a_wrong_login_is_one_answer_whatever_was_wrong(service) {
        let ada = service.register("ada").await;
        let gone = service.register("gone").await;
        service.delete("/users/me").by(&gone).send().await.expect(204);
        let mut bodies = Vec::new();
        for (login, password) in [
            ("ada", "wrong horse"), ("nobody", PASSWORD), ("nobody@example.org", PASSWORD), ("gone", PASSWORD),
            ("", PASSWORD), ("a@b", PASSWORD), ("ada\u{0}", PASSWORD),
        ] {
            let (_, answer) = service.login(login, password).await;
            let mut problem = answer.refused(401, "invalid_credentials").json;
            problem.as_object_mut().unwrap().remove("request_id");
            bodies.push(problem.to_string());
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1);
        assert_eq!(service.get("/sessions").by(&ada).send().await.expect(200)["items"].as_array().unwrap().len(), 1);
    }

    async fn a_login_is_refused_for_its_fields(service) {
        let body = json!({"login": "ada", "password": "x", "token_hash": "x"});
        service.post("/internal/sessions", body).send().await.refuses(&[("/token_hash", "invalid_hash")]);
        let body = json!({"login": "ada", "token_hash": token()});
        service.post("/internal/sessions", body).send().await.refuses(&[("/password", "required")]);
    }

    async fn too_many_passwords_at_once_are_turned_away_with_a_time_to_come_back(service) {
        let config = users::Config { passwords: Passwords::with_threads(1), ..service.config.clone() };
        let service = Service::over(service.db.clone(), config, service.mail.clone()).await;
        let logins: Vec<_> = (0..150)
            .map(|_| {
                let service = service.clone();
                tokio::spawn(async move { service.login("nobody", PASSWORD).await.1 })
            })
            .collect();
        let (mut wrong, mut busy) = (0, 0);
        for login in logins {
            let answer = login.await.unwrap();
            if answer.status == 503 {
                assert_eq!(answer.clone().refused(503, "overloaded").header("retry-after"), "1");
                busy += 1;
            } else {
                answer.refused(401, "invalid_credentials");
                wrong += 1;
            }
        }
        assert!(busy > 0 && wrong > users::QUEUE, "{busy} turned away, {wrong} answered");
    }

    async fn one_sees_ones_own_live_sessions_the_newest_first(service) {
        let ada = service.register("ada").await;
        let other = service.register("other").await;
        let mut ids = vec![Value::from(ada.sid.clone())];
        for client in ["one", "two", "three"] {
            let body = json!({"login": "ada", "password": PASSWORD, "token_hash": token(), "client": client});
            ids.push(service.post("/internal/sessions", body).send().await.expect(201)["session"]["id"].clone());
            service.clock.advance(std::time::Duration::from_millis(5));
        }
        ids.reverse();
        let list = service.get("/sessions").by(&ada).send().await.expect(200);
        let found: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        assert_eq!(found, ids);
        assert_eq!((&list["items"][0]["client"], &list["items"][3]["client"]), (&json!("three"), &Value::Null));
        let current: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["current"] == true).collect();
        assert_eq!(current, [false, false, false, true]);

        let first = service.get("/sessions?limit=3").by(&ada).send().await.expect(200);
        let next = first["next_cursor"].as_str().unwrap();
        let rest = service.get(&format!("/sessions?limit=3&cursor={next}")).by(&ada).send().await.expect(200);
        assert_eq!((&rest["items"][0]["id"], &rest["has_more"]), (&ids[3], &json!(false)));
        service.get(&format!("/sessions?cursor={next}")).by(&other).send().await.refused(400, "invalid_cursor");
        assert_eq!(service.get("/sessions").by(&other).send().await.expect(200)["items"].as_array().unwrap().len(), 1);
        service.get("/sessions").send().await.refused(401, "unauthenticated");
    }

    async fn one_ends_ones_own_session_and_nobody_elses(service) {
        let ada = service.register("ada").await;
        let other = service.register("other").await;
        let path = format!("/sessions/{}", ada.sid);
        service.delete(&path).by(&other).send().await.refused(404, "not_found");
        service.delete(&path).by_admin(&other).send().await.refused(404, "not_found");
        service.delete(&path).send().await.refused(401, "unauthenticated");
        assert_eq!(service.revocations().await, []);

        service.delete(&path).by(&ada).send().await.expect(204);
        service.delete(&path).by(&ada).send().await.refused(404, "not_found");
        assert_eq!(service.revocations().await, [("sid".to_owned(), ada.sid.clone())]);
        service.rotate(&ada.token, &token()).await.refused(400, "invalid_grant");
    }

    async fn a_logout_ends_the_session_of_the_token_that_is_presented(service) {
        let ada = service.register("ada").await;
        let next = token();
        service.rotate(&ada.token, &next).await.expect(200);
        let (other, _) = service.login("ada", PASSWORD).await;
        // Also a token that was used before belongs to its session.
        let body = json!({"presented": ada.token});
        let closed = service.post("/internal/sessions/close", body.clone()).send().await.expect(200);
        assert_eq!(closed["revoked"][0]["subject"], ada.sid.as_str());
        assert_eq!(closed["revoked"][0]["kind"], "sid");
        let again = service.post("/internal/sessions/close", body).send().await.expect(200);
        assert_eq!(again["revoked"], json!([]));
        service.rotate(&next, &token()).await.refused(400, "invalid_grant");
        service.rotate(&other, &token()).await.expect(200);
    }

    async fn a_logout_everywhere_ends_every_session(service) {
        let ada = service.register("ada").await;
        let other = service.register("other").await;
        let (second, _) = service.login("ada", PASSWORD).await;
        let body = json!({"sid": ada.sid, "all": true});
        let foreign = service.post("/internal/sessions/close", body.clone()).by(&other).send().await.expect(200);
        assert_eq!(foreign["revoked"], json!([]));
        let anonymous = service.post("/internal/sessions/close", body.clone()).send().await.expect(200);
        assert_eq!(anonymous["revoked"], json!([]));
        let closed = service.post("/internal/sessions/close", body).by(&ada).send().await.expect(200);
        assert_eq!(closed["revoked"].as_array().unwrap().len(), 2);
        for token_hash in [&ada.token, &second] {
            service.rotate(token_hash, &token()).await.refused(400, "invalid_grant");
        }
        service.rotate(&other.token, &token()).await.expect(200);
    }

    async fn a_logout_names_exactly_one_session(service) {
        for body in [json!({}), json!({"presented": token(), "sid": "x"})] {
            service.post("/internal/sessions/close", body).send().await.refuses(&[("", "one_of")]);
        }
        let unknown = service.post("/internal/sessions/close", json!({"presented": token()})).send().await.expect(200);
        assert_eq!(unknown["revoked"], json!([]));
    }

    async fn a_new_password_ends_every_session_and_opens_one(service) {
        let ada = service.register("ada").await;
        let (second, _) = service.login("ada", PASSWORD).await;
        let fresh = token();
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple", "token_hash": fresh});
        let answer = service.put("/internal/password", body).by(&ada).send().await.expect(200);
        assert_eq!(answer["user"]["username"], "ada");
        let sid = answer["session"]["id"].as_str().unwrap().to_owned();
        for token_hash in [&ada.token, &second] {
            service.rotate(token_hash, &token()).await.refused(400, "invalid_grant");
        }
        let revoked = service.revocations().await;
        assert_eq!(revoked.len(), 2);
        assert!(revoked.iter().all(|(kind, subject)| kind == "sid" && *subject != sid));
        service.rotate(&fresh, &token()).await.expect(200);
        service.login("ada", PASSWORD).await.1.refused(401, "invalid_credentials");
        service.login("ada", "battery staple").await.1.expect(201);
    }

    async fn a_password_is_not_changed_without_the_present_one_or_to_a_weak_one(service) {
        let ada = service.register("ada").await;
        let change = |current: &str, new: &str| {
            let body = json!({"current_password": current, "new_password": new, "token_hash": token()});
            service.put("/internal/password", body)
        };
        change("wrong", "battery staple").by(&ada).send().await.refuses(&[("/current_password", "wrong_password")]);
        change(PASSWORD, "12345").by(&ada).send().await.refuses(&[("/new_password", "too_short")]);
        change(PASSWORD, &"x".repeat(257)).by(&ada).send().await.refuses(&[("/new_password", "too_long")]);
        change(PASSWORD, "battery staple").send().await.refused(401, "unauthenticated");
        assert_eq!(service.revocations().await, []);
        service.rotate(&ada.token, &token()).await.expect(200);
        service.login("ada", PASSWORD).await.1.expect(201);
    }

    async fn of_two_password_changes_at_once_one_is_made(service) {
        let ada = service.register("ada").await;
        let changes: Vec<_> = (0..4)
            .map(|index| {
                let (service, ada) = (service.clone(), ada.clone());
                tokio::spawn(async move {
                    let new = format!("battery staple {index}");
                    let body = json!({"current_password": PASSWORD, "new_password": new, "token_hash": token()});
                    service.put("/internal/password", body).by(&ada).send().await.status.as_u16()
                })
            })
            .collect();
        let mut changed = 0;
        for change in changes {
            // Who comes later finds another password: while verifying (422) or when exchanging (409).
            match change.await.unwrap() {
                200 => changed += 1,
                status => assert!(status == 409 || status == 422, "{status}"),
            }
        }
        assert_eq!(changed, 1);
    }
}
