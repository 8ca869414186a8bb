//! The first minute: there is something to see, and it is what any other start has.

use std::path::Path;

use serde_json::{Value, json};
use testkit::until;

use super::{Agora, PATIENCE, agora};

/// Every item of a list, page by page.
async fn all(agora: &Agora, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = agora.caller().get(&format!("{path}?limit=100{cursor}")).await.expect(200).json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { return items };
        cursor = format!("&cursor={next}");
    }
}

/// A post as both posts and feed have it.
fn common(post: &Value) -> Value {
    let names = ["id", "text", "tags", "media", "like_count", "comment_count", "created_at", "updated_at", "version"];
    let author = post["author"]["username"].clone();
    json!([author, names.map(|name| post[name].clone())])
}

#[tokio::test]
async fn the_first_start_has_posts_with_pictures_and_the_second_the_same() {
    let data = tempfile::tempdir().unwrap();
    let first = Agora::start(data.path()).await;
    let told = first.process.line_with("demo posts created");
    assert!(told.contains("240 posts with 24 pictures"), "{told}");
    let posts: Vec<Value> = all(&first, "/api/v1/posts").await.iter().map(common).collect();
    assert_eq!(posts.len(), 240);
    let feed = until("feed has every post as posts has it", PATIENCE, async || {
        let feed: Vec<Value> = all(&first, "/api/v1/feed/public").await.iter().map(common).collect();
        (feed == posts).then_some(feed)
    })
    .await;

    let login = json!({ "login": "demo", "password": "password" });
    let tokens = first.caller().post("/api/v1/auth/login", &login).await.expect(200).json();
    let home = first.caller().get("/api/v1/feed/home").bearer(tokens["access_token"].as_str().unwrap());
    let home = home.await.expect(200).json();
    let with_picture = home["items"].as_array().unwrap().iter().find(|post| post["media"][0].is_object()).unwrap();
    let picture = with_picture["media"][0]["variants"][0]["url"].as_str().unwrap();
    let picture = first.caller().get(picture).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert!(first.stop().0.success());

    let second = Agora::start(data.path()).await;
    assert!(!second.process.output().contains("demo posts"), "{}", second.process.output());
    let again: Vec<Value> = all(&second, "/api/v1/feed/public").await.iter().map(common).collect();
    assert_eq!(again, feed);
}

/// How many accounts and posts a first start makes.
async fn made(data: &Path, what: &str) -> (Value, usize) {
    let variables = [("AGORA_DEMO_DATA", what)];
    let process = agora(data, &["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], &variables);
    let address = super::address_of(&process, "http://");
    super::ready(address).await;
    let agora = Agora { process, address };
    let accounts = agora.caller().get("/api/v1/users?limit=1&count=true").await.expect(200).json()["total"].clone();
    (accounts, all(&agora, "/api/v1/posts").await.len())
}

#[tokio::test]
async fn who_wants_less_gets_less() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(made(&data.path().join("accounts"), "accounts").await, (json!(41), 0));
    assert_eq!(made(&data.path().join("none"), "none").await, (json!(0), 0));
    let mut wrong = agora(&data.path().join("wrong"), &[], &[("AGORA_DEMO_DATA", "some")]);
    assert!(!wrong.exit().success());
    assert!(wrong.output().contains("it is all, accounts or none"), "{}", wrong.output());
}
