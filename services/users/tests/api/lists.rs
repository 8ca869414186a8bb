//! Pages of accounts: stable whatever happens between two of them.

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use testkit::alone::Person;

use crate::harness::{PASSWORD, Service, on_both_engines, token};

/// Registers several accounts that all joined at the same moment.
async fn crowd(service: &Service, names: &[&str]) {
    for name in names {
        service.register(name).await;
    }
    let write = service.db.write().await.unwrap();
    write.execute_unprepared("UPDATE users SET joined_at = 1000").await.unwrap();
    write.commit().await.unwrap();
}

on_both_engines! {
    async fn pages_have_every_account_once_though_all_joined_at_one_moment(service) {
        let names = ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg"];
        crowd(&service, &names).await;
        let (mut seen, mut path, mut pages) = (Vec::new(), "/users?limit=3".to_owned(), 0);
        loop {
            let page = service.get(&path).send().await.expect(200);
            seen.extend(page.all("username"));
            pages += 1;
            let Some(cursor) = page["next_cursor"].as_str() else {
                assert_eq!((&page["has_more"], page.headers.get("link")), (&json!(false), None));
                break;
            };
            assert_eq!(page["has_more"], true);
            assert_eq!(page.header("link"), format!("<?limit=3&cursor={cursor}>; rel=\"next\""));
            path = format!("/users?limit=3&cursor={cursor}");
        }
        seen.reverse();
        assert_eq!((seen, pages), (names.map(Value::from).to_vec(), 3));
        // A full last page is known to be the last.
        assert_eq!(service.get("/users?limit=7").send().await.expect(200)["has_more"], false);
    }

    async fn accounts_that_come_and_go_do_not_shift_a_page(service) {
        crowd(&service, &["aaa", "bbb", "ccc", "ddd", "eee"]).await;
        let first = service.get("/users?limit=2").send().await.expect(200);
        assert_eq!(first.all("username"), ["eee", "ddd"]);
        service.register("newest").await;
        for gone in ["ddd", "ccc"] {
            let person = service.login(gone, PASSWORD).await.1.expect(201);
            let person = Person::new(person["user"]["id"].as_i64().unwrap());
            service.delete("/users/me").by(&person).send().await.expect(204);
        }
        let next = format!("/users?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(service.get(&next).send().await.expect(200).all("username"), ["bbb", "aaa"]);
    }

    async fn a_search_finds_names_in_any_case_and_takes_every_character_literally(service) {
        for (username, display_name) in [("ada", "Ärger 100%"), ("bob_x", "Bob"), ("bobbx", "Ada's friend")] {
            let body = json!({"username": username, "display_name": display_name, "password": PASSWORD, "token_hash": token()});
            service.post("/internal/accounts", body).send().await.expect(201);
        }
        for (q, found) in [
            ("ADA", vec!["bobbx", "ada"]), ("%C3%84RGER", vec!["ada"]), ("%25", vec!["ada"]), ("b_x", vec!["bob_x"]),
            ("%5C", vec![]), ("friend", vec!["bobbx"]), ("nobody", vec![]), ("", vec!["bobbx", "bob_x", "ada"]),
            ("xBob", vec![]), ("%20bob%20", vec!["bobbx", "bob_x"]),
        ] {
            let page = service.get(&format!("/users?q={q}")).send().await.expect(200);
            assert_eq!(page.all("username"), found, "{q}");
        }
        let person = service.register("carl").await;
        service.patch("/users/me", json!({"last_name": "Sagan"})).by(&person).send().await.expect(200);
        assert_eq!(service.get("/users?q=sagan").send().await.expect(200).all("username"), ["carl"]);
    }

    async fn the_total_is_counted_only_when_asked_for(service) {
        crowd(&service, &["aaa", "aab", "bbb"]).await;
        assert!(service.get("/users").send().await.expect(200).json.get("total").is_none());
        assert!(service.get("/users?count=false").send().await.expect(200).json.get("total").is_none());
        let page = service.get("/users?count=true&q=aa&limit=1").send().await.expect(200);
        assert_eq!((&page["total"], page.all("username").len()), (&json!(2), 1));
        assert!(page.header("link").contains("count=true") && page.header("link").contains("q=aa"));
    }

    async fn parameters_that_are_no_good_are_refused_by_name(service) {
        crowd(&service, &["aaa", "aab", "aac"]).await;
        for (query, name) in [
            ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("limit=-1", "limit"),
            ("count=maybe", "count"), ("page=2", "page"), ("limit=1&limit=2", "limit"),
        ] {
            let answer = service.get(&format!("/users?{query}")).send().await.refused(400, "invalid_parameter");
            assert_eq!(answer["errors"][0]["pointer"], name, "{query}");
        }
        let long = format!("/users?q={}", "x".repeat(101));
        assert_eq!(service.get(&long).send().await.refused(400, "invalid_parameter")["errors"][0]["pointer"], "q");

        let first = service.get("/users?limit=1&q=aa").send().await.expect(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        service.get(&format!("/users?limit=2&q=AA&cursor={cursor}")).send().await.expect(200);
        for query in [
            format!("cursor={cursor}"), format!("q=ab&cursor={cursor}"), format!("q=aa&cursor={cursor}x"),
            format!("q=aa&cursor={}", &cursor[1..]), "cursor=".to_owned(), "cursor=%00".to_owned(),
        ] {
            service.get(&format!("/users?{query}")).send().await.refused(400, "invalid_cursor");
        }
    }
}
