//! Where something is: services say it by their own paths, and clients are told public ones.

use serde_json::json;

use crate::composing::world::{Scripted, World, text};

const ROUTES: &str = r#"
[[route]]
match = "GET /older/{id}"
to = "texts.show_text"
access = "anyone"
deprecated = { successor = "/api/v1/texts/{id}" }

[[route]]
match = "POST /api/v1/texts"
to = "texts.create_text"
access = "anyone"

[[route]]
match = "GET /api/v1/texts"
to = "texts.list_texts"
access = "anyone"

[[route]]
match = "GET /api/v1/texts/{id}"
to = "texts.show_text"
access = "anyone"
parts.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }

[[route]]
match = "GET /api/v1/counts"
to = "texts.count_texts"
access = "anyone"
bind.author_id = "query:author"

[[route]]
match = "GET /api/v1/people/{id}"
to = "people.show_person"
access = "anyone"
"#;

#[tokio::test]
async fn a_place_of_a_service_is_told_as_the_public_path_of_the_route_that_shows_it() {
    let world = World::with(ROUTES).await;
    for (told, expected) in [
        ("/texts/7", "/api/v1/texts/7"),
        ("texts/7", "/api/v1/texts/7"),
        ("/texts/7/?a=/texts/8#b", "/api/v1/texts/7?a=/texts/8#b"),
        ("/texts/%C3%A4", "/api/v1/texts/%C3%A4"),
        ("/texts/\u{e4}", "/api/v1/texts/%C3%A4"),
        ("?page=2", "/api/v1/texts?page=2"),
        // Nothing shows these, or they are of another service.
        ("/counts/7", "/counts/7"),
        ("/people/7", "/people/7"),
        ("/api/v1/texts/7", "/api/v1/texts/7"),
        ("https://elsewhere.example/texts/7", "https://elsewhere.example/texts/7"),
        ("//elsewhere.example/texts/7", "//elsewhere.example/texts/7"),
    ] {
        for path in ["/api/v1/texts", "/api/v1/texts/"] {
            let made = Scripted::json(201, &text(1)).with("location", told).with("content-location", told);
            world.script("texts", "/texts", made);
            let answer = world.caller().post(path, &json!({"title": "x"})).await.expect(201);
            assert_eq!(answer.header("location"), expected, "{told} at {path}");
            assert_eq!(answer.header("content-location"), expected, "{told} at {path}");
        }
    }
}

#[tokio::test]
async fn where_a_route_leads_that_was_moved_is_told_too() {
    let world = World::with(ROUTES).await;
    world.script("people", "/people/7", Scripted::json(308, &json!({})).with("location", "8"));
    assert_eq!(world.caller().get("/api/v1/people/7").await.header("location"), "/api/v1/people/8");
}
