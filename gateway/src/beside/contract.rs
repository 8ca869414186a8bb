//! The contract of what stands beside the plan, from the handlers themselves; it is merged into the public document like a service's.

use serde_json::Value;
use utoipa::OpenApi;

use super::{describe, page, probes, problems};
use crate::documents::{operation, pages};

#[derive(OpenApi)]
#[openapi(
    paths(
        describe::index,
        describe::meta,
        describe::config,
        page::front,
        pages::swagger::page,
        pages::redoc::page,
        describe::openapi_json,
        describe::openapi_yaml,
        problems::index,
        problems::show,
        probes::livez,
        probes::readyz,
        probes::healthz,
        describe::version,
        describe::jwks,
    ),
    components(schemas(problem::ProblemDocument, problem::ProblemError)),
    tags(
        (name = "Meta", description = "What the API is and what it can do."),
        (name = "Documents", description = "How it is documented."),
        (name = "Operations", description = "How it is, for those who run it and those who rely on it."),
    )
)]
struct Contract;

/// The contract as a JSON document.
pub(crate) fn document() -> Value {
    let mut document = Contract::openapi();
    problem::describe(&mut document);
    serde_json::to_value(document).unwrap_or_default()
}

/// The operations of that document: method, path, operation id.
pub(crate) fn operations(document: &Value) -> Vec<(&str, &str, &str)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().filter_map(move |(method, operation)| {
            Some((method.as_str(), path.as_str(), operation.get("operationId")?.as_str()?))
        })
    });
    operations.filter(|(_, _, id)| operation::find(document, id).is_some()).collect()
}

/// The schemas that every contract has alike, as every contract should have them.
pub(crate) fn shared_schemas(document: &Value) -> Vec<(String, Value)> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let shared = schemas.filter(|(name, _)| matches!(name.as_str(), "Problem" | "ProblemError"));
    shared.map(|(name, schema)| (name.clone(), schema.clone())).collect()
}
