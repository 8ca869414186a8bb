//! Answers that are put together, and answers of which a client wants only a part.

use serde_json::json;

use crate::{System, over_both};

over_both! {
    async fn the_home_page_is_one_answer_of_several(system: &System) {
        system.anonymous().get("/api/v1/home").await.problem(401, "unauthenticated");
        let ada = system.user("ada").await;
        let answer = ada.get("/api/v1/home").await.expect(200);
        let home = answer.json();
        assert_eq!(home["me"]["email"], "ada@example.test");
        assert_eq!((&home["timeline"]["items"], &home["new"]["count"]), (&json!([]), &json!(0)));
        assert!(home["tags"]["items"].is_array(), "{home}");
        assert_eq!((home.get("_parts"), answer.header("gateway-parts")), (None, ""));
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        let strict = ada.get("/api/v1/home").header("prefer", "handling=strict").await.expect(200);
        assert_eq!(strict.header("preference-applied"), "handling=strict");

        let since = format!("/api/v1/home?since={}", home["new"]["cursor"].as_str().unwrap());
        let post = ada.post("/api/v1/posts", &json!({"text": "Hello #home"})).await.expect(201).json();
        testkit::until("a new post is counted and shown", std::time::Duration::from_secs(10), async || {
            let home = ada.get(&since).await.expect(200).json();
            (home["new"]["count"] == 1 && home["timeline"]["items"][0]["id"] == post["id"]).then_some(())
        })
        .await;
        ada.get("/api/v1/home?since=x").await.problem(400, "invalid_cursor");
    }

    async fn older_answers_stand_in_for_what_the_home_page_cannot_do_without(system: &System) {
        let ada = system.user("ada").await;
        let home = ada.get("/api/v1/home").await.expect(200).json();
        // What is kept is not asked for, so that each part has to be had.
        let anew = async || ada.get("/api/v1/home").header("cache-control", "no-cache").await;
        system.cut("users", true);
        let older = anew().await.expect(200);
        assert_eq!(older.header("gateway-parts"), "me;state=stale;code=upstream_unavailable");
        assert_eq!((&older.json()["me"], older.header("cache-control")), (&home["me"], "no-store"));
        ada.get("/api/v1/home").header("prefer", "handling=strict").await.problem(503, "part_failed");
        system.cut("users", false);
        system.cut("feed", true);
        let older = anew().await.expect(200);
        let code = "upstream_unavailable";
        let parts = format!("timeline;state=stale;code={code}, new;state=error;code={code}, tags;state=error;code={code}");
        assert_eq!(older.header("gateway-parts"), parts);
        let page = older.json();
        assert_eq!((&page["timeline"], &page["new"], &page["tags"]), (&home["timeline"], &json!(null), &json!(null)));
        system.cut("feed", false);
        let _ = ada.get("/api/v1/home").await.expect(200);
    }

    async fn without_an_older_answer_there_is_no_home_page(system: &System) {
        let ada = system.user("ada").await;
        system.sever(true);
        let answer = ada.get("/api/v1/home").await;
        answer.problem(503, "upstream_unavailable");
        assert_eq!(answer.header("proxy-status"), "agora; error=connection_refused");
        system.sever(false);
        let _ = ada.get("/api/v1/home").await.expect(200);
    }

    async fn a_client_chooses_the_fields_that_it_wants(system: &System) {
        let ada = system.user("ada").await;
        let chosen = ada.get("/api/v1/users/me?fields=username,email").await.expect(200);
        assert_eq!(chosen.json(), json!({ "username": "ada", "email": "ada@example.test" }));
        let chosen = system.anonymous().get("/api/v1/users/ada?fields=email,id").await.expect(200).json();
        assert_eq!(chosen, json!({ "id": ada.id }), "an e-mail address is private, also to who asks for it by name");
        let query = "q=ada&limit=1&fields=items.username,has_more";
        let page = system.anonymous().get(&format!("/api/v1/users?{query}")).await.expect(200).json();
        assert_eq!(page["items"], json!([{ "username": "ada" }]));
        assert_eq!(page.as_object().unwrap().keys().collect::<Vec<_>>(), ["items", "has_more"]);
        for (path, hint) in [("me?fields=user_name", "username"), ("ada?fields=usernam", "username")] {
            let problem = ada.get(&format!("/api/v1/users/{path}")).await.problem(400, "invalid_include");
            let message = problem["errors"][0]["message"].as_str().unwrap();
            assert!(message.ends_with(&format!("did you mean `{hint}`?")), "{message}");
        }
    }

    async fn a_choice_of_fields_keeps_the_version_that_a_write_needs(system: &System) {
        let ada = system.user("ada").await;
        let chosen = ada.get("/api/v1/users/me?fields=username").await.expect(200);
        let tag = chosen.header("etag").to_owned();
        assert_ne!(tag, "");
        let change = json!({ "display_name": "Ada L." });
        let changed = ada.patch("/api/v1/users/me", &change).header("if-match", &tag).await;
        let _ = changed.expect(200);
        ada.patch("/api/v1/users/me", &change).header("if-match", &tag).await.problem(412, "precondition_failed");
        // Another selection of fields is no reason to say that nothing has changed.
        let again = ada.get("/api/v1/users/me?fields=username").header("if-none-match", &tag).await;
        let _ = again.expect(200);
    }
}
