//! Joins: each key is asked for once, in as few calls as there can be, and every item is where its key is.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{Scripted, World, person};

const LISTED: &str = r#"
[[route]]
match = "GET /texts"
to = "texts.list_texts"
access = "anyone"
parts.author = { to = "people.batch_people", join = { key = ".items[].author_id", as = "ids", on = ".id" } }
include."author.team" = { to = "people.batch_teams", join = { key = ".items[].author.team_id", as = "ids", on = ".id" } }
"#;

fn page(authors: impl IntoIterator<Item = Value>) -> Scripted {
    let items =
        authors.into_iter().enumerate().map(|(index, author)| json!({"id": index, "author_id": author, "title": "t"}));
    Scripted::json(200, &json!({"items": items.collect::<Vec<_>>(), "next_cursor": "c"}))
}

#[tokio::test]
async fn fifty_items_by_twelve_authors_are_one_call_with_twelve_keys() {
    let world = World::with(LISTED).await;
    world.script("texts", "/texts", page((0..50).map(|index| json!(index % 12 + 100))));
    let body = world.get("/texts").await.expect(200).json();
    assert_eq!(world.calls(), [1, 1, 0]);
    let ids: Vec<String> = (100..112).map(|id| id.to_string()).collect();
    assert_eq!(world.stub("people").last().uri.query().unwrap(), format!("ids={}", ids.join(",")));
    for (index, item) in body["items"].as_array().unwrap().iter().enumerate() {
        assert_eq!(item["author"], person(index as u64 % 12 + 100));
        assert_eq!(item["id"], index);
    }
    assert_eq!(body["next_cursor"], "c");
}

#[tokio::test]
async fn two_hundred_and_fifty_keys_are_three_calls_at_once() {
    let world = World::with(LISTED).await;
    world.script("texts", "/texts", page((0..250).map(|index| json!(index))));
    let body = world.get("/texts").await.expect(200).json();
    let sizes: Vec<usize> =
        world.stub("people").requests().iter().map(|request| request.uri.query().unwrap().split(',').count()).collect();
    assert_eq!((sizes.len(), sizes.iter().sum::<usize>(), sizes.iter().max()), (3, 250, Some(&100)));
    assert_eq!(body["items"][249]["author"], person(249));
}

#[tokio::test]
async fn a_key_without_an_item_and_a_null_key_are_null() {
    let world = World::with(LISTED).await;
    world.script("texts", "/texts", page([json!(7), json!(999), json!(null)]));
    // A null where the contract has none: the gateway passes on what it gets.
    let answer = world.caller().get("/texts").await.expect(200);
    let body = answer.json();
    assert_eq!(body["items"][0]["author"], person(7));
    assert_eq!((&body["items"][1]["author"], &body["items"][2]["author"]), (&Value::Null, &Value::Null));
    assert_eq!(answer.header("gateway-parts"), "");
    assert_eq!(world.stub("people").last().uri.query(), Some("ids=7,999"));
}

#[tokio::test]
async fn nothing_is_asked_where_there_is_no_key() {
    let world = World::with(LISTED).await;
    world.script("texts", "/texts", page([]));
    assert_eq!(world.get("/texts").await.expect(200).text(), r#"{"items":[],"next_cursor":"c"}"#);
    assert_eq!(world.calls(), [0, 1, 0]);
}

#[tokio::test]
async fn what_is_joined_can_be_joined_to() {
    let world = World::with(LISTED).await;
    let body = world.get("/texts?include=author.team").await.expect(200).json();
    for item in body["items"].as_array().unwrap() {
        let team = item["author"]["team_id"].as_u64().unwrap();
        assert_eq!(item["author"]["team"], json!({"id": team, "label": format!("Team {team}")}));
    }
    assert_eq!(world.calls(), [2, 1, 0]);
}

const TAKEN: &str = r#"
[[route]]
match = "GET /texts"
to = "texts.list_texts"
access = "anyone"
fields = true
parts.author_name = { to = "people.batch_people", join = { key = ".items[].author_id", as = "ids", on = ".id", take = ".name" }, otherwise = '"Somebody"' }
include.motto = { to = "people.batch_people", join = { key = ".items[].author_id", as = "ids", on = ".id", take = ".motto" } }
"#;

#[tokio::test]
async fn of_each_item_only_what_is_taken_is_added() {
    let world = World::with(TAKEN).await;
    world.script("texts", "/texts", page([json!(7), json!(901), json!(8)]));
    let body = world.get("/texts?include=motto").await.expect(200).json();
    let names: Vec<&Value> = body["items"].as_array().unwrap().iter().map(|item| &item["author_name"]).collect();
    // What an item does not have is null, as is what there is no item for.
    assert_eq!(names, [&json!("Person 7"), &Value::Null, &json!("Person 8")]);
    assert_eq!(body["items"][0]["motto"], Value::Null);
    let chosen = world.get("/texts?fields=items.author_name").await.expect(200).json();
    assert_eq!(chosen["items"][2], json!({"author_name": "Person 8"}));
    let _ = world.get("/texts?fields=items.author_name.id").await.expect(400);
    world.script("people", "/internal/people", Scripted::problem(500, "internal"));
    let body = world.get("/texts").await.expect(200).json();
    assert_eq!(body["items"][0]["author_name"], "Somebody");
}

#[tokio::test]
async fn the_bytes_of_what_is_joined_and_of_the_rest_stay_as_they_came() {
    let world = World::with(LISTED).await;
    let raw = r#"{ "items" : [ {"id":15e1, "author_id" : 7 , "title":"\u00e9\/"} ] ,"next_cursor":null}"#;
    world.script("texts", "/texts", Scripted::text("application/json", raw));
    world.script(
        "people",
        "/internal/people",
        Scripted::text("application/json", r#"{"items":[{ "id":7,"name":"A\u0064a", "team_id":1e0}]}"#),
    );
    let expected = r#"{ "items" : [ {"id":15e1, "author_id" : 7,"author":{ "id":7,"name":"A\u0064a", "team_id":1e0} , "title":"\u00e9\/"} ] ,"next_cursor":null}"#;
    assert_eq!(world.get("/texts").await.expect(200).text(), expected);
}

#[tokio::test]
async fn a_join_that_fails_is_null_at_every_key_and_named_once() {
    let world = World::with(LISTED).await;
    world.gateway.upstream("people").sever(true);
    let answer = world.get("/texts").await.expect(200);
    let body = answer.json();
    assert!(body["items"].as_array().unwrap().iter().all(|item| item["author"].is_null()));
    assert_eq!(body["_parts"], json!([{"name": "author", "state": "error", "code": "upstream_unavailable"}]));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn one_chunk_that_fails_fails_the_join_because_null_would_mean_that_there_is_nobody() {
    let world = World::with(LISTED).await;
    world.script("texts", "/texts", page((0..150).map(|index| json!(index))));
    world.script("people", "/internal/people", Scripted::json(500, &json!({})));
    let body = world.get("/texts").await.expect(200).json();
    assert_eq!(body["_parts"][0]["code"], "part_failed");
    assert!(body["items"].as_array().unwrap().iter().all(|item| item["author"].is_null()));
}

#[tokio::test]
async fn more_keys_than_the_limit_are_not_asked_for() {
    let world = World::configured(LISTED, "limits.join_keys = 20", &[]).await;
    world.script("texts", "/texts", page((0..21).map(|index| json!(index))));
    let body = world.get("/texts").await.expect(200).json();
    assert_eq!(body["_parts"], json!([{"name": "author", "state": "error", "code": "upstream_invalid"}]));
    assert_eq!(world.calls(), [0, 1, 0]);
}

#[tokio::test]
async fn a_key_that_is_none_makes_the_main_answer_unusable() {
    let world = World::with(LISTED).await;
    world.script("texts", "/texts", page([json!({"a": 1})]));
    world.get("/texts").await.problem(502, "upstream_invalid");
}

#[tokio::test]
async fn keys_that_are_texts_are_encoded_and_found_again() {
    let routes = r#"
[[route]]
match = "GET /texts"
to = "texts.list_texts"
access = "anyone"
parts.twin = { to = "people.batch_names", join = { key = ".items[].title", as = "ids", on = ".name" } }
"#;
    let world = World::with(routes).await;
    let raw = r#"{"items":[{"id":1,"author_id":1,"title":"A & \"B\""},{"id":2,"author_id":1,"title":"\u0041 & \"B\""},{"id":3,"author_id":1,"title":"é"}],"next_cursor":null}"#;
    world.script("texts", "/texts", Scripted::text("application/json", raw));
    let body = world.get("/texts").await.expect(200).json();
    assert_eq!(world.stub("people").last().uri.query().unwrap(), "ids=A%20%26%20%22B%22,%C3%A9");
    let names: Vec<&Value> = body["items"].as_array().unwrap().iter().map(|item| &item["twin"]["name"]).collect();
    assert_eq!(names, [&json!("A & \"B\""), &json!("A & \"B\""), &json!("é")]);
}

/// What a page looks like with every author that there is in its place.
fn joined(page: &Value) -> Value {
    let mut page = page.clone();
    for item in page["items"].as_array_mut().unwrap() {
        let author = item.get("author_id").map(|key| match key.as_u64() {
            Some(id) if id < 900 => person(id),
            _ => Value::Null,
        });
        if let Some(author) = author {
            item["author"] = author;
        }
    }
    page
}

fn key() -> impl Strategy<Value = Value> {
    prop_oneof![4 => (0..20_u64).prop_map(Value::from), 1 => (900..905_u64).prop_map(Value::from), 1 => Just(Value::Null)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_page_has_every_author_that_there_is_in_its_place(
        keys in prop::collection::vec(prop::option::weighted(0.9, key()), 0..40),
        title in "\\PC{0,12}",
        indented in any::<bool>(),
    ) {
        let item = |key: &Option<Value>| {
            let mut item = json!({"id": 1, "title": title});
            if let Some(key) = key {
                item["author_id"] = key.clone();
            }
            item["more"] = json!({"items": [{"author_id": 3}], "author_id": 4});
            item
        };
        let page = json!({"items": keys.iter().map(item).collect::<Vec<_>>(), "next_cursor": null});
        let text = if indented { format!("{page:#}") } else { page.to_string() };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (body, calls) = runtime.block_on(async {
            let world = World::with(LISTED).await;
            world.script("texts", "/texts", Scripted::text("application/json", &text));
            (world.caller().get("/texts").await.expect(200).json(), world.stub("people").calls())
        });
        prop_assert_eq!(body, joined(&page));
        let asks = keys.iter().any(|key| key.as_ref().is_some_and(|key| !key.is_null()));
        prop_assert_eq!(calls, usize::from(asks));
    }
}
