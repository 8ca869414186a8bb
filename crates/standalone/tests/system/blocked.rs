//! Blocked means blocked wherever one could be seen, also in what is kept; and nobody else notices.

use std::time::Duration;

use serde_json::json;
use testkit::Caller;

use crate::{System, over_both};

/// Whether somebody is shown ada there.
async fn sees_ada(caller: &Caller, path: &str) -> bool {
    let answer = caller.get(path).await;
    answer.status == 200 && answer.text().contains("\"username\":\"ada\"")
}

async fn until(caller: &Caller, path: &str, sees: bool) {
    let what = format!("{path} shows ada: {sees}");
    testkit::until(&what, Duration::from_secs(10), async || (sees_ada(caller, path).await == sees).then_some(())).await;
}

/// Whether an answer is kept that this caller may be given, however old it is by now.
async fn is_kept(caller: &Caller, path: &str) -> bool {
    let kept = caller.get(path).header("cache-control", "only-if-cached, max-stale=600").await;
    kept.status != 504
}

over_both! {
    async fn blocked_means_blocked_also_in_what_is_kept_and_others_keep_what_they_have(system: &System) {
        let [ada, bob, eve] = [system.user("ada").await, system.user("bob").await, system.user("eve").await];
        let anonymous = system.anonymous();
        let post = ada.post("/api/v1/posts", &json!({"text": "Quokka #marsupials"})).await.expect(201).header("location").to_owned();
        let of_eve = eve.post("/api/v1/posts", &json!({"text": "Wombat"})).await.expect(201).header("location").to_owned();
        let comments = format!("{of_eve}/comments");
        let comment = ada.post(&comments, &json!({"text": "Quokka!"})).await.expect(201).header("location").to_owned();
        let paths = [
            "/api/v1/users/ada",
            "/api/v1/users/ada?fields=username",
            "/api/v1/users?q=ada",
            "/api/v1/users/ada/posts",
            "/api/v1/posts?author=ada",
            "/api/v1/posts",
            "/api/v1/posts?tag=marsupials",
            &post,
            &format!("{of_eve}?include=comments.author"),
            &comments,
            &comment,
            "/api/v1/feed/public",
            "/api/v1/feed/public?author=ada",
            "/api/v1/search?q=quokka",
            "/api/v1/search/posts?q=quokka",
            "/api/v1/search/users?q=ada",
            "/api/v1/search/suggestions?q=ada",
        ];
        let others = [&eve.caller, &anonymous];
        for path in paths {
            for caller in [&bob.caller, &eve.caller, &anonymous] {
                until(caller, path, true).await;
                assert!(is_kept(caller, path).await, "{path}");
            }
        }
        // Nobody else sees another number of likes, followers or comments for it.
        let _ = ada.put("/api/v1/users/bob/block", &json!({})).await.expect(200);
        for path in paths {
            assert!(!is_kept(&bob, path).await, "what bob was shown is over: {path}");
            for caller in others {
                assert!(is_kept(caller, path).await, "others keep what they have: {path}");
            }
        }
        for path in paths {
            until(&bob, path, false).await;
            for caller in others {
                assert!(sees_ada(caller, path).await, "{path}");
            }
        }
        // In both directions, and until it ends.
        let own = bob.post("/api/v1/posts", &json!({"text": "Numbat"})).await.expect(201).header("location").to_owned();
        ada.get(&own).await.problem(404, "not_found");
        let _ = ada.delete("/api/v1/users/bob/block").await.expect(200);
        for path in paths {
            until(&bob, path, true).await;
        }
    }

    async fn a_block_takes_a_kept_home_page_and_timeline_with_it(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let _ = bob.put("/api/v1/users/ada/follow", &json!({})).await.expect(200);
        let _ = ada.post("/api/v1/posts", &json!({"text": "Quokka"})).await.expect(201);
        for path in ["/api/v1/home", "/api/v1/feed/home"] {
            until(&bob, path, true).await;
        }
        assert!(is_kept(&bob, "/api/v1/home").await);
        let _ = ada.put("/api/v1/users/bob/block", &json!({})).await.expect(200);
        assert!(!is_kept(&bob, "/api/v1/home").await);
        for path in ["/api/v1/home", "/api/v1/feed/home"] {
            until(&bob, path, false).await;
        }
    }
}
