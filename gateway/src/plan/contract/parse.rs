//! Reads an OpenAPI document as far as the gateway needs it.

use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{Contract, Operation, OperationParameter};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl Contract {
    /// Indexes a document.
    ///
    /// # Errors
    ///
    /// Everything that makes it useless, in sentences.
    pub fn parse(document: Value) -> Result<Self, Vec<String>> {
        let mut reasons = Vec::new();
        match document.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.1.") => {}
            Some(version) => reasons.push(format!("it is OpenAPI {version}, not 3.1")),
            None => reasons.push("it is no OpenAPI document".to_owned()),
        }
        let paths = document.get("paths").and_then(Value::as_object);
        let mut operations: Vec<Operation> = Vec::new();
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                let Some(value) = item.get(method).and_then(Value::as_object) else { continue };
                match operation(&document, path, item, method, value) {
                    Some(operation) if operations.iter().any(|known| known.id == operation.id) => {
                        reasons.push(format!("the operationId `{}` occurs twice", operation.id));
                    }
                    Some(operation) => operations.push(operation),
                    None => reasons.push(format!("`{} {path}` has no operationId", method.to_ascii_uppercase())),
                }
            }
        }
        if reasons.is_empty() { Ok(Self { document, operations }) } else { Err(reasons) }
    }
}

fn operation(
    document: &Value,
    path: &str,
    item: &Value,
    method: &str,
    value: &Map<String, Value>,
) -> Option<Operation> {
    let parameters = parameters(document, item, value);
    let in_path = |name: &str| path.find(&format!("{{{name}}}"));
    let mut path_parameters = select(&parameters, "path");
    path_parameters.sort_by_key(|parameter| in_path(&parameter.name));
    let body = value.get("requestBody").map(|body| resolve(document, body));
    let content = body.and_then(|body| body.get("content")).and_then(Value::as_object);
    let responses = value.get("responses").and_then(Value::as_object);
    let (statuses, ranges): (Vec<&String>, Vec<&String>) =
        responses.into_iter().flat_map(Map::keys).partition(|status| status.parse::<StatusCode>().is_ok());
    Some(Operation {
        id: value.get("operationId")?.as_str()?.to_owned(),
        method: Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?,
        path: path.to_owned(),
        internal: value.get("x-internal").is_some_and(|flag| flag != &Value::Bool(false)),
        path_parameters,
        query_parameters: select(&parameters, "query"),
        header_parameters: select(&parameters, "header"),
        has_body: body.is_some(),
        request_media_types: content.into_iter().flat_map(Map::keys).cloned().collect(),
        statuses: statuses.iter().filter_map(|status| status.parse().ok()).collect(),
        status_ranges: ranges.into_iter().cloned().collect(),
        pointer: format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1")),
    })
}

/// The parameters of an operation: its own, and those of the path item that it does not replace.
fn parameters<'d>(document: &'d Value, item: &'d Value, operation: &'d Map<String, Value>) -> Vec<&'d Value> {
    let listed = |value: Option<&'d Value>| value.and_then(Value::as_array).into_iter().flatten();
    let own = listed(operation.get("parameters")).map(|parameter| resolve(document, parameter));
    let mut parameters: Vec<&Value> = own.collect();
    for parameter in listed(item.get("parameters")).map(|parameter| resolve(document, parameter)) {
        let same =
            |known: &&Value| known.get("name") == parameter.get("name") && known.get("in") == parameter.get("in");
        if !parameters.iter().any(same) {
            parameters.push(parameter);
        }
    }
    parameters.retain(|parameter| parameter.get("name").is_some_and(Value::is_string));
    parameters
}

fn select(parameters: &[&Value], place: &'static str) -> Vec<OperationParameter> {
    let here = parameters.iter().filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some(place));
    let read = |parameter: &&Value| OperationParameter {
        name: parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        required: place == "path" || parameter.get("required") == Some(&Value::Bool(true)),
        schema: parameter.get("schema").cloned().unwrap_or(Value::Null),
        place,
        // The default of the style `form`, which is the one that parameters have unless they say otherwise.
        repeated: parameter.get("explode") != Some(&Value::Bool(false)),
    };
    here.map(read).collect()
}

/// What a `$ref` of this document refers to; anything else is itself. Chains are followed a few steps, circles end there.
pub(super) fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let mut value = value;
    for _ in 0..8 {
        let reference = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        match reference.and_then(|pointer| document.pointer(pointer)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}
