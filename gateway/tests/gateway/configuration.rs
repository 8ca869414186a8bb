//! Configurations that are wrong are refused with the place and a sentence; one that is right needs no service to be up.

mod cases;
pub(crate) mod commands;
mod explained;
mod live;
mod right;
mod shown;

use gateway::plan::{Mistakes, Plan, Sources};

pub(crate) const SETTINGS: &str = r#"deadline = "3s"

[services.gateway]
contract = "../openapi/gateway.json"

[services.shop]
url = "${SHOP_URL:-http://127.0.0.1:1}"
contract = "../openapi/shop.json"
timeout = "2s"

[shutdown]
grace = "20s"
"#;

pub(crate) const ROUTES: &str = r#"# The shop.
[[route]]
match  = "GET /api/v1/products"
to     = "shop.list_products"
access = "anyone"

[[route]]
match  = "GET /api/v1/products/{id}"
to     = "shop.show_product"
access = "anyone"
timeout = "500ms"

[[route]]
match  = "PUT /api/v1/products/{id}"
to     = "shop.replace_product"
access = "role:seller"
body_limit = "64KiB"

[[route]]
match  = "POST /api/v1/login"
to     = "gateway.login"
access = "anyone"
token  = "ignore"

[[route]]
match  = "GET /api/products/{id}"
to     = "shop.show_product"
access = "anyone"
profiles = ["demo"]
deprecated = { successor = "/api/v1/products/{id}" }

[[proxy]]
prefix = "/legacy/"
url    = "http://127.0.0.1:1"
access = "signed_in"
"#;

pub(crate) const SHOP: &str = r##"{
  "openapi": "3.1.0",
  "info": {"title": "shop", "version": "1"},
  "paths": {
    "/products": {
      "get": {"operationId": "list_products", "responses": {"200": {"description": "Some."}}},
      "post": {"operationId": "create_product", "responses": {"201": {"description": "Made."}}}
    },
    "/products/{id}": {
      "parameters": [{"$ref": "#/components/parameters/Id"}],
      "get": {"operationId": "show_product", "responses": {"200": {"description": "One."}}},
      "put": {
        "operationId": "replace_product",
        "requestBody": {"content": {"application/json": {}}},
        "responses": {"200": {"description": "Replaced."}, "4XX": {"description": "Refused."}}
      }
    },
    "/products/{id}/pictures/{number}": {
      "parameters": [{"$ref": "#/components/parameters/Id"}, {"name": "number", "in": "path", "schema": {"type": "integer"}}],
      "put": {
        "operationId": "replace_picture",
        "requestBody": {"content": {"multipart/form-data": {}}},
        "responses": {"200": {"description": "Replaced."}}
      }
    },
    "/internal/products": {
      "get": {"operationId": "batch_products", "x-internal": true, "responses": {"200": {"description": "Some."}}}
    },
    "/by-tags/{tags}": {
      "get": {
        "operationId": "list_by_tags",
        "parameters": [{"name": "tags", "in": "path", "schema": {"type": "array", "items": {"type": "string"}}}],
        "responses": {"200": {"description": "Some."}}
      }
    },
    "/filtered": {
      "get": {
        "operationId": "filter_products",
        "parameters": [{"name": "where", "in": "query", "required": true, "schema": {"type": "object"}}],
        "responses": {"200": {"description": "Some."}}
      }
    }
  },
  "components": {"parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}}}
}
"##;

pub(crate) const GATEWAY: &str = r#"{
  "openapi": "3.1.0",
  "info": {"title": "gateway", "version": "1"},
  "paths": {"/auth/login": {"post": {"operationId": "login", "responses": {"200": {"description": "In."}}}}}
}
"#;

/// The configuration of these tests, with some files changed.
pub(crate) fn sources(changed: &[(&str, String)]) -> Sources {
    let mut files: Vec<(String, String)> = [
        ("conf/gateway.toml", SETTINGS),
        ("conf/routes/shop.toml", ROUTES),
        ("openapi/shop.json", SHOP),
        ("openapi/gateway.json", GATEWAY),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec();
    for (name, text) in changed {
        files.retain(|(known, _)| known != name);
        files.push(((*name).to_owned(), text.clone()));
    }
    Sources::texts("conf", files)
}

pub(crate) fn load(changed: &[(&str, String)]) -> Result<Plan, Mistakes> {
    Plan::load(&sources(changed))
}

/// The text of one of the files with `from` replaced by `to`, once.
pub(crate) fn edited(file: &str, from: &str, to: &str) -> String {
    let text = match file {
        "conf/gateway.toml" => SETTINGS,
        "conf/routes/shop.toml" => ROUTES,
        "openapi/shop.json" => SHOP,
        other => panic!("{other} is none of the files"),
    };
    assert!(text.contains(from), "{file} has no {from:?}");
    text.replacen(from, to, 1)
}
