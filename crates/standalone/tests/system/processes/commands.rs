//! The commands of `agora` beside `run`: what they change, what they say, and their exit status.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::json;
use testkit::client::Answer;

use super::Agora;

/// Runs `agora COMMAND… --data DIR` with this on its standard input.
fn command(data: &Path, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agora"))
        .args(words)
        .arg("--data")
        .arg(data)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that asks for nothing may have ended already.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn done(data: &Path, words: &[&str], input: &str) -> String {
    let output = command(data, words, input);
    assert!(output.status.success(), "{words:?}: {}", text(&output));
    text(&output)
}

fn refused(data: &Path, words: &[&str], input: &str) -> String {
    let output = command(data, words, input);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output));
    text(&output)
}

async fn login(agora: &Agora, password: &str) -> Answer {
    let login = json!({ "login": "by_hand", "password": password });
    agora.caller().post("/api/v1/auth/login", &login).await
}

#[tokio::test]
async fn accounts_are_worked_on_beside_a_running_system() {
    let data = tempfile::tempdir().unwrap();
    let agora = Agora::start(data.path()).await;
    let create = ["user", "create", "by_hand", "--email", "by.hand@example.test"];
    done(data.path(), &create, "the first password\n");
    let tokens = login(&agora, "the first password").await.expect(200).json();
    assert_eq!(tokens["user"]["roles"], json!([]));

    let told = refused(data.path(), &create, "the first password\n");
    assert!(told.contains("username") || told.contains("taken"), "{told}");

    done(data.path(), &["user", "promote", "by_hand"], "");
    let tokens = login(&agora, "the first password").await.expect(200).json();
    assert_eq!(tokens["user"]["roles"], json!(["admin"]));

    done(data.path(), &["user", "password", "by_hand"], "the second password\n");
    login(&agora, "the first password").await.problem(401, "invalid_credentials");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    agora.caller().post("/api/v1/auth/refresh", &refresh).await.problem(400, "invalid_grant");
    let _ = login(&agora, "the second password").await.expect(200);
}

#[tokio::test]
async fn a_password_that_is_too_short_or_missing_makes_no_account() {
    let data = tempfile::tempdir().unwrap();
    let agora = Agora::start(data.path()).await;
    for (password, part) in [("short\n", "characters"), ("\n", "no password"), ("", "no password")] {
        let told = refused(data.path(), &["user", "create", "by_hand"], password);
        assert!(told.contains(part), "{password:?}: {told}");
    }
    login(&agora, "short").await.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn a_mistyped_directory_does_not_become_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("dta");
    let told = refused(&missing, &["user", "create", "by_hand"], "a good password\n");
    assert!(told.contains("--data") && !missing.exists(), "{told}");
}

#[tokio::test]
async fn status_and_healthcheck_know_whether_the_system_runs() {
    let data = tempfile::tempdir().unwrap();
    for words in [["status"], ["healthcheck"]] {
        let told = refused(data.path(), &words, "");
        assert!(told.contains("nothing runs"), "{told}");
    }
    let agora = Agora::start(data.path()).await;
    let told = done(data.path(), &["status"], "");
    for part in [agora.process.id().to_string(), agora.address.to_string(), "users     up".to_owned()] {
        assert!(told.contains(&part), "{part}: {told}");
    }
    done(data.path(), &["healthcheck"], "");
    assert!(agora.stop().0.success());
    refused(data.path(), &["healthcheck"], "");
}
