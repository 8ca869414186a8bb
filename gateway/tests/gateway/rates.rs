//! Rate limits: who is one caller, what a request costs, and what is told to whoever is over the quota.
//!
//! The rates of these tests are so low that nothing comes back while one runs.

use axum::Router;
use axum::response::IntoResponse as _;
use http::StatusCode;
use testkit::client::Call;
use testkit::faulty::Refusing;
use testkit::{Answer, Caller, Stub};

use crate::composing::world::World;
use crate::tokens::forge::Forger;
use crate::{Gateway, contract};

const LIMITS: &str = r#"
trusted_proxies = ["127.0.0.1"]
limits.few = { rate = "1/h", burst = 2 }
limits.few_here = { rate = "1/h", burst = 2, per = "address" }
"#;

const ROUTES: &str = r#"
[[route]]
match  = "GET /few/{id}"
to     = "stub.show_item"
access = "anyone"
limit  = "few"

[[route]]
match  = "GET /few_too/{id}"
to     = "stub.show_item"
access = "anyone"
limit  = "few"

[[route]]
match  = "GET /few_here/{id}"
to     = "stub.show_item"
access = "anyone"
limit  = "few_here"

[[route]]
match  = "GET /few_private"
to     = "stub.show_private"
access = "signed_in"
limit  = "few"

[[route]]
match  = "GET /in_own_words/{id}"
to     = "stub.show_item"
access = "anyone"
limit  = "few"
errors.rate_limited = { status = 503 }

[[route]]
match  = "GET /free/{id}"
to     = "stub.show_item"
access = "anyone"
limit  = "none"

[[proxy]]
prefix = "/few_legacy/"
url    = "http://127.0.0.1:9"
access = "anyone"
limit  = "few"
"#;

fn gateway(url: &str, settings: &str) -> Gateway {
    let directory = tempfile::tempdir().unwrap();
    contract::write(directory.path(), url, settings);
    std::fs::write(directory.path().join("routes/rates.toml"), ROUTES).unwrap();
    Gateway::of(directory)
}

async fn limited() -> (Stub, Gateway) {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = gateway(&stub.url(), LIMITS);
    (stub, gateway)
}

/// The statuses of three calls, of which a policy of these tests allows two.
async fn thrice(call: impl Fn() -> Call) -> [u16; 3] {
    [call().await.status.as_u16(), call().await.status.as_u16(), call().await.status.as_u16()]
}

const ALLOWED: [u16; 3] = [200, 200, 429];
const REFUSED: [u16; 3] = [429, 429, 429];

/// The number of a parameter of a structured field.
fn parameter(answer: &Answer, field: &str, name: &str) -> u64 {
    let value = answer.header(field);
    let found = value.split(';').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{field} has no {name}: {value:?}")).parse().unwrap()
}

#[tokio::test]
async fn a_burst_is_allowed_and_whoever_goes_on_is_told_when_to_come_back_before_any_call() {
    let (stub, gateway) = limited().await;
    let caller = gateway.caller();
    for left in [1, 0] {
        let answer = caller.get("/few/1").await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"few\";q=2;w=7200");
        assert!(answer.header("ratelimit").starts_with(&format!("\"few\";r={left};t=")), "{}", answer.sentence());
        assert_eq!(parameter(&answer, "ratelimit", "t"), 3600 * (2 - left));
        assert_eq!(answer.header("retry-after"), "");
    }
    let refused = caller.get("/few/1").await;
    refused.problem(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3500..=3600).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-policy"), "\"few\";q=2;w=7200");
    assert_eq!(refused.header("ratelimit"), format!("\"few\";r=0;t={wait}"));
    assert_eq!(refused.header("cache-control"), "no-store");
    assert_eq!(stub.calls(), 2);
}

#[tokio::test]
async fn routes_that_name_one_policy_share_it_and_others_go_on() {
    let (_stub, gateway) = limited().await;
    let caller = gateway.caller();
    assert_eq!(thrice(|| caller.get("/few/1")).await, ALLOWED);
    assert_eq!(thrice(|| caller.get("/few_too/1")).await, REFUSED);
    assert_eq!(thrice(|| caller.get("/few_legacy/x")).await, REFUSED);
    assert_eq!(thrice(|| caller.get("/few_here/1")).await, ALLOWED);
    let free = caller.get("/free/1").await.expect(200);
    assert_eq!((free.header("ratelimit"), free.header("ratelimit-policy")), ("", ""));
}

#[tokio::test]
async fn the_tokens_of_a_user_share_a_quota_and_those_of_two_users_do_not() {
    let (_stub, gateway) = limited().await;
    let (caller, forger) = (gateway.caller(), Forger::new(&gateway.signing_key()));
    let (phone, desk, other) =
        (forger.issued("7", "phone", &[]), forger.issued("7", "desk", &[]), forger.issued("8", "phone", &[]));
    let get = |token: &str| caller.get("/few/1").bearer(token);
    assert_eq!(get(&phone).await.status, 200);
    assert_eq!(get(&desk).await.status, 200);
    for token in [&phone, &desk] {
        get(token).await.problem(429, "rate_limited");
    }
    let elsewhere = get(&phone).header("x-forwarded-for", "203.0.113.9");
    elsewhere.await.problem(429, "rate_limited");
    assert_eq!(thrice(|| get(&other)).await, ALLOWED);
    assert_eq!(thrice(|| caller.get("/few/1")).await, ALLOWED, "who is not signed in counts by address");
}

#[tokio::test]
async fn a_policy_per_address_does_not_ask_who_it_is() {
    let (_stub, gateway) = limited().await;
    let (caller, forger) = (gateway.caller(), Forger::new(&gateway.signing_key()));
    let tokens = ["7", "8", "9"].map(|sub| forger.issued(sub, "s", &[]));
    let mut statuses = Vec::new();
    for token in &tokens {
        statuses.push(caller.get("/few_here/1").bearer(token).await.status.as_u16());
    }
    assert_eq!(statuses, ALLOWED);
    let elsewhere = caller.get("/few_here/1").bearer(&tokens[0]).header("x-forwarded-for", "203.0.113.9");
    let _ = elsewhere.await.expect(200);
}

#[tokio::test]
async fn an_address_is_one_caller_and_so_is_an_ipv6_network() {
    let (_stub, gateway) = limited().await;
    let from = |address: &str| gateway.caller().get("/few/1").header("x-forwarded-for", address);
    assert_eq!(thrice(|| from("203.0.113.1")).await, ALLOWED);
    assert_eq!(thrice(|| from("203.0.113.2")).await, ALLOWED);
    assert_eq!(thrice(|| from("2001:db8:1:2::1")).await, ALLOWED);
    assert_eq!(thrice(|| from("2001:db8:1:2:aaaa::2")).await, REFUSED);
    assert_eq!(thrice(|| from("2001:db8:1:3::1")).await, ALLOWED);
    // What stands left of the first hop that is not trusted is a claim of whoever sent it.
    assert_eq!(thrice(|| from("198.51.100.7, 203.0.113.1")).await, REFUSED);
}

#[tokio::test]
async fn whoever_is_not_trusted_cannot_be_another_caller_by_saying_so() {
    let stub = Stub::answering(200, "application/json", "{}").await;
    let gateway = gateway(&stub.url(), &LIMITS.replace("127.0.0.1", "127.0.0.2"));
    let from = |address: &str| gateway.caller().get("/few/1").header("x-forwarded-for", address);
    assert_eq!(thrice(|| from("203.0.113.1")).await, ALLOWED);
    assert_eq!(thrice(|| from("203.0.113.2")).await, REFUSED);
}

#[tokio::test]
async fn a_token_that_is_not_valid_is_401_and_costs_nothing() {
    let (stub, gateway) = limited().await;
    let caller = gateway.caller();
    for _ in 0..5 {
        let answer = caller.get("/few/1").bearer("x").await;
        answer.problem(401, "token_invalid");
        assert_eq!(answer.header("ratelimit"), "", "nobody knows yet whose quota it would be");
        caller.get("/few_private").await.problem(401, "unauthenticated");
    }
    assert_eq!(thrice(|| caller.get("/few/1")).await, ALLOWED);
    caller.get("/few/1").bearer("x").await.problem(401, "token_invalid");
    assert_eq!(stub.calls(), 2);
}

#[tokio::test]
async fn errors_of_a_limited_route_say_how_the_caller_stands_too() {
    let refusing = Refusing::start();
    let gateway = gateway(&refusing.url(), LIMITS);
    let down = gateway.caller().get("/few/1").await;
    down.problem(503, "upstream_unavailable");
    assert_eq!(parameter(&down, "ratelimit", "r"), 1);
    assert_eq!(down.header("retry-after"), "2", "when the service is worth another try");
}

#[tokio::test]
async fn what_a_service_says_of_its_own_limits_reaches_nobody_on_a_limited_route() {
    let theirs = || async { ([("ratelimit", "\"x\";r=9"), ("ratelimit-policy", "\"x\";q=9")], "{}").into_response() };
    let stub = Stub::start(Router::new().fallback(theirs)).await;
    let gateway = gateway(&stub.url(), LIMITS);
    let limited = gateway.caller().get("/few/1").await.expect(200);
    let values = |name: &str| limited.headers.get_all(name).iter().count();
    assert_eq!((values("ratelimit"), values("ratelimit-policy")), (1, 1));
    assert_eq!(parameter(&limited, "ratelimit", "r"), 1);
    assert_eq!(gateway.caller().get("/free/1").await.expect(200).header("ratelimit"), "\"x\";r=9");
}

#[tokio::test]
async fn a_route_may_answer_a_refusal_in_its_own_way() {
    let (_stub, gateway) = limited().await;
    let caller = gateway.caller();
    assert_eq!(thrice(|| caller.get("/in_own_words/1")).await, [200, 200, 503]);
    let refused = caller.get("/in_own_words/1").await;
    refused.problem(503, "rate_limited");
    assert_eq!(parameter(&refused, "ratelimit", "r"), 0);
}

#[tokio::test]
async fn the_default_is_the_limit_of_routes_that_name_none_and_of_nothing_beside_the_plan() {
    let (settings, stub) = (
        format!("{LIMITS}limits.default = {{ rate = \"1/h\", burst = 2 }}\n"),
        Stub::answering(200, "application/json", "{}").await,
    );
    let gateway = gateway(&stub.url(), &settings);
    let caller = gateway.caller();
    assert_eq!(thrice(|| caller.get("/api/v1/items/1")).await, ALLOWED);
    assert_eq!(thrice(|| caller.get("/legacy/x")).await, REFUSED);
    assert_eq!(thrice(|| caller.get("/free/1")).await, [200; 3]);
    assert_eq!(thrice(|| caller.get("/livez")).await, [200; 3]);
    assert_eq!(thrice(|| caller.get("/nothing")).await, [404; 3]);
}

const COMPOSED: &str = r#"
[[route]]
match = "GET /texts/{id}"
to = "texts.show_text"
access = "anyone"
limit = "ten"
fields = true
parts.count = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = ".count" }
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }
include."author.team" = { to = "people.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }

[[route]]
match = "GET /dear/{id}"
to = "texts.show_text"
access = "anyone"
limit = "one"
parts.count = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = ".count" }
"#;
const TEN: &str = "limits.ten = { rate = \"1/h\", burst = 10 }\nlimits.one = { rate = \"1/h\", burst = 1 }\n";

#[tokio::test]
async fn a_composed_route_costs_the_calls_that_it_makes() {
    let world = World::configured(COMPOSED, TEN, &[]).await;
    let mut left = 10;
    for (query, cost) in [("", 2), ("?fields=title", 1), ("?include=author.team", 4), ("?include=author", 3)] {
        let before: usize = world.calls().iter().sum();
        let path = format!("/texts/5{query}");
        let answer = world.get(&path).await.expect(200);
        left -= cost;
        assert_eq!(parameter(&answer, "ratelimit", "r"), left, "{path}");
        assert_eq!(world.calls().iter().sum::<usize>() - before, usize::try_from(cost).unwrap(), "{path}");
    }
    assert_eq!(left, 0);
    let refused = world.get("/texts/5").await;
    refused.problem(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((7100..=7200).contains(&wait), "two calls come back in two hours, not in {wait} s");
}

#[tokio::test]
async fn a_choice_that_is_not_offered_costs_one() {
    let world = World::configured(COMPOSED, TEN, &[]).await;
    let answer = world.get("/texts/5?include=autor").await;
    answer.problem(400, "invalid_include");
    assert_eq!(parameter(&answer, "ratelimit", "r"), 9);
}

#[tokio::test]
async fn what_costs_more_than_a_burst_is_possible_with_a_full_bucket() {
    let world = World::configured(COMPOSED, TEN, &[]).await;
    let _ = world.get("/dear/5").await.expect(200);
    world.get("/dear/5").await.problem(429, "rate_limited");
}

#[tokio::test]
async fn limited_routes_are_documented_as_such_and_no_others() {
    let (_stub, gateway) = limited().await;
    let document = gateway.caller().get("/openapi.json").await.expect(200).json();
    let responses = |path: &str| document["paths"][path]["get"]["responses"].clone();
    let limited = responses("/few/{id}");
    assert_eq!(limited["429"]["$ref"], "#/components/responses/TooManyRequests");
    let headers = &document["components"]["responses"]["TooManyRequests"]["headers"];
    for name in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
        let header = headers[name]["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
        assert!(document.pointer(header).is_some(), "{name}");
    }
    assert!(limited["200"]["headers"]["RateLimit"].is_object());
    let free = responses("/free/{id}");
    assert!(free.get("429").is_none() && free["200"].get("headers").is_none(), "{free}");
}

#[tokio::test]
async fn refusals_are_counted_by_policy() {
    let (_stub, gateway) = limited().await;
    let caller = gateway.caller();
    let _ = thrice(|| caller.get("/few/1")).await;
    let _ = thrice(|| caller.get("/few_too/1")).await;
    let metrics = Caller::new(gateway.admin).get("/metrics").await.expect(200).text();
    assert!(metrics.contains("agora_rate_limited_total{policy=\"few\"} 4\n"), "{metrics}");
    assert!(metrics.contains("agora_rate_limited_total{policy=\"few_here\"} 0\n"), "{metrics}");
    let status = StatusCode::TOO_MANY_REQUESTS.as_u16();
    assert!(metrics.contains(&format!("route=\"GET /few/{{id}}\",status=\"{status}\"}} 1\n")), "{metrics}");
}
