//! The public document of composed routes: what is derived, what is named, and that every example is right.

use serde_json::{Value, json};

use super::world::World;

const ROUTES: &str = r#"
[[route]]
match = "GET /home"
access = "signed_in"
doc = { id = "show_home", summary = "Show the home page", description = "All of it.", tag = "Home" }
parts.me = { to = "people.show_me", required = true }
parts.feed = { to = "texts.list_texts", bind.limit = "query:count" }
parts.author = { to = "people.batch_people", join = { key = ".feed.items[].author_id", as = "ids", on = ".id" } }

[[route]]
match = "GET /texts/{number}"
to = "texts.show_text"
access = "anyone"
bind.id = "path:number"
fields = true
parts.count = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = ".count" }
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }
include."author.team" = { to = "people.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }

[[route]]
match = "POST /older/texts"
to = "texts.create_text"
access = "anyone"
request = "{title: .headline, tags: .words}"
response = "{number: .id}"
status = 200
errors.conflict.status = 418
"#;

/// The schema behind a reference of the document.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

fn success(document: &Value, path: &str, method: &str, status: &str) -> (Value, Value) {
    let json = &document["paths"][path][method]["responses"][status]["content"]["application/json"];
    (resolved(document, &json["schema"]).clone(), json["example"].clone())
}

fn names(parameters: &Value) -> Vec<String> {
    let one = |p: &Value| format!("{}:{}", p["in"].as_str().unwrap(), p["name"].as_str().unwrap());
    parameters.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn parts_are_members_that_may_be_null_unless_they_are_required() {
    let document = World::with(ROUTES).await.document().await;
    let home = &document["paths"]["/home"]["get"];
    assert_eq!(
        (&home["operationId"], &home["summary"], &home["tags"]),
        (&json!("show_home"), &json!("Show the home page"), &json!(["Home"]))
    );
    assert_eq!(names(&home["parameters"]), ["query:count", "header:Prefer"]);
    let (schema, example) = success(&document, "/home", "get", "200");
    assert_eq!(schema["required"], json!(["me", "feed"]));
    assert_eq!(schema["properties"]["me"], json!({"$ref": "#/components/schemas/people.Person"}));
    let feed = &schema["properties"]["feed"]["anyOf"];
    assert_eq!(feed[1], json!({"type": "null"}));
    let item = &feed[0]["properties"]["items"]["items"];
    assert_eq!(item["required"], json!(["id", "author_id", "title", "author"]));
    let author = json!({"anyOf": [{"$ref": "#/components/schemas/people.Person"}, {"type": "null"}]});
    assert_eq!(item["properties"]["author"], author);
    assert_eq!(schema["properties"]["_parts"]["items"], json!({"$ref": "#/components/schemas/MissingPart"}));
    assert_eq!(example["feed"]["items"][0]["author"]["name"], "Ada");
    for status in ["400", "401", "502", "503"] {
        assert!(home["responses"][status].is_object(), "{status}");
    }
    assert!(home["responses"]["200"]["headers"]["Gateway-Parts"].is_object());
}

#[tokio::test]
async fn what_a_client_may_choose_is_listed() {
    let document = World::with(ROUTES).await.document().await;
    let parameters = &document["paths"]["/texts/{number}"]["get"]["parameters"];
    assert_eq!(names(parameters), ["path:number", "query:include", "query:fields", "header:Prefer"]);
    assert_eq!(parameters[0]["schema"], json!({"type": "integer"}));
    assert_eq!(parameters[1]["schema"]["items"]["enum"], json!(["author", "author.team"]));
    let fields = parameters[2]["schema"]["items"]["enum"].as_array().unwrap();
    for name in ["id", "title", "count", "author", "author.name", "author.team"] {
        assert!(fields.contains(&json!(name)), "{name} is missing in {fields:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_made_into_another_is_described_as_the_client_sends_it() {
    let document = World::with(ROUTES).await.document().await;
    let older = &document["paths"]["/older/texts"]["post"];
    let body = &older["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["required"], json!(["headline"]));
    assert_eq!(body["properties"]["headline"], json!({"type": "string"}));
    assert_eq!(body["properties"]["words"]["type"], "array");
    let (schema, _) = success(&document, "/older/texts", "post", "200");
    assert_eq!(schema["properties"]["number"], json!({"type": "integer", "example": 1}));
    assert!(older["responses"]["201"].is_null() && older["responses"]["418"].is_object());
}

#[tokio::test]
async fn every_example_fits_its_schema_and_every_reference_leads_somewhere() {
    let document = World::with(ROUTES).await.document().await;
    let mut checked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let json = &resolved(&document, response)["content"]["application/json"];
                if json["example"].is_null() || json["schema"].is_null() {
                    continue;
                }
                let schema = json!({"allOf": [json["schema"]], "components": document["components"]});
                let validator =
                    jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{method} {path} {status}: {e}"));
                let faults: Vec<_> = validator.iter_errors(&json["example"]).map(|e| e.to_string()).collect();
                assert_eq!(faults, Vec::<String>::new(), "{method} {path} {status}: {}", json["example"]);
                checked += 1;
            }
        }
    }
    assert!(checked >= 3, "{checked}");
}

#[tokio::test]
async fn another_route_renames_no_component() {
    let names = |document: &Value| -> Vec<String> {
        document["components"]["schemas"].as_object().unwrap().keys().cloned().collect()
    };
    let before = names(&World::with(ROUTES).await.document().await);
    let more = format!(
        "{ROUTES}\n[[route]]\nmatch = \"GET /cart\"\nto = \"shop.show_cart\"\naccess = \"anyone\"\nparts.me = {{ to = \"people.show_me\" }}\n"
    );
    let after = names(&World::with(&more).await.document().await);
    assert!(before.iter().all(|name| after.contains(name)));
    assert_eq!(after.len(), before.len() + 2, "{after:?}");
    assert!(
        after.contains(&"shop.Cart".to_owned())
            && after.contains(&"composed.show_cart".to_owned())
            && before.contains(&"composed.show_home".to_owned())
    );
}
