//! A service that fails takes nothing else with it, is left alone, and is found again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;
use testkit::{Answer, Caller, Fault, Faulty, Raw, Stub, until};

use crate::Gateway;
use crate::composing::world::{Scripted, World};

/// On a machine that may be busy.
const SOON: Duration = Duration::from_secs(10);

const ITEM: &str = "/api/v1/items/1";
const PATIENT: &str = "/api/v1/patient";

fn answer(text: &str) -> Fault {
    Fault::Answer(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()).into())
}

fn at(url: &str, more: &str) -> String {
    format!("url = \"{url}\"\n{more}")
}

async fn well() -> Stub {
    Stub::answering(200, "application/json", "{}").await
}

/// The sum of a metric over what the admin listener shows of the service `stub`.
async fn metric(gateway: &Gateway, name: &str) -> u64 {
    let text = Caller::new(gateway.admin).get("/metrics").await.expect(200).text();
    let lines = text.lines().filter(|line| line.starts_with(&format!("{name}{{service=\"stub\"")));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn is_shed(answer: &Answer, code: &str, cause: &str) {
    let document = answer.problem(503, code);
    assert_eq!(document["retryable"], true, "{}", answer.sentence());
    let cause = if cause.is_empty() { String::new() } else { format!("agora; error={cause}") };
    assert_eq!(answer.header("proxy-status"), cause, "{}", answer.sentence());
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=5).contains(&seconds), "{}", answer.sentence());
}

#[tokio::test]
async fn a_service_that_hangs_is_left_alone_while_others_answer_and_is_found_again_when_it_is_back() {
    let (hangs, other) = (Faulty::start(Fault::Silent).await, well().await);
    let gateway = Gateway::guarded(&other.url(), &at(&hangs.url(), "breaker_pause = \"600ms\""), "").await;
    let caller = gateway.caller();
    let waiting: Vec<_> = (0..5).map(|_| tokio::spawn(caller.get(ITEM).try_send())).collect();
    until("all of them hang", SOON, async || (hangs.calls() == 5).then_some(())).await;
    for path in [PATIENT, "/livez", "/docs", "/api/v1/meta", PATIENT] {
        let _ = caller.get(path).await.expect(200);
    }
    for waiting in waiting {
        waiting.await.unwrap().unwrap().problem(503, "upstream_timeout");
    }
    assert_eq!(metric(&gateway, "agora_upstream_ejections_total").await, 1);
    is_shed(&caller.get(ITEM).await, "circuit_open", "destination_unavailable");
    let seen = hangs.calls();
    assert!(seen <= 6, "an open breaker makes no call: {seen}");
    let _ = caller.get(PATIENT).await.expect(200);

    hangs.set(answer("{}"));
    let back = async || {
        let answer = caller.get(ITEM).await;
        if answer.status == 200 {
            return Some(());
        }
        answer.problem(503, if answer.text().contains("circuit_open") { "circuit_open" } else { "upstream_timeout" });
        None
    };
    until("the service is called again", SOON, back).await;
    let closed = async || {
        let _ = caller.get(ITEM).await.expect(200);
        (metric(&gateway, "agora_upstream_breaker").await == 0).then_some(())
    };
    until("the breaker is closed", SOON, closed).await;
}

#[tokio::test]
async fn an_upload_that_trickles_in_keeps_no_service_from_being_found_again() {
    let is_back = Arc::new(AtomicBool::new(false));
    let works = Arc::clone(&is_back);
    let takes_all = move |body: axum::body::Body| async move {
        if !works.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let length = body.collect().await.unwrap().to_bytes().len();
        ([("content-type", "application/json")], format!("{{\"length\":{length}}}"))
    };
    let (stub, other) = (Stub::start(axum::Router::new().fallback(takes_all)).await, well().await);
    let gateway = Gateway::guarded(&other.url(), &at(&stub.url(), "breaker_pause = \"200ms\""), "").await;
    let caller = gateway.caller();
    let hanging: Vec<_> = (0..5).map(|_| tokio::spawn(caller.get(ITEM).try_send())).collect();
    for hanging in hanging {
        hanging.await.unwrap().unwrap().problem(503, "upstream_timeout");
    }
    is_back.store(true, Ordering::SeqCst);
    let before = stub.calls();
    let mut upload = until("an upload is let through", SOON, async || {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send("POST /api/v1/uploads HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n").await;
        let refused = tokio::time::timeout(Duration::from_millis(100), raw.answer()).await;
        refused.map_or_else(|_| (stub.calls() > before).then_some(raw), |answer| {
            is_shed(&answer, "circuit_open", "destination_unavailable");
            None
        })
    })
    .await;
    for _ in 0..3 {
        let _ = caller.get(ITEM).await.expect(200);
    }
    assert_eq!(metric(&gateway, "agora_upstream_breaker").await, 0, "it is closed");
    upload.send("1\r\nb\r\n0\r\n\r\n").await;
    assert_eq!(upload.answer().await.json(), json!({"length": 2}));
}

#[tokio::test]
async fn a_service_that_hangs_holds_so_many_requests_and_no_more() {
    let (hangs, other) = (Faulty::start(Fault::Silent).await, well().await);
    let gateway = Gateway::guarded(&other.url(), &at(&hangs.url(), "max_in_flight = 2\nbreaker = false"), "").await;
    let caller = gateway.caller();
    // On a busy machine the two may have waited in vain before the third comes: then once more.
    let full = async || {
        let before = hangs.calls();
        let waiting = [tokio::spawn(caller.get(ITEM).try_send()), tokio::spawn(caller.get(ITEM).try_send())];
        until("two wait", SOON, async || (hangs.calls() == before + 2).then_some(())).await;
        let third = caller.get(ITEM).await;
        for waiting in waiting {
            waiting.await.unwrap().unwrap().problem(503, "upstream_timeout");
        }
        third.text().contains("bulkhead_full").then_some(third)
    };
    let third = until("the third is refused", SOON, full).await;
    is_shed(&third, "bulkhead_full", "connection_limit_reached");
    assert_eq!(third.header("retry-after"), "1");
    let _ = caller.get(PATIENT).await.expect(200);
    hangs.set(answer("{}"));
    let free = async || (caller.get(ITEM).await.status == 200).then_some(());
    until("there is room again", SOON, free).await;
}

#[tokio::test]
async fn above_so_many_requests_that_wait_the_next_is_refused_and_what_needs_no_service_goes_on() {
    let (hangs, other) = (Faulty::start(Fault::Silent).await, well().await);
    let settings = "[limits]\nrequests_in_flight = 3\n";
    let gateway = Gateway::guarded(&hangs.url(), &at(&other.url(), ""), settings).await;
    let caller = gateway.caller();
    let waiting: Vec<_> = (0..3).map(|_| tokio::spawn(caller.get(PATIENT).try_send())).collect();
    until("all of them hang", SOON, async || (hangs.calls() == 3).then_some(())).await;
    let refused = caller.get(ITEM).await;
    is_shed(&refused, "overloaded", "");
    assert_eq!((refused.header("retry-after"), other.calls()), ("1", 0));
    for path in ["/livez", "/docs", "/.well-known/jwks.json"] {
        let _ = caller.get(path).await.expect(200);
    }
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    let free = async || (caller.get(ITEM).await.status == 200).then_some(());
    until("the places are given back", SOON, free).await;
}

#[tokio::test]
async fn a_service_is_told_how_long_the_gateway_waits_and_an_origin_is_not() {
    assert_eq!(boot::TIMEOUT, upstream::TIMEOUT);
    let takes_all = |_: bytes::Bytes| async { ([("content-type", "application/json")], "{}") };
    let stub = Stub::start(axum::Router::new().fallback(takes_all)).await;
    let gateway = Gateway::over(&stub.url()).await;
    let caller = gateway.caller().with_header("x-internal-timeout-ms", "999999");
    let _ = caller.get(ITEM).await.expect(200);
    let told: u64 = stub.last().header("x-internal-timeout-ms").parse().unwrap();
    assert!((1..=300).contains(&told), "{told}");
    let _ = caller.post("/api/v1/items", &json!({"a": 1})).await.expect(200);
    assert_ne!(stub.last().header("x-internal-timeout-ms"), "");
    let _ = caller.get("/legacy/x").await.expect(200);
    assert_eq!(stub.last().header("x-internal-timeout-ms"), "");
    let upload =
        caller.call(Method::POST, "/api/v1/uploads").body("multipart/form-data; boundary=x", vec![b'x'; 200_000]);
    let _ = upload.await.expect(200);
    assert_eq!(stub.last().header("x-internal-timeout-ms"), "", "nobody knows how long an upload takes");
}

/// A gateway of whose two targets the first fails its checks, and has been found to; it answers everything else.
async fn one_of_two_is_sick() -> (Stub, Stub, Gateway) {
    let unwell = |request: axum::extract::Request| async move {
        let status = if request.uri().path() == "/readyz" { 503 } else { 200 };
        (http::StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], "{}")
    };
    let (sick, well) = (Stub::start(axum::Router::new().fallback(unwell)).await, well().await);
    let stub = format!("urls = [\"{}\", \"{}\"]\nhealth = \"/readyz\"", sick.url(), well.url());
    let gateway = Gateway::guarded(&well.url(), &stub, "").await;
    until("one target is out", SOON, async || (metric(&gateway, "agora_upstream_healthy").await == 1).then_some(()))
        .await;
    (sick, well, gateway)
}

/// The requests of clients that it got.
fn asked(target: &Stub) -> usize {
    target.requests().iter().filter(|request| request.uri != "/readyz").count()
}

#[tokio::test]
async fn one_of_two_targets_that_is_not_well_gets_no_requests_and_metrics_tell() {
    let (sick, _well, gateway) = one_of_two_is_sick().await;
    let before = asked(&sick);
    for _ in 0..20 {
        let _ = gateway.caller().get(ITEM).await.expect(200);
    }
    assert_eq!(asked(&sick), before);
}

#[tokio::test]
async fn a_target_that_failed_checks_gets_requests_again_when_nobody_checks_it_any_more() {
    let (sick, _well, gateway) = one_of_two_is_sick().await;
    let file = gateway.files().join("gateway.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("health = \"/readyz\"", "")).unwrap();
    gateway.operator().call(Method::POST, "/reload").await.expect(200);
    assert_eq!(metric(&gateway, "agora_upstream_healthy").await, 2);
    let before = asked(&sick);
    for _ in 0..20 {
        let _ = gateway.caller().get(ITEM).await.expect(200);
    }
    assert!(asked(&sick) > before);
}

#[tokio::test]
async fn one_of_two_targets_that_is_gone_costs_no_request_an_answer() {
    let (well, gone) = (well().await, testkit::faulty::Refusing::start());
    let stub = format!("urls = [\"{}\", \"{}\"]", gone.url(), well.url());
    let gateway = Gateway::guarded(&well.url(), &stub, "").await;
    for _ in 0..30 {
        let _ = gateway.caller().get(ITEM).await.expect(200);
        let _ = gateway.caller().post("/api/v1/items", &json!({"a": 1})).await.expect(200);
    }
    assert_eq!(well.calls(), 60);
    assert!(metric(&gateway, "agora_upstream_retries_total").await >= 5);
    assert_eq!(metric(&gateway, "agora_upstream_breaker").await, 1);
    assert_eq!(metric(&gateway, "agora_upstream_in_flight").await, 0);
}

#[tokio::test]
async fn a_client_that_is_slow_to_send_a_body_takes_nobodys_place() {
    let (stub, upload) = (well().await, Faulty::start(Fault::Silent).await);
    let settings = "[limits]\nrequests_in_flight = 1\n";
    let gateway = Gateway::guarded(&upload.url(), &at(&stub.url(), "max_in_flight = 1"), settings).await;
    let mut slow = Vec::new();
    for (path, length) in [("items", 10), ("items", 1000), ("uploads", 1_000_000), ("pictures", 20)] {
        let mut raw = Raw::connect(gateway.address()).await;
        let kind = if path == "uploads" { "multipart/form-data; boundary=x" } else { "application/json" };
        let head = format!("POST /api/v1/{path} HTTP/1.1\r\nhost: a\r\ncontent-type: {kind}\r\n");
        raw.send(&format!("{head}content-length: {length}\r\n\r\n{{")).await;
        slow.push(raw);
    }
    until("the upload has begun", SOON, async || (stub.calls() == 1).then_some(())).await;
    for _ in 0..3 {
        let _ = gateway.caller().get(ITEM).await.expect(200);
    }
    drop(slow);
}

#[tokio::test]
async fn bodies_that_stall_after_their_head_was_sent_count_against_the_service() {
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n{}", "x".repeat(1000));
    let (stalls, other) = (Faulty::start(Fault::Answer(large.into())).await, well().await);
    let settings = "[limits]\nbody_idle_timeout = \"200ms\"\n";
    let gateway = Gateway::guarded(&other.url(), &at(&stalls.url(), ""), settings).await;
    let calls: Vec<_> = (0..20).map(|_| tokio::spawn(gateway.caller().get(ITEM).try_send())).collect();
    for call in calls {
        assert!(call.await.unwrap().is_err(), "nothing that was cut looks complete");
    }
    let open = async || (metric(&gateway, "agora_upstream_breaker").await == 1).then_some(());
    until("the service is left alone", SOON, open).await;
}

const EXCUSED: &str = r#"
[[route]]
match = "GET /texts"
to = "texts.list_texts"
access = "anyone"

[[route]]
match = "GET /excused/{id}"
to = "texts.show_text"
access = "anyone"
breaker = false

[[route]]
match = "GET /texts/{id}"
to = "texts.show_text"
access = "anyone"
"#;

#[tokio::test]
async fn what_only_one_route_needs_may_be_away_without_taking_the_others_along() {
    let world = World::with(EXCUSED).await;
    world.script("texts", "/texts/7", Scripted::problem(503, "upstream_unavailable"));
    for _ in 0..25 {
        assert_eq!(world.get("/excused/7").await.json()["code"], "upstream_unavailable");
    }
    let _ = world.get("/texts").await.expect(200);
    // The same answers count where nobody has said that they do not.
    until("the service is left alone", SOON, async || {
        let _ = world.get("/texts/7").await;
        (world.get("/texts").await.status == 503).then_some(())
    })
    .await;
    world.get("/texts").await.problem(503, "circuit_open");
    world.get("/excused/7").await.problem(503, "circuit_open");
}

const HOME: &str = r#"
[[route]]
match = "GET /home"
access = "anyone"
doc = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me = { to = "people.show_me", required = true }
parts.cart = { to = "shop.show_cart" }
"#;

#[tokio::test]
async fn a_part_whose_service_is_left_alone_says_so() {
    let world = World::with(HOME).await;
    world.gateway.upstream("shop").sever(true);
    let lost = async || {
        let answer = world.get("/home").await.expect(200);
        (answer.header("gateway-parts") == "cart;state=error;code=circuit_open").then_some(())
    };
    until("the part is left alone", SOON, lost).await;
    world.gateway.upstream("people").sever(true);
    let required = async || {
        let answer = world.get("/home").await;
        answer.text().contains("circuit_open").then_some(answer)
    };
    is_shed(&until("nobody is called", SOON, required).await, "circuit_open", "destination_unavailable");
}
