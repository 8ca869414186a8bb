//! The demo posts, with their pictures in a bucket.

use http::Method;
use migration::Schema;
use posts::demo;
use service::Clock;
use testkit::{
    alone,
    s3::{Mood, S3},
};

use crate::harness::{BUCKET, Service, config};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_posts_are_made_when_the_server_is_there() {
    let server = S3::start(BUCKET).await;
    let (db, _directory) = alone::sqlite(Schema::Posts).await;
    let seed = async || demo::seed(config(&server.url(), None), &db, Clock::system()).await;
    server.set(Mood::Failing);
    let told = seed().await.unwrap_err().to_string();
    assert!(told.starts_with("the store of files failed"), "{told}");
    assert_eq!(server.asked(&Method::PUT).len(), 3, "it gives up with the first picture");
    server.set(Mood::Well);
    let seeded = seed().await.unwrap().expect("the database is still empty");
    assert_eq!(server.keys().len(), 4 * seeded.pictures);
    let service = Service::over(db.clone(), config(&server.url(), None));
    let page = service.get("/posts?limit=100").send().await.expect(200);
    let with_picture = page["items"].as_array().unwrap().iter().find(|post| post["media"][0].is_object()).unwrap();
    for variant in with_picture["media"][0]["variants"].as_array().unwrap() {
        service.get(&variant["url"].as_str().unwrap().replace("/media/", "/files/")).send().await.expect(200);
    }
    service.stop().await;
}
