//! The demo posts: all of them in an empty database, and none in another.

use std::collections::BTreeSet;

use posts::{
    Config,
    demo::{self, Seeded},
};
use service::Clock;
use testkit::alone::Person;

use crate::harness::{Service, on_both_engines};

/// Fills the database, whatever an account may have.
async fn seed(service: &Service) -> Option<Seeded> {
    let config = Config { media_quota: 0, ..service.config.clone() };
    demo::seed(config, &service.db, Clock::system()).await.unwrap()
}

on_both_engines! {
    async fn an_empty_database_is_filled_once(service) {
        let seeded = seed(&service).await.expect("the database was empty");
        assert_eq!((seeded.posts, seeded.pictures), (240, 24));
        assert!(seeded.comments > 200 && seeded.likes > 1000, "{seeded}");
        let count = async |table: &str| usize::try_from(service.count(table).await).unwrap();
        let rows = (count("posts").await, count("media_files").await, count("comments").await, count("likes").await);
        assert_eq!(rows, (seeded.posts, seeded.pictures, seeded.comments, seeded.likes));
        // Whoever follows is told of every post, and of what it has come to.
        let told = service.told().await;
        assert_eq!(told.len(), 480);
        assert_eq!(seed(&service).await, None);
        assert_eq!((count("posts").await, service.told().await.len()), (240, 480));
    }

    async fn counts_and_pictures_are_those_of_any_other_post(service) {
        seed(&service).await.expect("the database was empty");
        let wrong = "SELECT count(*) AS n FROM posts p WHERE \
                     p.like_count <> (SELECT count(*) FROM likes l WHERE l.post_id = p.id) OR \
                     p.comment_count <> (SELECT count(*) FROM comments c WHERE c.post_id = p.id)";
        assert_eq!(service.number(wrong).await, 0);
        assert_eq!(service.number("SELECT count(*) AS n FROM media WHERE post_id IS NULL OR alt = ''").await, 0);
        assert_eq!(service.number("SELECT count(DISTINCT hash) AS n FROM media").await, 24);
        assert_eq!(service.number("SELECT max(width) AS n FROM media").await, 720);
        assert_eq!(service.number("SELECT max(height) AS n FROM media").await, 720);
        let page = service.get("/posts?limit=100").send().await.expect(200);
        let with_picture = page["items"].as_array().unwrap().iter().find(|post| post["media"][0].is_object());
        let picture = with_picture.expect("a post with a picture");
        assert!(!picture["tags"].as_array().unwrap().is_empty());
        for variant in picture["media"][0]["variants"].as_array().unwrap() {
            service.get(&variant["url"].as_str().unwrap().replace("/media/", "/files/")).send().await.expect(200);
        }
    }

    async fn times_are_in_order_and_none_is_still_to_come(service) {
        let before = Clock::system().now();
        seed(&service).await.expect("the database was empty");
        for table in ["posts", "comments", "likes"] {
            assert!(service.number(&format!("SELECT max(created_at) AS n FROM {table}")).await < before, "{table}");
        }
        let early = "SELECT count(*) AS n FROM comments c JOIN posts p ON p.id = c.post_id WHERE c.created_at <= p.created_at";
        assert_eq!(service.number(early).await, 0);
        let unordered = "SELECT count(*) AS n FROM posts p JOIN posts q ON q.id = p.id + 1 WHERE q.created_at <= p.created_at";
        assert_eq!(service.number(unordered).await, 0);
    }

    async fn of_two_who_fill_it_at_once_one_does(service) {
        // As two processes do: each has a connection of its own to write.
        let beside = service.beside().await;
        let (one, other) = tokio::join!(seed(&service), seed(&beside));
        assert!(one.is_some() != other.is_some(), "{one:?} {other:?}");
        assert_eq!(service.count("posts").await, 240);
        beside.stop().await;
        beside.db.close().await;
    }

    async fn a_database_that_was_used_stays_as_it_is(service) {
        let ada = Person::new(7);
        let post = service.write(&ada, "mine").await;
        service.delete(&format!("/posts/{post}")).by(&ada).send().await.expect(204);
        assert_eq!(seed(&service).await, None);
        assert_eq!((service.count("posts").await, service.files()), (0, Vec::new()));
    }

    async fn what_is_written_afterwards_gets_a_number_of_its_own(service) {
        seed(&service).await.expect("the database was empty");
        let ada = Person::new(7);
        let written = service.write(&ada, "mine").await;
        assert_eq!(written, 241);
        let all = service.get("/posts?limit=100").send().await.expect(200);
        let ids: BTreeSet<i64> = all["items"].as_array().unwrap().iter().map(|post| post["id"].as_i64().unwrap()).collect();
        assert!(ids.contains(&241));
    }
}
