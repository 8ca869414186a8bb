//! The contract of the service that the stubs play, and the files of a gateway in front of it.

use std::path::Path;

use serde_json::{Value, json};

/// The public surface of the tests, over the service `stub`.
const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/items/{id}"
to     = "stub.show_item"
access = "anyone"

[[route]]
match  = "DELETE /api/v1/items/{id}"
to     = "stub.delete_item"
access = "anyone"

[[route]]
match  = "POST /api/v1/items"
to     = "stub.create_item"
access = "anyone"

[[route]]
match  = "GET /api/v1/items"
to     = "stub.list_items"
access = "anyone"

[[route]]
match  = "POST /api/v1/uploads"
to     = "stub.upload"
access = "anyone"

[[route]]
match  = "POST /api/v1/pictures"
to     = "stub.create_picture"
access = "anyone"
form   = { caption = "text" }

[[route]]
match     = "GET /api/v1/socket"
to        = "stub.open_socket"
access    = "anyone"
websocket = true

[[route]]
match  = "GET /api/v1/private"
to     = "stub.show_private"
access = "signed_in"
"#;

/// A route that waits longer than a drain that is short.
const PATIENT: &str = r#"
[[route]]
match   = "GET /api/v1/patient"
to      = "patient.be_patient"
access  = "anyone"
timeout = "15s"
"#;

/// Writes a configuration directory whose services `stub` and `patient` are at `url`; `extra` is among its settings.
pub(crate) fn write(directory: &Path, url: &str, extra: &str) {
    write_guarded(directory, url, &format!("url = \"{url}\""), extra);
}

/// The same, with these lines about where the service `stub` is and how it is guarded.
pub(crate) fn write_guarded(directory: &Path, url: &str, stub: &str, extra: &str) {
    let patient = if extra.contains("grace") { "" } else { PATIENT };
    let settings = format!(
        "deadline = \"400ms\"\n{extra}\n[services.gateway]\ncontract = \"openapi/gateway.json\"\n[services.users]\nurl = \"http://127.0.0.1:9\"\ncontract = \"openapi/users.json\"\ntimeout = \"300ms\"\n\
         [services.stub]\n{stub}\ncontract = \"openapi/stub.json\"\ntimeout = \"300ms\"\n\
         [services.patient]\nurl = \"{url}\"\ncontract = \"openapi/patient.json\"\ntimeout = \"15s\"\n"
    );
    let write = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("gateway.toml", &settings);
    let origin = format!("\n[[proxy]]\nprefix = \"/legacy/\"\nurl    = \"{url}\"\naccess = \"anyone\"\n");
    write("routes/stub.toml", &format!("{ROUTES}{patient}{origin}"));
    write("openapi/stub.json", &contract().to_string());
    for empty in ["gateway", "users"] {
        write(&format!("openapi/{empty}.json"), &document(empty, &json!({})).to_string());
    }
    let patient = json!({ "/patient": { "get": operation("be_patient", &["200"]) } });
    write("openapi/patient.json", &document("patient", &patient).to_string());
}

fn contract() -> Value {
    let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let with_id = |operation: Value| {
        let mut operation = operation;
        operation["parameters"] = id.clone();
        operation
    };
    let reads = |mut operation: Value, media_type: &str| {
        operation["requestBody"] = json!({ "content": { media_type: { "schema": { "type": "object" } } } });
        operation
    };
    document(
        "stub",
        &json!({
            "/items": {
                "get": operation("list_items", &["200"]),
                "post": reads(operation("create_item", &["201", "409"]), "application/json"),
            },
            "/items/{id}": {
                "get": with_id(operation("show_item", &["200", "404", "418"])),
                "delete": with_id(operation("delete_item", &["204"])),
            },
            "/uploads": { "post": reads(operation("upload", &["201"]), "multipart/form-data") },
            "/pictures": { "post": takes_picture() },
            "/socket": { "get": operation("open_socket", &["200"]) },
            "/private": { "get": operation("show_private", &["200"]) },
        }),
    )
}

/// An operation that reads forms, and JSON too.
fn takes_picture() -> Value {
    let schema = json!({ "type": "object", "properties": { "text": { "type": "string" }, "image": {} } });
    let types = ["multipart/form-data", "application/x-www-form-urlencoded", "application/json"];
    let content: serde_json::Map<_, _> =
        types.iter().map(|media_type| ((*media_type).to_owned(), json!({ "schema": schema }))).collect();
    let mut operation = operation("create_picture", &["201"]);
    operation["requestBody"] = json!({ "content": content });
    operation
}

fn document(title: &str, paths: &Value) -> Value {
    json!({ "openapi": "3.1.0", "info": { "title": title, "version": "1" }, "paths": paths })
}

fn operation(id: &str, statuses: &[&str]) -> Value {
    let answer = json!({ "description": "an answer", "content": { "application/json": { "schema": {} } } });
    let responses: serde_json::Map<_, _> =
        statuses.iter().map(|status| ((*status).to_owned(), answer.clone())).collect();
    json!({ "operationId": id, "summary": id, "responses": responses })
}
