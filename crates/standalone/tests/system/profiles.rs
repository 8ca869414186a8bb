//! What a profile is put together of: an account, and what others know of it.

use serde_json::{Value, json};

use crate::{System, over_both};

over_both! {
    async fn a_profile_says_how_many_posts_its_account_has_written(system: &System) {
        let (ada, bob) = (system.user("ada").await, system.user("bob").await);
        let _ = bob.put("/api/v1/users/ada/follow", &json!({})).await.expect(200);
        let _ = ada.put("/api/v1/users/bob/follow", &json!({})).await.expect(200);
        let anonymous = system.anonymous();
        let counts = async || {
            let one = async |path: &str| anonymous.get(path).await.expect(200).json()["posts_count"].clone();
            let listed = async |path: &str| anonymous.get(path).await.expect(200).json()["items"][0]["posts_count"].clone();
            [
                one("/api/v1/users/ada").await,
                ada.get("/api/v1/users/me").await.expect(200).json()["posts_count"].clone(),
                ada.get("/api/v1/home").await.expect(200).json()["me"]["posts_count"].clone(),
                listed("/api/v1/users?q=ada").await,
                listed("/api/v1/users/bob/followers").await,
                listed("/api/v1/users/bob/following").await,
            ]
        };
        assert_eq!(counts().await, [0; 6].map(Value::from));
        // It is kept, and a new post ends that; so does the end of a post.
        let post = ada.post("/api/v1/posts", &json!({"text": "x"})).await.expect(201);
        assert_eq!(counts().await, [1; 6].map(Value::from));
        let change = json!({"display_name": "Ada"});
        for call in [ada.patch("/api/v1/users/me", &change), ada.patch("/api/v1/users/ada", &change), ada.put("/api/v1/users/ada", &change)] {
            assert_eq!(call.await.expect(200).json()["posts_count"], 1);
        }
        let _ = ada.delete(post.header("location")).await.expect(204);
        assert_eq!(counts().await, [0; 6].map(Value::from));
        let _ = ada.put("/api/v1/users/bob/block", &json!({})).await.expect(200);
        assert_eq!(ada.get("/api/v1/users/me/blocks").await.expect(200).json()["items"][0]["posts_count"], 0);
    }

    async fn a_profile_is_there_while_posts_is_away(system: &System) {
        let _ = system.user("ada").await;
        let anonymous = system.anonymous();
        system.cut("posts", true);
        let profile = anonymous.get("/api/v1/users/ada").await.expect(200);
        assert_eq!(profile.header("gateway-parts"), "posts_count;state=error;code=upstream_unavailable");
        assert_eq!((&profile.json()["username"], &profile.json()["posts_count"]), (&json!("ada"), &Value::Null));
        // Who does not want to know it does not miss it.
        let chosen = anonymous.get("/api/v1/users/ada?fields=username").await.expect(200);
        assert_eq!((chosen.json(), chosen.header("gateway-parts")), (json!({"username": "ada"}), ""));
        system.cut("posts", false);
        assert_eq!(anonymous.get("/api/v1/users/ada").await.expect(200).json()["posts_count"], 0);
    }
}
