//! The files of a gateway whose routes keep answers: one of each scope, composed ones, and an origin.

use std::path::Path;

use serde_json::{Value, json};

pub(crate) const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/things/{id}"
to     = "things.show_thing"
access = "anyone"
cache  = { scope = "public" }

[[route]]
match  = "GET /api/v1/timed/{id}"
to     = "things.show_timed"
access = "anyone"
cache  = { scope = "public", ttl = "60s", stale_while_revalidate = "30s", stale_if_error = "5m" }

[[route]]
match  = "GET /api/v1/profiles/{id}"
to     = "things.show_profile"
access = "anyone"
cache  = { scope = "viewer", ttl = "60s" }

[[route]]
match  = "GET /api/v1/mine"
to     = "things.show_mine"
access = "signed_in"
cache  = { scope = "user", ttl = "60s" }

[[route]]
match  = "GET /api/v1/ranks"
to     = "things.show_ranks"
access = "signed_in"
cache  = { scope = "claims:[roles]", ttl = "60s" }

[[route]]
match  = "GET /api/v1/plain/{id}"
to     = "things.show_plain"
access = "anyone"

[[route]]
match  = "POST /api/v1/things"
to     = "things.create_thing"
access = "anyone"

[[route]]
match       = "PUT /api/v1/things/{id}"
to          = "things.replace_thing"
access      = "anyone"
invalidates = ["shelf:{path:id}"]

[[route]]
match  = "GET /api/v1/shelves/{id}"
to     = "things.show_shelf"
access = "anyone"
cache  = { scope = "public", ttl = "60s" }
tags   = ["shelf:{path:id}"]

[[route]]
match  = "GET /api/v1/both/{id}"
access = "anyone"
doc    = { id = "show_both", summary = "Show both", tag = "Both" }
cache  = { scope = "viewer", ttl = "60s", stale_if_error = "5m" }
parts.thing   = { to = "things.show_thing", required = true }
parts.profile = { to = "things.show_profile" }
"#;

/// Writes a configuration directory whose service `things` is at `url`, with more in `gateway.toml`. A second service may have
/// the contract `slow`: the same operations under other names.
pub(crate) fn write(directory: &Path, url: &str, settings: &str, routes: &str) {
    let gateway = format!(
        "{settings}\n[services.gateway]\ncontract = \"openapi/gateway.json\"\n\
         [services.users]\nurl = \"http://127.0.0.1:9\"\ncontract = \"openapi/users.json\"\n\
         [services.things]\nurl = \"{url}\"\ncontract = \"openapi/things.json\"\ntimeout = \"20s\"\n"
    );
    let origin = |prefix: &str, more: &str| {
        let cache = "cache = { scope = \"public\" }";
        format!("\n[[proxy]]\nprefix = \"{prefix}\"\nurl = \"{url}\"\naccess = \"anyone\"\n{cache}\n{more}\n")
    };
    let origins = [origin("/origin/", ""), origin("/moved/", "strip_prefix = true")].concat();
    let files = [
        ("gateway.toml", gateway),
        ("routes/things.toml", format!("{routes}{origins}")),
        ("openapi/things.json", contract().to_string()),
        ("openapi/slow.json", contract().to_string().replace("\"show_", "\"slow_")),
        ("openapi/gateway.json", document("gateway", &json!({})).to_string()),
        ("openapi/users.json", document("users", &json!({})).to_string()),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn contract() -> Value {
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
    let tenant = json!({ "name": "x-tenant", "in": "header", "schema": { "type": "string" } });
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let answer =
        json!({ "description": "an answer", "content": { "application/json": { "schema": { "type": "object" } } } });
    let operation = |id: &str, parameters: Value| {
        let responses: serde_json::Map<_, _> =
            ["200", "201", "404"].iter().map(|status| ((*status).to_owned(), answer.clone())).collect();
        json!({ "operationId": id, "summary": id, "parameters": parameters, "responses": responses })
    };
    let described = |id: &str, parameters: Value, schema: Value| {
        let mut described = operation(id, parameters);
        described["responses"]["200"]["content"]["application/json"]["schema"] = schema;
        described["x-internal"] = id.starts_with("batch_").into();
        described
    };
    let items = |properties: Value| {
        let item = json!({ "type": "object", "required": ["id"], "properties": properties });
        json!({ "type": "object", "required": ["items"], "properties": { "items": { "type": "array", "items": item } } })
    };
    let ids = json!({ "name": "ids", "in": "query", "required": true, "explode": false,
        "schema": { "type": "array", "items": { "type": "integer" } } });
    let list = items(json!({ "id": { "type": "integer" }, "text": { "type": "string" } }));
    let marks = items(json!({ "id": { "type": "integer" }, "mark": { "type": "object" } }));
    let read = |name: &str| operation(name, json!([id, query("a"), query("b")]));
    document(
        "things",
        &json!({
            "/things": { "post": operation("create_thing", json!([])) },
            "/things/{id}": { "get": read("show_thing"), "put": operation("replace_thing", json!([id])) },
            "/timed/{id}": { "get": read("show_timed") },
            "/profiles/{id}": { "get": read("show_profile") },
            "/lists/{id}": { "get": described("show_list", json!([id]), list) },
            "/internal/marks": { "get": described("batch_marks", json!([ids]), marks) },
            "/mine": { "get": operation("show_mine", json!([])) },
            "/ranks": { "get": operation("show_ranks", json!([])) },
            "/plain/{id}": { "get": read("show_plain") },
            "/shelves/{id}": { "get": read("show_shelf") },
            "/tenants/{id}": { "get": operation("show_tenant", json!([id, tenant])) },
        }),
    )
}

fn document(title: &str, paths: &Value) -> Value {
    json!({ "openapi": "3.1.0", "info": { "title": title, "version": "1" }, "paths": paths })
}

/// One more route, for a configuration that takes the place of another.
pub(crate) const MORE: &str = r#"
[[route]]
match  = "GET /api/v1/more/{id}"
to     = "things.show_plain"
access = "anyone"
"#;
