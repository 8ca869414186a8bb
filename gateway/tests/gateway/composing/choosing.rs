//! `?include=` and `?fields=`: what is offered, what is refused, and what is not asked.

use serde_json::json;

use super::world::{World, person};

const ROUTES: &str = r#"
[[route]]
match = "GET /texts/{id}"
to = "texts.show_text"
access = "anyone"
fields = true
parts.count = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = ".count" }
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }
include."author.team" = { to = "people.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }
include.cart = { to = "shop.show_cart" }
"#;

#[tokio::test]
async fn what_is_not_asked_for_is_not_called_for() {
    let world = World::with(ROUTES).await;
    let body = world.get("/texts/5").await.expect(200).json();
    assert_eq!(body, json!({"id": 5, "author_id": 8, "title": "Text 5", "count": 80}));
    assert_eq!(world.calls(), [0, 2, 0]);
    let body = world.get("/texts/5?include=author,cart").await.expect(200).json();
    assert_eq!(body["author"], person(8));
    assert_eq!(body["cart"]["total"], 999);
    assert_eq!(world.calls(), [1, 4, 1]);
}

#[tokio::test]
async fn the_inner_one_brings_the_outer_one_with_it() {
    let world = World::with(ROUTES).await;
    let body = world.get("/texts/5?include=author.team").await.expect(200).json();
    assert_eq!(body["author"]["team"]["label"], "Team 2");
    assert_eq!(world.calls(), [2, 2, 0]);
}

#[tokio::test]
async fn fields_are_chosen_and_calls_that_no_field_needs_are_not_made() {
    let world = World::with(ROUTES).await;
    let text = world.get("/texts/5?fields=title,id").await.expect(200).text();
    assert_eq!(text, r#"{"id":5,"title":"Text 5"}"#);
    assert_eq!(world.calls(), [0, 1, 0]);
    let text = world.get("/texts/5?fields=author.name&include=author").await.expect(200).text();
    assert_eq!(text, r#"{"author":{"name":"Person 8"}}"#);
    assert_eq!(world.calls(), [1, 2, 0]);
    assert_eq!(world.stub("texts").last().uri, "/texts/5");
}

#[tokio::test]
async fn what_is_not_offered_is_refused_with_a_suggestion_before_any_call() {
    let world = World::with(ROUTES).await;
    let cases = [
        ("include=autor", "There is no `autor` here; did you mean `author`?"),
        ("include=author.team.lead", "`author.team.lead` is deeper than 2 names."),
        ("include=a,b,c,d,e,f,g", "At most 6 names, not 7."),
        ("fields=titel", "There is no `titel` here; did you mean `title`?"),
        ("fields=author.team.label", "`author.team.label` is deeper than 2 names."),
    ];
    for (query, message) in cases {
        let answer = world.get(&format!("/texts/5?{query}")).await;
        let problem = answer.problem(400, "invalid_include");
        assert_eq!(problem["errors"][0]["message"], message, "{query}");
        let parameter = query.split('=').next().unwrap();
        assert_eq!(problem["errors"][0]["pointer"], parameter);
    }
    let many = format!("fields={}", vec!["id"; 33].join(","));
    world.get(&format!("/texts/5?{many}")).await.problem(400, "invalid_include");
    assert_eq!(world.calls(), [0, 0, 0]);
}
