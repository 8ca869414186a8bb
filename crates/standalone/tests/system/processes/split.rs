//! Gateway and users as processes of their own: one dies and comes back, and the other has never stopped.

use std::path::Path;
use std::time::Duration;

use migration::Schema;
use serde_json::json;
use testkit::process::Process;
use testkit::{Caller, until};

use super::{
    PATIENCE, binary,
    part::{KEY, Part},
};

/// Users, running.
async fn users(data: &Path) -> Part {
    let mut users = Part::service(Schema::Users, data).await;
    users.start().await;
    users
}

/// The gateway before users, running.
async fn gateway(data: &Path, users: &Part) -> Part {
    let mut gateway = Part::gateway(data, [users]);
    gateway.start().await;
    gateway
}

#[tokio::test]
async fn the_gateway_outlives_its_service_and_finds_it_again() {
    let data = tempfile::tempdir().unwrap();
    let mut users = users(data.path()).await;
    let mut gateway = gateway(data.path(), &users).await;
    let caller = Caller::recorded(gateway.address);
    let account = json!({ "username": "ada", "password": "password" });
    let tokens = caller.post("/api/v1/auth/register", &account).await.expect(201).json();
    let ada = caller.clone().with_token(tokens["access_token"].as_str().unwrap());
    // What posts would know of it is not asked for: there is no posts here, and what is incomplete is not kept.
    let own = "/api/v1/users/me?fields=username";
    let _ = ada.get(own).await.expect(200);

    users.kill();
    let answer = until("the service is missed", PATIENCE, async || {
        let answer = ada.get("/api/v1/auth/sessions").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    answer.problem(503, "upstream_unavailable");
    assert!(answer.took < Duration::from_millis(3500));
    let _ = caller.get("/livez").await.expect(200);
    let older = ada.get(own).await.expect(200);
    assert!(older.header("cache-status").starts_with("agora; hit"), "what is kept is given: {}", older.sentence());

    users.start().await;
    // The breaker may be open by now: it finds out with its next probe.
    let found = async || (ada.get("/api/v1/auth/sessions").await.status == 200).then_some(());
    until("the service is found again", PATIENCE, found).await;
    let (status, output) = gateway.stop();
    assert!(status.success(), "{output}");
}

#[tokio::test]
async fn a_gateway_that_restarts_while_the_service_is_down_still_knows_what_was_revoked() {
    let data = tempfile::tempdir().unwrap();
    let mut users = users(data.path()).await;
    let mut gateway = gateway(data.path(), &users).await;
    let caller = Caller::recorded(gateway.address);
    let account = json!({ "username": "ada", "password": "password" });
    let tokens = caller.post("/api/v1/auth/register", &account).await.expect(201).json();
    let access = tokens["access_token"].as_str().unwrap();
    let logout = caller.post("/api/v1/auth/logout", &json!({ "refresh_token": tokens["refresh_token"] }));
    let _ = logout.bearer(access).await.expect(204);
    users.kill();
    assert!(gateway.stop().0.success());

    gateway.start().await;
    let answer = caller.get("/api/v1/users/me").bearer(access).await;
    answer.problem(401, "session_revoked");
}

#[tokio::test]
async fn the_running_service_has_the_contract_that_the_gateway_is_built_with() {
    let data = tempfile::tempdir().unwrap();
    let mut services = Vec::new();
    for schema in [Schema::Users, Schema::Posts, Schema::Feed] {
        let mut service = Part::service(schema, data.path()).await;
        service.start().await;
        services.push(service);
    }
    let urls: Vec<_> =
        services.iter().map(|service| (format!("{}_URL", service.name.to_uppercase()), service.url())).collect();
    let mut variables: Vec<_> = urls.iter().map(|(name, url)| (&**name, &**url)).collect();
    variables.push(("AGORA_INTERNAL_KEY", KEY));
    let mut check = Process::start(binary("gateway"), &["check", "--live"], &variables);
    assert!(check.exit().success(), "{}", check.output());
    let told = check.output();
    for service in &services {
        let says = format!("`{}` at {}/ has the contract that is pinned.", service.name, service.url());
        assert!(told.contains(&says), "{told}");
    }
}
