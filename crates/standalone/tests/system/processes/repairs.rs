//! Feed, held against users and posts: by `agora feed` over their databases, by `feed` over HTTP.

use std::process::{Command, Output};

use database::{Database, Engine, Options};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::process::Process;
use testkit::until;

use super::commands::{done, refused};
use super::split::{KEY, Users, beside};
use super::{Agora, PATIENCE, binary};

const RIGHT: &str = "feed is what users and posts have\n";

async fn statement(url: &str, statement: &str) {
    let database = Database::open(url, Options::usual(Engine::of(url).unwrap())).await.unwrap();
    let transaction = database.write().await.unwrap();
    transaction.execute_unprepared(statement).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}

#[tokio::test]
async fn what_feed_lost_comes_back_by_command_whether_the_system_runs_or_not() {
    let data = tempfile::tempdir().unwrap();
    let told = refused(data.path(), &["feed", "reconcile"], "");
    assert!(told.contains("start the system once"), "{told}");
    let agora = Agora::start(data.path()).await;
    let account = json!({ "username": "ada", "password": "password" });
    let tokens = agora.caller().post("/api/v1/auth/register", &account).await.expect(201).json();
    let ada = agora.caller().with_token(tokens["access_token"].as_str().unwrap());
    let post = ada.post("/api/v1/posts", &json!({ "text": "A post that is lost." })).await.expect(201).json();
    let found = async || {
        let shown = ada.get("/api/v1/feed/home").await.expect(200).json();
        (shown["items"][0]["id"] == post["id"]).then_some(())
    };
    until("feed has heard of it", PATIENCE, found).await;
    until("and of everything else", PATIENCE, async || {
        (done(data.path(), &["feed", "reconcile"], "") == RIGHT).then_some(())
    })
    .await;

    let url = database::sqlite_url(&data.path().join("feed.db"));
    let text = format!("DELETE FROM posts WHERE id = {}; DELETE FROM timeline", post["id"]);
    statement(&url, &text).await;
    let told = done(data.path(), &["feed", "reconcile"], "");
    assert!(told.starts_with("repaired:\n  posts            1 missing, 0 too many, 0 different\n"), "{told}");
    until("it is shown again", PATIENCE, found).await;
    assert_eq!(done(data.path(), &["feed", "reconcile"], ""), RIGHT);
    let told = done(data.path(), &["feed", "rebuild"], "");
    assert!(told.starts_with("made anew: 42 accounts, "), "{told}");
    until("it is shown still", PATIENCE, found).await;

    assert!(agora.stop().0.success());
    statement(&url, "DELETE FROM authors").await;
    let told = done(data.path(), &["feed", "reconcile"], "");
    assert_eq!(told, "repaired:\n  accounts         42 missing, 0 too many, 0 different\n");
    assert_eq!(done(data.path(), &["feed", "reconcile"], ""), RIGHT);
}

fn feed(word: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(binary("feed")).arg(word).env_clear().envs(variables.iter().copied()).output().unwrap()
}

#[tokio::test]
async fn feed_fills_itself_over_http_from_services_that_run_elsewhere() {
    let data = tempfile::tempdir().unwrap();
    let users = Users::new(data.path()).await;
    let seed = Command::new(binary("users")).arg("seed").env("USERS_DATABASE_URL", &users.database).output().unwrap();
    assert!(seed.status.success());
    let _users = users.start().await;
    let (posts, posts_url) = beside(data.path(), migration::Schema::Posts).await;
    let (first, _) = beside(data.path(), migration::Schema::Feed).await;
    drop(first);
    let url = database::sqlite_url(&data.path().join("feed.db"));
    let users_url = format!("http://{}", users.listen);
    let whole = [
        ("FEED_DATABASE_URL", url.as_str()),
        ("USERS_URL", &users_url),
        ("POSTS_URL", &posts_url),
        ("AGORA_INTERNAL_KEY", KEY),
    ];
    let lost = feed("rebuild", &whole[..2]);
    let told = String::from_utf8_lossy(&lost.stderr);
    assert!(!lost.status.success() && told.contains("POSTS_URL and AGORA_INTERNAL_KEY"), "{told}");
    let anew = feed("rebuild", &whole);
    let told = String::from_utf8_lossy(&anew.stdout);
    assert!(told.starts_with("made anew: 41 accounts, ") && told.contains(" 0 posts"), "{told}");
    let right = || {
        let again = feed("reconcile", &whole);
        again.status.success() && again.stdout == RIGHT.as_bytes()
    };
    assert!(right());

    // As a service it finds out by itself.
    statement(&url, "DELETE FROM follows").await;
    let variables = [&whole[..], &[("FEED_LISTEN", "127.0.0.1:0"), ("FEED_RECONCILE_INTERVAL_S", "1")]].concat();
    let service = Process::start(binary("feed"), &["run"], &variables);
    let _line = service.line_with("feed was not what users and posts have, and is now");
    assert!(right());

    posts.signal("KILL");
    drop(posts);
    let refused = feed("reconcile", &whole);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.contains("posts cannot be asked for what it has"), "{told}");
}
