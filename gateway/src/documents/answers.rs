//! The answers that the gateway itself may give, so that a client is not surprised by them: each is written once as a shared
//! response and named by every operation on which it can happen, and by no other.

use http::StatusCode;
use problem::{Code, Problem};
use serde_json::{Map, Value, json};

use super::{
    components::Components,
    operation::{Caller, Published},
};

/// A status that the gateway can answer with, and the shared response that describes it.
pub(crate) type Expected = (u16, &'static str);

/// What the gateway may answer to this operation before, or instead of, the service.
pub(crate) fn of(published: &Published<'_>, has_body: bool, timeout_status: u16) -> Vec<Expected> {
    let mut expected = vec![(400, "BadRequest"), (414, "UriTooLong"), (431, "HeadTooLarge")];
    if published.caller != Caller::Ignored {
        expected.push((401, "Unauthorized"));
    }
    if matches!(published.caller, Caller::Role(_)) {
        expected.push((403, "Forbidden"));
    }
    if has_body {
        expected.extend([(413, "PayloadTooLarge"), (415, "UnsupportedMediaType")]);
    }
    if published.upstream {
        expected.extend([(500, "InternalError"), (502, "BadGateway"), (503, "ServiceUnavailable")]);
        if timeout_status == 504 {
            expected.push((504, "GatewayTimeout"));
        }
    }
    expected
}

/// The contract's responses and the gateway's, by status. Where both speak, the contract is the more precise one.
pub(crate) fn merge(described: Option<Value>, expected: &[Expected]) -> Value {
    let mut responses = match described {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    for (status, name) in expected {
        let reference = json!({"$ref": format!("#/components/responses/{name}")});
        responses.entry(status.to_string()).or_insert(reference);
    }
    if let Some(Value::Object(unavailable)) = responses.get_mut("503")
        && !unavailable.contains_key("$ref")
        && let Value::Object(headers) = unavailable.entry("headers").or_insert_with(|| json!({}))
    {
        headers.entry("Retry-After").or_insert_with(|| header_reference("RetryAfter"));
    }
    let mut responses: Vec<(String, Value)> = responses.into_iter().collect();
    responses.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(responses.into_iter().collect())
}

/// Adds the shared responses and headers to the document.
pub(crate) fn share(components: &mut Components, timeout_status: u16) {
    for (name, description, problem, headers) in shared(timeout_status) {
        components.share("responses", name, response(description, &problem, headers));
    }
    for (name, description, schema, example) in HEADERS {
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        let example: Value = serde_json::from_str(example).unwrap_or_default();
        components.share("headers", name, json!({"description": description, "schema": schema, "example": example}));
    }
}

/// Name, description, schema and example (both JSON) of the shared headers.
const HEADERS: [(&str, &str, &str, &str); 3] = [
    ("RetryAfter", "After how many seconds it is worth asking again.", r#"{"type": "integer", "minimum": 1}"#, "2"),
    (
        "ProxyStatus",
        "Why no usable answer came from the service (RFC 9209).",
        r#"{"type": "string"}"#,
        r#""agora; error=connection_refused""#,
    ),
    ("Challenge", "How to sign in (RFC 6750).", r#"{"type": "string"}"#, r#""Bearer error=\"invalid_token\"""#),
];

type Shared = (&'static str, &'static str, Problem, &'static [(&'static str, &'static str)]);

const RETRY: &[(&str, &str)] = &[("Retry-After", "RetryAfter"), ("Proxy-Status", "ProxyStatus")];
const CAUSE: &[(&str, &str)] = &[("Proxy-Status", "ProxyStatus")];

fn shared(timeout_status: u16) -> Vec<Shared> {
    let mut shared = refusals();
    shared.extend([
        (
            "InternalError",
            "Something went wrong that the caller cannot mend. The request id finds it in the log.",
            Problem::new(Code::Internal),
            &[][..],
        ),
        (
            "BadGateway",
            "The service answered, but its answer cannot be used: it was cut short, too large or broke its contract.",
            Problem::new(Code::UpstreamIncomplete).with_detail("The answer of users ended too early."),
            CAUSE,
        ),
        (
            "ServiceUnavailable",
            "The service did not answer, or the gateway has too much to do. Everything else keeps working; ask again after `Retry-After` seconds.",
            Problem::new(Code::UpstreamUnavailable).with_detail("users does not respond."),
            RETRY,
        ),
    ]);
    if timeout_status == 504 {
        shared.push((
            "GatewayTimeout",
            "The service did not answer in time.",
            Problem::new(Code::UpstreamTimeout).with_detail("users did not answer in time."),
            RETRY,
        ));
    }
    shared
}

/// What is the caller's to mend.
fn refusals() -> Vec<Shared> {
    vec![
        (
            "BadRequest",
            "The request cannot be understood: a value in the path, the query or a header does not parse or is out of range, or the request line or framing is ambiguous.",
            Problem::new(Code::InvalidParameter).with_detail("`limit` must be a number from 1 to 100."),
            &[],
        ),
        (
            "Unauthorized",
            "There is no access token where one is needed, or the one that was sent is not valid (any more).",
            Problem::new(Code::TokenExpired),
            &[("WWW-Authenticate", "Challenge")][..],
        ),
        ("Forbidden", "The caller is known and may not do this.", Problem::new(Code::Forbidden), &[]),
        (
            "PayloadTooLarge",
            "The request body is larger than this operation takes.",
            Problem::new(Code::PayloadTooLarge).with_detail("A body here may have at most 1048576 bytes."),
            &[],
        ),
        (
            "UriTooLong",
            "Path and query together are longer than the gateway takes.",
            Problem::new(Code::UriTooLong),
            &[],
        ),
        (
            "HeadTooLarge",
            "The request's header fields are too many or too large.",
            Problem::new(Code::PayloadTooLarge).with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            &[],
        ),
        (
            "UnsupportedMediaType",
            "The request body has a media type that this operation does not read.",
            Problem::new(Code::UnsupportedMediaType).with_detail("Send `Content-Type: application/json`."),
            &[],
        ),
    ]
}

fn response(description: &str, problem: &Problem, headers: &[(&str, &str)]) -> Value {
    let mut response = json!({"description": description});
    if !headers.is_empty() {
        let named = headers.iter().map(|(name, component)| ((*name).to_owned(), header_reference(component)));
        response["headers"] = Value::Object(named.collect());
    }
    response["content"] = json!({"application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": example(problem),
    }});
    response
}

/// A problem as it would be sent.
fn example(problem: &Problem) -> Value {
    let bytes = problem.render(Some("/api/v1/users"), Some("0192f0c1-7d1e-7a52-9d3c-1f0a5b6c7d8e"));
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn header_reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{component}")})
}
