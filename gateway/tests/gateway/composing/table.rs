//! Every row of the table of statuses, for a required part, an optional one and one with a fallback: the status, the body, the
//! fields and the number of calls.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::faulty::{BlackHole, Refusing};
use testkit::{Answer, Fault, Faulty};

use super::world::{Scripted, World, person};

/// A route whose part `cart` is needed in one of three ways.
fn routes(need: &str) -> String {
    format!(
        r#"
[[route]]
match = "GET /home"
access = "anyone"
doc = {{ id = "show_home", summary = "Show the home page", tag = "Home" }}
parts.me = {{ to = "people.show_me", required = true }}
parts.cart = {{ to = "shop.show_cart"{need} }}
"#
    )
}

const REQUIRED: &str = ", required = true";
const OPTIONAL: &str = "";
const FALLBACK: &str = r#", otherwise = '{"items":[],"total":0}'"#;

/// The time that a service has in these tests, and what a busy machine may add.
const TIMEOUT: Duration = Duration::from_millis(400);
const SLACK: Duration = Duration::from_millis(900);

/// What one row says.
struct Row {
    /// The status and the code if the part is required.
    required: (u16, &'static str),
    /// The code in `_parts` otherwise; none where nothing has failed.
    lost: Option<&'static str>,
    /// The cause in `Proxy-Status`, where there is one.
    cause: Option<&'static str>,
    /// How often the service is called.
    calls: usize,
}

impl Row {
    /// The call is made once more, since that is safe for a read.
    const fn retried(mut self) -> Self {
        self.calls = 2;
        self
    }
}

const fn unanswered(cause: &'static str) -> Row {
    Row { required: (503, "upstream_unavailable"), lost: Some("upstream_unavailable"), cause: Some(cause), calls: 1 }
}

const fn late() -> Row {
    Row {
        required: (503, "upstream_timeout"),
        lost: Some("upstream_timeout"),
        cause: Some("http_response_timeout"),
        calls: 1,
    }
}

const fn unusable(code: &'static str, cause: Option<&'static str>) -> Row {
    Row { required: (502, code), lost: Some(code), cause, calls: 1 }
}

fn required(answer: &Answer, row: &Row) {
    let (status, code) = row.required;
    answer.problem(status, code);
    let cause = row.cause.map_or_else(String::new, |cause| format!("agora; error={cause}"));
    assert_eq!(answer.header("proxy-status"), cause, "{}", answer.sentence());
    assert_eq!(answer.header("retry-after").is_empty(), status != 503, "{}", answer.sentence());
    assert!(!answer.text().contains("127.0.0.1"), "{}", answer.sentence());
}

fn degraded(answer: &Answer, row: &Row, state: &str, stands_in: &Value) {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["me"]), (200, &person(7)), "{}", answer.sentence());
    let Some(code) = row.lost else {
        assert_eq!((&body["cart"], &body["_parts"]), (&Value::Null, &Value::Null), "{}", answer.sentence());
        assert_eq!((answer.header("gateway-parts"), answer.header("cache-control")), ("", "private, no-cache"));
        return;
    };
    assert_eq!(&body["cart"], stands_in, "{}", answer.sentence());
    assert_eq!(body["_parts"], json!([{"name": "cart", "state": state, "code": code}]), "{}", answer.sentence());
    assert_eq!(answer.header("gateway-parts"), format!("cart;state={state};code={code}"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// One answer of each kind, from `world`; `calls` says how often the service of the part has been called since it was asked last.
async fn each(row: Row, world: impl AsyncFn(&str) -> World, calls: impl Fn(&World) -> Option<usize>) {
    for need in [REQUIRED, OPTIONAL, FALLBACK] {
        let world = world(&routes(need)).await;
        let before = calls(&world);
        let answer = world.get("/home").await;
        match need {
            REQUIRED => required(&answer, &row),
            OPTIONAL => degraded(&answer, &row, "error", &Value::Null),
            _ => degraded(&answer, &row, "default", &json!({"items": [], "total": 0})),
        }
        assert!(answer.took < TIMEOUT + SLACK, "took {:?}: {}", answer.took, answer.sentence());
        if let (Some(before), Some(after)) = (before, calls(&world)) {
            assert_eq!(after - before, row.calls, "{}", answer.sentence());
        }
    }
}

async fn at(url: String, row: Row) {
    each(row, async |routes| World::configured(routes, "", &[("shop", url.clone())]).await, |_| None).await;
}

async fn faulty(fault: Fault, row: Row) {
    let faulty = Faulty::start(fault).await;
    let url = faulty.url();
    each(row, async |routes| World::configured(routes, "", &[("shop", url.clone())]).await, |_| Some(faulty.calls()))
        .await;
}

async fn scripted(scripted: Scripted, row: Row) {
    let world = async |routes: &str| {
        let world = World::with(routes).await;
        world.script("shop", "/cart", scripted.clone());
        world
    };
    each(row, world, |world| Some(world.stub("shop").calls())).await;
}

#[tokio::test]
async fn no_connection() {
    at(format!("http://{}.invalid:80", "a".repeat(64)), unanswered("dns_error")).await;
    let refusing = Refusing::start();
    at(refusing.url(), unanswered("connection_refused")).await;
    let hole = BlackHole::start();
    at(hole.url(), unanswered("connection_timeout")).await;
}

#[tokio::test]
async fn an_end_before_any_answer() {
    faulty(Fault::Reset, unanswered("connection_terminated").retried()).await;
    faulty(Fault::Close, unanswered("connection_terminated").retried()).await;
    faulty(Fault::HalfHead, unanswered("connection_terminated").retried()).await;
}

#[tokio::test]
async fn no_head_in_time() {
    faulty(Fault::Silent, late()).await;
    faulty(Fault::SlowHead(Duration::from_millis(50)), late()).await;
}

#[tokio::test]
async fn a_body_that_stalls_costs_no_more_than_the_deadline_and_one_that_is_cut_is_no_part() {
    faulty(Fault::Stall, unusable("upstream_incomplete", Some("http_response_incomplete"))).await;
    faulty(Fault::Cut, unusable("upstream_incomplete", Some("http_response_incomplete")).retried()).await;
    // Whose length nobody knows is not waited for before it is read.
    faulty(Fault::CutChunks, unusable("upstream_incomplete", Some("http_response_incomplete"))).await;
}

#[tokio::test]
async fn what_is_not_http() {
    faulty(Fault::Garbage, unusable("upstream_invalid", Some("http_protocol_error"))).await;
    faulty(Fault::OversizeHead, unusable("upstream_invalid", Some("http_protocol_error"))).await;
}

#[tokio::test]
async fn what_is_not_json() {
    scripted(Scripted::text("text/html", "<p>"), unusable("upstream_invalid", None)).await;
    scripted(Scripted::text("application/json", "{\"items\":["), unusable("upstream_invalid", None)).await;
    scripted(Scripted::text("application/json", ""), unusable("upstream_invalid", None)).await;
    let encoded = Scripted::text("application/json", "{}").with("content-encoding", "gzip");
    scripted(encoded, unusable("upstream_invalid", None)).await;
    let large = format!("{{\"items\":[],\"total\":0,\"padding\":\"{}\"}}", "p".repeat(1024 * 1024));
    scripted(Scripted::text("application/json", &large), unusable("upstream_invalid", None)).await;
}

#[tokio::test]
async fn statuses_of_the_service() {
    let failed = || unusable("part_failed", None);
    for status in [502, 504] {
        scripted(Scripted::problem(status, "internal"), failed().retried()).await;
    }
    for status in [500, 501, 400, 403, 409, 410, 422, 302] {
        scripted(Scripted::problem(status, "internal"), failed()).await;
    }
    let away =
        Row { required: (503, "upstream_unavailable"), lost: Some("upstream_unavailable"), cause: None, calls: 1 };
    scripted(Scripted::problem(503, "internal"), away.retried()).await;
    let busy = Row { required: (503, "upstream_unavailable"), lost: Some("overloaded"), cause: None, calls: 1 };
    scripted(Scripted::problem(429, "rate_limited"), busy).await;
    scripted(Scripted::problem(401, "unauthenticated"), unusable("identity_rejected", None)).await;
    scripted(
        Scripted::problem(404, "not_found"),
        Row { required: (404, "not_found"), lost: None, cause: None, calls: 1 },
    )
    .await;
}

#[tokio::test]
async fn when_to_come_back_is_what_the_service_says() {
    let world = World::with(&routes(REQUIRED)).await;
    for status in [503, 429] {
        world.script("shop", "/cart", Scripted::problem(status, "internal").with("retry-after", "17"));
        assert_eq!(world.get("/home").await.header("retry-after"), "17", "{status}");
    }
}

#[tokio::test]
async fn a_deadline_that_passes_is_504_where_the_operator_wants_that() {
    let faulty = Faulty::start(Fault::Silent).await;
    let elsewhere = [("shop", faulty.url())];
    let world = World::configured(&routes(REQUIRED), "timeout_status = 504", &elsewhere).await;
    world.get("/home").await.problem(504, "upstream_timeout");
}
