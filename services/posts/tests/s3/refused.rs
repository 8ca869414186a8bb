//! A server that does not let this service in, or does not know the bucket; what the program says of it.

use http::Method;
use migration::Schema;
use testkit::{Caller, alone, faulty::Refusing, process::Process, s3::S3};

use crate::harness::{BUCKET, Service, ada, config, drawn, files, settings};

/// Settings that are wrong, each with what the server says of them.
const WRONG: [(&str, &str, &str); 3] = [
    ("MEDIA_S3_SECRET_ACCESS_KEY", "another", "SignatureDoesNotMatch"),
    ("MEDIA_S3_ACCESS_KEY_ID", "ANOTHER", "InvalidAccessKeyId"),
    ("MEDIA_URL", "s3://another/some/prefix", "NoSuchBucket"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_let_in_says_so_at_once_and_records_nothing() {
    let server = S3::start(BUCKET).await;
    let (db, _directory) = alone::sqlite(Schema::Posts).await;
    for (name, value, _) in WRONG {
        let service = Service::over(db.clone(), config(&server.url(), Some((name, value))));
        let sent = server.asked(&Method::PUT).len();
        service.send(&drawn(1)).by(&ada()).send().await.refused(503, "overloaded");
        assert_eq!(server.asked(&Method::PUT).len(), sent + 1, "{name}: to ask again changes nothing");
        service.form("/posts", &drawn(1)).by(&ada()).send().await.refused(503, "overloaded");
        let file = format!("/files/{}/144.jpg", "f".repeat(64));
        service.get(&file).send().await.refused(503, "overloaded");
        service.get(&file).header("range", "bytes=0-1").send().await.refused(503, "overloaded");
        assert_eq!((service.rows().await, server.keys().len()), ((0, 0), 0), "{name}");
        service.stop().await;
    }
    let service = Service::over(db.clone(), config(&server.url(), None));
    let made = service.send(&drawn(1)).by(&ada()).send().await.expect(201);
    service.get(&files(&made)[0].0).send().await.expect(200);
    service.stop().await;
}

/// The program, over this server with another value for one setting.
async fn program(server: &str, name: &'static str, value: &str) -> (Process, tempfile::TempDir) {
    let (db, directory) = alone::sqlite(Schema::Posts).await;
    db.close().await;
    let mut settings = settings(server);
    settings.retain(|(known, _)| *known != name);
    settings.push((name, value.to_owned()));
    settings.push(("POSTS_LISTEN", "127.0.0.1:0".to_owned()));
    settings.push(("POSTS_DATABASE_URL", database::sqlite_url(&directory.path().join("posts.db"))));
    settings.push(("AGORA_INTERNAL_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef".to_owned()));
    let variables: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (Process::start(env!("CARGO_BIN_EXE_posts"), &["run"], &variables), directory)
}

/// It is ready: everything but pictures works.
async fn serves(posts: &Process) {
    let line: serde_json::Value = serde_json::from_str(&posts.line_with("posts is listening")).unwrap();
    let caller = Caller::new(line["address"].as_str().unwrap().parse().unwrap());
    let _ = caller.get("/readyz").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_cannot_use_the_bucket_starts_and_says_why() {
    let server = S3::start(BUCKET).await;
    for (name, value, why) in WRONG {
        let (posts, _directory) = program(&server.url(), name, value).await;
        let line = posts.line_with("pictures can be neither stored nor read");
        assert!(line.contains(why) && line.contains("s3://"), "{line}");
        assert!(!line.contains("not/a+secret"), "{line}");
        serves(&posts).await;
    }
    let nobody = Refusing::start();
    let (posts, _directory) = program(&format!("http://{}", nobody.address()), "MEDIA_S3_REGION", "x").await;
    let line = posts.line_with("pictures can be neither stored nor read");
    assert!(line.contains("s3://pictures/some/prefix") && line.contains("refused"), "{line}");
    serves(&posts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_half_a_key_does_not_start() {
    let server = S3::start(BUCKET).await;
    let (mut posts, _directory) = program(&server.url(), "MEDIA_S3_SECRET_ACCESS_KEY", "").await;
    assert!(!posts.exit().success());
    assert!(posts.output().contains("of no use without each other"), "{}", posts.output());
}
