//! What an operator sees: metrics on the admin listener only.

use testkit::faulty::Refusing;
use testkit::{Caller, Stub};

use crate::Gateway;

#[tokio::test]
async fn metrics_count_requests_by_route_and_are_not_public() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    for _ in 0..3 {
        let _ = gateway.caller().get("/api/v1/items/secret-id").await.expect(200);
    }
    let metrics = Caller::new(gateway.admin).get("/metrics").await.expect(200).text();
    let lines = metrics.lines().filter(|line| line.contains("/api/v1/items/{id}"));
    assert!(lines.into_iter().any(|line| line.ends_with(" 3")), "{metrics}");
    assert!(!metrics.contains("secret-id"), "a path became a label");
    gateway.caller().get("/metrics").await.problem(404, "route_not_found");
}

#[tokio::test]
async fn a_dead_service_is_seen_but_does_not_make_the_gateway_not_ready() {
    let refusing = Refusing::start();
    let gateway = Gateway::over(&refusing.url()).await;
    let _ = gateway.caller().get("/livez").await.expect(200);
    let _ = gateway.caller().get("/readyz").await.expect(200);
    let health = gateway.caller().get("/healthz").await.text();
    assert!(health.contains("stub"), "{health}");
}

#[tokio::test]
async fn a_service_can_be_cut_off_and_comes_back() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::over(&stub.url()).await;
    gateway.upstream("stub").sever(true);
    let answer = gateway.caller().get("/api/v1/items/1").await;
    answer.problem(503, "upstream_unavailable");
    assert_eq!(answer.header("proxy-status"), "agora; error=connection_refused");
    assert_eq!(stub.calls(), 0);
    gateway.upstream("stub").sever(false);
    let _ = gateway.caller().get("/api/v1/items/1").await.expect(200);
}
