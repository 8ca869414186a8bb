//! What is damaged is repaired, and told.

use events::Event;
use feed::{Failed, Found, Report, reconcile};
use principal::InternalKey;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::{
    harness::{Service, block, config, follow, on_both_engines, post, post_deleted, user, user_deleted},
    truth::{Truth, tables},
};

/// Four accounts, of whom the first has enough followers not to be in their timelines, and the second has not.
fn history() -> Vec<Event> {
    let mut likes = post(10, 4, 1, "of ada, liked", &["a", "b"]);
    likes.data["media"] = json!([{"id": 1, "alt": "a bridge"}]);
    vec![
        user(1, 1, "ada"),
        user(2, 1, "bob"),
        user(3, 2, "eve"),
        user(4, 1, "dan"),
        user_deleted(5, 2, "gone"),
        follow(1, 2, 1, true),
        follow(1, 3, 1, true),
        follow(3, 4, 1, true),
        follow(1, 1, 2, true),
        follow(1, 4, 2, true),
        follow(2, 3, 2, false),
        block(1, 4, 3, true),
        block(2, 3, 2, false),
        likes,
        post(11, 1, 2, "of bob", &["a"]),
        post(12, 2, 2, "more of bob", &["c"]),
        post_deleted(13, 2, 2),
        post(14, 1, 4, "of dan", &[]),
    ]
}

const MISSING: Found = Found { missing: 1, extra: 0, different: 0 };
const EXTRA: Found = Found { missing: 0, extra: 1, different: 0 };
const DIFFERENT: Found = Found { missing: 0, extra: 0, different: 1 };

/// A damage, and what is told of it.
fn damages() -> Vec<(&'static str, Report)> {
    let told = Report::default();
    let authors = |found| Report { authors: found, ..told };
    let follows = |found| Report { follows: found, ..told };
    let blocks = |found| Report { blocks: found, ..told };
    let posts = |found| Report { posts: found, ..told };
    let timeline = |found| Report { timeline: found, ..told };
    let tags = |found| Report { tags: found, ..told };
    let words = |found| Report { words: found, ..told };
    vec![
        ("DELETE FROM authors WHERE id = 2", authors(MISSING)),
        (
            "INSERT INTO authors SELECT 77, username, display_name, search_name, avatar, is_active, deleted, 9 FROM authors WHERE id = 2",
            authors(EXTRA),
        ),
        ("UPDATE authors SET display_name = 'Old', version = 1 WHERE id = 3", authors(DIFFERENT)),
        ("UPDATE authors SET search_name = 'x' WHERE id = 3", authors(DIFFERENT)),
        ("UPDATE authors SET deleted = TRUE, version = 99 WHERE id = 1", authors(DIFFERENT)),
        ("UPDATE authors SET deleted = FALSE WHERE id = 5", authors(DIFFERENT)),
        ("DELETE FROM follows WHERE follower_id = 4 AND followed_id = 2", follows(MISSING)),
        ("UPDATE follows SET active = FALSE, version = 50 WHERE follower_id = 1", follows(DIFFERENT)),
        ("UPDATE follows SET active = TRUE WHERE follower_id = 3 AND followed_id = 2", follows(DIFFERENT)),
        ("UPDATE follows SET followed_id = 3 WHERE follower_id = 4 AND followed_id = 2", follows(DIFFERENT)),
        ("INSERT INTO follows VALUES (77, 3, 4, TRUE, 0, 1)", follows(EXTRA)),
        ("DELETE FROM blocks WHERE active", blocks(MISSING)),
        ("UPDATE blocks SET active = TRUE", blocks(DIFFERENT)),
        ("INSERT INTO blocks VALUES (-5, 1, 2, TRUE, 1)", blocks(EXTRA)),
        ("DELETE FROM posts WHERE id = 11", posts(MISSING)),
        ("UPDATE posts SET like_count = 100 WHERE id = 10", posts(DIFFERENT)),
        ("UPDATE posts SET text = 'older', tags = '[\"old\"]', seq = 1 WHERE id = 12", posts(DIFFERENT)),
        ("UPDATE posts SET created_at = 5, author_id = 3 WHERE id = 12", posts(DIFFERENT)),
        ("UPDATE posts SET deleted = TRUE WHERE id = 14", posts(DIFFERENT)),
        (
            "INSERT INTO posts SELECT 77, 2, text, tags, media, 0, 0, 7, 7, 1, 1, FALSE FROM posts WHERE id = 10",
            posts(EXTRA),
        ),
        ("DELETE FROM timeline WHERE user_id = 4 AND post_id = 11", timeline(MISSING)),
        (
            "UPDATE follows SET active = FALSE, version = 50 WHERE follower_id = 4 AND followed_id = 2; \
             DELETE FROM timeline WHERE user_id = 4 AND author_id = 2",
            follows(DIFFERENT),
        ),
        (
            "UPDATE timeline SET created_at = 3 WHERE user_id = 4 AND post_id = 11",
            timeline(Found { missing: 1, extra: 1, different: 0 }),
        ),
        ("DELETE FROM timeline WHERE user_id = 4 AND post_id = 14", timeline(MISSING)),
        ("INSERT INTO timeline VALUES (3, 1, 11, 2)", timeline(EXTRA)),
        ("INSERT INTO timeline SELECT 999, created_at, id, author_id FROM posts WHERE id = 11", timeline(EXTRA)),
        ("INSERT INTO timeline SELECT 2, created_at, id, author_id FROM posts WHERE id = 10", timeline(EXTRA)),
        ("DELETE FROM post_tags WHERE tag = 'c'", tags(MISSING)),
        ("INSERT INTO post_tags VALUES ('x', 1, 11)", tags(EXTRA)),
        ("UPDATE tags SET posts_count = 7 WHERE tag = 'a'", tags(DIFFERENT)),
        ("DELETE FROM tags WHERE tag = 'b'", tags(DIFFERENT)),
        ("INSERT INTO tags VALUES ('nobody', 3)", tags(DIFFERENT)),
        ("DELETE FROM post_words WHERE rowid = 11", words(MISSING)),
        ("INSERT INTO post_words (rowid, words) VALUES (77, 'stray')", words(EXTRA)),
    ]
}

async fn damage(service: &Service, statement: &str) {
    let transaction = service.db.write().await.unwrap();
    transaction.execute_unprepared(statement).await.unwrap();
    transaction.commit().await.unwrap();
}

on_both_engines! {
    async fn what_is_damaged_is_repaired_and_told_and_then_there_is_nothing_more_to_do(service) {
        service.told(&history()).await;
        let expected = tables(&service.db).await;
        let sources = Truth::of(&history()).exports(&InternalKey::random()).sources;
        for (statement, told) in damages() {
            damage(&service, statement).await;
            let report = reconcile(&service.db, &config(), &sources).await.unwrap();
            assert_eq!(tables(&service.db).await, expected, "{statement}");
            assert_eq!(report, told, "{statement}");
            let again = reconcile(&service.db, &config(), &sources).await.unwrap();
            assert!(again.is_clean(), "{statement}: {again}");
        }
    }

    async fn a_widely_followed_author_is_recognised_again(service) {
        service.told(&history()).await;
        let expected = tables(&service.db).await;
        let sources = Truth::of(&history()).exports(&InternalKey::random()).sources;
        damage(&service, "DELETE FROM read_authors").await;
        damage(&service, "INSERT INTO read_authors VALUES (4)").await;
        let report = reconcile(&service.db, &config(), &sources).await.unwrap();
        assert_eq!(report.read_authors, Found { missing: 1, extra: 1, different: 0 });
        assert_eq!(tables(&service.db).await, expected);
        assert!(reconcile(&service.db, &config(), &sources).await.unwrap().is_clean());
    }

    async fn what_is_found_by_words_is_found_again_and_what_was_told_meanwhile_counts(service) {
        service.told(&history()).await;
        let truth = Truth::of(&history());
        let sources = truth.exports(&InternalKey::random()).sources;
        damage(&service, "UPDATE posts SET text = 'unlike', seq = 1 WHERE id = 11").await;
        damage(&service, "DELETE FROM posts WHERE id = 10").await;
        reconcile(&service.db, &config(), &sources).await.unwrap();
        assert_eq!(service.ids("/search/posts?q=bob", 0).await, [12, 11]);
        assert_eq!(service.ids("/search/posts?q=bridge", 0).await, [10]);
        let edited = [post(11, 2, 2, "edited", &["d"]), post_deleted(10, 5, 1)];
        service.told(&edited).await;
        truth.happens(&edited);
        assert!(reconcile(&service.db, &config(), &sources).await.unwrap().is_clean());
        assert_eq!(service.ids("/search/posts?q=edited", 0).await, [11]);
        assert_eq!(service.ids("/public?tag=d", 0).await, [11]);
        assert_eq!(service.home(2).await, [12, 11]);
    }

    async fn an_empty_service_is_filled_and_nothing_is_done_without_the_others(service) {
        let truth = Truth::of(&history());
        let key = InternalKey::random();
        let exports = truth.exports(&key);
        exports.users.sever(true);
        let refused = reconcile(&service.db, &config(), &exports.sources).await.unwrap_err();
        assert!(refused.to_string().starts_with("users cannot be asked"), "{refused}");
        assert_eq!(service.count("authors").await, 0);
        exports.users.sever(false);
        exports.posts.sever(true);
        let refused = reconcile(&service.db, &config(), &exports.sources).await.unwrap_err();
        assert!(matches!(&refused, Failed::Unanswered(_)) && refused.to_string().starts_with("posts"), "{refused}");
        exports.posts.sever(false);
        let strange = truth.believing(&InternalKey::random(), &key).sources;
        let refused = reconcile(&service.db, &config(), &strange).await.unwrap_err();
        assert!(refused.to_string().contains("401"), "{refused}");
        let report = reconcile(&service.db, &config(), &exports.sources).await.unwrap();
        assert_eq!((report.posts.missing, report.authors.missing), (4, 0), "the accounts came before the failure");
        let repaired = tables(&service.db).await;
        damage(&service, "DELETE FROM posts").await;
        service.told(&history()).await;
        assert_eq!(tables(&service.db).await["posts"], repaired["posts"]);
    }
}
