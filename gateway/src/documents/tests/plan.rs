//! From files and contracts to the document, the way the gateway does it.

use serde_json::json;

use super::*;
use crate::{beside::Site, plan::Sources};

const SETTINGS: &str = r#"
[services.gateway]
contract = "../openapi/gateway.json"

[services.users]
url = "http://127.0.0.1:8101"
contract = "../openapi/users.json"
"#;

const ROUTES: &str = r#"
[[route]]
match = "POST /api/v1/auth/token"
to = "gateway.token"
access = "anyone"
token = "ignore"

[[route]]
match = "GET /people/{username}"
to = "users.show_user"
access = "anyone"
deprecated = { successor = "/api/v1/users/{username}" }

[[route]]
match = "GET /api/v1/users/{username}"
to = "users.show_user"
access = "anyone"

[[route]]
match = "DELETE /api/v1/users/{username}"
to = "users.delete_user"
access = "role:admin"

[[proxy]]
prefix = "/legacy/"
url = "http://127.0.0.1:8000"
access = "anyone"
"#;

fn operation(id: &str, tag: &str, parameters: &Value) -> Value {
    json!({
        "operationId": id, "summary": id, "tags": [tag], "parameters": parameters,
        "responses": {"200": {"description": "Done.", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Thing"}}}}},
    })
}

fn contract_of(paths: &Value) -> String {
    json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths,
        "components": {"schemas": {"Thing": {"type": "object"}}},
    })
    .to_string()
}

fn plan() -> Plan {
    let name = json!([{"name": "username", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let users = contract_of(&json!({"/users/{username}": {
        "get": operation("show_user", "users", &name),
        "delete": operation("delete_user", "users", &name),
    }}));
    let gateway = contract_of(&json!({"/auth/token": {"post": operation("token", "auth", &json!([]))}}));
    let files = [
        ("gateway/gateway.toml", SETTINGS.to_owned()),
        ("gateway/routes/all.toml", ROUTES.to_owned()),
        ("openapi/users.json", users),
        ("openapi/gateway.json", gateway),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text));
    Plan::load(&Sources::texts("gateway", files)).expect("a plan")
}

#[test]
fn each_route_is_documented_at_its_public_path_and_a_proxy_is_not() {
    let document = public_document(&plan()).unwrap();
    assert_eq!(faults(&document), Vec::<String>::new());
    let paths = &document["paths"];
    let show = &paths["/api/v1/users/{username}"]["get"];
    assert_eq!(show["operationId"], "show_user");
    let schema = &show["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema, &json!({"$ref": "#/components/schemas/users.Thing"}));
    assert_eq!(paths["/people/{username}"]["get"]["operationId"], "show_user_at_get_people_username");
    assert_eq!(paths["/people/{username}"]["get"]["deprecated"], true);
    let delete = &paths["/api/v1/users/{username}"]["delete"];
    assert_eq!(delete["security"], json!([{"password": []}, {"token": ["admin"]}]));
    assert_eq!(paths["/api/v1/auth/token"]["post"]["security"], json!([]));
    assert!(!document.to_string().contains("legacy"));
}

#[test]
fn the_index_links_the_api_and_meta_names_what_is_deprecated() {
    let site = Site::new(&plan()).unwrap();
    let read = |fixed: &Fixed| serde_json::from_slice::<Value>(fixed.body()).unwrap();
    let links = read(&site.index)["links"].clone();
    let ids: Vec<&String> = links.as_object().unwrap().keys().collect();
    assert_eq!(ids, ["delete_user", "index", "show_meta", "show_user", "token"]);
    assert_eq!(
        links["show_user"],
        json!({"method": "GET", "href": "/api/v1/users/{username}", "title": "show_user", "templated": true})
    );
    let meta = read(&site.meta);
    assert_eq!(meta["features"], json!(["auth", "users"]));
    assert_eq!(meta["limits"]["uri_bytes"], 8192);
    assert_eq!(
        meta["deprecated"],
        json!([{"method": "GET", "path": "/people/{username}", "successor": "/api/v1/users/{username}"}])
    );
    let config = read(&site.config);
    assert_eq!((&config["api"], &config["session"]["mode"]), (&json!("/api/v1"), &json!("cookie")));
    assert_eq!(config["session"]["access_token_seconds"], 600);
}

#[test]
fn what_stands_beside_the_plan_looks_like_its_schemas() {
    let site = Site::new(&plan()).unwrap();
    let document: Value = serde_json::from_slice(site.documents.json.body()).unwrap();
    for (fixed, schema) in [(&site.index, "Index"), (&site.meta, "Meta"), (&site.config, "FrontConfig")] {
        let body: Value = serde_json::from_slice(fixed.body()).unwrap();
        let mut schema = json!({"$ref": format!("#/components/schemas/about.{schema}")});
        schema["components"] = document["components"].clone();
        let faults: Vec<String> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&body).map(|error| error.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_gateways_own_configuration_makes_a_document_without_faults() {
    let plan = Plan::load(&Sources::embedded()).expect("the configuration of this repository");
    let document = public_document(&plan).unwrap();
    assert_eq!(faults(&document), Vec::<String>::new());
    assert!(document["paths"]["/api/v1/users/me"]["get"].is_object());
    let token = &document["components"]["securitySchemes"]["password"]["flows"]["password"]["tokenUrl"];
    assert!(document["paths"][token.as_str().unwrap()]["post"].is_object());
}

#[test]
fn the_checked_in_public_document_is_the_one_that_the_plan_gives() {
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/public.json");
    let checked_in = std::fs::read_to_string(checked_in).unwrap_or_default();
    let plan = Plan::load(&Sources::embedded()).expect("the configuration of this repository");
    let current = pretty(&public_document(&plan).unwrap());
    let first_difference = checked_in.lines().zip(current.lines()).position(|(a, b)| a != b);
    assert!(checked_in == current, "openapi/public.json is stale from line {first_difference:?} on: `make openapi`");
}
