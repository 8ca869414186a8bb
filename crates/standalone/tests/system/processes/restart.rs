//! A second start on the same data: nothing is seeded again, no key is rotated, and what was revoked stays revoked.

use serde_json::{Value, json};

use super::Agora;

async fn login(agora: &Agora) -> Value {
    let login = json!({ "login": "demo", "password": "password" });
    agora.caller().post("/api/v1/auth/login", &login).await.expect(200).json()
}

async fn accounts(agora: &Agora) -> Value {
    agora.caller().get("/api/v1/users?limit=1&count=true").await.expect(200).json()["total"].clone()
}

#[tokio::test]
async fn a_second_start_neither_reseeds_nor_rotates_the_key() {
    let data = tempfile::tempdir().unwrap();
    let first = Agora::start(data.path()).await;
    let output = first.process.output();
    assert!(output.contains("demo") && output.contains("/docs"), "{output}");
    assert!(!output.contains('\u{1b}'), "colours in a pipe: {output:?}");
    let tokens = login(&first).await;
    let before = accounts(&first).await;
    assert_eq!(before, 41, "40 demo users and an admin");
    let keys = first.caller().get("/.well-known/jwks.json").await.expect(200).json();
    let account = json!({ "username": "newcomer", "password": "password" });
    let _ = first.caller().post("/api/v1/auth/register", &account).await.expect(201);
    let (status, output) = first.stop();
    assert!(status.success(), "{output}");

    let second = Agora::start(data.path()).await;
    let ready = second.process.line_with("ready in");
    let printed = second.process.output();
    // Requests are logged on the other stream, from the first probe on.
    let logged = |line: &str| line.starts_with('{');
    let lines: Vec<_> = printed.lines().filter(|line| !line.trim().is_empty() && !logged(line)).collect();
    assert_eq!(lines.iter().position(|line| *line == ready), Some(3), "four lines on the second start: {printed}");
    assert_eq!(second.caller().get("/.well-known/jwks.json").await.expect(200).json(), keys);
    assert_eq!(accounts(&second).await, 42);
    let access = tokens["access_token"].as_str().unwrap();
    let _ = second.caller().get("/api/v1/users/me").bearer(access).await.expect(200);
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let _ = second.caller().post("/api/v1/auth/refresh", &refresh).await.expect(200);
    assert!(second.stop().0.success());
}

#[tokio::test]
async fn what_was_revoked_is_still_revoked_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let first = Agora::start(data.path()).await;
    let tokens = login(&first).await;
    let access = tokens["access_token"].as_str().unwrap();
    let logout = first.caller().post("/api/v1/auth/logout", &json!({ "refresh_token": tokens["refresh_token"] }));
    let _ = logout.bearer(access).await.expect(204);
    first.caller().get("/api/v1/users/me").bearer(access).await.problem(401, "session_revoked");
    assert!(first.stop().0.success());
    let second = Agora::start(data.path()).await;
    second.caller().get("/api/v1/users/me").bearer(access).await.problem(401, "session_revoked");
}

#[tokio::test]
async fn nothing_in_the_data_directory_can_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("agora");
    let _agora = Agora::start(&directory).await;
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o077, 0);
    let keys = directory.join("keys");
    let mut files = 0;
    for entry in std::fs::read_dir(&keys).unwrap() {
        let entry = entry.unwrap();
        files += 1;
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", entry.path().display());
    }
    assert!(files > 0, "no key was written");
}
