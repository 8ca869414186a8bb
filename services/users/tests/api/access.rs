//! Who may do what, over HTTP, and the assertion without which nobody may do anything.

use http::HeaderValue;
use principal::{ASSERTION, InternalKey, Principal, Signer};
use serde_json::{Value, json};
use testkit::alone::Call;
use tower::ServiceExt as _;

use crate::harness::{PASSWORD, Service, on_both_engines, token};

on_both_engines! {
    async fn every_operation_is_open_to_whom_the_table_says(service) {
        let owner = service.register("owner").await;
        let other = service.register("other").await;
        let boss = service.register_admin("boss").await;
        let operations = |service: &Service| -> Vec<(Call<'static>, [u16; 4])> {
            let service: &'static Service = Box::leak(Box::new(service.clone()));
            vec![
                // anonymous, the owner, another, an administrator
                (service.get("/users"), [200; 4]),
                (service.get("/users/owner"), [200; 4]),
                (service.patch("/users/owner", json!({"status": "x"})), [401, 200, 403, 200]),
                (service.put("/users/owner", json!({"display_name": "x"})), [401, 200, 403, 200]),
                (service.patch("/users/owner", json!({"roles": ["seller"]})), [401, 403, 403, 200]),
                (service.patch("/users/owner", json!({"is_active": true})), [401, 403, 403, 200]),
                (service.get("/users/me"), [401, 200, 200, 200]),
                (service.patch("/users/me", json!({})), [401, 200, 200, 200]),
                (service.put("/users/owner/follow", Value::Null), [401, 422, 200, 200]),
                (service.delete("/users/owner/follow"), [401, 422, 200, 200]),
                (service.put("/users/owner/block", Value::Null), [401, 422, 200, 200]),
                (service.delete("/users/owner/block"), [401, 422, 200, 200]),
                (service.get("/users/owner/relationship"), [401, 200, 200, 200]),
                (service.get("/users/owner/followers"), [200; 4]),
                (service.get("/users/owner/following"), [200; 4]),
                (service.get("/users/me/blocks"), [401, 200, 200, 200]),
                (service.get("/sessions"), [401, 200, 200, 200]),
                (service.delete("/sessions/x"), [401, 404, 404, 404]),
                (service.delete("/users/nobody"), [401, 404, 404, 404]),
                (service.patch("/users/nobody", json!({})), [401, 404, 404, 404]),
                (service.delete("/users/owner"), [401, 204, 403, 404]),
                (service.delete("/users/me"), [401, 404, 204, 409]),
            ]
        };
        for (call, [anonymous, by_owner, by_other, by_boss]) in operations(&service) {
            call.clone().send().await.expect(anonymous);
            call.clone().by(&other).send().await.expect(by_other);
            call.clone().by(&owner).send().await.expect(by_owner);
            call.by_admin(&boss).send().await.expect(by_boss);
        }
    }

    async fn nothing_is_answered_without_the_gateway_s_assertion(service) {
        service.register("ada").await;
        for call in [service.get("/users"), service.get("/users/ada"), service.get("/internal/users?ids=1"), service.get("/internal/users/by-name?username=ada"), service.get("/internal/revocations")] {
            call.unasserted().send().await.refused(401, "unauthenticated");
        }
        let body = json!({"username": "eve", "password": PASSWORD, "token_hash": token()});
        service.post("/internal/accounts", body).unasserted().send().await.refused(401, "unauthenticated");
        assert_eq!(service.count("users").await, 1);

        let deployment = InternalKey::random();
        let foreign = Signer::new("gateway", "users", deployment.derive("gateway", "users"));
        let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        let mut forged = service.get("/users").unasserted().request();
        forged.headers_mut().insert(ASSERTION, foreign.assert(&Principal::anonymous(), now));
        let mut twice = service.get("/users").request();
        twice.headers_mut().append(ASSERTION, service.signer.assert(&Principal::anonymous(), now));
        let mut late = service.get("/users").unasserted().request();
        late.headers_mut().insert(ASSERTION, service.signer.assert(&Principal::anonymous(), now - 120));
        let mut nonsense = service.get("/users").unasserted().request();
        nonsense.headers_mut().insert(ASSERTION, HeaderValue::from_static("v1.e30.AA"));
        for request in [forged, twice, late, nonsense] {
            assert_eq!(service.router.clone().oneshot(request).await.unwrap().status(), 401);
        }
    }

    async fn paths_and_methods_that_do_not_exist_are_problems_too(service) {
        service.get("/nothing").send().await.refused(404, "route_not_found");
        let answer = service.delete("/users").send().await.refused(405, "method_not_allowed");
        assert!(answer.header("allow").contains("GET"));
        assert_eq!(service.get("/users/ada/x").header("x-request-id", "r-1").send().await["request_id"], "r-1");
    }

    async fn bytes_that_no_database_takes_are_refused_before_it(service) {
        let ada = service.register("ada").await;
        service.get("/users?q=%00").send().await.refused(400, "invalid_parameter");
        service.get("/users/%00").send().await.refused(404, "not_found");
        let utf8 = service.get("/users/%FF").send().await.refused(400, "invalid_parameter");
        assert_eq!(utf8["errors"][0]["pointer"], "username");
        service.delete("/sessions/%00").by(&ada).send().await.refused(404, "not_found");
        service.delete(&format!("/sessions/{}", ada.sid.to_uppercase())).by(&ada).send().await.refused(404, "not_found");
        let closed = service.post("/internal/sessions/close", json!({"sid": "\u{0}"})).by(&ada).send().await.expect(200);
        assert_eq!(closed["revoked"], json!([]));
        service.login("\u{0}", "\u{0}").await.1.refused(401, "invalid_credentials");
        for name in ["display_name", "first_name", "last_name", "description", "status", "email"] {
            let (pointer, body) = (format!("/{name}"), json!({name: "a\u{0}@example.org"}));
            let code = if name == "email" { "invalid_email" } else { "invalid_characters" };
            service.patch("/users/me", body).by(&ada).send().await.refuses(&[(&pointer, code)]);
        }
        let body = json!({"login": "ada", "password": PASSWORD, "token_hash": token(), "client": "a\u{0}b"});
        service.post("/internal/sessions", body).send().await.expect(201);
    }

    async fn readiness_follows_the_database(service) {
        service.get("/readyz").unasserted().send().await.expect(200);
        let write = service.db.write().await.unwrap();
        sea_orm::ConnectionTrait::execute_unprepared(&write, "ALTER TABLE users RENAME TO lost").await.unwrap();
        write.commit().await.unwrap();
        let answer = service.get("/readyz").unasserted().send().await;
        assert_eq!(answer.status, 503);
        service.get("/livez").unasserted().send().await.expect(200);
        // The driver's words stay in the log.
        let broken = service.get("/users").send().await.refused(500, "internal");
        assert!(!broken.text.contains("lost") && !broken.text.contains("relation") && !broken.text.contains("table"));
    }

    async fn a_database_without_the_newest_tables_is_not_ready(service) {
        users::check(&service.db).await.unwrap();
        let write = service.db.write().await.unwrap();
        sea_orm::ConnectionTrait::execute_unprepared(&write, "ALTER TABLE outbox RENAME TO lost").await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(service.get("/readyz").unasserted().send().await.status, 503);
        assert!(users::check(&service.db).await.unwrap_err().contains("migration up"));
    }
}
