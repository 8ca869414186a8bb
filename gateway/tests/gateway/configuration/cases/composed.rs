//! Mistakes in routes that are put together of parts, or that reshape what they ask and answer.

mod answers;
mod aside;
mod calls;
mod joins;
mod shapes;

use gateway::plan::{Mistakes, Plan, Sources, Target};
use serde_json::{Value, json};

use super::Case;
use crate::composing::contracts;

const FILE: &str = "conf/routes/composed.toml";

const SETTINGS: &str = r#"[services.gateway]
contract = "../openapi/gateway.json"
[services.people]
url = "http://127.0.0.1:1"
contract = "../openapi/people.json"
[services.texts]
url = "http://127.0.0.1:1"
contract = "../openapi/texts.json"
[services.shop]
url = "http://127.0.0.1:1"
contract = "../openapi/shop.json"
"#;

const ROUTES: &str = r#"# Composed routes.
[[route]]
match  = "GET /home"
access = "signed_in"
doc    = { id = "show_home", summary = "Show the home page", tag = "Home" }
fields = true
parts.me     = { to = "people.show_me", required = true }
parts.feed   = { to = "texts.list_texts", query.limit = "20", required = true }
parts.cart   = { to = "shop.show_cart", query.status = "pending", otherwise = '{"items":[],"total":0}' }
parts.author = { to = "people.batch_people", join = { key = ".feed.items[].author_id", as = "ids", on = ".id", max_batch = 100 } }
include.team = { to = "people.batch_teams", join = { key = ".me.team_id", as = "ids", on = ".id" }, otherwise = '{"id":0,"label":""}' }

[[route]]
match  = "GET /texts/{id}"
to     = "texts.show_text"
access = "anyone"
fields = ["id", "title", "author.name"]
parts.count           = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = "{number: .count}" }
include.author        = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }
include."author.team" = { to = "people.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }

[[route]]
match    = "POST /older/texts"
to       = "texts.create_text"
access   = "anyone"
request  = "{title: .headline}"
response = "{number: .id, headline: .title}"
status   = 200
headers.X-Number = "body:.number"
errors.conflict  = { status = 400, detail = '"There is one already: " + .detail' }

[[route]]
match   = "GET /older/texts/{number}"
to      = "texts.show_text"
access  = "anyone"
bind.id = "path:number"
rename  = { title = "headline" }
omit    = ["author_id"]

[[route]]
match      = "GET /older/list"
to         = "texts.list_texts"
access     = "anyone"
bind.limit = "query:count"
pick       = ["items[].id", "next_cursor"]
finish     = "{items: .items, viewer: $viewer}"
response_schema = '{"type":"object"}'
"#;

/// The contract of texts with operations that not every route can use.
fn texts() -> Value {
    let mut texts = contracts::texts();
    let parameter = |name: &str, place: &str, schema: &Value| json!({"name": name, "in": place, "required": true, "schema": schema});
    let list = json!({"type": "array", "items": {"type": "string"}});
    let operation = |id: &str, parameters: &[Value]| contracts::operation(id, parameters, "Text");
    let mut asked = operation("query_texts", &[]);
    asked["requestBody"] = json!({"required": true, "content": {"application/json": {}}});
    let mut upload = operation("upload_text", &[]);
    upload["requestBody"] = json!({"content": {"multipart/form-data": {"schema": {"properties": {"title": {}}}}}});
    let mut everything = operation("list_all", &[]);
    everything["responses"]["200"]["content"]["application/json"]["schema"] = json!({"type": "array"});
    let schema = "/responses/200/content/application~1json/schema";
    let mut open = operation("show_open", &[]);
    *open.pointer_mut(schema).unwrap() = json!({"type": "object"});
    let keys = json!({"type": "array", "items": {"type": "integer"}});
    let mut odd = operation("batch_odd", &[parameter("ids", "query", &keys)]);
    let item = json!({"type": "object", "properties": {"id": {"type": "object"}}});
    *odd.pointer_mut(schema).unwrap() = json!({"properties": {"items": {"type": "array", "items": item}}});
    let silent = json!({"operationId": "ping", "responses": {"204": {"description": "Up."}}});
    let added = json!({
        "/by-tags/{tags}": {"get": operation("list_by_tags", &[parameter("tags", "path", &list)])},
        "/filtered": {"get": operation("filter_texts", &[parameter("where", "query", &json!({"type": "object"}))])},
        "/versions": {"get": operation("show_version", &[parameter("X-Version", "header", &json!({"type": "string"}))])},
        "/authorized": {"get": operation("show_own", &[parameter("Authorization", "header", &json!({"type": "string"}))])},
        "/chosen": {"get": operation("list_chosen", &[parameter("include", "query", &json!({"type": "string"}))])},
        "/kept": {"get": operation("list_kept", &[parameter("fields", "query", &json!({"type": "string"}))])},
        "/all": {"get": everything},
        "/open": {"get": open},
        "/internal/odd": {"get": odd},
        "/query": {"get": asked},
        "/upload": {"post": upload},
        "/ping": {"get": silent},
    });
    texts["paths"].as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    texts
}

fn load(name: &str, routes: String) -> Result<Plan, Mistakes> {
    let own = json!({"/introspect": {"get": contracts::operation("introspect", &[], "Token")}});
    let gateway = contracts::document("gateway", &own, &json!({"Token": {"type": "object"}}));
    let files = [
        ("conf/gateway.toml", SETTINGS.to_owned()),
        (name, routes),
        ("openapi/gateway.json", gateway.to_string()),
        ("openapi/people.json", contracts::people().to_string()),
        ("openapi/texts.json", texts().to_string()),
        ("openapi/shop.json", contracts::shop().to_string()),
    ];
    Plan::load(&Sources::texts("conf", files.map(|(name, text)| (name.to_owned(), text))))
}

fn changed((from, to): (&str, &str)) -> String {
    assert!(ROUTES.contains(from), "{from}");
    ROUTES.replacen(from, to, 1)
}

/// `file:line:column`, marked text and sentence of every mistake.
fn mistakes(routes: String) -> Vec<(String, String, String)> {
    let Err(refused) = load(FILE, routes) else { return Vec::new() };
    let marked = |column: u32, width: usize, line: &str| line.chars().skip(column as usize - 1).take(width).collect();
    refused.iter().map(|m| (m.at.to_string(), marked(m.at.column, m.width, &m.line), m.sentence.clone())).collect()
}

fn each_is_refused_once(cases: &[Case]) {
    for case in cases {
        let expected = vec![(case.at.to_owned(), case.marked.to_owned(), case.sentence.to_owned())];
        assert_eq!(mistakes(changed(case.change)), expected, "{} -> {}", case.change.0, case.change.1);
    }
}

#[test]
fn each_mistake_in_a_call_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(calls::CASES);
}

#[test]
fn a_mistake_in_what_is_asked_for_the_sake_of_others_is_blamed_where_it_stands() {
    each_is_refused_once(aside::CASES);
}

#[test]
fn each_mistake_in_a_join_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(joins::CASES);
}

#[test]
fn each_mistake_in_a_shape_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(shapes::CASES);
}

#[test]
fn each_mistake_in_an_answer_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(answers::CASES);
}

#[test]
fn composed_routes_that_are_right_are_proven_with_every_service_down() {
    let plan = load(FILE, ROUTES.to_owned()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(plan.routes.len(), 5);
    assert_eq!(plan.routes[0].target, Target::Parts);
    let home = plan.routes[0].composition.as_ref().unwrap();
    let places: Vec<String> = home.parts.iter().map(|part| part.at.join(".")).collect();
    assert_eq!(places, ["me", "feed", "cart", "feed.items.author", "me.team"]);
    let fields = home.fields.as_ref().unwrap();
    assert!(
        ["me", "me.name", "me.team", "feed.items", "cart.total"].iter().all(|name| fields.iter().any(|f| f == name))
    );
}

#[test]
fn what_a_contract_leaves_open_is_not_blamed() {
    for change in [
        ("fields = true", "headers.X-Number = \"body:[.feed.items[].author.motto]\""),
        ("query.limit = \"20\"", "bind.limit = \"part:cart:.total\""),
        ("query.status = \"pending\"", "bind.status = \"part:me:.team_id\""),
        (
            "omit    = [\"author_id\"]",
            "omit    = [\"author_id\"]\nresponse_schema = \"{}\"\nparts.me = { to = \"people.show_me\" }",
        ),
        ("rename  = { title = \"headline\" }", "rename  = { title = \"id\", id = \"title\" }"),
    ] {
        assert_eq!(mistakes(changed(change)), [], "{} -> {}", change.0, change.1);
    }
}

#[test]
fn what_is_joined_to_a_choice_is_chosen_with_it_however_far_down() {
    let inner = "parts.lead = { to = \"people.batch_people\", join = { key = \".author.team.id\", as = \"ids\", on = \".id\" } }\n";
    let routes = changed(("fields = [\"id\", \"title\", \"author.name\"]\n", inner));
    let plan = load(FILE, routes).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let parts = &plan.routes[1].composition.as_ref().unwrap().parts;
    let choices: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.choice)).collect();
    let expected = [("main", None), ("lead", Some(1)), ("count", None), ("author", Some(0)), ("author.team", Some(1))];
    assert_eq!(choices, expected);
}

/// An older API may be built on what only the gateway may call, and the file says that it is one.
#[test]
fn only_a_route_under_compat_names_an_internal_operation() {
    let route = |more: &str| {
        format!("[[route]]\nmatch = \"GET /people\"\nto = \"people.batch_people\"\naccess = \"anyone\"\n{more}")
    };
    let deprecated = "deprecated = { successor = \"/people\" }\npick = [\"items[].name\"]\n";
    for more in ["", deprecated] {
        for name in ["conf/routes/people.toml", "conf/routes/old/compat/people.toml"] {
            assert!(load(name, route(more)).is_err(), "{name}");
        }
        for name in ["conf/routes/compat/people.toml", "conf/routes/compat/v0/people.toml"] {
            assert!(load(name, route(more)).is_ok(), "{name}");
        }
    }
}

#[test]
fn mistakes_of_a_route_and_of_all_its_parts_are_reported_at_once() {
    let routes = ROUTES
        .replace("\"texts.count_texts\"", "\"texts.count\"")
        .replace("\".author.team_id\", as = \"ids\"", "\".author.team_id\", as = \"id\"")
        .replace("\"texts.create_text\"", "\"texts.make_text\"")
        .replace("{number: .id, headline: .title}", "{number: .id");
    let lines: Vec<String> = mistakes(routes).into_iter().map(|(at, ..)| at).collect();
    let at = |place: &str| format!("{FILE}:{place}");
    assert_eq!(lines, [at("18:32"), at("20:93"), at("24:12")]);
}
