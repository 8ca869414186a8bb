//! What happens while an export is read, who else reads, and when it is done by itself.

use std::time::Duration;

use events::{Claim, Event};
use feed::{Config, Failed, rebuild, reconcile};
use migration::Schema;
use principal::InternalKey;
use sea_orm::ConnectionTrait as _;
use testkit::{alone, wait};

use crate::{
    harness::{Service, config, follow, on_both_engines, post, post_deleted, user},
    truth::{Truth, tables},
};

fn history() -> Vec<Event> {
    let accounts = [user(1, 1, "ada"), user(2, 1, "bob"), follow(1, 2, 1, true)];
    accounts.into_iter().chain((10..14).map(|id| post(id, 1, 1, "hello", &["a"]))).collect()
}

/// One made, one edited, one deleted, one that is not followed any more.
fn meanwhile() -> Vec<Event> {
    vec![
        post(20, 1, 1, "later", &["b"]),
        post(10, 2, 1, "edited", &["b"]),
        post_deleted(11, 2, 1),
        user(2, 2, "robert"),
    ]
}

/// Reconciles, and lets this happen after the export of `what` was made and before it arrives.
async fn during(service: &Service, truth: &Truth, what: &'static str, happens: &[Event]) {
    let sources = truth.exports(&InternalKey::random()).sources;
    let gate = truth.keep_waiting(what);
    let work = async {
        gate.arrived.notified().await;
        service.told(happens).await;
        truth.happens(happens);
        gate.go.notify_one();
    };
    let config = config();
    let (outcome, ()) = tokio::join!(reconcile(&service.db, &config, &sources), work);
    outcome.unwrap();
}

on_both_engines! {
    async fn what_is_told_while_the_export_is_read_is_neither_lost_nor_doubled(service) {
        service.told(&history()).await;
        let truth = Truth::of(&history());
        during(&service, &truth, "posts-export", &meanwhile()).await;
        assert_eq!(service.ids("/public", 0).await, [20, 13, 12, 10]);
        assert_eq!((service.home(1).await, service.home(2).await), (vec![20, 13, 12, 10], vec![20, 13, 12, 10]));
        assert_eq!(service.ids("/public?tag=b", 0).await, [20, 10]);
        assert_eq!(service.number("SELECT posts_count AS n FROM tags WHERE tag = 'a'").await, 2);
        let undone = [follow(2, 2, 1, false), user(2, 3, "bobby")];
        during(&service, &truth, "follows", &undone[..1]).await;
        during(&service, &truth, "accounts-export", &undone[1..]).await;
        assert_eq!(service.home(2).await, [0; 0]);
        let sources = truth.exports(&InternalKey::random()).sources;
        let report = reconcile(&service.db, &config(), &sources).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }

    async fn what_is_behind_and_catches_up_meanwhile_is_left_to_its_events(service) {
        service.told(&history()).await;
        let (edited, made) = (post(10, 2, 1, "edited", &[]), post(30, 1, 1, "soon gone", &["b"]));
        // Both are in the export before they are told here, and there is more to tell when it arrives.
        let truth = Truth::of(&[history(), vec![edited.clone(), made.clone()]].concat());
        let told = [edited, post(10, 3, 1, "edited again", &["c"]), made, post_deleted(30, 2, 1)];
        during(&service, &truth, "posts-export", &told).await;
        assert_eq!(service.ids("/public", 0).await, [13, 12, 11, 10]);
        assert_eq!(service.get("/public").send().await.expect(200)["items"][3]["text"], "edited again");
        assert_eq!((service.ids("/public?tag=c", 0).await, service.ids("/public?tag=b", 0).await), (vec![10], vec![]));
    }

    async fn while_everything_is_made_anew_readers_see_the_old_and_events_wait(service) {
        service.told(&history()).await;
        let truth = Truth::of(&history());
        let sources = truth.exports(&InternalKey::random()).sources;
        let gate = truth.keep_waiting("posts-export");
        let (db, config) = (service.db.clone(), config());
        let anew = tokio::spawn(async move { rebuild(&db, &config, &sources).await });
        gate.arrived.notified().await;
        assert_eq!((service.ids("/public", 0).await, service.home(2).await), (vec![13, 12, 11, 10], vec![13, 12, 11, 10]));
        // Who publishes may have to wait as well, and tries again.
        let telling = tokio::spawn({
            let service = service.clone();
            async move { service.tell(&meanwhile()).await }
        });
        gate.go.notify_one();
        let rebuilt = anew.await.unwrap().unwrap();
        assert_eq!((rebuilt.posts, rebuilt.timeline), (4, 8));
        telling.await.unwrap();
        service.handled().await;
        assert_eq!(service.ids("/public", 0).await, [20, 13, 12, 10]);
        truth.happens(&meanwhile());
        let sources = truth.exports(&InternalKey::random()).sources;
        let report = reconcile(&service.db, &crate::harness::config(), &sources).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }
}

/// A service that compares itself by itself, with one post of two.
async fn repairs_itself(db: database::Database) {
    let exports = Truth::of(&history()).exports(&InternalKey::random());
    let usual = config();
    let interval = Duration::from_millis(20);
    exports.posts.sever(true);
    let service = Service::with(db, Config { sources: Some(exports.sources), reconcile_interval: interval, ..usual });
    let filled = |count: i64| {
        wait::until("it is filled", Duration::from_secs(20), {
            let service = service.clone();
            move || {
                let service = service.clone();
                async move { (service.count("timeline").await == count).then_some(()) }
            }
        })
    };
    wait::until("accounts are there", Duration::from_secs(20), async || {
        (service.count("authors").await == 2).then_some(())
    })
    .await;
    // A failure does not end it.
    exports.posts.sever(false);
    filled(8).await;
    let transaction = service.db.write().await.unwrap();
    transaction.execute_unprepared("DELETE FROM timeline").await.unwrap();
    transaction.commit().await.unwrap();
    filled(8).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_the_service_repairs_itself_now_and_then() {
    let (db, _directory) = alone::sqlite(Schema::Feed).await;
    repairs_itself(db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_service_repairs_itself_now_and_then_and_one_process_at_a_time() {
    let Some((db, _postgres)) = alone::postgres(Schema::Feed).await else { return };
    repairs_itself(db.clone()).await;
    let sources = Truth::of(&history()).exports(&InternalKey::random()).sources;
    // What was stopped in the middle gives it back some time after it is dropped.
    let take = async || Claim::take(&db, "reconcile").await.unwrap();
    let claim = wait::until("nobody is at it", Duration::from_secs(20), take).await;
    let refused = reconcile(&db, &config(), &sources).await.unwrap_err();
    assert!(matches!(refused, Failed::Busy), "{refused}");
    claim.release().await.unwrap();
    assert!(reconcile(&db, &config(), &sources).await.unwrap().is_clean());
    assert_eq!(tables(&db).await["timeline"].len(), 8);
}
