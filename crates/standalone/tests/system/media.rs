//! Pictures, from the upload to everybody who sees them: through the gateway, in one process and in several.

use serde_json::{Value, json};
use testkit::{Answer, Caller, until};

use crate::{System, over_both};

/// A picture; another one for another seed.
fn drawn(seed: u64) -> Vec<u8> {
    picture::draw(seed, 320, 240).unwrap().to_vec()
}

/// A form of texts and files.
fn form(texts: &[(&str, &str)], files: &[Vec<u8>]) -> Vec<u8> {
    let mut form = Vec::new();
    let mut field = |head: &str, content: &[u8]| {
        form.extend_from_slice(format!("--XyX\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    };
    for (name, text) in texts {
        field(&format!("name=\"{name}\""), text.as_bytes());
    }
    for file in files {
        field("name=\"image\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg", file);
    }
    form.extend_from_slice(b"--XyX--\r\n");
    form
}

/// Sends a form.
async fn send(caller: &Caller, method: &str, path: &str, texts: &[(&str, &str)], files: &[Vec<u8>]) -> Answer {
    let call = caller.call(method.parse().unwrap(), path);
    call.body("multipart/form-data; boundary=XyX", form(texts, files)).await
}

/// Tries again until a document has this at a pointer: what one service tells another takes a moment.
async fn until_there(caller: &Caller, path: &str, pointer: &str, value: &Value) {
    let what = format!("{path} has {value} at {pointer}");
    until(&what, std::time::Duration::from_secs(10), async || {
        let answer = caller.get(path).await;
        (answer.status == 200 && answer.json().pointer(pointer) == Some(value)).then_some(())
    })
    .await;
}

over_both! {
    async fn a_picture_is_uploaded_described_and_deleted(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let anonymous = system.anonymous();
        send(&anonymous, "POST", "/api/v1/media", &[], &[drawn(1)]).await.problem(401, "unauthenticated");
        let made = send(&ada, "POST", "/api/v1/media", &[("alt", "a bridge")], &[drawn(1)]).await.expect(201);
        let path = made.header("location").to_owned();
        assert_eq!(path, format!("/api/v1/media/{}", made.json()["id"]));
        let shown = ada.get(&path).await.expect(200);
        assert_eq!((shown.json(), shown.header("etag")), (made.json(), made.header("etag")));
        bob.get(&path).await.problem(404, "not_found");
        let changed = ada.patch(&path, &json!({"alt": "another", "focus": {"x": 0.5, "y": 0.25}})).await.expect(200).json();
        assert_eq!((&changed["alt"], &changed["focus"]), (&json!("another"), &json!({"x": 0.5, "y": 0.25})));
        bob.patch(&path, &json!({"alt": "no"})).await.problem(404, "not_found");
        bob.delete(&path).await.problem(404, "not_found");
        let _ = ada.delete(&path).await.expect(204);
        ada.delete(&path).await.problem(404, "not_found");
    }

    async fn what_is_no_picture_is_refused(system: &System) {
        let ada = system.user("ada").await;
        let upload = async |file: Vec<u8>| send(&ada, "POST", "/api/v1/media", &[], &[file]).await;
        upload(b"<svg/>".to_vec()).await.problem(415, "unsupported_media_type");
        upload(drawn(1)[..500].to_vec()).await.problem(422, "validation_failed");
        let mut large = drawn(1);
        large.resize(11_000_000, 0);
        let told = upload(large).await.problem(413, "payload_too_large");
        assert_eq!(told["limit"], 10 << 20);
        // What the gateway refuses itself has its own limit, which is that of the whole form.
        let told = upload(vec![0; 12 << 20]).await.problem(413, "payload_too_large");
        assert_eq!(told["detail"], format!("The body may have at most {} bytes.", 11 << 20));
    }

    async fn files_are_kept_by_everybody(system: &System) {
        let ada = system.user("ada").await;
        let anonymous = system.anonymous();
        let made = send(&ada, "POST", "/api/v1/media", &[], &[drawn(1)]).await.expect(201).json();
        let url = made["variants"][0]["url"].as_str().unwrap();
        let first = anonymous.get(url).await.expect(200);
        assert_eq!((first.media_type(), first.header("x-content-type-options")), ("image/jpeg", "nosniff"));
        assert_eq!(first.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(first.body.starts_with(&[0xFF, 0xD8]));
        let second = ada.get(url).await.expect(200);
        assert!(second.header("cache-status").starts_with("agora; hit"), "{}", second.header("cache-status"));
        assert_eq!(second.body, first.body);
        let known = anonymous.get(url).header("if-none-match", first.header("etag")).await.expect(304);
        assert!(known.body.is_empty());
        let piece = anonymous.get(url).header("range", "bytes=2-5").await.expect(206);
        assert_eq!((piece.body.clone(), piece.header("content-range")), (first.body.slice(2..6), format!("bytes 2-5/{}", first.body.len()).as_str()));
        let head = anonymous.call(http::Method::HEAD, url).await.expect(200);
        assert_eq!((head.header("content-length"), head.body.len()), (first.body.len().to_string().as_str(), 0));
        // What is kept is there while posts is away.
        system.cut("posts", true);
        let _ = anonymous.get(url).await.expect(200);
        anonymous.get(made["variants"][2]["url"].as_str().unwrap()).await.problem(503, "upstream_unavailable");
        system.cut("posts", false);
        anonymous.get(&format!("/media/{}/144.jpg", "0".repeat(64))).await.problem(404, "not_found");
    }

    async fn a_post_comes_with_its_pictures_and_feed_shows_them(system: &System) {
        let ada = system.user("ada").await;
        let anonymous = system.anonymous();
        let texts = [("text", "Ten of them #danube"), ("alt", "zeppelin"), ("tags", "sky")];
        let files: Vec<Vec<u8>> = (0..10).map(drawn).collect();
        let made = send(&ada, "POST", "/api/v1/posts", &texts, &files).await.expect(201).json();
        assert_eq!((made["media"].as_array().unwrap().len(), &made["tags"]), (10, &json!(["sky", "danube"])));
        let path = format!("/api/v1/posts/{}", made["id"]);
        assert_eq!(anonymous.get(&path).await.expect(200).json()["media"], made["media"]);
        until_there(&anonymous, "/api/v1/feed/public?tag=danube", "/items/0/media", &made["media"]).await;
        until_there(&anonymous, "/api/v1/search/posts?q=zeppelin", "/items/0/id", &made["id"]).await;

        // What is said of a picture is said by its post, at once; and found a moment later.
        let media = format!("/api/v1/media/{}", made["media"][0]["id"]);
        let _ = anonymous.get(&path).await.expect(200);
        let _ = ada.patch(&media, &json!({"alt": "balloon"})).await.expect(200);
        assert_eq!(anonymous.get(&path).await.expect(200).json()["media"][0]["alt"], "balloon");
        until_there(&anonymous, "/api/v1/search/posts?q=balloon", "/items/0/id", &made["id"]).await;
        ada.delete(&media).await.problem(409, "conflict");

        let refused = [drawn(1), b"no picture".to_vec()];
        send(&ada, "POST", "/api/v1/posts", &[("text", "never")], &refused).await.problem(415, "unsupported_media_type");
        assert_eq!(anonymous.get("/api/v1/users/ada/posts").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
    }

    async fn an_account_has_a_picture_that_everybody_sees(system: &System) {
        let ada = system.user("ada").await;
        let anonymous = system.anonymous();
        let _ = ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201);
        send(&anonymous, "PUT", "/api/v1/users/me/avatar", &[], &[drawn(1)]).await.problem(401, "unauthenticated");
        send(&ada, "PUT", "/api/v1/users/me/avatar", &[], &[b"no picture".to_vec()]).await.problem(415, "unsupported_media_type");
        let avatar = send(&ada, "PUT", "/api/v1/users/me/avatar", &[], &[drawn(1)]).await.expect(200).json()["avatar"].clone();
        let _ = anonymous.get(avatar.as_str().unwrap()).await.expect(200);
        until_there(&anonymous, "/api/v1/users/ada", "/avatar", &avatar).await;
        until_there(&anonymous, "/api/v1/feed/public?author=ada", "/items/0/author/avatar", &avatar).await;
        let _ = ada.delete("/api/v1/users/me/avatar").await.expect(204);
        until_there(&anonymous, "/api/v1/users/ada", "/avatar", &json!(null)).await;
        until_there(&anonymous, "/api/v1/feed/public?author=ada", "/items/0/author/avatar", &json!(null)).await;
        ada.delete("/api/v1/users/me/avatar").await.problem(404, "not_found");
    }
}
