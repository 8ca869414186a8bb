#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use http::{
    HeaderMap, Method, Request, StatusCode,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::documents::{Documents, bytes::Fixed, tests::bare_document};

/// Services of which each says what the test wants; `silent` never says anything.
struct Stub(Vec<(&'static str, Result<(), &'static str>)>);

impl Services for Stub {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn ask(&self, name: &str, _within: Duration) -> Asked {
        let answer = self.0.iter().find(|(known, _)| *known == name).unwrap().1;
        let silent = name == "silent";
        Box::pin(async move { if silent { std::future::pending().await } else { answer } })
    }
}

fn beside(services: Vec<(&'static str, Result<(), &'static str>)>) -> Beside {
    let site = Site {
        documents: Documents::new(&bare_document()).unwrap(),
        index: Fixed::new("application/json", "{}"),
        meta: Fixed::new("application/json", "{}"),
        config: Fixed::new("application/json", "{}"),
    };
    Beside {
        site: Arc::new(ArcSwap::from_pointee(site)),
        services: Arc::new(Stub(services)),
        round: Arc::default(),
        accepting: Arc::new(|| true),
        jwks: Arc::new(|| Bytes::from_static(br#"{"keys":[]}"#)),
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: to_bytes(body, usize::MAX).await.unwrap() }
}

async fn send(router: Router, method: Method, path: &str, headers: &[(http::HeaderName, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path).header("x-request-id", "request-1");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
    read(router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
}

async fn get_with(path: &str, headers: &[(http::HeaderName, &str)]) -> Answer {
    send(router(beside(vec![("users", Ok(()))])), Method::GET, path, headers).await
}

async fn fetch(path: &str) -> Answer {
    get_with(path, &[]).await
}

#[tokio::test]
async fn every_path_of_the_list_answers_and_only_those_are_served_here() {
    for template in PATHS {
        let path = match *template {
            "/docs/{asset}" => "/docs/docs.js",
            "/redoc/{asset}" => "/redoc/redoc.js",
            "/problems/{code}" => "/problems/not_found",
            path => path,
        };
        let answer = get_with(path, &[(ACCEPT, "text/html, */*")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(serves(path), "{path}");
        if path != "/" {
            let with_slash = format!("{path}/");
            assert!(serves(&with_slash), "{with_slash}");
            assert_eq!(
                get_with(&with_slash, &[(ACCEPT, "text/html, */*")]).await.status,
                StatusCode::OK,
                "{with_slash}"
            );
        }
    }
    for path in ["/api/v1/users", "/docs/a/b", "/problem", "/livezz", "/api", "/docsx", "//"] {
        assert!(!serves(path), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_complete_problem_document() {
    let answer = fetch("/nowhere").await;
    assert_eq!((answer.status, answer.header(CONTENT_TYPE)), (StatusCode::NOT_FOUND, "application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["code"], "route_not_found");
    assert_eq!((&problem["instance"], &problem["request_id"]), (&json!("/nowhere"), &json!("request-1")));
}

#[tokio::test]
async fn a_wrong_method_is_a_405_that_says_which_are_right() {
    for path in ["/livez", "/docs", "/problems/not_found", "/", "/api/v1"] {
        let answer = send(router(beside(vec![])), Method::POST, path, &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.header(ALLOW), "GET,HEAD", "{path}");
        assert_eq!(answer.json()["code"], "method_not_allowed", "{path}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    for path in ["/livez", "/docs", "/openapi.json", "/problems", "/nowhere"] {
        let get = fetch(path).await;
        let head = send(router(beside(vec![("users", Ok(()))])), Method::HEAD, path, &[]).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header(CONTENT_TYPE), get.header(CONTENT_TYPE), "{path}");
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn documents_have_strong_validators_and_a_second_request_is_a_304() {
    for (path, kind) in [("/openapi.json", "application/json"), ("/openapi.yaml", "application/yaml")] {
        let first = fetch(path).await;
        assert_eq!((first.status, first.header(CONTENT_TYPE)), (StatusCode::OK, kind));
        let etag = first.header(ETAG).to_owned();
        assert!(etag.starts_with('"'), "{etag}");
        let second = get_with(path, &[(IF_NONE_MATCH, &etag)]).await;
        assert_eq!((second.status, second.header(ETAG)), (StatusCode::NOT_MODIFIED, etag.as_str()));
        assert!(second.body.is_empty());
    }
}

#[tokio::test]
async fn pages_name_only_this_origin_and_their_assets_may_be_kept_for_ever() {
    for page in ["/docs", "/redoc"] {
        let answer = fetch(page).await;
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(answer.header(CONTENT_TYPE).starts_with("text/html"), "{page}");
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("\"//"), "{html}");
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");

        let quoted = html.split('"').filter(|text| text.starts_with(&format!("{page}/")));
        let assets: Vec<String> = quoted.map(str::to_owned).collect();
        assert!(assets.len() >= 3, "{assets:?}");
        for asset in assets {
            let answer = fetch(&asset).await;
            assert_eq!(answer.status, StatusCode::OK, "{asset}");
            assert!(answer.body.len() > 50, "{asset} is empty");
            assert!(answer.header(CACHE_CONTROL).contains("immutable"), "{asset}");
            let again = get_with(&asset, &[(IF_NONE_MATCH, answer.header(ETAG))]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{asset}");
            let stale = format!("{}?v=old", asset.split('?').next().unwrap());
            assert_eq!(fetch(&stale).await.header(CACHE_CONTROL), "no-cache", "{stale}");
        }
        assert_eq!(fetch(&format!("{page}/nothing.js")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn redoc_gets_a_new_nonce_each_time_and_nobody_keeps_the_page() {
    let (first, second) = (fetch("/redoc").await, fetch("/redoc").await);
    assert_ne!(first.header(CONTENT_SECURITY_POLICY), second.header(CONTENT_SECURITY_POLICY));
    assert_eq!(first.header(CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn swagger_ui_is_told_our_document_and_no_validator() {
    let html = String::from_utf8(fetch("/docs").await.body.to_vec()).unwrap();
    let config = html.split("data-config=\"").nth(1).unwrap().split('"').next().unwrap().replace("&quot;", "\"");
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["url"], "/openapi.json");
    assert_eq!(config["validatorUrl"], "none");
    assert_eq!(config["persistAuthorization"], true);
}

#[tokio::test]
async fn a_problem_code_has_a_page_for_people_and_data_for_programs() {
    for code in problem::Code::ALL {
        let data = fetch(code.page()).await;
        assert_eq!((data.status, data.header(CONTENT_TYPE)), (StatusCode::OK, "application/json"), "{code}");
        assert_eq!((&data.json()["code"], &data.json()["type"]), (&json!(code.as_str()), &json!(code.page())));
        let page = get_with(code.page(), &[(ACCEPT, "text/html")]).await;
        assert!(page.header(CONTENT_TYPE).starts_with("text/html"), "{code}");
        assert!(String::from_utf8(page.body.to_vec()).unwrap().contains(code.as_str()), "{code}");
        assert!(page.header(CONTENT_SECURITY_POLICY).contains("style-src 'sha256-"), "{code}");
        assert_eq!((data.header("vary"), page.header("vary")), ("accept", "accept"));
    }
    let unknown = get_with("/problems/nonsense", &[(ACCEPT, "text/html")]).await;
    assert_eq!((unknown.status, &unknown.json()["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[tokio::test]
async fn the_list_of_problem_codes_is_whole() {
    let items = fetch("/problems").await.json()["items"].as_array().unwrap().len();
    assert_eq!(items, problem::Code::ALL.len());
}

#[tokio::test]
async fn the_front_page_is_for_people_only() {
    let page = get_with("/", &[(ACCEPT, "text/html")]).await;
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(html.contains("href=\"/docs\"") && html.contains("href=\"/redoc\""), "{html}");
    let data = fetch("/").await;
    assert_eq!((data.status, &data.json()["code"]), (StatusCode::NOT_FOUND, &json!("route_not_found")));
}

#[tokio::test]
async fn healthz_names_the_service_that_is_down_and_the_one_that_says_nothing() {
    let well = fetch("/healthz").await;
    assert_eq!(well.status, StatusCode::OK);
    assert_eq!(well.json(), json!({"status": "ok", "services": [{"name": "users", "state": "up"}]}));

    let services = vec![("users", Ok(())), ("shop", Err("connection_refused")), ("silent", Ok(()))];
    let ill = send(router(beside(services)), Method::GET, "/healthz", &[]).await;
    assert_eq!((ill.status, ill.header(RETRY_AFTER)), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    let problem = ill.json();
    assert_eq!(
        (&problem["code"], &problem["detail"]),
        (&json!("upstream_unavailable"), &json!("shop, silent do not respond."))
    );
    assert_eq!(
        problem["services"],
        json!([
            {"name": "users", "state": "up"},
            {"name": "shop", "state": "down", "cause": "connection_refused"},
            {"name": "silent", "state": "down", "cause": "http_response_timeout"},
        ])
    );
}

/// A service that says nothing, and counts how often it was asked.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Services for Counting {
    fn names(&self) -> Vec<String> {
        vec!["users".to_owned()]
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn ask(&self, _name: &str, _within: Duration) -> Asked {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn however_many_ask_how_the_services_are_each_is_asked_once_at_a_time() {
    let counting = Arc::new(Counting::default());
    let mut beside = beside(Vec::new());
    beside.services = Arc::clone(&counting) as Arc<dyn Services>;
    for round in 1..=2 {
        let asked = (0..50).map(|_| send(router(beside.clone()), Method::GET, "/healthz", &[]));
        let answers = futures_util::future::join_all(asked).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(counting.0.load(Ordering::Relaxed), round, "who comes later is told how it is then");
    }
}

#[tokio::test]
async fn a_dead_service_does_not_make_the_gateway_unready_but_draining_does() {
    let accepting = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&accepting);
    let mut beside = beside(vec![("users", Err("connection_refused"))]);
    beside.accepting = Arc::new(move || seen.load(Ordering::Relaxed));
    let ask = |path: &'static str| send(router(beside.clone()), Method::GET, path, &[]);
    assert_eq!(ask("/readyz").await.status, StatusCode::OK);
    accepting.store(false, Ordering::Relaxed);
    let draining = ask("/readyz").await;
    assert_eq!((draining.status, &draining.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("overloaded")));
    assert_eq!(ask("/livez").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_admin_listener_has_metrics_and_probes_and_nothing_else() {
    let router = || admin_router(beside(vec![]), Arc::new(|| "agora_up 1\n".to_owned()), Router::new());
    let metrics = send(router(), Method::GET, "/metrics", &[]).await;
    assert_eq!(metrics.body, "agora_up 1\n");
    assert!(metrics.header(CONTENT_TYPE).starts_with("text/plain; version=0.0.4"));
    for path in ["/livez", "/readyz", "/healthz"] {
        assert_eq!(send(router(), Method::GET, path, &[]).await.status, StatusCode::OK, "{path}");
    }
    let other = send(router(), Method::GET, "/openapi.json", &[]).await;
    assert_eq!((other.status, &other.json()["code"]), (StatusCode::NOT_FOUND, &json!("route_not_found")));
    assert!(!serves("/metrics"));
}
