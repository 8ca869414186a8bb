//! A gateway that runs, as an operator works with it: by commands in a shell, and by signals.

use std::fs;
use std::time::Duration;

use axum::Router;
use testkit::{Caller, Stub, until};

use crate::caching::files::MORE;
use crate::configuration::commands;
use crate::process::Gateway;

const PATIENCE: Duration = Duration::from_secs(20);

/// A service whose answers may be kept.
async fn service() -> Stub {
    let answer = || async { ([("cache-control", "max-age=600"), ("cache-groups", "\"shelf\"")], "an answer") };
    Stub::start(Router::new().fallback(answer)).await
}

/// What the command comes to, and what it says.
fn tell(gateway: &Gateway, words: &[&str]) -> (Option<i32>, String) {
    let admin = gateway.admin.to_string();
    let (status, out, err) = commands::ends(commands::gateway(&[words, &["--admin", &admin]].concat()));
    (status, out + &err)
}

/// Changes the file of the routes.
fn edit(gateway: &Gateway, change: impl FnOnce(String) -> String) {
    let path = gateway.files().join("routes/things.toml");
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
}

#[tokio::test]
async fn a_command_has_the_files_read_again_and_says_what_came_of_it() {
    let service = service().await;
    let gateway = Gateway::start(&service.url(), "", "");
    let caller = Caller::new(gateway.address);
    caller.get("/api/v1/more/1").await.problem(404, "route_not_found");
    edit(&gateway, |text| text + MORE);
    let (status, told) = tell(&gateway, &["reload"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.starts_with("reloaded: ") && told.contains(" routes "), "{told}");
    caller.get("/api/v1/more/1").await.expect(200);
    edit(&gateway, |text| text.replace(MORE, "[[route]"));
    let (status, told) = tell(&gateway, &["reload"]);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("routes/things.toml:"), "{told}");
    caller.get("/api/v1/more/1").await.expect(200);
}

#[test]
fn an_address_that_is_none_reaches_no_other_gateway() {
    for words in [&["reload"][..], &["cache", "purge", "--all"], &["healthcheck"]] {
        let mut command = commands::gateway(words);
        command.env("GATEWAY_ADMIN_LISTEN", "localhost:29000");
        let (status, out, err) = commands::ends(command);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains("GATEWAY_ADMIN_LISTEN=\"localhost:29000\" cannot be used"), "{err}");
    }
}

#[tokio::test]
async fn a_hangup_has_the_files_read_again_and_a_broken_one_changes_nothing() {
    let service = service().await;
    let gateway = Gateway::start(&service.url(), "", "");
    let caller = Caller::new(gateway.address);
    caller.get("/api/v1/more/1").await.problem(404, "route_not_found");
    edit(&gateway, |text| text + MORE);
    gateway.process.signal("HUP");
    let answers = || async { (caller.get("/api/v1/more/1").await.status == 200).then_some(()) };
    until("the route is there", PATIENCE, answers).await;
    edit(&gateway, |text| text.replace(MORE, "[[route]"));
    gateway.process.signal("HUP");
    let line = gateway.process.line_with("read again and not taken");
    assert!(line.contains("routes/things.toml:"), "{line}");
    caller.get("/api/v1/more/1").await.expect(200);
}

#[tokio::test]
async fn commands_say_how_full_the_cache_is_and_have_it_forget() {
    let service = service().await;
    let gateway = Gateway::start(&service.url(), "", "");
    let caller = Caller::new(gateway.address);
    let kept = async || {
        let answer = caller.get("/api/v1/things/1").header("cache-control", "only-if-cached").await;
        answer.status == 200
    };
    for words in [["--tag", "shelf"].as_slice(), &["--path", "/api/v1/things/1"], &["--all"]] {
        caller.get("/api/v1/things/1").await.expect(200);
        assert!(kept().await);
        let (status, told) = tell(&gateway, &["cache", "stats"]);
        let keys = told.lines().find_map(|line| line.strip_prefix("keys ")).map(str::trim);
        assert_eq!((status, keys), (Some(0), Some("1")), "{told}");
        let (status, told) = tell(&gateway, &[&["cache", "purge"], words].concat());
        assert_eq!((status, told.as_str()), (Some(0), "forgotten\n"));
        assert!(!kept().await, "{words:?}");
    }
    let (status, told) = tell(&gateway, &["cache", "purge"]);
    assert_eq!(status, Some(2), "what is to be forgotten is said: {told}");
    for words in [
        ["--path", "/api/v1/things/1?a=1"],
        ["--path", "http://a/api/v1/things/1"],
        ["--path", "things/1"],
        ["--tag", ""],
    ] {
        let (status, told) = tell(&gateway, &[&["cache", "purge"][..], &words].concat());
        assert!(status == Some(1) && told.contains("without a query"), "{words:?}: {told}");
    }
}
