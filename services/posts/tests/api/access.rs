//! Who may do what, over HTTP, and the assertion without which nobody may do anything.

use serde_json::json;
use testkit::alone::Call;

use crate::harness::{id, on_both_engines, people};

on_both_engines! {
    async fn every_operation_is_open_to_whom_the_table_says(service) {
        let (ada, bob, boss) = people();
        let post = format!("/posts/{}", service.write(&ada, "x").await);
        let comments = format!("{post}/comments");
        let made = service.post(&comments, json!({"text": "x"})).by(&bob).send().await.expect(201);
        let comment = format!("{comments}/{}", id(&made));
        let like = format!("{post}/like");
        // anonymous, an administrator, whoever wrote the comment, whoever wrote the post
        let operations: Vec<(Call<'_>, [u16; 4])> = vec![
            (service.get("/posts"), [200; 4]),
            (service.get(&post), [200; 4]),
            (service.get(&comments), [200; 4]),
            (service.get(&comment), [200; 4]),
            (service.get(&format!("{post}/likes")), [200; 4]),
            (service.post("/posts", json!({"text": "y"})), [401, 201, 201, 201]),
            (service.put(&post, json!({"text": "y"})), [401, 403, 403, 200]),
            (service.patch(&post, json!({"text": "z"})), [401, 403, 403, 200]),
            (service.post(&comments, json!({"text": "y"})), [401, 201, 201, 201]),
            (service.put(&comment, json!({"text": "y"})), [401, 403, 200, 403]),
            (service.patch(&comment, json!({"text": "z"})), [401, 403, 200, 403]),
            (service.put(&like, json!(null)), [401, 200, 200, 200]),
            (service.delete(&like), [401, 200, 200, 200]),
            (service.delete("/posts/999"), [401, 404, 404, 404]),
            (service.delete(&format!("{comments}/999")), [401, 404, 404, 404]),
            (service.delete(&comment), [401, 204, 404, 404]),
            (service.delete(&post), [401, 204, 404, 404]),
        ];
        for (call, [anonymous, by_boss, by_bob, by_ada]) in operations {
            call.clone().send().await.expect(anonymous);
            call.clone().by_admin(&boss).send().await.expect(by_boss);
            call.clone().by(&bob).send().await.expect(by_bob);
            call.by(&ada).send().await.expect(by_ada);
        }
    }

    async fn a_comment_is_deleted_by_its_author_the_author_of_the_post_or_an_administrator(service) {
        let (ada, bob, boss) = people();
        let carl = testkit::alone::Person::new(10);
        let comments = format!("/posts/{}/comments", service.write(&ada, "x").await);
        for number in 0..3 {
            let made = service.post(&comments, json!({"text": "x"})).by(&bob).send().await.expect(201);
            let path = format!("{comments}/{}", id(&made));
            service.delete(&path).by(&carl).send().await.refused(403, "forbidden");
            let call = service.delete(&path);
            let call = match number { 0 => call.by(&bob), 1 => call.by(&ada), _ => call.by_admin(&boss) };
            call.send().await.expect(204);
        }
        assert_eq!(service.count("comments").await, 0);
    }

    async fn nothing_is_answered_without_the_gateway_s_assertion(service) {
        for path in ["/posts", "/posts/1", "/internal/posts?ids=1", "/internal/posts-export", "/internal/counts?ids=1"] {
            service.get(path).unasserted().send().await.refused(401, "unauthenticated");
        }
        service.post("/posts", json!({"text": "x"})).unasserted().send().await.refused(401, "unauthenticated");
        assert_eq!(service.count("posts").await, 0);
    }

    async fn readiness_follows_the_database(service) {
        service.get("/readyz").unasserted().send().await.expect(200);
        service.change("ALTER TABLE avatars RENAME TO lost").await;
        assert_eq!(service.get("/readyz").unasserted().send().await.status, 503);
        assert!(posts::check(&service.db).await.unwrap_err().contains("migration up"));
        service.get("/livez").unasserted().send().await.expect(200);
    }
}
