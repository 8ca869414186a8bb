//! For n parts all 2ⁿ combinations of dead ones: the running gateway answers what is predicted, and what `explain` prints.

use http::Method;
use serde_json::Value;
use testkit::Answer;

use crate::composing::services::{Running, texts};
use crate::documented::fits;

/// No two parts of one route ask the same service, so that each can be down alone.
const ROUTES: &str = r#"
[[route]]
match      = "GET /home"
access     = "anyone"
doc        = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me   = { to = "people.show_me", required = true }
parts.feed = { to = "texts.list_texts", query.limit = "20" }
parts.cart = { to = "shop.show_cart", otherwise = '{"items":[]}' }

[[route]]
match      = "GET /bare"
access     = "anyone"
doc        = { id = "show_bare", summary = "Show what can be missing", tag = "Home" }
parts.me   = { to = "people.show_me" }
parts.feed = { to = "texts.list_texts" }
parts.cart = { to = "shop.show_cart" }

[[route]]
match        = "GET /offers/{id}"
to           = "texts.show_text"
access       = "anyone"
status       = 203
errors.upstream_unavailable = { status = 502 }
parts.reader = { to = "people.show_me" }
parts.price  = { to = "shop.show_price", required = true }

[[route]]
match        = "GET /chains/{id}"
to           = "texts.show_text"
access       = "anyone"
parts.reader = { to = "people.show_me" }
parts.price  = { to = "shop.show_price", bind.id = "part:reader:.team_id", required = true }

[[route]]
match        = "GET /own/{name}"
to           = "texts.show_text"
access       = "anyone"
bind.id      = "part:reader:.team_id"
parts.reader = { to = "people.show_me", aside = true, required = true }
parts.price  = { to = "shop.show_price", bind.id = "path:name" }

[[route]]
match       = "GET /found"
to          = "texts.list_texts"
access      = "anyone"
bind.limit  = "part:price:.cents"
parts.price = { to = "shop.show_price", bind.id = "query:price", aside = true }
parts.me    = { to = "people.show_me" }

[[route]]
match          = "GET /texts/{id}"
to             = "texts.show_text"
access         = "anyone"
fields         = true
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }
include."author.team" = { to = "teams.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }

[[route]]
match        = "GET /feed"
access       = "anyone"
doc          = { id = "show_feed", summary = "Show texts with their authors", tag = "Home" }
parts.feed   = { to = "texts.list_texts", otherwise = '{"items":[{"id":0,"title":"None","author_id":7}]}' }
parts.author = { to = "people.batch_people", join = { key = ".feed.items[].author_id", as = "ids", on = ".id" } }
parts.team   = { to = "teams.batch_teams", required = true, join = { key = ".feed.items[].author.team_id", as = "ids", on = ".id" } }

[[route]]
match        = "GET /empty"
access       = "anyone"
doc          = { id = "show_empty", summary = "Show texts, or none", tag = "Home" }
parts.feed   = { to = "texts.list_texts", otherwise = '{"items":[]}' }
parts.author = { to = "people.batch_people", join = { key = ".feed.items[].author_id", as = "ids", on = ".id" } }
parts.cart   = { to = "shop.show_cart" }

[[route]]
match        = "GET /shelf"
access       = "anyone"
doc          = { id = "show_shelf", summary = "Show texts with their authors", tag = "Home" }
parts.feed   = { to = "texts.list_texts" }
parts.author = { to = "people.batch_people", otherwise = '{"id":0,"name":"Nobody","team_id":0}', join = { key = ".feed.items[].author_id", as = "ids", on = ".id" } }
"#;

#[tokio::test]
async fn parts_that_are_required_optional_and_replaced_fail_as_predicted() {
    every_combination(&["/home"]).await;
}

#[tokio::test]
async fn a_route_without_a_main_part_fails_as_predicted_when_nothing_is_left() {
    every_combination(&["/bare"]).await;
}

#[tokio::test]
async fn a_main_part_with_others_fails_as_predicted_in_the_words_of_its_route() {
    every_combination(&["/offers/1", "/chains/1"]).await;
}

#[tokio::test]
async fn a_main_part_that_waits_fails_as_predicted_with_what_it_waits_for() {
    every_combination(&["/own/1", "/found", "/found?price=1"]).await;
}

#[tokio::test]
async fn what_a_client_chooses_fails_as_predicted() {
    let targets = [
        "/texts/1",
        "/texts/1?include=author",
        "/texts/1?include=author,author.team",
        "/texts/1?include=author&fields=id",
    ];
    every_combination(&targets).await;
}

#[tokio::test]
async fn joins_to_what_can_be_missing_fail_as_predicted() {
    every_combination(&["/shelf"]).await;
}

#[tokio::test]
async fn joins_to_a_fallback_fail_as_predicted() {
    every_combination(&["/feed", "/empty"]).await;
}

/// Asks each target once for every set of its services that can be down.
async fn every_combination(targets: &[&str]) {
    let running = texts(ROUTES).start().await;
    for target in targets {
        let explained = running.plan.explain(&Method::GET, target).unwrap();
        let table = table(&explained);
        assert_eq!(table.len(), 1 << asked(&running, target).len(), "{explained}");
        for row in &table {
            one_combination(&running, target, row).await;
        }
    }
}

async fn one_combination(running: &Running, target: &str, row: &[String; 3]) {
    let parts = &running.plan.routes[route(running, target)].composition.as_ref().unwrap().parts;
    let is_down = |name: &str| row[0].split(" + ").any(|one| one == name);
    let down: Vec<usize> = (0..parts.len()).filter(|index| is_down(&parts[*index].name)).collect();
    let service = |part: usize| running.plan.service(parts[part].service).name.as_str();
    for name in running.services() {
        running.gateway.upstream(name).sever(down.iter().any(|part| service(*part) == name));
    }
    let before: Vec<usize> = running.services().map(|name| running.stub(name).calls()).collect();
    let answer = running.gateway.caller().get(target).await;
    let context = format!("{target}, down: {}: {}", row[0], answer.sentence());
    fits(&gateway::documents::public_document(&running.plan).unwrap(), &answer);

    let predicted = predict(running, target, &down);
    assert_eq!(*row, [row[0].clone(), answer.status.as_str().to_owned(), seen(&answer)], "{context}");
    assert_eq!(answer.status, predicted.status, "{context}");
    let code = predicted.code.map(|code| Value::from(code.as_str()));
    assert_eq!(answer.json().get("code").cloned(), code, "{context}");
    let lost = |one: &gateway::plan::Lost| format!("{};state={};code={}", one.name, one.state, one.code);
    let lost: Vec<String> = predicted.lost.iter().map(lost).collect();
    assert_eq!(answer.header("gateway-parts"), lost.join(", "), "{context}");
    let whole = predicted.code.is_none() && lost.is_empty();
    assert_eq!(answer.header("cache-control"), if whole { "private, no-cache" } else { "no-store" }, "{context}");
    for (name, before) in running.services().zip(before) {
        let calls = running.stub(name).calls() - before;
        let most = predicted.asked.iter().filter(|part| service(**part) == name && !down.contains(part)).count();
        assert!(calls <= most, "{context}: {calls} calls of {name} instead of {most}");
        assert!(calls == most || predicted.code.is_some(), "{context}: {calls} calls of {name} instead of {most}");
    }
    let strict = running.gateway.caller().get(target).header("prefer", "handling=strict").await;
    if predicted.lost.is_empty() {
        assert_eq!(strict.status, predicted.status, "{context}");
    } else {
        strict.problem(503, "part_failed");
    }
}

/// What the client sees, in the words of the table.
fn seen(answer: &Answer) -> String {
    let document = answer.json();
    if let Some(code) = document["code"].as_str() {
        return code.to_owned();
    }
    let Some(parts) = document["_parts"].as_array() else { return "the whole answer".to_owned() };
    let words = |part: &Value| ["name", "state", "code"].map(|name| part[name].as_str().unwrap().to_owned()).join(" ");
    format!("_parts: {}", parts.iter().map(words).collect::<Vec<_>>().join(", "))
}

/// The rows of the table that `explain` prints.
fn table(explained: &str) -> Vec<[String; 3]> {
    let (_, table) = explained.split_once("\nif parts are down\n").unwrap();
    let cells = |line: &str| {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    table.lines().skip(1).filter_map(|line| cells(line).try_into().ok()).collect()
}

fn route(running: &Running, target: &str) -> usize {
    let path = target.split('?').next().unwrap();
    match running.plan.table.find(&Method::GET, path) {
        gateway::routes::Found::Route { id, .. } => usize::from(id.0),
        other => panic!("{target}: {other:?}"),
    }
}

fn predict(running: &Running, target: &str, down: &[usize]) -> gateway::plan::Prediction {
    let query = target.split_once('?').map(|(_, query)| query);
    running.plan.predict(&running.plan.routes[route(running, target)], query, down).unwrap()
}

fn asked(running: &Running, target: &str) -> Vec<usize> {
    predict(running, target, &[]).asked
}
