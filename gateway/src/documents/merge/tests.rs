#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::super::operation::Caller;
use super::*;

fn users() -> Value {
    json!({
        "tags": [{"name": "users", "description": "Accounts."}],
        "paths": {
            "/users": {"get": {
                "operationId": "list_users", "tags": ["users"], "summary": "List users",
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "A page.",
                    "headers": {"Cache-Groups": {"schema": {"type": "string"}}, "Link": {"schema": {"type": "string"}}},
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}},
            }},
            "/users/{username}": {
                "parameters": [{"name": "username", "in": "path", "required": true, "schema": {"type": "string"},
                    "example": "ada"}],
                "get": {"operationId": "show_user", "tags": ["users"], "responses": {
                    "200": {"description": "The user.", "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/User"}}}},
                    "404": {"description": "No such user.", "content": {"application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"}}}},
                }},
                "patch": {"operationId": "update_user", "tags": ["users"], "description": "Change it.",
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}},
                    "responses": {"200": {"description": "Changed.", "headers": {
                        "cache-group-invalidation": {"schema": {"type": "string"}}}}, "503": {"description": "Too busy."}},
                    "security": [{"internal": []}]},
            },
            "/internal/users": {"get": {"operationId": "batch_users", "x-internal": true, "responses": {
                "200": {"description": "Some.", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Secret"}}}}}}},
        },
        "components": {"schemas": {
            "Page": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/User"}}}},
            "User": {"type": "object"},
            "Secret": {"type": "object"},
            "Problem": {"type": "object"},
        }},
    })
}

fn published<'a>(document: &'a Value, method: &str, template: &'a str, operation: &'a str) -> Published<'a> {
    Published {
        method: method.to_owned(),
        template,
        service: "users",
        document: std::borrow::Cow::Borrowed(document),
        operation,
        id: operation.to_owned(),
        caller: Caller::Anyone,
        upstream: true,
        built_in: false,
        successor: None,
        form: None,
        composed: None,
        limited: false,
        kept: false,
        errors: &[],
    }
}

fn surface(published: Vec<Published<'_>>) -> Surface<'_> {
    Surface {
        name: "Agora",
        version: "0.1.0",
        token_url: "/api/v1/auth/token",
        timeout_status: 503,
        published,
        shared_schemas: vec![("Problem".to_owned(), json!({"type": "object"}))],
    }
}

fn all(document: &Value) -> Vec<Published<'_>> {
    vec![
        published(document, "get", "/api/v1/users", "list_users"),
        published(document, "patch", "/api/v1/users/{username}", "update_user"),
        published(document, "get", "/api/v1/users/{username}", "show_user"),
    ]
}

fn refusal(published: Vec<Published<'_>>) -> String {
    merge(&surface(published)).expect_err("this must be refused").to_string()
}

#[test]
fn operations_stand_at_their_public_paths_and_internal_ones_nowhere() {
    let users = users();
    let document = merge(&surface(all(&users))).unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/api/v1/users", "/api/v1/users/{username}"]);
    let methods: Vec<_> = document["paths"]["/api/v1/users/{username}"].as_object().unwrap().keys().collect();
    assert_eq!(methods, ["get", "patch"]);
    let text = document.to_string();
    assert!(!text.contains("batch_users") && !text.contains("users.Secret"), "{text}");
    assert_eq!(document["tags"], json!([{"name": "users", "description": "Accounts."}]));
}

#[test]
fn clients_are_not_told_of_the_fields_that_the_cache_reads() {
    let users = users();
    let document = merge(&surface(all(&users))).unwrap();
    let paths = &document["paths"];
    let listed = paths["/api/v1/users"]["get"]["responses"]["200"]["headers"].as_object().unwrap();
    assert!(listed.contains_key("Link") && !listed.contains_key("Cache-Groups"));
    let changed = &paths["/api/v1/users/{username}"]["patch"]["responses"]["200"];
    assert!(!changed.to_string().to_lowercase().contains("cache-group"), "{changed}");
}

#[test]
fn a_path_parameter_of_the_path_item_is_described_on_the_operation() {
    let users = users();
    let document = merge(&surface(all(&users))).unwrap();
    let show = &document["paths"]["/api/v1/users/{username}"]["get"];
    assert_eq!(show["parameters"][0]["name"], "username");
}

#[test]
fn a_route_to_an_internal_operation_is_refused() {
    let users = users();
    let error = refusal(vec![published(&users, "get", "/api/v1/batch", "batch_users")]);
    assert!(error.contains("users.batch_users"), "{error}");
}

#[test]
fn a_path_parameter_that_the_contract_does_not_know_is_refused() {
    let users = users();
    let error = refusal(vec![published(&users, "get", "/api/v1/users/{name}", "show_user")]);
    assert!(error.contains("{name}") && error.contains("show_user"), "{error}");
}

#[test]
fn one_id_one_path_and_one_shape_belong_to_one_operation() {
    let users = users();
    let twice = || published(&users, "get", "/api/v1/users", "list_users");
    let mut other = twice();
    other.template = "/users";
    assert!(refusal(vec![twice(), other]).contains("list_users"));

    let mut other = twice();
    other.id = "list_again".to_owned();
    assert!(refusal(vec![twice(), other]).contains("GET /api/v1/users"));

    let error = refusal(vec![
        published(&users, "get", "/api/v1/users/{username}", "show_user"),
        published(&users, "patch", "/api/v1/users/{id}", "list_users"),
    ]);
    assert!(error.contains("{id}") && error.contains("{username}"), "{error}");
}

#[test]
fn the_gateways_answers_are_there_exactly_where_they_can_happen() {
    let users = users();
    let statuses = |caller, operation: &'static str, method, upstream| {
        let mut one = published(&users, method, "/api/v1/users/{username}", operation);
        (one.caller, one.upstream) = (caller, upstream);
        let document = merge(&surface(vec![one])).unwrap();
        let responses = document["paths"]["/api/v1/users/{username}"][method]["responses"].clone();
        responses.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(statuses(Caller::Anyone, "show_user", "get", true), "200 400 401 404 414 431 500 502 503");
    assert_eq!(statuses(Caller::Ignored, "show_user", "get", false), "200 400 404 414 431");
    let mut kept = published(&users, "get", "/api/v1/users/{username}", "show_user");
    kept.kept = true;
    let document = merge(&surface(vec![kept])).unwrap();
    let not_kept = &document["paths"]["/api/v1/users/{username}"]["get"]["responses"]["504"];
    assert_eq!(*not_kept, json!({"$ref": "#/components/responses/NotKept"}));
    assert_eq!(
        statuses(Caller::Role("admin"), "update_user", "patch", true),
        "200 400 401 403 413 414 415 431 500 502 503"
    );
}

#[test]
fn a_slow_upstream_is_a_504_only_where_the_operator_wants_it() {
    let users = users();
    let mut surface = surface(all(&users));
    surface.timeout_status = 504;
    let document = merge(&surface).unwrap();
    assert_eq!(
        document["paths"]["/api/v1/users"]["get"]["responses"]["504"],
        json!({"$ref": "#/components/responses/GatewayTimeout"})
    );
}

#[test]
fn where_contract_and_gateway_answer_with_one_status_both_are_described() {
    let mut users = users();
    let busy = json!({"description": "`overloaded`: too busy.", "content": {"application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": {"code": "overloaded", "title": "Busy", "instance": "/users/{username}"}}}});
    users["paths"]["/users/{username}"]["patch"]["responses"]["503"] = busy;
    let document = merge(&surface(all(&users))).unwrap();
    let unavailable = &document["paths"]["/api/v1/users/{username}"]["patch"]["responses"]["503"];
    let text = unavailable["description"].as_str().unwrap();
    assert!(text.starts_with("`overloaded`: too busy.\n\nThe service did not answer"), "{text}");
    assert_eq!(unavailable["headers"]["Retry-After"], json!({"$ref": "#/components/headers/RetryAfter"}));
    let content = &unavailable["content"]["application/problem+json"];
    assert!(content.get("example").is_none(), "{content}");
    let codes: Vec<_> = content["examples"].as_object().unwrap().keys().collect();
    assert_eq!(codes, ["overloaded", "upstream_unavailable"]);
    assert_eq!(content["examples"]["overloaded"]["value"]["instance"], "/api/v1/users/ada");
}

#[test]
fn a_code_that_the_contract_describes_already_is_not_added_again() {
    let mut users = users();
    let same = json!({"description": "Not there.", "content": {"application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"}, "example": {"code": "upstream_unavailable"}}}});
    users["paths"]["/users/{username}"]["patch"]["responses"]["503"] = same.clone();
    let document = merge(&surface(all(&users))).unwrap();
    assert_eq!(document["paths"]["/api/v1/users/{username}"]["patch"]["responses"]["503"], same);
}

#[test]
fn a_services_401_is_between_it_and_the_gateway_and_the_gateways_own_is_the_callers() {
    let mut users = users();
    users["paths"]["/users"]["get"]["responses"]["401"] = json!({"description": "No assertion."});
    let unauthorized = |built_in| {
        let mut one = published(&users, "get", "/api/v1/users", "list_users");
        one.built_in = built_in;
        merge(&surface(vec![one])).unwrap()["paths"]["/api/v1/users"]["get"]["responses"]["401"].clone()
    };
    assert_eq!(unauthorized(false), json!({"$ref": "#/components/responses/Unauthorized"}));
    assert_eq!(unauthorized(true), json!({"description": "No assertion."}));
}

#[test]
fn the_shared_503_has_an_example_and_says_when_to_come_back() {
    let users = users();
    let document = merge(&surface(all(&users))).unwrap();
    let shared = &document["components"]["responses"]["ServiceUnavailable"];
    let example = &shared["content"]["application/problem+json"]["example"];
    assert_eq!((example["status"].as_u64(), example["code"].as_str()), (Some(503), Some("upstream_unavailable")));
    assert_eq!(shared["headers"]["Retry-After"], json!({"$ref": "#/components/headers/RetryAfter"}));
}

#[test]
fn who_may_call_decides_the_security_of_an_operation_and_the_contract_does_not() {
    let users = users();
    let security = |caller| {
        let mut one = published(&users, "patch", "/api/v1/users/{username}", "update_user");
        one.caller = caller;
        merge(&surface(vec![one])).unwrap()["paths"]["/api/v1/users/{username}"]["patch"]["security"].clone()
    };
    assert_eq!(security(Caller::Ignored), json!([]));
    assert_eq!(security(Caller::Anyone), json!([{}, {"password": []}, {"token": []}]));
    assert_eq!(security(Caller::SignedIn), json!([{"password": []}, {"token": []}]));
    assert_eq!(security(Caller::Role("admin")), json!([{"password": []}, {"token": ["admin"]}]));
}

#[test]
fn a_deprecated_route_says_so_and_names_its_successor() {
    let users = users();
    let mut one = published(&users, "patch", "/users/{username}", "update_user");
    one.successor = Some("/api/v1/users/{username}");
    let document = merge(&surface(vec![one])).unwrap();
    let operation = &document["paths"]["/users/{username}"]["patch"];
    assert_eq!(operation["deprecated"], true);
    assert_eq!(operation["description"], "Change it.\n\nDeprecated: use `/api/v1/users/{username}`.");
}

#[test]
fn adding_a_service_renames_nothing() {
    let users = users();
    let before = merge(&surface(all(&users))).unwrap();
    let mut more = all(&users);
    let mut other = published(&users, "get", "/api/v1/authors/{username}", "show_user");
    (other.service, other.id) = ("authors", "show_author".to_owned());
    more.insert(0, other);
    let after = merge(&surface(more)).unwrap();
    for (path, item) in before["paths"].as_object().unwrap() {
        assert_eq!(&after["paths"][path], item, "{path}");
    }
    for (name, schema) in before["components"]["schemas"].as_object().unwrap() {
        assert_eq!(&after["components"]["schemas"][name], schema, "{name}");
    }
}

#[test]
fn two_descriptions_of_one_tag_are_refused() {
    let (first, mut second) = (users(), users());
    second["tags"][0]["description"] = json!("People.");
    let mut other = published(&second, "get", "/api/v1/authors", "list_users");
    (other.service, other.id) = ("authors", "list_authors".to_owned());
    let error = refusal(vec![published(&first, "get", "/api/v1/users", "list_users"), other]);
    assert!(error.contains("users") && error.contains("authors"), "{error}");
}

#[test]
fn an_operation_keeps_its_id_on_the_route_that_is_not_deprecated() {
    let routes = [
        ("users", "list_users", "GET /users/users".to_owned(), true),
        ("users", "list_users", "GET /api/v1/users".to_owned(), false),
        ("users", "show_user", "GET /api_v1/users/{id}".to_owned(), true),
    ];
    assert_eq!(ids(&routes), ["list_users_at_get_users_users", "list_users", "show_user"]);
}

#[test]
fn a_route_that_renames_fields_shows_its_names_and_the_shared_schema_keeps_its_own() {
    let post = json!({"$ref": "#/components/schemas/Post"});
    let body = json!({"content": {"multipart/form-data": {"schema": post}}});
    let responses = json!({"201": {"description": "Made.", "content": {"application/json": {"schema": post}}}});
    let contract = json!({
        "paths": {"/posts": {"post": {"operationId": "create_post", "requestBody": body, "responses": responses}}},
        "components": {"schemas": {
            "Post": {"required": ["text"], "properties": {"text": {"$ref": "#/components/schemas/Text"}}},
            "Text": {"type": "string"},
        }},
    });
    let renames = [("caption", "text")].into_iter().collect();
    let mut route = published(&contract, "post", "/api/v1/posts", "create_post");
    route.form = Some(&renames);
    let document = merge(&surface(vec![route])).unwrap();
    let schema = &document["paths"]["/api/v1/posts"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"];
    let reference = json!({"$ref": "#/components/schemas/users.Text"});
    assert_eq!(schema, &json!({"required": ["caption"], "properties": {"caption": reference}}));
    assert_eq!(document["components"]["schemas"]["users.Post"]["required"], json!(["text"]));
}
