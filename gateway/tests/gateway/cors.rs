//! Pages of other origins: exact origins only, and on errors too.

use http::Method;
use testkit::faulty::Refusing;
use testkit::{Caller, Stub};

use crate::Gateway;

const ORIGIN: &str = "https://app.example.test";
const CORS: &str = "[cors]\norigins = [\"https://app.example.test\"]";

fn from(gateway: &Gateway, origin: &str) -> Caller {
    gateway.caller().with_header("origin", origin)
}

#[tokio::test]
async fn an_allowed_origin_may_read_answers_errors_and_503s() {
    let refusing = Refusing::start();
    let gateway = Gateway::with(&refusing.url(), CORS).await;
    let page = from(&gateway, ORIGIN);
    for (path, status) in
        [("/api/v1/items/1", 503), ("/api/v1/nothing", 404), ("/api/v1/private", 401), ("/api/v1/meta", 200)]
    {
        let answer = page.get(path).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN, "{path}");
        assert!(answer.header("vary").to_lowercase().contains("origin"), "{path}");
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        for field in
            ["retry-after", "ratelimit", "ratelimit-policy", "x-request-id", "gateway-parts", "preference-applied"]
        {
            assert!(exposed.contains(field), "{field} is missing in {exposed}");
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_here() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::with(&stub.url(), CORS).await;
    let preflight = |origin: &str| {
        let call = from(&gateway, origin).call(Method::OPTIONS, "/api/v1/items/1");
        let call = call.header("access-control-request-method", "DELETE");
        call.header("access-control-request-headers", "authorization, x-mine")
    };
    let answer = preflight(ORIGIN).await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
    assert!(answer.header("access-control-allow-methods").contains("DELETE"));
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    let answer = preflight("https://evil.example.test").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(stub.calls(), 0);
}

#[tokio::test]
async fn any_other_origin_gets_no_permission() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = Gateway::with(&stub.url(), CORS).await;
    for origin in
        ["https://app.example.test.evil.test", "http://app.example.test", "https://APP.example.test:444", "null"]
    {
        let answer = from(&gateway, origin).get("/api/v1/items/1").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
}
