//! Generated files are checked in and equal the code; every variable is named where people look for it.

use std::collections::BTreeSet;

use boot::Vars;
use serde_json::Value;
use testkit::seen::root;

fn checked_in(name: &str) -> Value {
    let path = root().join("openapi").join(name);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn same(name: &str, code: &Value) {
    assert!(
        checked_in(name) == *code,
        "openapi/{name} does not equal the code: run `make openapi` and look at the difference"
    );
}

#[test]
fn the_contract_of_the_gateway_equals_the_code() {
    same("gateway.json", &serde_json::to_value(gateway::auth::openapi()).unwrap());
}

#[test]
fn the_contract_of_users_equals_the_code() {
    same("users.json", &serde_json::to_value(users::openapi()).unwrap());
}

#[test]
fn the_public_document_equals_the_plan() {
    let plan =
        gateway::plan::Plan::load(&gateway::plan::Sources::embedded()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    same("public.json", &gateway::documents::public_document(&plan).unwrap());
}

#[test]
fn every_variable_is_in_the_example_and_the_example_has_no_other() {
    let mut vars = Vars::from_pairs([("AGORA_PROFILE", "demo")]);
    let _ = gateway::Config::from_vars(&mut vars);
    let _ = users::Config::from_vars(&mut vars);
    let asked: BTreeSet<_> = vars.asked().map(str::to_owned).collect();
    let example = std::fs::read_to_string(root().join(".env.example")).unwrap();
    let named: BTreeSet<_> = example
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .collect();
    let missing: Vec<_> = asked.iter().filter(|name| !named.contains(*name)).collect();
    assert!(missing.is_empty(), ".env.example does not name {missing:?}");
}
