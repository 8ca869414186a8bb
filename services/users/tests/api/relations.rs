//! Following, blocking, and what of it others see and hear.

use serde_json::{Value, json};

use crate::harness::{Person, Service, eventually, on_both_engines};

async fn counts(service: &Service, name: &str) -> (i64, i64) {
    let user = service.get(&format!("/users/{name}")).send().await.expect(200);
    (user["followers_count"].as_i64().unwrap(), user["following_count"].as_i64().unwrap())
}

async fn crowd(service: &Service, number: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for index in 0..number {
        people.push(service.register(&format!("p{index:02}")).await);
    }
    people
}

/// The events of a kind that are in the outbox.
async fn told(service: &Service, kind: &str) -> i64 {
    service.number(&format!("SELECT count(*) AS n FROM outbox WHERE kind = '{kind}'")).await
}

on_both_engines! {
    async fn to_follow_is_counted_once_and_ends(service) {
        let (ada, _bob) = (service.register("ada").await, service.register("bob").await);
        for _ in 0..2 {
            let now = service.put("/users/bob/follow", Value::Null).by(&ada).send().await.expect(200);
            assert_eq!(now.json, json!({"following": true, "followed_by": false, "blocking": false}));
        }
        assert_eq!((counts(&service, "bob").await, counts(&service, "ada").await), ((1, 0), (0, 1)));
        assert_eq!(service.get("/users/bob/followers").send().await.expect(200).all("username"), ["ada"]);
        assert_eq!(service.get("/users/ada/following").send().await.expect(200).all("username"), ["bob"]);
        for _ in 0..2 {
            service.delete("/users/bob/follow").by(&ada).send().await.expect(200);
        }
        assert_eq!((counts(&service, "bob").await, counts(&service, "ada").await), ((0, 0), (0, 0)));
        assert_eq!((told(&service, "user.followed").await, told(&service, "user.unfollowed").await), (1, 1));
        assert_eq!(service.number("SELECT version AS n FROM follows").await, 2);
    }

    async fn nobody_follows_themselves_or_who_is_not_there(service) {
        let ada = service.register("ada").await;
        service.put("/users/ada/follow", Value::Null).by(&ada).send().await.refuses(&[("/username", "oneself")]);
        service.put("/users/nobody/follow", Value::Null).by(&ada).send().await.refused(404, "not_found");
        service.put("/users/ada/follow", Value::Null).send().await.refused(401, "unauthenticated");
    }

    async fn fifty_who_follow_at_once_are_counted(service) {
        let star = service.register("star").await;
        let people = crowd(&service, 50).await;
        let follows: Vec<_> = people.iter().map(|person| {
            let (service, person) = (service.clone(), person.clone());
            tokio::spawn(async move { service.put("/users/star/follow", Value::Null).by(&person).send().await.expect(200) })
        }).collect();
        for follow in follows {
            follow.await.unwrap();
        }
        assert_eq!(counts(&service, "star").await, (50, 0));
        assert_eq!(service.count("follows").await, 50);
        // Some leave, some are blocked, some follow back, all at once.
        let others: Vec<_> = people.iter().enumerate().map(|(index, person)| {
            let (service, person, star) = (service.clone(), person.clone(), star.clone());
            tokio::spawn(async move {
                let name = format!("p{index:02}");
                match index % 3 {
                    0 => service.delete("/users/star/follow").by(&person).send().await.expect(200),
                    1 => service.put(&format!("/users/{name}/block"), Value::Null).by(&star).send().await.expect(200),
                    _ => service.put(&format!("/users/{name}/follow"), Value::Null).by(&star).send().await.expect(200),
                }
            })
        }).collect();
        for other in others {
            other.await.unwrap();
        }
        let rows = "SELECT count(*) AS n FROM follows WHERE is_active = true AND";
        let followers = service.number(&format!("{rows} followed_id = {}", star.id)).await;
        let following = service.number(&format!("{rows} follower_id = {}", star.id)).await;
        assert_eq!((followers, following), (16, 16));
        assert_eq!(counts(&service, "star").await, (followers, following));
        let wrong = "SELECT count(*) AS n FROM users u WHERE followers_count <> (SELECT count(*) FROM follows f WHERE \
                     f.followed_id = u.id AND is_active = true) OR following_count <> (SELECT count(*) FROM follows f \
                     WHERE f.follower_id = u.id AND is_active = true)";
        assert_eq!(service.number(wrong).await, 0);
    }

    async fn two_who_follow_and_block_each_other_at_once_come_to_an_end(service) {
        let (ada, bob) = (service.register("ada").await, service.register("bob").await);
        for _ in 0..10 {
            let calls = [("/users/bob/follow", &ada), ("/users/ada/follow", &bob), ("/users/bob/block", &ada)].map(|(path, by)| {
                let (service, by) = (service.clone(), by.clone());
                tokio::spawn(async move { service.put(path, Value::Null).by(&by).send().await.status.as_u16() })
            });
            for call in calls {
                let status = call.await.unwrap();
                assert!([200, 403, 404].contains(&status), "{status}");
            }
            assert_eq!(counts(&service, "ada").await, (0, 0));
            service.delete("/users/bob/block").by(&ada).send().await.expect(200);
        }
    }

    async fn who_is_blocked_does_not_find_who_has_blocked_them(service) {
        let (ada, bob) = (service.register("ada").await, service.register("bob").await);
        let boss = service.register_admin("boss").await;
        service.put("/users/bob/follow", Value::Null).by(&ada).send().await.expect(200);
        service.put("/users/ada/follow", Value::Null).by(&bob).send().await.expect(200);
        let now = service.put("/users/bob/block", Value::Null).by(&ada).send().await.expect(200);
        assert_eq!(now.json, json!({"following": false, "followed_by": false, "blocking": true}));
        assert_eq!((counts(&service, "ada").await, counts(&service, "bob").await), ((0, 0), (0, 0)));
        for path in ["/users/ada", "/users/ada/followers", "/users/ada/relationship"] {
            service.get(path).by(&bob).send().await.refused(404, "not_found");
        }
        service.put("/users/ada/follow", Value::Null).by(&bob).send().await.refused(404, "not_found");
        service.put("/users/bob/follow", Value::Null).by(&ada).send().await.refused(403, "blocked");
        assert_eq!(service.get("/users").by(&bob).send().await.expect(200).all("username"), ["boss", "bob"]);
        assert_eq!(service.get("/users").send().await.expect(200).all("username"), ["boss", "bob", "ada"]);
        service.get("/users/ada").by_admin(&boss).send().await.expect(200);
        assert_eq!(service.get("/users/me/blocks").by(&ada).send().await.expect(200).all("username"), ["bob"]);
        service.delete("/users/bob/block").by(&ada).send().await.expect(200);
        service.get("/users/ada").by(&bob).send().await.expect(200);
        assert_eq!((told(&service, "user.blocked").await, told(&service, "user.unblocked").await), (1, 1));
        assert_eq!(told(&service, "user.unfollowed").await, 2);
    }

    async fn a_deletion_ends_what_was_between_accounts(service) {
        let (ada, bob, eve) = (service.register("ada").await, service.register("bob").await, service.register("eve").await);
        service.put("/users/bob/follow", Value::Null).by(&ada).send().await.expect(200);
        service.put("/users/ada/follow", Value::Null).by(&bob).send().await.expect(200);
        service.put("/users/ada/block", Value::Null).by(&eve).send().await.expect(200);
        service.delete("/users/me").by(&ada).send().await.expect(204);
        assert_eq!(counts(&service, "bob").await, (0, 0));
        assert_eq!(service.get("/users/me/blocks").by(&eve).send().await.expect(200)["items"], json!([]));
        // What an interrupted deletion has left is found.
        let (fay, _gus) = (service.register("fay").await, service.register("gus").await);
        service.put("/users/gus/follow", Value::Null).by(&fay).send().await.expect(200);
        let db = service.db.write().await.unwrap();
        let gone = format!("UPDATE users SET deleted_at = 1 WHERE id = {}", fay.id);
        sea_orm::ConnectionTrait::execute_unprepared(&db, &gone).await.unwrap();
        db.commit().await.unwrap();
        eventually(async || (counts(&service, "gus").await == (0, 0)).then_some(())).await;
    }

    async fn who_follows_meanwhile_is_no_conflict_and_another_tag(service) {
        let (ada, bob) = (service.register("ada").await, service.register("bob").await);
        let before = service.get("/users/ada").send().await.expect(200).header("etag").to_owned();
        service.put("/users/ada/follow", Value::Null).by(&bob).send().await.expect(200);
        let after = service.get("/users/ada").header("if-none-match", &before).send().await.expect(200);
        assert_ne!(after.header("etag"), before);
        let change = service.patch("/users/me", json!({"status": "x"})).header("if-match", &before).by(&ada);
        change.send().await.expect(200);
        let again = service.patch("/users/me", json!({"status": "y"})).header("if-match", &before).by(&ada);
        again.send().await.refused(412, "precondition_failed");
    }

    async fn a_picture_that_posts_tells_of_is_the_account_s(service) {
        let ada = service.register("ada").await;
        let tell = async |version: i64, avatar: Value| {
            let event = events::Event::new(
                "avatar.changed",
                events::Aggregate::new("avatar", ada.id),
                version,
                1,
                json!({"user_id": ada.id, "avatar": avatar}),
            );
            let message = bus::Message {
                id: event.id.to_string(),
                subject: "agora.posts.avatar.changed".to_owned(),
                payload: serde_json::to_string(&event).unwrap().into(),
            };
            service.bus.publish(&[message]).await.unwrap();
        };
        tell(2, json!("/media/b/144.jpg")).await;
        tell(1, json!("/media/a/144.jpg")).await;
        tell(2, Value::Null).await;
        let handled = "SELECT count(*) AS n FROM inbox WHERE follower = 'users.avatar' AND handled_at IS NOT NULL";
        eventually(async || (service.number(handled).await == 3).then_some(())).await;
        assert_eq!(service.get("/users/ada").send().await.expect(200)["avatar"], "/media/b/144.jpg");
        assert_eq!(told(&service, "user.changed").await, 1);
    }

    async fn everything_is_exported_by_id(service) {
        let (ada, bob) = (service.register("ada").await, service.register("bob").await);
        service.put("/users/bob/follow", Value::Null).by(&ada).send().await.expect(200);
        service.put("/users/bob/block", Value::Null).by(&ada).send().await.expect(200);
        let accounts = service.get("/internal/accounts-export?limit=1").send().await.expect(200);
        assert_eq!(accounts.all("username"), ["ada"]);
        let accounts = service.get(&format!("/internal/accounts-export?after={}", ada.id)).send().await.expect(200);
        assert_eq!(accounts["items"], json!([{
            "id": bob.id, "version": 1, "username": "bob", "display_name": "bob", "avatar": null, "is_active": true, "deleted": false,
        }]));
        let follows = service.get("/internal/follows").send().await.expect(200);
        assert_eq!((&follows["items"][0]["active"], &follows["items"][0]["version"]), (&json!(false), &json!(2)));
        let blocks = service.get("/internal/blocks").send().await.expect(200);
        assert_eq!((&blocks["items"][0]["blocked_id"], &blocks["items"][0]["active"]), (&json!(bob.id), &json!(true)));
        for query in ["limit=0", "limit=1001", "after=-1"] {
            service.get(&format!("/internal/follows?{query}")).send().await.refused(400, "invalid_parameter");
        }
    }
}
