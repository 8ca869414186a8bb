//! While the server is away, and when it is back.

use http::Method;
use serde_json::json;
use testkit::s3::{Mood, S3};

use crate::harness::{BUCKET, DAY, Service, ada, become_of, config, drawn, eventually, files, keys};

/// What is asked of an away server is refused, nothing of it is left, and nothing that was there is lost. The first
/// file of a picture is sent `tries` times.
async fn nothing_is_lost(mood: Mood, tries: usize) {
    let server = S3::start(BUCKET).await;
    let service = Service::with(config(&server.url(), None)).await;
    let before = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    let (path, _) = &files(&before)[0];
    let sent = server.asked(&Method::PUT).len();

    server.set(mood);
    let (upload, post) = (service.send(&drawn(2)).by(&ada()), service.form("/posts", &drawn(3)).by(&ada()));
    let (whole, piece) = (service.get(path), service.get(path).header("range", "bytes=0-1"));
    let (upload, post, whole, piece) = tokio::join!(upload.send(), post.send(), whole.send(), piece.send());
    for told in [upload, post, whole, piece] {
        assert_eq!(told.refused(503, "overloaded").header("retry-after"), "1");
    }
    assert_eq!(server.asked(&Method::PUT).len(), sent + 2 * tries);
    assert_eq!(service.rows().await, (1, 0));

    server.set(Mood::Well);
    service.get(path).send().await.expect(200);
    let after = service.form("/posts", &drawn(2)).by(&ada()).send().await.expect(201);
    let after = service.get(&format!("/media/{}", after["media"][0]["id"])).by(&ada()).send().await.expect(200);
    assert_eq!(server.keys(), keys(&[&before, &after], &[]));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_fails_is_asked_three_times_and_loses_nothing() {
    nothing_is_lost(Mood::Failing, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_silent_is_given_up_and_loses_nothing() {
    nothing_is_lost(Mood::Silent, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_stored_is_forgotten_later() {
    let server = S3::start(BUCKET).await;
    let service = Service::with(config(&server.url(), None)).await;
    server.set(Mood::Failing);
    service.send(&drawn(1)).by(&ada()).send().await.refused(503, "overloaded");
    // There may be files of it, as far as anybody knows.
    assert_eq!(service.count("media_files").await, 1);
    service.clock.advance(DAY);
    let lists = server.asked(&Method::GET).len();
    eventually(async || (server.asked(&Method::GET).len() > lists + 3).then_some(())).await;
    assert_eq!(service.count("media_files").await, 1);
    server.set(Mood::Well);
    eventually(async || (service.count("media_files").await == 0).then_some(())).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_go_while_it_is_away_goes_when_it_is_back() {
    let server = S3::start(BUCKET).await;
    let service = Service::with(config(&server.url(), None)).await;
    let made = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    let kept = service.send(&drawn(2)).by(&ada()).send().await.expect(201);
    service.post("/posts", json!({"media_ids": [kept["id"]]})).by(&ada()).send().await.expect(201);
    server.set(Mood::Silent);
    service.delete(&format!("/media/{}", made["id"])).by(&ada()).send().await.expect(204);
    let lists = server.asked(&Method::GET).len();
    service.clock.advance(DAY);
    eventually(async || (server.asked(&Method::GET).len() > lists).then_some(())).await;
    // Somebody who sweeps waits for the server now, and nobody waits for them: this is done before they give up and ask again.
    service.post("/posts", json!({"text": "x"})).by(&ada()).send().await.expect(201);
    assert_eq!(server.asked(&Method::GET).len(), lists + 1);
    assert_eq!(server.keys(), keys(&[&made, &kept], &[]));
    server.set(Mood::Well);
    become_of(&server, &keys(&[&kept], &[])).await;
    eventually(async || (service.count("media_files").await == 1).then_some(())).await;
    service.stop().await;
}
