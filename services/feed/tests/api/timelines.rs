//! Whose timeline a post is in, whatever happens to those between whom it goes.

use serde_json::{Value, json};
use testkit::alone::Person;

use crate::harness::{BEGIN, block, follow, on_both_engines, post, post_deleted, user, user_deleted};

on_both_engines! {
    async fn a_post_reaches_its_author_and_followers_and_nobody_else(service) {
        service.accounts(&["ada", "bob", "eve"]).await;
        service.told(&[follow(1, 2, 1, true), post(10, 1, 1, "hello", &["words", "greeting"])]).await;
        assert_eq!((service.home(1).await, service.home(2).await, service.home(3).await), (vec![10], vec![10], vec![]));
        let shown = service.get("/home").by(&Person::new(2)).send().await.expect(200);
        assert_eq!(shown["items"][0], json!({
            "id": 10, "text": "hello", "tags": ["words", "greeting"], "media": [],
            "author": {"id": 1, "username": "ada", "display_name": "ADA", "avatar": null},
            "like_count": 0, "comment_count": 0, "created_at": "2025-01-01T00:00:00.010Z",
            "updated_at": "2025-01-01T00:00:00.010Z", "version": 1,
        }));
        assert_eq!(shown.header("cache-groups"), "\"viewer:2\"");
        service.get("/home").send().await.refused(401, "unauthenticated");
    }

    async fn a_new_name_is_on_every_post_and_likes_are_counted(service) {
        service.accounts(&["ada"]).await;
        service.told(&[post(10, 1, 1, "hello", &[]), user(1, 2, "countess")]).await;
        service.told(&[post(10, 5, 1, "hello", &[])]).await;
        let shown = service.get("/public").send().await.expect(200);
        assert_eq!(shown["items"][0]["author"]["display_name"], "COUNTESS");
        assert_eq!(shown["items"][0]["like_count"], 4);
        service.told(&[user(1, 1, "ada"), post(10, 3, 1, "older", &[])]).await;
        let shown = service.get("/public").send().await.expect(200);
        assert_eq!((&shown["items"][0]["author"]["username"], &shown["items"][0]["text"]), (&json!("countess"), &json!("hello")));
    }

    async fn what_is_deleted_is_nowhere_and_does_not_come_back(service) {
        service.accounts(&["ada", "bob"]).await;
        service.told(&[follow(1, 2, 1, true), post(10, 1, 1, "hello", &["a"]), post(11, 1, 1, "more", &["a"])]).await;
        service.told(&[post_deleted(10, 2, 1), post(10, 1, 1, "hello", &["a"])]).await;
        assert_eq!((service.home(1).await, service.home(2).await, service.ids("/public", 0).await), (vec![11], vec![11], vec![11]));
        assert_eq!(service.ids("/public?tag=a", 0).await, [11]);
        assert_eq!(service.number("SELECT posts_count AS n FROM tags WHERE tag = 'a'").await, 1);
        // A deletion that comes first.
        service.told(&[post_deleted(12, 2, 1), post(12, 1, 1, "late", &["b"])]).await;
        assert_eq!((service.ids("/public", 0).await, service.count("timeline").await), (vec![11], 2));
        service.told(&[user_deleted(1, 2, "ada"), user(1, 1, "ada")]).await;
        assert_eq!((service.home(2).await, service.ids("/public", 0).await), (vec![], vec![]));
    }

    async fn a_block_hides_each_from_the_other_and_keeps_later_posts_out(service) {
        service.accounts(&["ada", "bob", "eve"]).await;
        service.told(&[follow(1, 2, 1, true), follow(1, 1, 2, true), follow(1, 3, 1, true)]).await;
        service.told(&[post(10, 1, 1, "of ada", &["x"]), post(11, 1, 2, "of bob", &["x"])]).await;
        assert_eq!((service.home(1).await, service.home(2).await), (vec![11, 10], vec![11, 10]));
        // Though the follows that the block ends have not been told yet.
        service.told(&[block(1, 1, 2, true), post(12, 1, 1, "later", &[]), post(13, 1, 2, "later", &[])]).await;
        assert_eq!((service.home(1).await, service.home(2).await, service.home(3).await), (vec![12, 10], vec![13, 11], vec![12, 10]));
        for (viewer, seen) in [(1, vec![12, 10]), (2, vec![13, 11]), (3, vec![13, 12, 11, 10]), (0, vec![13, 12, 11, 10])] {
            assert_eq!(service.ids("/public", viewer).await, seen, "{viewer}");
        }
        assert_eq!((service.ids("/public?tag=x", 1).await, service.ids("/public?author=ada", 2).await), (vec![10], vec![]));
        service.told(&[block(2, 1, 2, false)]).await;
        assert_eq!((service.home(2).await, service.ids("/public", 1).await), (vec![13, 12, 11, 10], vec![13, 12, 11, 10]));
    }

    async fn who_follows_finds_earlier_posts_and_who_does_not_any_more_finds_none(service) {
        service.accounts(&["ada", "bob"]).await;
        let mut long_ago = post(9, 1, 1, "long ago", &[]);
        long_ago.data["created_at"] = json!(BEGIN - 100 * 24 * 60 * 60 * 1000);
        service.told(&[long_ago, post(10, 1, 1, "one", &[]), post(11, 1, 1, "two", &[])]).await;
        assert_eq!(service.home(2).await, [0; 0]);
        service.told(&[follow(1, 2, 1, true)]).await;
        assert_eq!(service.home(2).await, [11, 10]);
        service.told(&[follow(2, 2, 1, false)]).await;
        assert_eq!((service.home(2).await, service.home(1).await), (vec![], vec![11, 10, 9]));
        service.told(&[follow(1, 2, 1, true)]).await;
        assert_eq!(service.home(2).await, [0; 0]);
    }

    async fn a_post_waits_for_its_author_and_a_follow_for_both(service) {
        service.told(&[follow(1, 2, 1, true), post(10, 1, 1, "hello", &[])]).await;
        assert_eq!((service.home(2).await, service.ids("/public", 0).await), (vec![], vec![]));
        service.accounts(&["ada"]).await;
        assert_eq!((service.home(2).await, service.ids("/public", 0).await), (vec![10], vec![10]));
    }

    async fn the_posts_of_somebody_whom_many_follow_are_in_timelines_all_the_same(service) {
        service.accounts(&["ada", "bob", "eve", "dan", "fay"]).await;
        service.told(&[post(10, 1, 1, "before", &[]), post(11, 1, 5, "of another", &[]), follow(1, 2, 5, true)]).await;
        service.told(&[follow(1, 2, 1, true), follow(1, 3, 1, true)]).await;
        assert_eq!((service.home(2).await, service.number("SELECT count(*) AS n FROM timeline WHERE author_id = 1").await), (vec![11, 10], 3));
        service.told(&[follow(1, 4, 1, true), post(12, 1, 1, "to many", &[])]).await;
        // Only the author's own are stored.
        assert_eq!(service.number("SELECT count(*) AS n FROM timeline WHERE author_id = 1").await, 2);
        for (viewer, seen) in [(1, vec![12, 10]), (2, vec![12, 11, 10]), (3, vec![12, 10]), (4, vec![12, 10]), (5, vec![11])] {
            assert_eq!(service.home(viewer).await, seen, "{viewer}");
        }
        service.told(&[block(1, 3, 1, true)]).await;
        assert_eq!(service.home(3).await, [0; 0]);
        service.told(&[follow(2, 3, 1, false), follow(2, 4, 1, false)]).await;
        assert_eq!((service.home(2).await, service.home(4).await), (vec![12, 11, 10], vec![]));
        assert_eq!(service.number("SELECT count(*) AS n FROM timeline WHERE author_id = 1").await, 4);
    }

    async fn what_is_not_known_here_is_passed_over(service) {
        let mut event = user(1, 1, "ada");
        event.kind = "user.praised".to_owned();
        event.data = Value::Null;
        service.told(&[event]).await;
        assert_eq!(service.count("authors").await, 0);
    }
}
