//! Blocks, as `users` tells of them: neither of the two sees the other here.

use serde_json::json;
use testkit::alone::{Call, Person};

use crate::harness::{Service, id, on_both_engines, people};

/// What `author` has written and liked, as reads that somebody else can ask for.
fn reads<'a>(service: &'a Service, post: &str, comment: &str) -> Vec<Call<'a>> {
    vec![
        service.get(post),
        service.get(&format!("{post}/comments")),
        service.get(&format!("{post}/likes")),
        service.get(comment),
    ]
}

on_both_engines! {
    async fn neither_of_the_two_sees_what_the_other_writes_and_likes(service) {
        let (ada, bob, carl) = people();
        let post_of_carl = format!("/posts/{}", service.write(&carl, "#t by carl").await);
        let mut own = Vec::new();
        for person in [&ada, &bob] {
            let post = format!("/posts/{}", service.write(person, "#t mine").await);
            let comments = format!("{post_of_carl}/comments");
            let made = service.post(&comments, json!({"text": "mine"})).by(person).send().await.expect(201);
            service.put(&format!("{post_of_carl}/like"), json!(null)).by(person).send().await.expect(200);
            own.push((post, format!("{comments}/{}", id(&made))));
        }
        service.blocks(&ada, &bob, true, 1).await;
        for (viewer, other, (post, comment)) in [(&ada, &bob, &own[1]), (&bob, &ada, &own[0])] {
            for call in reads(&service, post, comment) {
                call.clone().by(viewer).send().await.refused(404, "not_found");
                call.clone().by(&carl).send().await.expect(200);
                call.send().await.expect(200);
            }
            for list in ["/posts".to_owned(), "/posts?tag=t".to_owned(), format!("/posts?author_id={}", other.id)] {
                let seen = service.get(&list).by(viewer).send().await.expect(200).all("author_id");
                assert!(!seen.contains(&json!(other.id)), "{list}: {seen:?}");
                assert!(service.get(&list).by(&carl).send().await.expect(200).all("author_id").contains(&json!(other.id)), "{list}");
            }
            let comments = service.get(&format!("{post_of_carl}/comments")).by(viewer).send().await.expect(200);
            assert_eq!(comments.all("author_id"), [viewer.id]);
            let likes = service.get(&format!("{post_of_carl}/likes")).by(viewer).send().await.expect(200);
            assert_eq!(likes.all("user_id"), [viewer.id]);
            let ids = "/internal/posts?ids=1,2,3";
            assert!(!service.get(ids).by(viewer).send().await.expect(200).all("author_id").contains(&json!(other.id)));
            assert_eq!(service.get(ids).send().await.expect(200).all("author_id").len(), 3);
        }
    }

    async fn who_is_blocked_finds_nothing_and_who_has_blocked_is_told_so(service) {
        let (ada, bob, _) = people();
        let (of_ada, of_bob) = (service.write(&ada, "x").await, service.write(&bob, "y").await);
        service.blocks(&ada, &bob, true, 1).await;
        let actions = |service: &Service, post: i64, person: &Person| {
            let service: &'static Service = Box::leak(Box::new(service.clone()));
            let path = format!("/posts/{post}");
            vec![
                service.post(&format!("{path}/comments"), json!({"text": "x"})).by(person),
                service.put(&format!("{path}/like"), json!(null)).by(person),
                service.delete(&format!("{path}/like")).by(person),
                service.patch(&path, json!({"text": "x"})).by(person),
                service.delete(&path).by(person),
            ]
        };
        for call in actions(&service, of_ada, &bob) {
            call.send().await.refused(404, "not_found");
        }
        for call in actions(&service, of_bob, &ada) {
            call.send().await.refused(403, "blocked");
        }
        // Both have blocked: that one was blocked counts.
        service.blocks(&bob, &ada, true, 1).await;
        for call in actions(&service, of_bob, &ada) {
            call.send().await.refused(404, "not_found");
        }
        assert_eq!((service.count("comments").await, service.count("likes").await, service.count("posts").await), (0, 0, 2));
    }

    async fn a_block_takes_from_nobody_what_they_may_delete(service) {
        let (ada, bob, boss) = people();
        let post = format!("/posts/{}", service.write(&ada, "x").await);
        let comment = |made: &testkit::alone::Answer| format!("{post}/comments/{}", id(made));
        let mut made = Vec::new();
        for _ in 0..2 {
            made.push(service.post(&format!("{post}/comments"), json!({"text": "x"})).by(&bob).send().await.expect(201));
        }
        service.blocks(&ada, &bob, true, 1).await;
        service.blocks(&ada, &boss, true, 1).await;
        service.delete(&comment(&made[0])).by(&ada).send().await.expect(204);
        service.delete(&comment(&made[1])).by(&bob).send().await.expect(204);
        service.get(&post).by_admin(&boss).send().await.refused(404, "not_found");
        service.delete(&post).by_admin(&boss).send().await.expect(204);
    }

    async fn a_block_that_has_ended_hides_nothing_and_an_older_event_changes_nothing(service) {
        let (ada, bob, _) = people();
        let post = format!("/posts/{}", service.write(&ada, "x").await);
        service.blocks(&ada, &bob, true, 3).await;
        service.get(&post).by(&bob).send().await.refused(404, "not_found");
        service.blocks(&ada, &bob, false, 2).await;
        service.get(&post).by(&bob).send().await.refused(404, "not_found");
        service.blocks(&ada, &bob, false, 4).await;
        service.get(&post).by(&bob).send().await.expect(200);
        service.blocks(&ada, &bob, true, 4).await;
        service.get(&post).by(&bob).send().await.expect(200);
    }
}
