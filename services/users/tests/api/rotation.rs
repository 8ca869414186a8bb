//! Refresh tokens are good once, with a grace; used again later, they end their session.

use std::time::Duration;

use crate::harness::{PASSWORD, on_both_engines, token};

const SECOND: Duration = Duration::from_secs(1);

on_both_engines! {
    async fn a_token_is_exchanged_for_its_successor(service) {
        let ada = service.register("ada").await;
        let (first, second) = (token(), token());
        let answer = service.rotate(&ada.token, &first).await.expect(200);
        assert_eq!((&answer["session"]["id"], &answer["user"]["id"]), (&ada.sid.clone().into(), &ada.id.into()));
        service.rotate(&first, &second).await.expect(200);
        assert!(answer["as_of_ms"].as_i64().unwrap() <= service.clock.now());
        assert_eq!(service.count("sessions").await, 1);
    }

    async fn twenty_at_once_get_one_successor_that_is_alive(service) {
        let ada = service.register("ada").await;
        let successor = token();
        let racers: Vec<_> = (0..20)
            .map(|_| {
                let (service, presented, successor) = (service.clone(), ada.token.clone(), successor.clone());
                tokio::spawn(async move { service.rotate(&presented, &successor).await })
            })
            .collect();
        for racer in racers {
            let answer = racer.await.unwrap().expect(200);
            assert_eq!(answer["session"]["id"], ada.sid.as_str());
        }
        let live = "refresh_tokens WHERE used_at IS NULL";
        assert_eq!((service.count(live).await, service.count("refresh_tokens").await), (1, 2));
        assert_eq!(service.revocations().await, []);
        service.rotate(&successor, &token()).await.expect(200);
    }

    async fn within_the_grace_the_same_exchange_gets_the_same_answer(service) {
        let ada = service.register("ada").await;
        let successor = token();
        service.rotate(&ada.token, &successor).await.expect(200);
        service.clock.advance(users::GRACE - SECOND);
        service.rotate(&ada.token, &successor).await.expect(200);
        // Another successor is no theft, but it is not handed out either.
        service.rotate(&ada.token, &token()).await.refused(400, "invalid_grant");
        assert_eq!((service.revocations().await, service.count("refresh_tokens").await), (vec![], 2));
        service.rotate(&successor, &token()).await.expect(200);
    }

    async fn reused_refresh_token_revokes_the_family(service) {
        let ada = service.register("ada").await;
        let (bystander, _) = service.login("ada", PASSWORD).await;
        let (first, second) = (token(), token());
        service.rotate(&ada.token, &first).await.expect(200);
        service.rotate(&first, &second).await.expect(200);
        service.clock.advance(users::GRACE + SECOND);
        service.rotate(&ada.token, &first).await.refused(400, "invalid_grant");
        assert_eq!(service.revocations().await, [("sid".to_owned(), ada.sid.clone())]);
        for dead in [&ada.token, &first, &second] {
            service.rotate(dead, &token()).await.refused(400, "invalid_grant");
        }
        assert_eq!(service.revocations().await.len(), 1);
        service.rotate(&bystander, &token()).await.expect(200);
    }

    async fn a_session_that_is_not_refreshed_ends(service) {
        let ada = service.register("ada").await;
        service.clock.advance(service.config.session_idle - SECOND);
        let next = token();
        service.rotate(&ada.token, &next).await.expect(200);
        service.clock.advance(service.config.session_idle + SECOND);
        service.rotate(&next, &token()).await.refused(400, "invalid_grant");
        assert_eq!(service.get("/sessions").by(&ada).send().await.expect(200)["items"], serde_json::json!([]));
        assert_eq!(service.revocations().await, []);
    }

    async fn a_session_ends_however_often_it_is_refreshed(service) {
        let mut presented = service.register("ada").await.token;
        let half = service.config.session_idle / 2;
        let times = service.config.session_absolute.as_secs() / half.as_secs();
        for _ in 0..times {
            service.clock.advance(half);
            let next = token();
            service.rotate(&presented, &next).await.expect(200);
            presented = next;
        }
        service.clock.advance(half);
        service.rotate(&presented, &token()).await.refused(400, "invalid_grant");
    }

    async fn what_is_no_token_is_no_grant(service) {
        service.rotate(&token(), &token()).await.refused(400, "invalid_grant");
        service.rotate("x", "y").await.refuses(&[("/presented", "invalid_hash"), ("/successor", "invalid_hash")]);
        let same = token();
        service.rotate(&same, &same).await.refuses(&[("/successor", "same_token")]);
    }
}
