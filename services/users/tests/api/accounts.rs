//! Creating accounts.

use serde_json::json;

use crate::harness::{PASSWORD, on_both_engines, token};

on_both_engines! {
    async fn a_new_account_is_created_with_its_first_session(service) {
        let body = json!({
            "username": "Ada_L", "email": "Ada@Example.org", "password": PASSWORD, "display_name": " Ada ",
            "first_name": "Ada", "last_name": "Lovelace", "description": "a\nb", "token_hash": token(), "client": "curl",
        });
        let answer = service.post("/internal/accounts", body).send().await.expect(201);
        assert_eq!(answer.header("location"), "/users/ada_l");
        let user = &answer["user"];
        assert_eq!(user["username"], "ada_l");
        assert_eq!(user["email"], "ada@example.org");
        assert_eq!(user["display_name"], "Ada");
        assert_eq!(user["description"], "a\nb");
        assert_eq!((&user["roles"], &user["is_active"]), (&json!([]), &json!(true)));
        assert_eq!((&user["followers_count"], &user["following_count"]), (&json!(0), &json!(0)));
        assert!(user["joined_at"].as_str().unwrap().ends_with('Z'));
        assert!(!answer.text.contains("argon2") && !answer.text.contains("password"));
        assert!(answer["session"]["expires_at"].as_str() > answer["session"]["created_at"].as_str());
        assert_eq!((service.count("users").await, service.count("sessions").await), (1, 1));
    }

    async fn an_account_needs_no_more_than_a_password(service) {
        let body = json!({"password": PASSWORD, "token_hash": token()});
        let answer = service.post("/internal/accounts", body).send().await.expect(201);
        let name = answer["user"]["username"].as_str().unwrap();
        assert!(name.starts_with("user_") && name.len() == 13, "{name}");
        assert_eq!(answer["user"]["display_name"], name);
        assert!(answer["user"]["email"].is_null());
        let other = json!({"password": PASSWORD, "token_hash": token()});
        service.post("/internal/accounts", other).send().await.expect(201);
    }

    async fn every_field_that_is_wrong_is_named_and_nothing_is_stored(service) {
        let body = json!({
            "username": "a", "email": "nobody", "password": "12345", "display_name": "x".repeat(81),
            "first_name": "x".repeat(81), "last_name": "\u{0}", "description": "x".repeat(501), "token_hash": "ABC",
        });
        service.post("/internal/accounts", body).send().await.refuses(&[
            ("/username", "too_short"), ("/email", "invalid_email"), ("/password", "too_short"),
            ("/display_name", "too_long"), ("/first_name", "too_long"), ("/last_name", "invalid_characters"),
            ("/description", "too_long"), ("/token_hash", "invalid_hash"),
        ]);
        for (name, code) in [
            ("x".repeat(31), "too_long"), ("a b c".to_owned(), "invalid_characters"), ("123".to_owned(), "no_letter"),
            ("Admin".to_owned(), "reserved"), ("users".to_owned(), "reserved"),
        ] {
            let body = json!({"username": name, "password": PASSWORD, "token_hash": token()});
            service.post("/internal/accounts", body).send().await.refuses(&[("/username", code)]);
        }
        assert_eq!(service.count("users").await + service.count("sessions").await, 0);
    }

    async fn what_is_no_good_body_is_refused_and_nothing_is_stored(service) {
        let good = json!({"username": "ada", "password": PASSWORD, "token_hash": token()});
        let call = || service.post("/internal/accounts", good.clone());
        call().body("{\"username\": ").send().await.refused(400, "malformed_json");
        call().header("content-type", "text/plain").send().await.refused(415, "unsupported_media_type");
        let large = json!({"username": "ada", "description": "x".repeat(1 << 20)}).to_string();
        let large = call().body(large).send().await.refused(413, "payload_too_large");
        assert_eq!(large["limit"], 1 << 20);
        let mut unknown = good.clone();
        unknown["is_admin"] = json!(true);
        call().json(unknown).send().await.refuses(&[("/is_admin", "unknown_field")]);
        let mut near = good.clone();
        near["user_name"] = json!("x");
        let near = call().json(near).send().await.refuses(&[("/user_name", "unknown_field")]);
        assert!(near["errors"][0]["message"].as_str().unwrap().contains("did you mean `username`?"));
        call().json(json!({"username": "ada", "token_hash": token()})).send().await.refuses(&[("/password", "required")]);
        call().json(json!({"password": 7, "token_hash": token()})).send().await.refuses(&[("/password", "invalid_type")]);
        assert_eq!(service.count("users").await, 0);
    }

    async fn a_taken_name_or_address_is_a_conflict_in_any_case(service) {
        service.register("ada").await;
        let post = |name: &str, email: &str| {
            let body = json!({"username": name, "email": email, "password": PASSWORD, "token_hash": token()});
            service.post("/internal/accounts", body)
        };
        let name = post("ADA", "other@example.org").send().await.refused(409, "username_taken");
        assert_eq!(name["errors"][0]["pointer"], "/username");
        post("other", "ADA@example.org").send().await.refused(409, "email_taken");
        post("ada", "ada@example.org").send().await.refused(409, "username_taken");
        assert_eq!((service.count("users").await, service.count("sessions").await), (1, 1));
    }

    async fn of_many_who_want_one_name_one_gets_it(service) {
        let wanting: Vec<_> = (0..12)
            .map(|index| {
                let service = service.clone();
                tokio::spawn(async move {
                    // Even ones want one username, odd ones one address.
                    let body = if index % 2 == 0 {
                        json!({"username": "ada", "password": PASSWORD, "token_hash": token()})
                    } else {
                        json!({"email": "one@example.org", "password": PASSWORD, "token_hash": token()})
                    };
                    service.post("/internal/accounts", body).send().await
                })
            })
            .collect();
        let mut outcomes = Vec::new();
        for one in wanting {
            let answer = one.await.unwrap();
            outcomes.push(answer["code"].as_str().unwrap_or("created").to_owned());
        }
        let count = |what: &str| outcomes.iter().filter(|outcome| *outcome == what).count();
        assert_eq!((count("created"), count("username_taken"), count("email_taken")), (2, 5, 5), "{outcomes:?}");
        assert_eq!(service.count("users").await, 2);
    }

    async fn a_caller_that_goes_away_does_not_stop_a_registration(service) {
        let body = json!({"username": "ada", "password": PASSWORD, "token_hash": token()});
        let call = service.post("/internal/accounts", body).send();
        // Polled once, then dropped.
        assert!(tokio::time::timeout(std::time::Duration::ZERO, call).await.is_err());
        crate::harness::eventually(async || {
            (service.get("/users/ada").send().await.status == 200).then_some(())
        })
        .await;
        service.login("ada", PASSWORD).await.1.expect(201);
    }
}
