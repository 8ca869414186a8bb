//! Parts that are in no answer: the main part waits for what it needs of them.

use serde_json::{Value, json};

use super::world::{Scripted, World, person, text};

const ROUTES: &str = r#"
[[route]]
match = "GET /people/{name}/texts"
to = "texts.find_texts"
access = "anyone"
fields = true
doc = { id = "list_texts_of", summary = "List what a person wrote", tag = "Texts" }
bind.q = "part:person:.name"
parts.person = { to = "people.show_by_name", bind.name = "path:name", required = true, aside = true }
parts.author = { to = "people.batch_people", join = { key = ".items[].author_id", as = "ids", on = ".id" }, response = "{items: .items | map({id, name})}" }

[[route]]
match = "GET /texts"
to = "texts.list_texts"
access = "anyone"
bind.limit = "part:reader:.team_id // 0"
parts.reader = { to = "people.show_person", bind.id = "query:reader", aside = true }
"#;

async fn world() -> World {
    World::with(ROUTES).await
}

#[tokio::test]
async fn the_main_part_waits_for_what_it_takes_of_another_and_shows_nothing_of_it() {
    let world = world().await;
    world.script("people", "/by-name/ada", Scripted::json(200, &json!({ "id": 5, "name": "A d/a", "team_id": 3 })));
    let answer = world.get("/people/ada/texts?cursor=c").await.expect(200).json();
    assert_eq!(world.stub("texts").last().uri, "/found?q=A%20d%2Fa&cursor=c");
    let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(names, ["items", "next_cursor"]);
    let ada = person(text(1)["author_id"].as_u64().unwrap());
    assert_eq!(answer["items"][0]["author"], json!({ "id": ada["id"], "name": ada["name"] }));
    // Choosing fields takes no call away that the main part needs.
    let chosen = world.get("/people/ada/texts?fields=next_cursor").await.expect(200).json();
    assert_eq!(chosen, json!({ "next_cursor": null }));
}

#[tokio::test]
async fn what_the_client_does_not_ask_with_is_not_asked() {
    let world = world().await;
    let _ = world.get("/texts").await.expect(200);
    assert_eq!((world.calls(), world.stub("texts").last().uri.to_string().as_str()), ([0, 1, 0], "/texts"));
    world.script("people", "/people/7", Scripted::json(200, &json!({ "id": 7, "name": "Ada", "team_id": 3 })));
    let _ = world.get("/texts?reader=7").await.expect(200);
    assert_eq!((world.calls(), world.stub("texts").last().uri.to_string().as_str()), ([1, 2, 0], "/texts?limit=3"));
    world.script("people", "/people/7", Scripted::json(200, &json!({ "id": 7, "name": "Ada", "team_id": null })));
    let _ = world.get("/texts?reader=7").await.expect(200);
    assert_eq!(world.stub("texts").last().uri, "/texts?limit=0");
}

#[tokio::test]
async fn without_what_the_main_part_needs_nothing_is_asked_of_it() {
    let world = world().await;
    for (status, expected, code) in
        [(404, 404, "not_found"), (503, 503, "upstream_unavailable"), (500, 502, "part_failed")]
    {
        for (path, target) in [("/by-name/ada", "/people/ada/texts"), ("/people/7", "/texts?reader=7")] {
            world.script("people", path, Scripted::problem(status, "internal"));
            world.get(target).await.problem(expected, code);
        }
    }
    world.get("/texts?reader=x").await.problem(400, "invalid_parameter");
    world.script("people", "/people/7", Scripted::json(200, &json!({ "id": 7, "name": "Ada", "team_id": [1, {}] })));
    world.get("/texts?reader=7").await.problem(404, "not_found");
    assert_eq!(world.stub("texts").calls(), 0);
}

#[tokio::test]
async fn the_document_has_what_a_client_may_send_and_nothing_of_the_part() {
    let document = world().await.document().await;
    let of = |path: &str| {
        let operation = &document["paths"][path]["get"];
        let parameters = operation["parameters"].as_array().unwrap();
        let parameter = |one: &Value| json!([one["name"], one["in"], one["required"]]);
        (operation.clone(), parameters.iter().map(parameter).collect::<Vec<_>>())
    };
    let (list, parameters) = of("/texts");
    assert_eq!(list["operationId"], "list_texts");
    assert!(parameters.contains(&json!(["reader", "query", false])), "{parameters:?}");
    assert!(!parameters.iter().any(|one| one[0] == "limit" || one[0] == "id"), "{parameters:?}");
    let (own, parameters) = of("/people/{name}/texts");
    let told = (&own["operationId"], &own["summary"], &own["tags"]);
    assert_eq!(told, (&json!("list_texts_of"), &json!("List what a person wrote"), &json!(["Texts"])));
    assert!(parameters.contains(&json!(["name", "path", true])), "{parameters:?}");
    assert!(!parameters.iter().any(|one| one[0] == "q"), "{parameters:?}");
    assert!(own["responses"].get("404").is_some());
    let schema = document["components"]["schemas"]["composed.list_texts_of"].to_string();
    assert!(schema.contains("\"author\"") && !schema.contains("\"person\""), "{schema}");
}
