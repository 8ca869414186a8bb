//! Who follows whom, what they write, and what others make of it: through the gateway, in one process and in several.

use serde_json::{Value, json};
use testkit::Caller;

use crate::{System, over_both};

/// What a page holds under a name.
fn all(page: &Value, name: &str) -> Vec<Value> {
    page["items"].as_array().unwrap().iter().map(|item| item[name].clone()).collect()
}

/// Where something was made.
fn place(made: &testkit::Answer) -> String {
    made.header("location").to_owned()
}

/// Tries again until the answer has this status: what one service tells another takes a moment.
async fn until_status(caller: &Caller, path: &str, status: u16) {
    let what = format!("{path} is {status}");
    testkit::until(&what, std::time::Duration::from_secs(10), async || {
        (caller.get(path).await.status == status).then_some(())
    })
    .await;
}

over_both! {
    async fn accounts_follow_and_block_each_other(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let anonymous = system.anonymous();
        let nothing = json!({});
        anonymous.put("/api/v1/users/ada/follow", &nothing).await.problem(401, "unauthenticated");
        let now = bob.put("/api/v1/users/ada/follow", &nothing).await.expect(200).json();
        assert_eq!(now, json!({"following": true, "followed_by": false, "blocking": false}));
        assert_eq!(ada.get("/api/v1/users/bob/relationship").await.expect(200).json()["followed_by"], true);
        assert_eq!(all(&anonymous.get("/api/v1/users/ada/followers").await.expect(200).json(), "username"), ["bob"]);
        assert_eq!(all(&anonymous.get("/api/v1/users/bob/following").await.expect(200).json(), "username"), ["ada"]);
        // A client reads what it has written, also where it is kept.
        assert_eq!(bob.get("/api/v1/users/ada").await.expect(200).json()["followers_count"], 1);
        let _ = bob.delete("/api/v1/users/ada/follow").await.expect(200);
        assert_eq!(bob.get("/api/v1/users/ada").await.expect(200).json()["followers_count"], 0);

        let kept = anonymous.get("/api/v1/users/bob").await.expect(200).json();
        let _ = ada.put("/api/v1/users/bob/block", &nothing).await.expect(200);
        bob.get("/api/v1/users/ada").await.problem(404, "not_found");
        assert_eq!(anonymous.get("/api/v1/users/bob").await.expect(200).json(), kept);
        assert_eq!(all(&ada.get("/api/v1/users/me/blocks").await.expect(200).json(), "username"), ["bob"]);
        ada.put("/api/v1/users/bob/follow", &nothing).await.problem(403, "blocked");
        let _ = ada.delete("/api/v1/users/bob/block").await.expect(200);
        let _ = bob.get("/api/v1/users/ada").await.expect(200);
        for path in ["/api/v1/users/nobody/followers", "/api/v1/users/nobody/following"] {
            anonymous.get(path).await.problem(404, "not_found");
        }
        ada.get("/api/v1/users/nobody/relationship").await.problem(404, "not_found");
        ada.delete("/api/v1/users/nobody/follow").await.problem(404, "not_found");
        ada.put("/api/v1/users/nobody/block", &nothing).await.problem(404, "not_found");
        ada.delete("/api/v1/users/nobody/block").await.problem(404, "not_found");
        anonymous.get("/api/v1/users/me/blocks").await.problem(401, "unauthenticated");
    }

    async fn a_post_is_written_read_changed_and_deleted(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let anonymous = system.anonymous();
        anonymous.post("/api/v1/posts", &json!({"text": "x"})).await.problem(401, "unauthenticated");
        // The slash at the end makes no difference to where the post is.
        let made = ada.post("/api/v1/posts/", &json!({"text": "Hello #World"})).await.expect(201);
        let post = made.json();
        assert_eq!((&post["tags"], &post["version"]), (&json!(["world"]), &json!(1)));
        // A client that has just written has what it would read.
        let path = place(&made);
        assert_eq!(post, ada.get(&path).await.expect(200).json());
        assert_eq!(path, format!("/api/v1/posts/{}", post["id"]));

        let shown = anonymous.get(&path).await.expect(200);
        assert_eq!(shown.json()["author"]["username"], "ada");
        let page = anonymous.get("/api/v1/posts?tag=world").await.expect(200).json();
        assert_eq!((&page["items"][0]["id"], &page["items"][0]["author"]["username"]), (&post["id"], &json!("ada")));
        let own = anonymous.get("/api/v1/users/ada/posts").await.expect(200).json();
        assert_eq!((&own["items"][0]["id"], &own["items"][0]["author"]["username"]), (&post["id"], &json!("ada")));
        anonymous.get("/api/v1/users/nobody/posts").await.problem(404, "not_found");
        let by_name = anonymous.get("/api/v1/posts?author=ADA&limit=1").await.expect(200);
        assert_eq!(all(&by_name.json(), "id"), [post["id"].clone()]);
        for nobody in ["bob", "nobody", "%20", "ada,bob"] {
            assert_eq!(anonymous.get(&format!("/api/v1/posts?author={nobody}")).await.expect(200).json()["items"], json!([]));
        }
        anonymous.get("/api/v1/posts?limit=0").await.problem(400, "invalid_parameter");
        anonymous.get("/api/v1/posts/999999").await.problem(404, "not_found");

        let change = json!({"text": "Hello #again"});
        let edit = ada.patch(&path, &change).header("if-match", shown.header("etag")).await.expect(200);
        assert_eq!((&edit.json()["tags"], &edit.json()["author"]), (&json!(["again"]), &post["author"]));
        ada.patch(&path, &change).header("if-match", shown.header("etag")).await.problem(412, "precondition_failed");
        bob.patch(&path, &change).await.problem(403, "forbidden");
        bob.put(&path, &change).await.problem(403, "forbidden");
        let put = ada.put(&path, &json!({"text": "Instead", "tags": ["other"]})).await.expect(200);
        assert_eq!(put.json()["author"], post["author"]);
        assert_eq!(anonymous.get(&path).await.expect(200).json()["text"], "Instead", "what was kept is forgotten");
        bob.delete(&path).await.problem(403, "forbidden");
        let _ = ada.delete(&path).await.expect(204);
        ada.delete(&path).await.problem(404, "not_found");
        anonymous.get(&path).await.problem(404, "not_found");
    }

    async fn a_post_that_is_sent_twice_is_there_once(system: &System) {
        let ada = system.user("ada").await;
        let body = json!({"text": "once"});
        let send = async || ada.post("/api/v1/posts", &body).header("idempotency-key", "k-1").await.expect(201);
        let (first, second) = (send().await, send().await);
        assert_eq!((first.json(), second.header("idempotency-replayed")), (second.json(), "true"));
        let other = ada.post("/api/v1/posts", &json!({"text": "twice"})).header("idempotency-key", "k-1").await;
        other.problem(422, "idempotency_key_reused");
    }

    async fn comments_and_likes_are_counted(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let anonymous = system.anonymous();
        let path = place(&ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201));
        let (comments, like) = (format!("{path}/comments"), format!("{path}/like"));
        let made = bob.post(&comments, &json!({"text": "First"})).await.expect(201);
        let comment = place(&made);
        assert_eq!(made.json(), bob.get(&comment).await.expect(200).json());
        assert_eq!(comment, format!("{comments}/{}", made.json()["id"]));
        assert_eq!(anonymous.get(&comment).await.expect(200).json()["author"]["username"], "bob");
        let page = anonymous.get(&comments).await.expect(200).json();
        assert_eq!((&page["items"][0]["text"], &page["items"][0]["author"]["username"]), (&json!("First"), &json!("bob")));
        for change in [bob.patch(&comment, &json!({"text": "Second"})), bob.put(&comment, &json!({"text": "Third"}))] {
            assert_eq!(change.await.expect(200).json()["author"]["username"], "bob");
        }
        ada.patch(&comment, &json!({"text": "no"})).await.problem(403, "forbidden");
        ada.put(&comment, &json!({"text": "no"})).await.problem(403, "forbidden");
        anonymous.post(&comments, &json!({"text": "no"})).await.problem(401, "unauthenticated");
        anonymous.get(&format!("{comments}/999999")).await.problem(404, "not_found");
        anonymous.get("/api/v1/posts/999999/comments").await.problem(404, "not_found");

        for _ in 0..2 {
            assert_eq!(bob.put(&like, &json!({})).await.expect(200).json()["like_count"], 1);
        }
        assert_eq!(all(&anonymous.get(&format!("{path}/likes")).await.expect(200).json(), "user_id").len(), 1);
        let post = anonymous.get(&path).await.expect(200).json();
        assert_eq!((&post["like_count"], &post["comment_count"]), (&json!(1), &json!(1)));
        assert_eq!(bob.delete(&like).await.expect(200).json()["like_count"], 0);
        bob.put("/api/v1/posts/999999/like", &json!({})).await.problem(404, "not_found");
        bob.delete("/api/v1/posts/999999/like").await.problem(404, "not_found");
        anonymous.get("/api/v1/posts/999999/likes").await.problem(404, "not_found");
        // Whose post it is may remove what is said under it.
        let _ = ada.delete(&comment).await.expect(204);
        bob.delete(&comment).await.problem(404, "not_found");
        assert_eq!(anonymous.get(&path).await.expect(200).json()["comment_count"], 0);
    }

    async fn blocked_means_blocked_in_posts_too(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let path = place(&ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201));
        assert_eq!(bob.get(&path).await.expect(200).json()["author"]["username"], "ada");
        let _ = ada.put("/api/v1/users/bob/block", &json!({})).await.expect(200);
        until_status(&bob.caller, &path, 404).await;
        assert_eq!(bob.get("/api/v1/posts").await.expect(200).json()["items"], json!([]));
        bob.post(&format!("{path}/comments"), &json!({"text": "no"})).await.problem(404, "not_found");
        let _ = system.anonymous().get(&path).await.expect(200);
        let _ = ada.delete("/api/v1/users/bob/block").await.expect(200);
        until_status(&bob.caller, &path, 200).await;
    }

    async fn what_an_account_wrote_goes_with_it(system: &System) {
        let ada = system.user("ada").await;
        let path = place(&ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201));
        let _ = ada.delete("/api/v1/users/me").await.expect(204);
        until_status(&system.anonymous(), &path, 404).await;
    }

    async fn posts_are_read_while_users_is_away_and_say_that_their_authors_are_not_known(system: &System) {
        let ada = system.user("ada").await;
        let path = place(&ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201));
        system.sever(true);
        // What was written is written, whoever cannot be asked then.
        let made = ada.post("/api/v1/posts", &json!({"text": "y"})).await.expect(201);
        assert_eq!((&made.json()["author"], made.header("gateway-parts")), (&Value::Null, "author;state=error;code=upstream_unavailable"));
        // Whose posts these would be is not known, so they are not nobody's.
        let unknown = system.anonymous().get("/api/v1/posts?author=somebody").await;
        unknown.problem(503, "upstream_unavailable");
        let post = system.anonymous().get(&path).await.expect(200).json();
        assert_eq!((&post["text"], &post["author"]), (&json!("x"), &Value::Null));
        assert_eq!(post["_parts"][0]["name"], "author");
        system.sever(false);
    }

    async fn a_post_is_in_the_timelines_of_those_who_follow_and_in_search(system: &System) {
        let (ada, bob, eve) = (system.user("ada").await, system.user("bob").await, system.user("eve").await);
        let anonymous = system.anonymous();
        let _ = bob.put("/api/v1/users/ada/follow", &json!({})).await.expect(200);
        let post = ada.post("/api/v1/posts", &json!({"text": "Zeppelins over #zurich"})).await.expect(201).json();
        let first = async |caller: &Caller, path: &str| -> Value {
            caller.get(path).await.expect(200).json()["items"][0]["id"].clone()
        };
        for (caller, path) in [
            (&ada.caller, "/api/v1/feed/home"),
            (&bob.caller, "/api/v1/feed/home"),
            (&anonymous, "/api/v1/feed/public"),
            (&anonymous, "/api/v1/feed/public?author=ada"),
            (&anonymous, "/api/v1/feed/public?tag=zurich"),
            (&anonymous, "/api/v1/search/posts?q=zeppelins"),
        ] {
            testkit::until(path, std::time::Duration::from_secs(10), async || {
                (first(caller, path).await == post["id"]).then_some(())
            })
            .await;
        }
        assert_eq!(eve.get("/api/v1/feed/home").await.expect(200).json()["items"], json!([]));
        assert_eq!(bob.get("/api/v1/feed/home/new").await.expect(200).json()["count"].as_i64(), Some(0));
        let found = anonymous.get("/api/v1/search/users?q=ada").await.expect(200).json();
        assert!(all(&found, "username").contains(&json!("ada")), "{found}");
        assert_eq!(all(&anonymous.get("/api/v1/search/tags?q=zur").await.expect(200).json(), "tag"), ["zurich"]);
        let suggested = anonymous.get("/api/v1/search/suggestions?q=zur").await.expect(200).json();
        assert_eq!(suggested["tags"][0]["tag"], "zurich");
        let found = anonymous.get("/api/v1/search?q=zeppelins").await.expect(200).json();
        assert_eq!((&found["posts"]["items"][0]["id"], &found["users"]["items"]), (&post["id"], &json!([])));
        let _ = anonymous.get("/api/v1/tags").await.expect(200);
        assert_eq!(anonymous.get("/api/v1/tags/zurich").await.expect(200).json()["posts_count"], 1);

        // All that without users and posts; without feed, its own say so.
        system.cut("users", true);
        system.cut("posts", true);
        let page = anonymous.get("/api/v1/feed/public?author=ada&limit=5").await.expect(200).json();
        assert_eq!(page["items"][0]["author"]["username"], "ada");
        system.cut("users", false);
        system.cut("posts", false);
        system.cut("feed", true);
        let _ = anonymous.get("/api/v1/search?q=balloons").await.problem(503, "upstream_unavailable");
        system.cut("feed", false);
    }

    async fn what_cannot_be_looked_for_is_refused(system: &System) {
        let anonymous = system.anonymous();
        for path in ["/api/v1/feed/home", "/api/v1/feed/home/new"] {
            anonymous.get(path).await.problem(401, "unauthenticated");
        }
        for path in ["/api/v1/feed/public?limit=0", "/api/v1/tags?limit=0"] {
            anonymous.get(path).await.problem(400, "invalid_parameter");
        }
        let long = "x".repeat(201);
        for kind in ["", "/posts", "/users", "/tags", "/suggestions"] {
            let refused = anonymous.get(&format!("/api/v1/search{kind}?q={long}")).await.problem(400, "invalid_parameter");
            assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("q"), &json!("too_long")));
        }
        let _ = system.user("ada").await;
        for (query, code) in [("limit=0", "invalid_parameter"), ("cursor=x", "invalid_cursor")] {
            anonymous.get(&format!("/api/v1/users/ada/posts?{query}")).await.problem(400, code);
        }
        anonymous.get("/api/v1/tags/nobody_ever_wrote_this").await.problem(404, "not_found");
    }

    async fn blocked_means_blocked_in_timelines_and_search(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let _ = bob.put("/api/v1/users/ada/follow", &json!({})).await.expect(200);
        let _ = ada.post("/api/v1/posts", &json!({"text": "Quokka"})).await.expect(201);
        let sees = async |path: &str, how_many: usize| {
            testkit::until(path, std::time::Duration::from_secs(10), async || {
                let page = bob.get(path).await.expect(200).json();
                (page["items"].as_array().unwrap().len() == how_many).then_some(())
            })
            .await;
        };
        let paths = ["/api/v1/feed/home", "/api/v1/feed/public?author=ada", "/api/v1/search/posts?q=quokka"];
        for path in paths {
            sees(path, 1).await;
        }
        let _ = ada.put("/api/v1/users/bob/block", &json!({})).await.expect(200);
        for path in paths {
            sees(path, 0).await;
        }
        let others = system.anonymous().get("/api/v1/search/posts?q=quokka").await.expect(200).json();
        assert_eq!(others["items"].as_array().unwrap().len(), 1);
    }
}
