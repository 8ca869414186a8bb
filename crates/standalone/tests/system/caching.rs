//! Profiles and lists are kept for their viewers, and whoever has written sees what was written.

use serde_json::json;

use crate::{System, over_both};

/// The word of the cache.
fn word(answer: &testkit::Answer) -> &str {
    answer.header("cache-status").split(';').nth(1).unwrap_or_default().trim()
}

over_both! {
    async fn a_profile_is_kept_for_each_viewer_and_ends_with_a_change(system: &System) {
        let ada = system.user("ada").await;
        let bob = system.user("bob").await;
        let anonymous = system.anonymous();
        for caller in [&ada.caller, &bob.caller, &anonymous] {
            let first = caller.get("/api/v1/users/ada").await.expect(200);
            let second = caller.get("/api/v1/users/ada").await.expect(200);
            assert_eq!((word(&first), word(&second), first.json()), ("fwd=uri-miss", "hit", second.json()));
            assert_eq!(second.header("cache-control"), "private, no-cache");
            let known = caller.get("/api/v1/users/ada").header("if-none-match", second.header("etag")).await.expect(304);
            assert_eq!(known.text(), "");
        }
        for (number, path) in ["/api/v1/users/me", "/api/v1/users/ada"].into_iter().enumerate() {
            let name = format!("Ada {number}");
            let _ = ada.patch(path, &json!({ "display_name": name })).await.expect(200);
            for caller in [&ada.caller, &bob.caller, &anonymous] {
                assert_eq!(caller.get("/api/v1/users/ada").await.expect(200).json()["display_name"], name.as_str());
            }
            assert_eq!(ada.get("/api/v1/users/me").await.expect(200).json()["display_name"], name.as_str());
        }
    }

    async fn lists_end_with_every_account_that_comes_or_goes(system: &System) {
        let anonymous = system.anonymous();
        let names = async || {
            let page = anonymous.get("/api/v1/users?q=zebulon").await.expect(200).json();
            page["items"].as_array().unwrap().len()
        };
        assert_eq!((names().await, names().await), (0, 0));
        let zebulon = system.user("zebulon").await;
        assert_eq!(names().await, 1, "registering is a change");
        let _ = zebulon.delete("/api/v1/users/me").await.expect(204);
        assert_eq!(names().await, 0);
        anonymous.get("/api/v1/users/zebulon").await.problem(404, "not_found");
    }

    async fn an_older_profile_is_better_than_none(system: &System) {
        let ada = system.user("ada").await;
        let kept = system.anonymous().get("/api/v1/users/ada?fields=username").await.expect(200);
        system.sever(true);
        let older = system.anonymous().get("/api/v1/users/ada?fields=username").await.expect(200);
        assert_eq!(older.json(), kept.json());
        ada.get("/api/v1/users/ada?fields=username").await.problem(503, "upstream_unavailable");
        system.sever(false);
    }
}
