//! What the gateway makes of the statuses that a service answers with.

use testkit::Stub;

use crate::Gateway;

#[tokio::test]
async fn a_declared_error_passes_unchanged() {
    let stub = Stub::answering(418, "application/json", r#"{"short": "stout"}"#).await;
    let gateway = Gateway::over(&stub.url()).await;
    let answer = gateway.caller().get("/api/v1/items/1").await.expect(418);
    assert_eq!((answer.media_type(), answer.text().as_str()), ("application/json", r#"{"short": "stout"}"#));
}

#[tokio::test]
async fn a_declared_status_in_another_media_type_loses_its_body() {
    let stub = Stub::answering(404, "text/html", "<h1>no such row in db.internal</h1>").await;
    let gateway = Gateway::over(&stub.url()).await;
    let answer = gateway.caller().get("/api/v1/items/1").await;
    answer.problem(404, "not_found");
    assert!(!answer.text().contains("internal"), "{}", answer.sentence());
}

#[tokio::test]
async fn a_problem_document_passes_unchanged_whatever_its_status() {
    let problem = r#"{"type":"/problems/conflict","title":"t","status":409,"code":"conflict"}"#;
    let stub = Stub::answering(409, "application/problem+json", problem).await;
    let gateway = Gateway::over(&stub.url()).await;
    let answer = gateway.caller().get("/api/v1/items/1").await.expect(409);
    assert_eq!(answer.text(), problem);
}

#[tokio::test]
async fn an_error_that_nobody_declared_keeps_its_status_and_loses_its_body() {
    for (status, code) in [
        (500, "internal"),
        (501, "internal"),
        (502, "upstream_invalid"),
        (503, "upstream_unavailable"),
        (403, "forbidden"),
        (429, "rate_limited"),
    ] {
        let stub = Stub::answering(status, "text/html", "<pre>at Secret.java:7</pre>").await;
        let gateway = Gateway::over(&stub.url()).await;
        let answer = gateway.caller().get("/api/v1/items/1").await;
        answer.problem(status, code);
        assert!(!answer.text().contains("Secret"), "{}", answer.sentence());
        // A read is tried once more where the service may be back, or another one may be better.
        let calls = if matches!(status, 502..=504) { 2 } else { 1 };
        assert_eq!(stub.calls(), calls, "{status}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_believe_the_gateway_is_502() {
    let stub = Stub::answering(401, "application/problem+json", r#"{"code":"unauthenticated"}"#).await;
    let gateway = Gateway::over(&stub.url()).await;
    gateway.caller().get("/api/v1/items/1").await.problem(502, "identity_rejected");
}

#[tokio::test]
async fn a_redirect_is_handed_on_and_not_followed() {
    let moved = || async { (http::StatusCode::FOUND, [("location", "/elsewhere")]) };
    let stub = Stub::start(axum::Router::new().fallback(moved)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let answer = gateway.caller().get("/api/v1/items/1").await.expect(302);
    assert_eq!((answer.header("location"), stub.calls()), ("/elsewhere", 1));
}

#[tokio::test]
async fn an_unknown_path_is_404_and_another_method_405_with_allow() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let caller = gateway.caller();
    for path in ["/api/v1/nothing", "/api/v1/items/1/2", "/nothing", "/api"] {
        caller.get(path).await.problem(404, "route_not_found");
    }
    let answer = caller.call(http::Method::PATCH, "/api/v1/items/1").await;
    answer.problem(405, "method_not_allowed");
    let mut allowed: Vec<_> = answer.header("allow").split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "HEAD"]);
    assert_eq!(stub.calls(), 0);
}

#[tokio::test]
async fn a_signed_in_route_refuses_who_has_no_token_before_any_call() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let answer = gateway.caller().get("/api/v1/private").await;
    answer.problem(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{:?}", answer.headers);
    let answer = gateway.caller().get("/api/v1/items/1").bearer("nonsense").await;
    answer.problem(401, "token_invalid");
    assert_eq!(stub.calls(), 0);
}

#[tokio::test]
async fn a_trailing_slash_is_accepted_without_a_redirect() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    let _ = gateway.caller().get("/api/v1/items/1/?a=b").await.expect(200);
    assert_eq!(stub.last().uri, "/items/1?a=b");
}
