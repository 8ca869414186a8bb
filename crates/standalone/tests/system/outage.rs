//! The service users does not respond: everything that needs it says so in time, everything else goes on, and nothing has to be restarted.

use std::time::Duration;

use http::Method;
use serde_json::json;
use testkit::Call;

use crate::{PASSWORD, System, User, over_both};

/// The timeout of a route, and what a busy machine may add.
const IN_TIME: Duration = Duration::from_millis(3500);

fn every_route(system: &System, user: &User) -> Vec<Call> {
    let login = json!({ "login": "ada", "password": PASSWORD });
    let change = json!({ "display_name": "x" });
    let refresh = json!({ "refresh_token": user.refresh_token });
    let form = [("grant_type", "password"), ("username", "ada"), ("password", PASSWORD)];
    let anonymous = system.anonymous();
    vec![
        anonymous.get("/api/v1/users"),
        anonymous.get("/api/v1/users/ada"),
        user.get("/api/v1/users/me"),
        user.get("/api/v1/home"),
        user.patch("/api/v1/users/me", &change),
        user.delete("/api/v1/users/me"),
        user.put("/api/v1/users/ada", &change),
        user.patch("/api/v1/users/ada", &change),
        user.delete("/api/v1/users/ada"),
        user.get("/api/v1/auth/sessions"),
        user.delete("/api/v1/auth/sessions/00000000-0000-7000-8000-000000000000"),
        anonymous.post("/api/v1/auth/register", &json!({ "username": "eve", "password": PASSWORD })),
        anonymous.post("/api/v1/auth/login", &login),
        anonymous.call(Method::POST, "/api/v1/auth/token").form(&form),
        anonymous.post("/api/v1/auth/refresh", &refresh),
        user.put("/api/v1/auth/password", &json!({ "current_password": PASSWORD, "new_password": "another password" })),
        user.post("/api/v1/auth/logout", &refresh),
    ]
}

over_both! {
    async fn every_route_to_a_dead_service_is_503_and_the_rest_goes_on(system: &System) {
        let user = system.user("ada").await;
        system.sever(true);
        for call in every_route(system, &user) {
            let answer = call.await;
            // After some of them the breaker is open, and nobody tries any more.
            let is_open = answer.header("proxy-status") == "agora; error=destination_unavailable";
            let document = answer.problem(503, if is_open { "circuit_open" } else { "upstream_unavailable" });
            assert_eq!(document["retryable"], true);
            assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{}", answer.sentence());
            assert!(is_open || answer.header("proxy-status") == "agora; error=connection_refused", "{}", answer.sentence());
            assert!(answer.took < IN_TIME, "{:?}: {}", answer.took, answer.sentence());
        }
        let anonymous = system.anonymous();
        for path in ["/livez", "/readyz", "/version", "/docs", "/redoc", "/openapi.json", "/openapi.yaml", "/.well-known/jwks.json", "/api/v1", "/api/v1/meta", "/problems/upstream_unavailable", "/config.json"] {
            let _ = anonymous.get(path).await.expect(200);
        }
        // A token goes on being checked without asking anybody.
        anonymous.get("/api/v1/users/me").bearer("nonsense").await.problem(401, "token_invalid");
        let known = user.get("/api/v1/auth/introspect").await.expect(200).json();
        assert_eq!(known["active"], true);

        system.sever(false);
        let _ = user.get("/api/v1/users/me").await.expect(200);
        let _ = system.login("ada").await;
        let refreshed = anonymous.post("/api/v1/auth/refresh", &json!({ "refresh_token": user.refresh_token })).await;
        let _ = refreshed.expect(200);
    }
}
