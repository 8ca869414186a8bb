//! The commands of `agora` beside `run`: what they change, what they say, and their exit status.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::json;
use testkit::client::{Answer, Caller};

use super::{Agora, agora};

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

pub(super) fn done(data: &Path, words: &[&str], input: &str) -> String {
    let output = command(data, words, input);
    assert!(output.status.success(), "{words:?}: {}", text(&output));
    text(&output)
}

pub(super) fn refused(data: &Path, words: &[&str], input: &str) -> String {
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

/// A copy of the gateway's own files and of the contracts beside them, to be changed. Returns where its routes are.
fn files(directory: &Path) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for folder in ["gateway/routes", "openapi"] {
        std::fs::create_dir_all(directory.join(folder)).unwrap();
        for file in std::fs::read_dir(own.join(folder)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), directory.join(folder).join(file.file_name())).unwrap();
        }
    }
    std::fs::copy(own.join("gateway/gateway.toml"), directory.join("gateway/gateway.toml")).unwrap();
    directory.join("gateway/routes")
}

#[tokio::test]
async fn another_configuration_is_taken_by_command_and_by_hangup() {
    let (data, config) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let routes = files(config.path());
    let directory = routes.parent().unwrap().to_str().unwrap();
    let agora = Agora::start_with(data.path(), &["--config", directory]).await;
    let home = routes.join("home.toml");
    let text = std::fs::read_to_string(&home).unwrap();
    let renamed = text.replace("/api/v1/home", "/api/v1/start");
    // Not recorded: the other path is not the public document's.
    let caller = Caller::new(agora.address);
    let found = async |path: &str| caller.get(path).await.status != 404;
    assert!(renamed != text && found("/api/v1/home").await);

    std::fs::write(&home, &renamed).unwrap();
    let told = done(data.path(), &["reload"], "");
    assert!(told.starts_with("reloaded: "), "{told}");
    assert!(found("/api/v1/start").await && !found("/api/v1/home").await);

    std::fs::write(&home, "[[route]").unwrap();
    let told = refused(data.path(), &["reload"], "");
    assert!(told.contains("routes/home.toml:"), "{told}");
    assert!(found("/api/v1/start").await);

    std::fs::write(&home, &text).unwrap();
    agora.process.signal("HUP");
    testkit::until("the first route is back", super::PATIENCE, async || found("/api/v1/home").await.then_some(()))
        .await;
    assert!(agora.stop().0.success());
}

#[tokio::test]
async fn a_hangup_while_everything_starts_ends_nothing_and_is_not_forgotten() {
    let (data, config) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let routes = files(config.path());
    let directory = routes.parent().unwrap().to_str().unwrap();
    let process =
        agora(data.path(), &["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--config", directory], &[]);
    // The files have been read when the first database is made.
    let begun = async || data.path().join("users.db").exists().then_some(());
    testkit::until("there is a database", super::PATIENCE, begun).await;
    let home = routes.join("home.toml");
    let text = std::fs::read_to_string(&home).unwrap();
    std::fs::write(&home, text.replace("/api/v1/home", "/api/v1/start")).unwrap();
    process.signal("HUP");
    let address = super::address_of(&process, "http://");
    super::ready(address).await;
    let caller = Caller::new(address);
    let found = async || (caller.get("/api/v1/start").await.status != 404).then_some(());
    testkit::until("the files were read again", super::PATIENCE, found).await;
}

#[tokio::test]
async fn what_is_compiled_in_is_not_read_again_and_the_cache_is_looked_at_and_emptied() {
    let data = tempfile::tempdir().unwrap();
    let told = refused(data.path(), &["cache", "stats"], "");
    assert!(told.contains("nothing runs"), "{told}");
    let agora = Agora::start(data.path()).await;
    let told = refused(data.path(), &["reload"], "");
    assert!(told.contains("compiled"), "{told}");
    let _ = agora.caller().get("/api/v1/users").await.expect(200);
    let keys =
        |told: String| told.lines().find_map(|line| line.strip_prefix("keys ").map(|text| text.trim().to_owned()));
    assert_eq!(keys(done(data.path(), &["cache", "stats"], "")).as_deref(), Some("1"));
    assert_eq!(done(data.path(), &["cache", "purge", "--path", "/api/v1/users"], ""), "forgotten\n");
    let again = agora.caller().get("/api/v1/users").await.expect(200);
    assert!(!again.header("cache-status").contains("hit"), "{}", again.sentence());
}

#[tokio::test]
async fn what_could_not_be_handled_is_shown_and_handled_once_more_by_command() {
    let data = tempfile::tempdir().unwrap();
    let agora = Agora::start(data.path()).await;
    assert!(agora.stop().0.success());
    // Nobody can write a letter where a file is in the way of their directory.
    let mail = data.path().join("mail");
    std::fs::write(&mail, "in the way").unwrap();
    done(data.path(), &["user", "create", "by_hand", "--email", "by.hand@example.test"], "a good password\n");
    assert_eq!(
        done(data.path(), &["events", "status"], ""),
        "users  1 to publish, 0 to handle, 0 parked\nposts  0 to publish, 0 to handle, 0 parked\nfeed   0 to publish, 0 to handle, 0 parked\n"
    );

    let agora = Agora::start(data.path()).await;
    // While it is being parked it may be counted as both.
    let parked = async || {
        Some(done(data.path(), &["events", "status"], "")).filter(|told| told.contains("0 to handle, 1 parked"))
    };
    let told = testkit::until("it is parked", super::PATIENCE * 4, parked).await;
    assert!(told.starts_with("users  0 to publish, 0 to handle, 1 parked\n  users.welcome  "), "{told}");
    // Why it failed again is in the log.
    let again = command(data.path(), &["events", "replay"], "");
    assert_eq!(
        String::from_utf8_lossy(&again.stdout),
        "users  0 handled, 1 still parked\nposts  0 handled, 0 still parked\nfeed   0 handled, 0 still parked\n"
    );
    std::fs::remove_file(&mail).unwrap();
    assert_eq!(
        done(data.path(), &["events", "replay"], ""),
        "users  1 handled, 0 still parked\nposts  0 handled, 0 still parked\nfeed   0 handled, 0 still parked\n"
    );
    assert_eq!(std::fs::read_dir(&mail).unwrap().count(), 1);
    assert_eq!(
        done(data.path(), &["events", "status"], ""),
        "users  0 to publish, 0 to handle, 0 parked\nposts  0 to publish, 0 to handle, 0 parked\nfeed   0 to publish, 0 to handle, 0 parked\n"
    );
    assert!(agora.stop().0.success());
}
