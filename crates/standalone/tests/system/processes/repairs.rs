//! Feed, held against users and posts: by `agora feed` over their databases, by `feed` over HTTP.

use database::{Database, Engine, Options};
use migration::Schema;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;
use testkit::until;

use super::commands::{done, refused};
use super::part::Part;
use super::{Agora, PATIENCE};

const RIGHT: &str = "feed is what users and posts have\n";

async fn open(url: &str) -> Database {
    Database::open(url, Options::usual(Engine::of(url).unwrap())).await.unwrap()
}

async fn statement(url: &str, statement: &str) {
    let database = open(url).await;
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

#[tokio::test]
async fn feed_fills_itself_over_http_from_services_that_run_elsewhere() {
    let data = tempfile::tempdir().unwrap();
    let mut users = Part::service(Schema::Users, data.path()).await;
    assert!(users.command("seed").status.success());
    users.start().await;
    let mut posts = Part::service(Schema::Posts, data.path()).await;
    posts.start().await;
    let feed = Part::service(Schema::Feed, data.path()).await.with("USERS_URL", users.url());
    let lost = feed.command("rebuild");
    let told = String::from_utf8_lossy(&lost.stderr);
    assert!(!lost.status.success() && told.contains("POSTS_URL and AGORA_INTERNAL_KEY"), "{told}");
    let mut feed = feed.with("POSTS_URL", posts.url()).with("FEED_RECONCILE_INTERVAL_S", "1");
    let anew = feed.command("rebuild");
    let told = String::from_utf8_lossy(&anew.stdout);
    assert!(told.starts_with("made anew: 41 accounts, ") && told.contains(" 0 posts"), "{told}");
    let again = feed.command("reconcile");
    assert_eq!((again.status.success(), String::from_utf8_lossy(&again.stdout)), (true, RIGHT.into()));

    // As a service it finds out by itself.
    let url = feed.variable("FEED_DATABASE_URL").to_owned();
    let known = authors(&url).await;
    statement(&url, "DELETE FROM authors").await;
    feed.start().await;
    until("it has filled itself", PATIENCE, async || (authors(&url).await == known && known == 41).then_some(())).await;

    // While it runs it may be at it just now, which keeps others out.
    assert!(feed.stop().0.success());
    posts.kill();
    let refused = feed.command("reconcile");
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.contains("posts cannot be asked for what it has"), "{told}");
}

async fn authors(url: &str) -> i64 {
    let database = open(url).await;
    let backend = database.reader().get_database_backend();
    let counted = Statement::from_string(backend, "SELECT count(*) AS n FROM authors");
    let rows = database.reader().query_one_raw(counted).await.unwrap().unwrap().try_get("", "n").unwrap();
    database.close().await;
    rows
}
