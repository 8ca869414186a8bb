//! Problem documents in OpenAPI documents: the schema, and complete error responses from one line.

use serde::Serialize;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{Content, OpenApi, Ref, RefOr, Response, example::ExampleBuilder, path::Operation, path::PathItem},
};

use crate::{Code, MEDIA_TYPE, Problem};

/// An error answer (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// The page that explains the code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not_found", format = "uri-reference")]
    pub kind: String,
    /// A short sentence, the same for every occurrence of the code.
    #[schema(example = "There is no such thing")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time.
    #[schema(example = "There is no user `zoe`.")]
    pub detail: String,
    /// The path of the request.
    #[schema(example = "/users/zoe")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What went wrong, as a stable name.
    #[schema(example = "not_found")]
    pub code: String,
    /// The request's id, to be quoted when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What is wrong with single fields or parameters.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[schema(nullable = false)]
    pub errors: Vec<ProblemError>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

/// What is wrong with one field of the body, or with one parameter.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemError {
    /// A JSON pointer into the body, or the parameter's name.
    #[schema(example = "/display_name")]
    pub pointer: String,
    /// The rule that was broken.
    #[schema(example = "too_long")]
    pub code: String,
    /// A sentence for people.
    #[schema(example = "At most 80 characters.")]
    pub message: String,
}

/// Completes every error response of a document: the media type, the schema `Problem` and an
/// example per code.
///
/// A response names its codes between backticks in its description (`` `username_taken` or
/// `email_taken`: … ``); if it names none, the usual code of its status is the example. The
/// document must list [`ProblemDocument`] and [`ProblemError`] among its schemas.
pub fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            let path = instance(path, operation);
            for (status, response) in &mut operation.responses.responses {
                let Some(status) = status.parse::<u16>().ok().filter(|status| *status >= 400) else {
                    continue;
                };
                if let RefOr::T(response) = response
                    && let Ok(status) = http::StatusCode::from_u16(status)
                {
                    complete(&path, status, response);
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// The path with the examples of its parameters in it.
fn instance(path: &str, operation: &Operation) -> String {
    let mut path = path.to_owned();
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if let Some(example) = parameter.extensions.as_ref().and_then(|more| more.get("example")) {
            let example = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            path = path.replace(&format!("{{{}}}", parameter.name), &example);
        }
    }
    path
}

fn complete(path: &str, status: http::StatusCode, response: &mut Response) {
    let named = response.description.split('`').filter_map(|word| word.parse::<Code>().ok());
    let mut codes: Vec<Code> = named.collect();
    if codes.is_empty() {
        codes.push(Code::for_status(status));
    }
    let mut content = Content::new(Some(Ref::from_schema_name("Problem")));
    if let [code] = codes[..] {
        content.example = Some(example(path, status, code));
    } else {
        content.examples = codes
            .into_iter()
            .map(|code| {
                let value = example(path, status, code);
                let example = ExampleBuilder::new().summary(code.title()).value(Some(value));
                (code.as_str().to_owned(), RefOr::T(example.build()))
            })
            .collect();
    }
    response.content.insert(MEDIA_TYPE.to_owned(), content.into());
}

fn example(path: &str, status: http::StatusCode, code: Code) -> Value {
    let mut problem = Problem::new(code).with_status(status);
    problem = match code {
        Code::ValidationFailed => problem.with_error("/display_name", "too_long", "At most 80 characters."),
        Code::InvalidParameter => problem.with_error("limit", "out_of_range", "A number from 1 to 100."),
        _ => problem,
    };
    let body = problem.render(Some(path), Some("01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11"));
    serde_json::from_slice(&body).unwrap_or(Value::Null)
}
