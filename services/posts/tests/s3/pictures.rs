//! While the server is well.

use http::Method;
use testkit::s3::S3;

use crate::harness::{BUCKET, DAY, Service, ada, become_of, config, drawn, eventually, files, keys};

/// What others keep in the same bucket, some of it with names as ours have them.
const FOREIGN: [&str; 4] = [
    "0000000000000000000000000000000000000000000000000000000000000000/144.jpg",
    "a & b.txt",
    "some/prefix/lost+found/x",
    "some/prefixes/0000000000000000000000000000000000000000000000000000000000000000/144.jpg",
];
/// What looks like ours, and no row knows.
const LOST: &str = "some/prefix/0000000000000000000000000000000000000000000000000000000000000000/144.jpg";

async fn started() -> (S3, Service) {
    let server = S3::start(BUCKET).await;
    for key in FOREIGN {
        server.put(key, b"of others");
    }
    let service = Service::with(config(&server.url(), None)).await;
    (server, service)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_four_files_below_the_prefix_and_is_read_from_there() {
    let (server, service) = started().await;
    let made = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    assert_eq!(server.keys(), keys(&[&made], &FOREIGN));
    assert_eq!(files(&made).len(), 4);
    for (path, key) in files(&made) {
        let file = service.get(&path).send().await.expect(200);
        assert_eq!(server.object(&key).unwrap(), file.bytes);
        assert!(file.bytes.starts_with(&[0xFF, 0xD8]));
        let head = service.head(&path).send().await.expect(200);
        assert_eq!((head.header("content-length"), head.bytes.len()), (&*file.bytes.len().to_string(), 0));
    }
    // The same again, of somebody else, is the same files.
    service.send(&drawn(1)).by(&testkit::alone::Person::new(8)).send().await.expect(201);
    assert_eq!(server.keys(), keys(&[&made], &FOREIGN));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_is_all_that_is_fetched_of_it() {
    let (server, service) = started().await;
    let made = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    let (path, key) = &files(&made)[0];
    let whole = server.object(key).unwrap();
    let size = whole.len();
    for (range, piece) in [("bytes=2-9", 2..10), ("bytes=10-", 10..size), ("bytes=-7", size - 7..size)] {
        let answer = service.get(path).header("range", range).send().await.expect(206);
        assert_eq!(answer.bytes, whole[piece.clone()], "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{size}", piece.start, piece.end - 1));
        let fetched = server.asked(&Method::GET).into_iter().rfind(|request| request.uri.path().ends_with(".jpg"));
        assert_eq!(fetched.unwrap().header("range"), format!("bytes={}-{}", piece.start, piece.end - 1));
    }
    service.get(path).header("range", &format!("bytes={size}-")).send().await.refused(416, "invalid_parameter");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_not_found() {
    let (_server, service) = started().await;
    let made = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    let (path, _) = &files(&made)[0];
    let hash = path.split('/').nth(2).unwrap();
    let unknown = [format!("/files/{hash}/original.png"), format!("/files/{}/144.jpg", "f".repeat(64))];
    for path in &unknown {
        service.get(path).send().await.refused(404, "not_found");
        service.get(path).header("range", "bytes=0-1").send().await.refused(404, "not_found");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_uses_goes_and_what_others_keep_stays() {
    let (server, service) = started().await;
    server.page(2);
    let mut made = Vec::new();
    for seed in 1..=3 {
        made.push(service.send(&drawn(seed)).by(&ada()).send().await.expect(201));
    }
    let kept = serde_json::json!({"text": "x", "media_ids": [made[0]["id"], made[1]["id"]]});
    service.post("/posts", kept).by(&ada()).send().await.expect(201);
    server.put(LOST, b"of an upload that ended in the middle");
    // The third goes after a day. What no row knows is noticed then, and goes an hour later.
    service.clock.advance(DAY);
    eventually(async || {
        (service.number("SELECT count(*) AS n FROM media_files WHERE hash LIKE '000%'").await == 1).then_some(())
    })
    .await;
    service.clock.advance(DAY);
    become_of(&server, &keys(&[&made[0], &made[1]], &FOREIGN)).await;
    eventually(async || (service.count("media_files").await == 2).then_some(())).await;
    for key in FOREIGN {
        assert_eq!(server.object(key).unwrap(), "of others");
    }
    for (path, _) in files(&made[0]).into_iter().chain(files(&made[1])) {
        service.get(&path).send().await.expect(200);
    }
    for (path, _) in files(&made[2]) {
        service.get(&path).send().await.refused(404, "not_found");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_of_its_own_needs_no_prefix() {
    let server = S3::start(BUCKET).await;
    let service = Service::with(config(&server.url(), Some(("MEDIA_URL", "s3://pictures")))).await;
    server.put(FOREIGN[1], b"of others");
    let made = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    let (path, key) = files(&made).swap_remove(0);
    let file = service.get(&path).send().await.expect(200);
    assert_eq!(server.object(key.strip_prefix("some/prefix/").unwrap()).unwrap(), file.bytes);
    let id = made["id"].as_i64().unwrap();
    service.delete(&format!("/media/{id}")).by(&ada()).send().await.expect(204);
    service.clock.advance(DAY);
    become_of(&server, &keys(&[], &FOREIGN[1..2])).await;
    service.stop().await;
}
