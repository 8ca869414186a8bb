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
    if published.limited {
        expected.push((429, "TooManyRequests"));
    }
    if published.upstream {
        expected.extend([(500, "InternalError"), (502, "BadGateway"), (503, "ServiceUnavailable")]);
        match (timeout_status, published.kept) {
            (504, _) => expected.push((504, "GatewayTimeout")),
            (_, true) => expected.push((504, "NotKept")),
            (_, false) => {}
        }
    }
    expected
}

/// The contract's responses and the gateway's, by status. Where both speak, both are heard: the contract first, and what the gateway
/// adds if its problem code is another one.
pub(crate) fn merge(described: Option<Value>, expected: &[Expected], components: &Components) -> Value {
    let mut responses = match described {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    responses.values_mut().for_each(withhold);
    for (status, name) in expected {
        match responses.get_mut(&status.to_string()) {
            Some(Value::Object(own)) => {
                if let Some(ours) = components.shared("responses", name) {
                    combine(own, ours);
                }
            }
            _ => {
                let reference = json!({"$ref": format!("#/components/responses/{name}")});
                responses.insert(status.to_string(), reference);
            }
        }
    }
    let mut responses: Vec<(String, Value)> = responses.into_iter().collect();
    responses.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(responses.into_iter().collect())
}

/// The fields by which services speak to this gateway's cache (RFC 9875): clients never see them.
const FOR_THE_CACHE: [&str; 2] = ["cache-groups", "cache-group-invalidation"];

/// Leaves out of a response what clients do not get.
fn withhold(response: &mut Value) {
    let Some(Value::Object(headers)) = response.get_mut("headers") else { return };
    headers.retain(|name, _| !FOR_THE_CACHE.iter().any(|field| name.eq_ignore_ascii_case(field)));
    if headers.is_empty()
        && let Some(response) = response.as_object_mut()
    {
        response.shift_remove("headers");
    }
}

/// Adds to a contract's response what the gateway may answer with the same status.
fn combine(own: &mut Map<String, Value>, ours: &Value) {
    let Some(Value::Object(content)) = own.get_mut("content").and_then(|c| c.get_mut(PROBLEM)) else { return };
    let Some(added) = ours.pointer(EXAMPLE) else { return };
    let mut examples = named_examples(content);
    if examples.contains_key(code_of(added)) {
        return;
    }
    examples.insert(code_of(added).to_owned(), json!({"summary": added.get("title"), "value": added}));
    content.shift_remove("example");
    content.insert("examples".to_owned(), Value::Object(examples));
    let text = |response: Option<&Value>| response.and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let both = format!("{}\n\n{}", text(own.get("description")), text(ours.get("description")));
    own.insert("description".to_owned(), Value::String(both.trim().to_owned()));
    if let Some(Value::Object(headers)) = ours.get("headers")
        && let Value::Object(own) = own.entry("headers").or_insert_with(|| json!({}))
    {
        for (name, header) in headers {
            if !own.keys().any(|known| known.eq_ignore_ascii_case(name)) {
                own.insert(name.clone(), header.clone());
            }
        }
    }
}

const PROBLEM: &str = "application/problem+json";
/// Where the example of a shared response is.
const EXAMPLE: &str = "/content/application~1problem+json/example";

fn code_of(problem: &Value) -> &str {
    problem.get("code").and_then(Value::as_str).unwrap_or_default()
}

/// The examples of a media type by name; a single one is named by its code.
fn named_examples(content: &Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(examples)) = content.get("examples") {
        return examples.clone();
    }
    let single = content.get("example").into_iter();
    single.map(|one| (code_of(one).to_owned(), json!({"summary": one.get("title"), "value": one}))).collect()
}

/// The successes of a limited operation say how the caller stands, too.
pub(crate) fn tell_quota(responses: &mut Value) {
    let successes = responses.as_object_mut().into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
    for (_, response) in successes.filter(|(_, response)| response.get("$ref").is_none()) {
        for (name, component) in STANDING {
            response["headers"][*name] = header_reference(component);
        }
    }
}

/// Problem documents name the path of the request: in an example that is the public one, not the service's.
pub(crate) fn set_instance(responses: &mut Value, instance: &str) {
    let responses = responses.as_object_mut().into_iter().flat_map(Map::values_mut);
    for content in responses.filter_map(|response| response.get_mut("content")?.get_mut(PROBLEM)) {
        if let Some(example) = content.get_mut("example") {
            rename(example, instance);
        }
        let named = content.get_mut("examples").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
        named.filter_map(|example| example.get_mut("value")).for_each(|value| rename(value, instance));
    }
}

fn rename(problem: &mut Value, instance: &str) {
    if let Some(stated) = problem.get_mut("instance") {
        *stated = instance.into();
    }
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
const HEADERS: [(&str, &str, &str, &str); 5] = [
    ("RetryAfter", "After how many seconds it is worth asking again.", r#"{"type": "integer", "minimum": 1}"#, "2"),
    (
        "RateLimit",
        "How the caller stands with the limit of this operation: `r` calls are left; all are there again, or after a 429 enough for the same request, in `t` seconds (draft-ietf-httpapi-ratelimit-headers-10).",
        r#"{"type": "string"}"#,
        r#""\"sign_in\";r=150;t=3""#,
    ),
    (
        "RateLimitPolicy",
        "The limit of this operation: a quota of `q` calls in `w` seconds (draft-ietf-httpapi-ratelimit-headers-10).",
        r#"{"type": "string"}"#,
        r#""\"sign_in\";q=200;w=10""#,
    ),
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
const STANDING: &[(&str, &str)] = &[("RateLimit", "RateLimit"), ("RateLimit-Policy", "RateLimitPolicy")];
const QUOTA: &[(&str, &str)] =
    &[("Retry-After", "RetryAfter"), ("RateLimit", "RateLimit"), ("RateLimit-Policy", "RateLimitPolicy")];
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
    } else {
        shared.push((
            "NotKept",
            "No answer is kept, and `Cache-Control: only-if-cached` asks for no other (RFC 9111, section 5.2.1.7).",
            Problem::new(Code::UpstreamUnavailable).with_status(StatusCode::GATEWAY_TIMEOUT),
            &[],
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
            "TooManyRequests",
            "The caller has made more calls than its quota allows. Ask again after `Retry-After` seconds.",
            Problem::new(Code::RateLimited),
            QUOTA,
        ),
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
    response["content"] = json!({PROBLEM: {
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
