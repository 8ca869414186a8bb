//! What is asked of services, and which answer a request means.

use crate::caching::world::{Played, World, version, word};

const TENANTS: &str = r#"
[[route]]
match  = "GET /api/v1/tenants/{id}"
to     = "things.show_tenant"
access = "anyone"
cache  = { scope = "public", ttl = "60s" }
"#;

#[tokio::test]
async fn a_question_with_a_body_is_asked_with_it_and_its_answer_is_its_own() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60"));
    for number in 1..=3 {
        let body = format!("question {number}");
        let answer = world.caller().get("/api/v1/things/1").body("text/plain", body.clone()).await;
        assert_eq!((answer.status.as_u16(), version(&answer)), (200, number));
        assert_eq!(String::from_utf8(world.service.last().body).unwrap(), body);
    }
    // What follows on the same connection to the service is read as what it is.
    for path in ["/plain/1", "/things/2", "/things/1", "/plain/2"] {
        let answer = world.get(&format!("/api/v1{path}")).await.expect(200);
        assert_eq!(answer.json()["path"], path);
        assert_eq!(world.service.last().body, b"");
    }
    assert_eq!(world.calls(), 7, "nothing was kept of the first three");
}

#[tokio::test]
async fn fields_that_mean_another_method_or_another_target_stay_here() {
    const FIELDS: [&str; 5] =
        ["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];
    let world = World::new().await;
    for (path, seen_at) in [("/origin/1", "/origin/1"), ("/api/v1/things/1", "/things/1")] {
        world.script.plays(seen_at, Played::ok("max-age=60"));
        let caller = FIELDS.iter().fold(world.caller(), |caller, name| caller.with_header(name, "/admin"));
        assert_eq!(word(&caller.get(path).await), "fwd=uri-miss");
        let seen = world.service.last();
        assert_eq!(seen.uri.path(), seen_at);
        assert_eq!(FIELDS.map(|name| seen.header(name).to_owned()), [""; 5]);
    }
}

#[tokio::test]
async fn what_a_trusted_proxy_says_of_the_scheme_keeps_answers_apart() {
    let world = World::with("trusted_proxies = [\"127.0.0.1\"]", "").await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    for (scheme, expected) in [("http", "fwd=uri-miss"), ("https", "fwd=uri-miss"), ("http", "hit"), ("https", "hit")] {
        let answer = world.caller().with_header("x-forwarded-proto", scheme).get("/origin/1").await;
        assert_eq!(word(&answer), expected, "{scheme}");
        let told = world.service.last().header("x-forwarded-proto").to_owned();
        assert!(expected == "hit" || told == scheme, "the origin is told {told}");
    }
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn what_a_stranger_says_of_the_scheme_makes_no_difference() {
    let world = World::new().await;
    world.script.plays("/origin/1", Played::ok("max-age=60"));
    for (scheme, expected) in [("http", "fwd=uri-miss"), ("https", "hit")] {
        let answer = world.caller().with_header("x-forwarded-proto", scheme).get("/origin/1").await;
        assert_eq!(word(&answer), expected, "{scheme}");
    }
    assert_eq!(world.service.last().header("x-forwarded-proto"), "http");
}

#[tokio::test]
async fn a_field_that_an_operation_declares_selects_its_answer() {
    let world = World::with("", TENANTS).await;
    let asks = |tenant: &str| world.caller().with_header("x-tenant", tenant).get("/api/v1/tenants/1");
    assert_eq!(word(&asks("a").await), "fwd=uri-miss");
    assert_eq!(word(&asks("b").await), "fwd=vary-miss");
    assert_eq!(word(&world.get("/api/v1/tenants/1").await), "fwd=vary-miss");
    assert_eq!((version(&asks("a").await), version(&asks("b").await)), (1, 2));
    assert_eq!(world.calls(), 3);
}

#[tokio::test]
async fn a_client_with_a_preference_is_answered_by_the_service() {
    let world = World::new().await;
    world.get("/api/v1/timed/1").await;
    for (preference, expected) in [("handling=strict", 2), ("return=minimal", 3)] {
        let answer = world.caller().with_header("prefer", preference).get("/api/v1/timed/1").await;
        assert_eq!((word(&answer).as_str(), version(&answer)), ("fwd=bypass", expected), "{preference}");
    }
    let others = world.get("/api/v1/timed/1").await;
    assert_eq!((word(&others).as_str(), version(&others)), ("hit", 1));
}

#[tokio::test]
async fn a_field_that_connection_names_reaches_no_service_and_selects_nothing() {
    let world = World::new().await;
    world.script.plays("/things/1", Played::ok("max-age=60").with("vary", "accept-language"));
    let german = || world.caller().with_header("accept-language", "de");
    german().with_header("connection", "close, Accept-Language").get("/api/v1/things/1").await.expect(200);
    assert_eq!(world.service.last().header("accept-language"), "");
    german().get("/api/v1/things/1").await.expect(200);
    assert_eq!((world.calls(), world.service.last().header("accept-language")), (2, "de"));
    assert_eq!(word(&world.get("/api/v1/things/1").await), "hit", "the first one is that of those who say nothing");
}

#[tokio::test]
async fn whoever_wants_only_what_is_kept_has_no_service_asked() {
    let world = World::new().await;
    for (name, value) in [
        ("prefer", "return=minimal"),
        ("if-match", "\"1\""),
        ("cookie", "a=1"),
        ("cache-control", "only-if-cached, no-store"),
    ] {
        for path in ["/api/v1/things/1", "/origin/1"] {
            let caller = world.caller().with_header("cache-control", "only-if-cached").with_header(name, value);
            caller.get(path).await.problem(504, "upstream_unavailable");
        }
    }
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn what_is_not_there_is_never_stale() {
    let world = World::new().await;
    let absent = Played::ok("max-age=5").with("age", "6").with("etag", "\"1\"").status(404).body("{}");
    world.script.plays("/timed/1", absent);
    world.get("/api/v1/timed/1").await.expect(404);
    let stale = world.caller().with_header("cache-control", "max-stale=60").get("/api/v1/timed/1").await;
    assert!(word(&stale).starts_with("fwd="), "{}", stale.header("cache-status"));
}

#[tokio::test]
async fn of_a_head_there_are_no_pieces_also_where_problems_have_words_of_their_own() {
    let worded = r#"
[[route]]
match  = "GET /api/v1/worded/{id}"
to     = "things.show_timed"
access = "anyone"
cache  = { scope = "public", ttl = "60s" }
errors.not_found = { status = 410 }
"#;
    let world = World::with("", worded).await;
    for path in ["/api/v1/worded/1", "/api/v1/things/1"] {
        let whole = world.get(path).await.expect(200).text().len().to_string();
        for range in ["bytes=0-0", "bytes=9999-"] {
            let head = world.caller().call(http::Method::HEAD, path).header("range", range).await;
            assert_eq!((head.status.as_u16(), head.header("content-length")), (200, whole.as_str()), "{path} {range}");
        }
    }
}
