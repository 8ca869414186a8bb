//! Search for posts, accounts and tags. Nothing that somebody types is an error of the server.

use serde_json::{Value, json};
use testkit::alone::Person;

use crate::harness::{Service, block, on_both_engines, post, post_deleted, user, user_deleted};

/// As a query parameter has it.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn found(service: &Service, q: &str) -> Vec<i64> {
    service.ids(&format!("/search/posts?q={}", encoded(q)), 0).await
}

on_both_engines! {
    async fn posts_are_found_by_text_tags_and_descriptions(service) {
        service.accounts(&["ada", "bob"]).await;
        let mut pictured = post(12, 1, 2, "", &[]);
        pictured.data["media"] = json!([{"id": 1, "alt": "An old Loom"}, {"id": 2, "alt": null}]);
        service.told(&[post(10, 1, 1, "The Analytical Engine, \u{c4}rger!", &["looms"]), post(11, 1, 2, "an engine_room", &["engine"]), pictured]).await;
        for (q, ids) in [
            ("engine", vec![11, 10]), ("ENGINE analytical", vec![10]), ("analytical loo", vec![10]), ("loom", vec![12, 10]),
            ("looms", vec![10]), ("engine_r", vec![11]), ("\u{e4}rger", vec![10]), ("#engine", vec![11, 10]), ("room", vec![]),
            ("nothing", vec![]), ("old-loom", vec![12]), ("eng analytical", vec![]),
        ] {
            assert_eq!(found(&service, q).await, ids, "{q}");
        }
        assert_eq!(service.ids("/search/posts?q=engine&user=BOB", 0).await, [11]);
        assert_eq!(service.ids("/search/posts?q=an&tag=looms", 0).await, [10]);
        assert_eq!(service.ids("/search/posts?tag=looms", 0).await, [10]);
        assert_eq!(service.ids("/public?q=engine&author=ada", 0).await, [10]);
        service.told(&[post(10, 2, 1, "other words", &[]), post_deleted(11, 2, 2)]).await;
        assert_eq!((found(&service, "engine").await, found(&service, "words").await), (vec![], vec![10]));
        assert_eq!(service.number("SELECT count(*) AS n FROM post_words").await, 2);
    }

    async fn what_is_found_comes_in_parts(service) {
        service.accounts(&["ada"]).await;
        let posts: Vec<_> = (10..15).map(|id| post(id, 1, 1, "same", &[])).collect();
        service.told(&posts).await;
        let part = service.get("/search/posts?q=same&limit=2&offset=2").send().await.expect(200);
        assert_eq!((part.all("id"), &part["limit"], &part["offset"], &part["has_more"]), (vec![json!(12), json!(11)], &json!(2), &json!(2), &json!(true)));
        let part = service.get("/search/posts?q=same&limit=2&offset=4").send().await.expect(200);
        assert_eq!((part.all("id"), &part["has_more"]), (vec![json!(10)], &json!(false)));
        for (query, name) in [("limit=0", "limit"), ("limit=101", "limit"), ("offset=10001", "offset"), ("offset=-1", "offset"), ("page=1", "page")] {
            for path in ["/search/posts", "/search/users", "/search/tags"] {
                let refused = service.get(&format!("{path}?q=a&{query}")).send().await.refused(400, "invalid_parameter");
                assert_eq!(refused["errors"][0]["pointer"], name, "{path}?{query}");
            }
        }
    }

    async fn hostile_text_is_no_error(service) {
        service.accounts(&["ada"]).await;
        service.told(&[post(10, 1, 1, "a quiet text", &["quiet"])]).await;
        let texts = [
            "\"", "'", "\"\"\"", "\\", "\\'", "a\\", "*", "a*b", "^a", "-a", "a AND", "NOT", "NEAR(a b)", "NEAR", "a OR (b", "words:a", "{a b}:c",
            "a:*", "a & | !b", "<->", "a <2> b", "%", "_", "%_%", "\u{0}", "a\u{0}b", "'; DROP TABLE posts; --", "\u{1f600}", "\u{1f468}\u{200d}\u{1f469}",
            "\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{645}\u{631}\u{62d}\u{628}\u{627}", "\u{4f60}\u{597d}", "a\u{301}", "\u{301}", "\u{fffd}", "\u{10ffff}", "\u{2160}\u{bd}\u{b2}",
            "\u{1e030}", "\u{11f02}\u{1e4d0}", "1 + 1 = 2", "$1", "?1", "", " ", "\t\n", "@", "#", "@@", "##",
        ];
        let longest = "\u{1f600}".repeat(200);
        for text in texts.into_iter().chain([longest.as_str(), &"a ".repeat(100), &"x".repeat(200)]) {
            for path in ["/search/posts?q", "/search/users?q", "/search/tags?q", "/search/suggestions?q", "/public?q", "/public?tag", "/public?author", "/search/posts?user"] {
                let answer = service.get(&format!("{path}={}", encoded(text))).send().await.expect(200);
                assert!(path.contains("suggestions") || answer["items"].is_array(), "{path} {text:?}");
            }
        }
        for length in [201, 10_000] {
            for path in ["/search/posts", "/search/users", "/search/tags", "/search/suggestions", "/public"] {
                let refused = service.get(&format!("{path}?q={}", "x".repeat(length))).send().await.refused(400, "invalid_parameter");
                assert_eq!(refused["errors"][0]["pointer"], "q");
            }
        }
        assert_eq!((found(&service, "quiet").await, found(&service, "").await), (vec![10], vec![]));
        service.get(&format!("/tags/{}", encoded("\u{0}'\"%"))).send().await.refused(404, "not_found");
    }

    async fn hostile_text_is_found_as_it_was_written(service) {
        service.accounts(&["ada"]).await;
        let texts = ["it's \"quoted\" \\ and * starred", "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}", "\u{4f60}\u{597d}\u{4e16}\u{754c}", "NOT AND OR NEAR"];
        let posts: Vec<_> = (10..).zip(texts).map(|(id, text)| post(id, 1, 1, text, &[])).collect();
        service.told(&posts).await;
        for (id, text) in (10..).zip(texts) {
            assert_eq!(found(&service, text).await, [id], "{text}");
        }
    }

    async fn accounts_and_tags_are_found_by_how_they_begin(service) {
        service.accounts(&["ada", "adam_x", "bob", "adele"]).await;
        service.told(&[post(10, 1, 1, "", &["engines", "en_x"]), post(11, 1, 1, "", &["engines"]), post(12, 1, 1, "", &["other"])]).await;
        let names = async |path: &str, name: &str| service.get(path).send().await.expect(200).all(name);
        assert_eq!(names("/search/users?q=AD", "username").await, ["ada", "adam_x", "adele"]);
        assert_eq!(names("/search/users?q=%40adam_", "username").await, ["adam_x"]);
        assert_eq!(names("/search/users?q=ada_", "username").await, [Value::Null; 0]);
        assert_eq!(names("/search/tags?q=%23En", "tag").await, ["engines", "en_x"]);
        assert_eq!(names("/search/tags?q=en_", "tag").await, ["en_x"]);
        assert_eq!(names("/search/tags?q=", "tag").await, [Value::Null; 0]);
        let mut renamed = user(3, 2, "bob");
        renamed.data["display_name"] = json!("\u{c4}rzte ohne Namen");
        let mut disabled = user(4, 2, "adele");
        disabled.data["is_active"] = json!(false);
        service.told(&[renamed, disabled, user_deleted(2, 2, "adam_x")]).await;
        assert_eq!(names("/search/users?q=%C3%84RZ", "username").await, ["bob"]);
        assert_eq!(names("/search/users?q=ad", "username").await, ["ada"]);
        let both = service.get("/search/suggestions?q=e").send().await.expect(200);
        assert_eq!(both.json, json!({"users": [], "tags": [{"tag": "engines", "posts_count": 2}, {"tag": "en_x", "posts_count": 1}]}));
        assert_eq!(service.get("/search/suggestions?q=%40e").send().await.expect(200)["tags"], json!([]));
    }

    async fn a_block_hides_from_search_too(service) {
        service.accounts(&["ada", "bob"]).await;
        service.told(&[post(10, 1, 1, "hello", &[]), block(1, 1, 2, true)]).await;
        for (viewer, ids) in [(0, vec![10]), (1, vec![10]), (2, vec![])] {
            assert_eq!(service.ids("/search/posts?q=hello", viewer).await, ids);
            assert_eq!(service.ids("/search/users?q=ada", viewer).await.len(), ids.len());
        }
        let suggested = service.get("/search/suggestions?q=ada").by(&Person::new(2)).send().await.expect(200);
        assert_eq!(suggested["users"], json!([]));
        assert_eq!(service.get("/search/posts?q=a").by(&Person::new(2)).send().await.header("cache-groups"), "\"feed\", \"viewer:2\"");
    }

    async fn tags_are_listed_by_how_many_posts_have_them(service) {
        service.accounts(&["ada"]).await;
        service.told(&[post(10, 1, 1, "", &["a", "b", "c"]), post(11, 1, 1, "", &["b"]), post(12, 1, 1, "", &["b", "c"])]).await;
        let first = service.get("/tags?limit=2").send().await.expect(200);
        assert_eq!(first["items"], json!([{"tag": "b", "posts_count": 3}, {"tag": "c", "posts_count": 2}]));
        let next = format!("/tags?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(service.get(&next).send().await.expect(200).all("tag"), ["a"]);
        assert_eq!(service.get("/tags/C").send().await.expect(200)["posts_count"], 2);
        service.told(&[post(10, 2, 1, "", &["c", "d"])]).await;
        service.get("/tags/a").send().await.refused(404, "not_found");
        assert_eq!(service.get("/tags").send().await.expect(200)["items"], json!([
            {"tag": "c", "posts_count": 2}, {"tag": "b", "posts_count": 2}, {"tag": "d", "posts_count": 1},
        ]));
    }
}
