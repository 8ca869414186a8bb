//! The extractors and the middleware, spoken to over HTTP messages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use axum::{
    Router,
    body::Body,
    middleware::from_fn,
    routing::{get, post},
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use problem::{BodyLimit, Form, Json, Path, Query, complete, method_not_allowed, not_found};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    username: String,
    age: Option<u8>,
}

async fn person(Json(person): Json<Person>) -> String {
    format!("{} {:?}", person.username, person.age)
}

async fn form(Form(person): Form<Person>) -> String {
    person.username
}

async fn query(Query(person): Query<Person>) -> String {
    format!("{} {:?}", person.username, person.age)
}

async fn item(Path(id): Path<u32>) -> String {
    id.to_string()
}

fn router() -> Router {
    Router::new()
        .route("/json", post(person))
        .route("/form", post(form))
        .route("/query", get(query))
        .route("/items/{id}", get(item))
        .route("/bare", get(|| async { StatusCode::BAD_GATEWAY }))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(complete))
}

async fn call(request: Request<Body>) -> (Response<()>, Value) {
    let response = router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let value =
        serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    (Response::from_parts(parts, ()), value)
}

async fn send(path: &str, media: &str, body: &str) -> (u16, Value) {
    let request = Request::post(path).header("content-type", media).body(Body::from(body.to_owned()));
    let (response, value) = call(request.unwrap()).await;
    (response.status().as_u16(), value)
}

async fn fetch(path: &str) -> (Response<()>, Value) {
    call(Request::get(path).header("x-request-id", "r-7").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_good_body_is_read_with_any_json_type() {
    for media in ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"] {
        let answer = send("/json", media, r#"{"username":"ada","age":7}"#).await;
        assert_eq!(answer, (200, "ada Some(7)".into()), "{media}");
    }
}

#[tokio::test]
async fn another_media_type_is_415() {
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"] {
        let (status, problem) = send("/json", media, r#"{"username":"ada"}"#).await;
        assert_eq!((status, &problem["code"]), (415, &"unsupported_media_type".into()), "{media}");
    }
}

#[tokio::test]
async fn a_broken_document_is_400_wherever_it_breaks() {
    for body in ["", "{", r#"{"unknown":1"#, r#"{"username":"a"} x"#, "{'username':1}"] {
        let (status, problem) = send("/json", "application/json", body).await;
        assert_eq!((status, &problem["code"]), (400, &"malformed_json".into()), "{body}");
    }
}

#[tokio::test]
async fn a_field_that_does_not_fit_is_422_with_its_pointer() {
    for (body, pointer, code) in [
        (r#"{"username":"a","age":300}"#, "/age", "invalid_value"),
        (r#"{"username":1}"#, "/username", "invalid_type"),
        (r#"{"age":1}"#, "/username", "required"),
        (r#"{"username":"a","user~name/":1}"#, "/user~0name~1", "unknown_field"),
        (r#"{"username":"a","username":"b"}"#, "/username", "duplicate_field"),
        (r#"["ada", 7]"#, "", "invalid_type"),
    ] {
        let (status, problem) = send("/json", "application/json", body).await;
        assert_eq!((status, &problem["code"]), (422, &"validation_failed".into()), "{body}");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&pointer.into(), &code.into()), "{body}");
    }
}

#[tokio::test]
async fn an_unknown_field_is_refused_with_a_suggestion() {
    let (_, problem) = send("/json", "application/json", r#"{"user_name":"a"}"#).await;
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message, "There is no field `user_name`; did you mean `username`?");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_names_the_limit() {
    let mut request = Request::post("/json")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"username":"ada"}"#))
        .unwrap();
    request.extensions_mut().insert(BodyLimit(8));
    let (response, problem) = call(request).await;
    assert_eq!(response.status(), 413);
    assert_eq!(problem["limit"], 8);
    assert!(problem["detail"].as_str().unwrap().contains("8 bytes"));
}

#[tokio::test]
async fn forms_are_read_and_refused_like_json() {
    let media = "application/x-www-form-urlencoded";
    assert_eq!(send("/form", media, "username=a%20b").await, (200, "a b".into()));
    assert_eq!(send("/form", "application/json", "{}").await.0, 415);
    let (status, problem) = send("/form", media, "username=a&age=x").await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &"/age".into()));
}

#[tokio::test]
async fn bad_parameters_are_400_and_named() {
    assert_eq!(fetch("/query?username=a&age=3").await.1, "a Some(3)");
    for (path, name) in [
        ("/query?username=a&age=x", "age"),
        ("/query?username=a&agee=1", "agee"),
        ("/query", "username"),
        ("/items/x", "path"),
    ] {
        let (response, problem) = fetch(path).await;
        assert_eq!(response.status(), 400, "{path}");
        assert_eq!(problem["code"], "invalid_parameter");
        assert_eq!(problem["errors"][0]["pointer"], name, "{path}");
    }
}

#[tokio::test]
async fn every_error_leaves_as_a_complete_document() {
    for (path, status, code) in
        [("/nothing", 404, "route_not_found"), ("/json", 405, "method_not_allowed"), ("/bare", 502, "upstream_invalid")]
    {
        let (response, problem) = fetch(path).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(problem["code"], code);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!((&problem["instance"], &problem["request_id"]), (&path.into(), &"r-7".into()));
    }
    let (response, _) = fetch("/json").await;
    assert_eq!(response.headers()["allow"], "POST");
}
