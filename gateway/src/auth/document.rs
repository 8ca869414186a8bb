//! The operations in one list, and the contract that follows from them: `openapi/gateway.json`.

use std::sync::Arc;

use problem::{ProblemDocument, ProblemError};
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr, Required};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Auth, answer, change_password, introspect, login, logout, oauth, refresh, register};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "gateway", description = "The gateway's own operations: accounts are opened and signed in here.", license(name = "MIT OR Apache-2.0")),
    tags((name = "Auth", description = "Signing in and out, and the tokens for it.")),
    components(schemas(ProblemDocument, ProblemError))
)]
struct Base;

/// Every operation of the gateway's own.
pub(super) fn operations() -> OpenApiRouter<Arc<Auth>> {
    OpenApiRouter::with_openapi(Base::openapi())
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(oauth::token))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(change_password::change_password))
        .routes(routes!(introspect::introspect))
}

/// The contract of the gateway's own operations.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = operations().split_for_parts().1;
    problem::describe(&mut document);
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post].into_iter().filter_map(Option::as_mut);
        operations.for_each(complete);
    }
    document
}

/// Says what the attributes of a handler cannot say once for all: which bodies may be absent, and what a success looks like.
fn complete(operation: &mut Operation) {
    if matches!(operation.operation_id.as_deref(), Some("refresh" | "logout"))
        && let Some(RefOr::T(body)) = &mut operation.request_body
    {
        body.required = Some(Required::False);
    }
    let example = match operation.operation_id.as_deref() {
        Some("introspect") => introspect::example(),
        _ => answer::example(),
    };
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        if let Some(RefOr::T(content)) = response.content.get_mut("application/json") {
            content.example = Some(example.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::Value;

    use super::*;

    fn document() -> Value {
        serde_json::to_value(openapi()).unwrap()
    }

    fn operations() -> Vec<Value> {
        let document = document();
        let paths = document["paths"].as_object().unwrap().values();
        paths.flat_map(|item| item.as_object().unwrap().values().cloned().collect::<Vec<_>>()).collect()
    }

    #[test]
    fn the_contract_that_is_checked_in_is_the_codes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/gateway.json");
        let checked_in: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(checked_in, document(), "run `make openapi`");
    }

    #[test]
    fn every_operation_is_documented_with_a_success_and_an_error_example() {
        assert_eq!(operations().len(), 7);
        for operation in operations() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{id}");
            assert!(operation["description"].as_str().is_some_and(|text| text.len() > 40), "{id}");
            let responses = operation["responses"].as_object().unwrap();
            let (successes, errors): (Vec<_>, Vec<_>) =
                responses.iter().partition(|(status, _)| status.starts_with('2'));
            assert_eq!(successes.len(), 1, "{id}");
            assert!(!errors.is_empty(), "{id}");
            for (status, response) in errors {
                let content = &response["content"]["application/problem+json"];
                assert!(content["example"].is_object() || content["examples"].is_object(), "{id} {status}");
            }
        }
    }
}
