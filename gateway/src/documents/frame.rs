//! What stands around the operations: information, servers, tags, security schemes.

use serde_json::{Map, Value, json};

const ABOUT: &str = "\
One HTTP API over several services. Everything is at this origin; the paths under `/api/v1` are the API, the others say \
how the gateway is and what it can do.

**Signing in.** `POST /api/v1/auth/login` with a username or e-mail address and a password gives an access token; send it as \
`Authorization: Bearer …`. *Authorize* on this page does the same with the OAuth2 password flow (leave the client fields empty). \
A token that is sent must be valid, also where none is needed.

**Errors** are problem documents (RFC 9457, `application/problem+json`). `code` is stable and each has a page at \
`/problems/{code}`; `errors` names the fields; `request_id` (also the `X-Request-Id` header of every answer) finds the request in the log.

**A service that does not respond** is a 503 with `Retry-After`; the rest of the API keeps working.

**Conventions.** Names are snake_case. Times are RFC 3339 in UTC and end in `_at`. Lists are pages: `{items, next_cursor, has_more}`, \
followed with `cursor`. Unknown fields in a request body are refused with a suggestion.";

/// The document without operations and components.
pub(crate) fn document(name: &str, version: &str) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("openapi".to_owned(), json!("3.1.0"));
    document.insert(
        "info".to_owned(),
        json!({
            "title": name,
            "version": version,
            "description": ABOUT,
        }),
    );
    document.insert("servers".to_owned(), json!([{"url": "/"}]));
    document
}

/// The ways to say who one is.
pub(crate) fn security_schemes(token_url: &str) -> Value {
    json!({
        "password": {
            "type": "oauth2",
            "description": "Username (or e-mail address) and password. There is no client: leave its fields empty.",
            "flows": {"password": {"tokenUrl": token_url, "refreshUrl": token_url, "scopes": {}}},
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token that is there already, for example from `POST /api/v1/auth/login`.",
        },
    })
}
