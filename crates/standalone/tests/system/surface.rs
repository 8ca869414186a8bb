//! The pages beside the API: what a person or a program finds at each of them.

use http::Method;
use serde_json::json;

use crate::{System, over_both};

over_both! {
    async fn the_document_is_there_twice_and_says_the_same(system: &System) {
        let json = system.anonymous().get("/openapi.json").await.expect(200);
        let document = json.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        let yaml = system.anonymous().get("/openapi.yaml").await.expect(200);
        assert!(yaml.text().contains("openapi: 3.1") || yaml.text().contains("openapi: '3.1"), "{:.200}", yaml.text());
        assert!(yaml.text().contains("/api/v1/users/{username}"));
        assert_eq!(document, system.public_document(), "openapi/public.json is what is served");
    }

    async fn what_a_caller_has_already_is_not_sent_again(system: &System) {
        let _ = system.user("ada").await;
        let paths = ["/", "/docs", "/openapi.json", "/openapi.yaml", "/problems", "/problems/internal", "/api/v1", "/api/v1/meta", "/config.json", "/api/v1/users/ada"];
        for path in paths {
            let ask = || system.anonymous().get(path).header("accept", "text/html, */*");
            let first = ask().await.expect(200);
            let again = ask().header("if-none-match", first.header("etag")).await.expect(304);
            assert_eq!((again.body.len(), again.header("etag")), (0, first.header("etag")), "{path}");
        }
    }

    async fn every_problem_has_a_page(system: &System) {
        for code in problem::Code::ALL {
            let page = system.anonymous().get(&format!("/problems/{}", code.as_str())).await.expect(200);
            assert!(page.text().contains(code.title()), "{}", page.text());
        }
        let _ = system.anonymous().get("/problems/invented").await.expect(404);
    }

    async fn the_probes_answer(system: &System) {
        for path in ["/livez", "/readyz", "/healthz", "/version", "/config.json"] {
            let _ = system.anonymous().get(path).await.expect(200);
        }
        system.sever(true);
        let health = system.anonymous().get("/healthz").await;
        assert!(health.text().contains("users"), "{}", health.text());
        let _ = system.anonymous().get("/livez").await.expect(200);
        system.sever(false);
    }

    async fn the_index_and_the_meta_page_describe_the_api(system: &System) {
        let index = system.anonymous().get("/api/v1").await.expect(200).json();
        assert!(index.to_string().contains("/api/v1/users"), "{index}");
        let meta = system.anonymous().get("/api/v1/meta").await.expect(200).json();
        assert!(meta["version"].is_string(), "{meta}");
        let _ = system.anonymous().get("/").header("accept", "text/html").await.expect(200);
    }

    async fn what_is_not_there_is_a_problem_document_and_never_a_page(system: &System) {
        for path in ["/api/nothing", "/api/v1/nothing", "/api_v1/nothing", "/nothing"] {
            system.anonymous().get(path).await.problem(404, "route_not_found");
        }
        let answer = system.anonymous().get("/api/v1/nothing").header("accept", "text/html").await;
        answer.problem(404, "route_not_found");
        let answer = system.anonymous().call(Method::DELETE, "/api/v1/auth/login").json(&json!({})).await;
        answer.problem(405, "method_not_allowed");
        assert!(answer.header("allow").contains("POST"), "{:?}", answer.headers);
    }

    async fn every_documented_operation_refuses_a_target_without_measure(system: &System) {
        // One error of each operation, also of those that hardly fail otherwise: so that it is checked against the document.
        for (method, template) in system.operations() {
            let path = template.replace("{username}", "ada").replace("{id}", "1").replace("{code}", "internal");
            let path = format!("{path}?padding={}", "x".repeat(9000));
            let answer = system.anonymous().call(method.parse().unwrap(), &path).await.expect(414);
            assert_eq!(answer.json()["code"], "uri_too_long", "{}", answer.sentence());
        }
    }

    async fn the_list_of_problems_names_every_code(system: &System) {
        let page = system.anonymous().get("/problems").await.expect(200).text();
        for code in problem::Code::ALL {
            assert!(page.contains(code.as_str()), "{} is missing", code.as_str());
        }
    }
}
