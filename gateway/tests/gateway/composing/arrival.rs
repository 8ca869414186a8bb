//! When answers arrive makes no difference to what is answered, and nobody waits for what nobody wants.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use proptest::prelude::*;
use serde_json::json;
use testkit::{Fault, Faulty, Raw, Stub, until};
use tokio::sync::Semaphore;

use super::world::{Scripted, World};

const ROUTES: &str = r#"
[[route]]
match = "GET /home"
access = "anyone"
doc = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me = { to = "people.show_me", required = true }
parts.feed = { to = "texts.list_texts" }
parts.cart = { to = "shop.show_cart", otherwise = '{"items":[],"total":0}' }
parts.mine = { to = "texts.count_texts", bind.author_id = "part:me:.id" }
"#;

/// Answers each path only when it is told to.
#[derive(Clone, Default)]
struct Gates(Arc<std::sync::Mutex<std::collections::HashMap<&'static str, Arc<Semaphore>>>>);

impl Gates {
    fn of(&self, path: &'static str) -> Arc<Semaphore> {
        Arc::clone(self.0.lock().unwrap().entry(path).or_insert_with(|| Arc::new(Semaphore::new(0))))
    }

    /// A service that answers `answers` when their gates are opened.
    async fn service(&self, answers: Vec<(&'static str, Scripted)>) -> Stub {
        let gates = self.clone();
        let play = move |request: Request| {
            let found = answers.iter().find(|(path, _)| *path == request.uri().path()).cloned();
            let (path, scripted) = found.unwrap();
            let gate = gates.of(path);
            async move {
                gate.acquire().await.unwrap().forget();
                super::world::answer(scripted)
            }
        };
        Stub::start(Router::new().fallback(play)).await
    }
}

/// The answer when the gates are opened in this order, each once its service has been called.
async fn opened(order: &[&'static str], lost: bool) -> (String, String) {
    let gates = Gates::default();
    let cart =
        if lost { Scripted::problem(500, "internal") } else { Scripted::json(200, &json!({"items": [], "total": 5})) };
    let feed = if lost {
        Scripted::problem(503, "internal")
    } else {
        Scripted::json(200, &json!({"items": [], "next_cursor": null}))
    };
    let people =
        gates.service(vec![("/people/me", Scripted::json(200, &json!({"id": 7, "name": "A", "team_id": 1})))]).await;
    let texts = gates.service(vec![("/texts", feed), ("/counts/7", Scripted::json(200, &json!({"count": 3})))]).await;
    let shop = gates.service(vec![("/cart", cart)]).await;
    let urls = [("people", people.url()), ("texts", texts.url()), ("shop", shop.url())];
    let world = World::configured(ROUTES, "", &urls).await;
    let asked = tokio::spawn(world.caller().get("/home").try_send());
    for (index, path) in order.iter().enumerate() {
        let gate = gates.of(path);
        // A service that is away is asked once more.
        gate.add_permits(if lost && *path == "/texts" { 2 } else { 1 });
        // What waits for another part is not called before that has answered.
        if *path != "/counts/7" || order[..index].contains(&"/people/me") {
            until("the service answers", SOON, async || (gate.available_permits() == 0).then_some(())).await;
        }
    }
    let answer = asked.await.unwrap().unwrap();
    (answer.text(), answer.header("gateway-parts").to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_parts_in_any_order_of_arrival_give_the_same_bytes(
        order in Just(vec!["/people/me", "/texts", "/cart", "/counts/7"]).prop_shuffle(),
        lost in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (text, parts) = runtime.block_on(opened(&order, lost));
        let me = r#"{"id":7,"name":"A","team_id":1}"#;
        if lost {
            let list = r#"[{"name":"feed","state":"error","code":"upstream_unavailable"},{"name":"cart","state":"default","code":"part_failed"}]"#;
            prop_assert_eq!(text, format!(r#"{{"me":{me},"feed":null,"cart":{{"items":[],"total":0}},"mine":{{"count":3}},"_parts":{list}}}"#));
            prop_assert_eq!(parts, "feed;state=error;code=upstream_unavailable, cart;state=default;code=part_failed");
        } else {
            prop_assert_eq!(text, format!(r#"{{"me":{me},"feed":{{"items":[],"next_cursor":null}},"cart":{{"items":[],"total":5}},"mine":{{"count":3}}}}"#));
            prop_assert_eq!(parts, "");
        }
    }
}

#[tokio::test]
async fn a_part_that_is_refused_takes_no_room_from_those_after_it() {
    let gates = Gates::default();
    let large = json!({"items": [], "total": 0, "padding": "p".repeat(3000)});
    let me = json!({"id": 7, "name": "A", "team_id": 1});
    let shop = gates.service(vec![("/cart", Scripted::json(200, &large))]).await;
    let people = gates.service(vec![("/people/me", Scripted::json(200, &me))]).await;
    let urls = [("people", people.url()), ("shop", shop.url())];
    let world = World::configured(ROUTES, "limits.composed_bytes = \"1KiB\"", &urls).await;
    let asked = tokio::spawn(world.caller().get("/home").try_send());
    for path in ["/cart", "/people/me"] {
        let gate = gates.of(path);
        gate.add_permits(1);
        until("the service answers", SOON, async || (gate.available_permits() == 0).then_some(())).await;
    }
    let answer = asked.await.unwrap().unwrap().expect(200).json();
    assert_eq!(answer["me"], me, "{answer}");
    assert_eq!(answer["_parts"][0]["name"], "cart", "{answer}");
    assert_eq!(answer["mine"], json!({"count": 70}), "{answer}");
}

/// On a machine that may be busy.
const SOON: Duration = Duration::from_secs(5);

const PATIENT: &str = "[limits]\nbody_idle_timeout = \"60s\"\n";

fn patient_routes() -> String {
    ROUTES
        .replacen("access = \"anyone\"", "access = \"anyone\"\ntimeout = \"50s\"", 1)
        .replace(" to =", " timeout = \"50s\", to =")
}

#[tokio::test]
async fn a_client_that_leaves_cancels_every_call_that_is_under_way() {
    let (texts, shop) = (Faulty::start(Fault::Silent).await, Faulty::start(Fault::Stall).await);
    let urls = [("texts", texts.url()), ("shop", shop.url())];
    let world = World::configured(&patient_routes(), PATIENT, &urls).await;
    let mut raw = Raw::connect(world.gateway.address()).await;
    raw.send("GET /home HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // The page of texts and, after the person has come, their number.
    until("all are called", SOON, async || ((texts.calls(), shop.calls()) == (2, 1)).then_some(())).await;
    assert_eq!((texts.open(), shop.open()), (2, 1));
    drop(raw);
    until("all are cancelled", SOON, async || ((texts.open(), shop.open()) == (0, 0)).then_some(())).await;
}

#[tokio::test]
async fn a_required_part_that_fails_cancels_the_others_at_once() {
    let (texts, shop) = (Faulty::start(Fault::Silent).await, Faulty::start(Fault::Silent).await);
    let urls = [("texts", texts.url()), ("shop", shop.url())];
    let world = World::configured(&patient_routes(), PATIENT, &urls).await;
    world.script("people", "/people/me", Scripted::problem(500, "internal"));
    let answer = world.get("/home").await;
    answer.problem(502, "part_failed");
    assert!(answer.took < Duration::from_secs(10), "took {:?}", answer.took);
    until("the others are cancelled", SOON, async || ((texts.open(), shop.open()) == (0, 0)).then_some(())).await;
}

#[tokio::test]
async fn a_main_part_that_refuses_ends_the_wait_for_the_others() {
    let shop = Faulty::start(Fault::Silent).await;
    let routes = r#"
[[route]]
match = "GET /people/{id}"
to = "people.show_person"
access = "anyone"
timeout = "50s"
parts.cart = { to = "shop.show_cart", timeout = "50s" }
"#;
    let world = World::configured(routes, PATIENT, &[("shop", shop.url())]).await;
    world.script("people", "/people/4", Scripted::problem(404, "not_found"));
    let answer = world.get("/people/4").await.expect(404);
    assert!(answer.took < Duration::from_secs(10), "took {:?}", answer.took);
    until("the part is cancelled", SOON, async || (shop.open() == 0).then_some(())).await;
}

#[tokio::test]
async fn one_deadline_covers_parts_that_wait_for_each_other() {
    // Each takes less than its own time, together they take more than the request has.
    let slow = Faulty::start(Fault::Silent).await;
    let routes = r#"
[[route]]
match = "GET /home"
access = "anyone"
timeout = "300ms"
doc = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me = { to = "people.show_me", required = true }
parts.mine = { to = "texts.count_texts", bind.author_id = "part:me:.id", timeout = "50s" }
"#;
    let world = World::configured(routes, PATIENT, &[("texts", slow.url())]).await;
    let answer = world.get("/home").await.expect(200);
    assert_eq!(answer.json()["_parts"], json!([{"name": "mine", "state": "error", "code": "upstream_timeout"}]));
    assert!(answer.took < Duration::from_secs(5), "took {:?}", answer.took);
}
