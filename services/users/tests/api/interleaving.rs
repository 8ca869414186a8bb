//! What PostgreSQL lets happen at the same time, step by step. SQLite has one writer, so there is nothing to interleave.

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;

use crate::harness::{PASSWORD, Service, eventually, on_postgres, token};

/// How many connections wait for a lock.
async fn waiting(service: &Service) -> i64 {
    let sql =
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let reader = service.db.reader();
    let row = reader.query_one_raw(Statement::from_string(reader.get_database_backend(), sql)).await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

/// Somebody who follows revocations would never hear of one whose transaction drew its id earlier and committed later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revocations_become_visible_in_the_order_of_their_ids() {
    on_postgres(async |service: Service| {
        let ada = service.register("ada").await;
        let (_, other) = service.login("ada", PASSWORD).await;
        let other = other.expect(201)["session"]["id"].as_str().unwrap().to_owned();
        // The transaction that ends the first session stops after its id was drawn.
        let stop = format!(
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.subject = '{}' THEN PERFORM pg_advisory_xact_lock(42); END IF; RETURN NULL; END $$; \
             CREATE TRIGGER stop AFTER INSERT ON revocations FOR EACH ROW EXECUTE FUNCTION stop();",
            ada.sid
        );
        service.db.reader().execute_unprepared(&stop).await.unwrap();
        let held = service.db.write().await.unwrap();
        held.execute_unprepared("SELECT pg_advisory_xact_lock(42)").await.unwrap();
        let end = |sid: &str| {
            let (service, ada, path) = (service.clone(), ada.clone(), format!("/sessions/{sid}"));
            tokio::spawn(async move { service.delete(&path).by(&ada).send().await.expect(204) })
        };
        let first = end(&ada.sid);
        eventually(async || (waiting(&service).await == 1).then_some(())).await;
        let second = end(&other);
        eventually(async || (second.is_finished() || waiting(&service).await == 2).then_some(())).await;

        let early = service.get("/internal/revocations").send().await.expect(200);
        held.commit().await.unwrap();
        first.await.unwrap();
        second.await.unwrap();
        let rest = format!("/internal/revocations?after={}", early["next_after"]);
        let rest = service.get(&rest).send().await.expect(200);
        let items = |list: &testkit::alone::Answer| list["items"].as_array().unwrap().clone();
        let seen: Vec<_> = [items(&early), items(&rest)].concat().iter().map(|item| item["subject"].clone()).collect();
        assert_eq!(seen, [json!(ada.sid), json!(other)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_is_refused_if_the_password_changes_while_it_is_verified() {
    on_postgres(async |service: Service| {
        let ada = service.register("ada").await;
        let held = service.db.write().await.unwrap();
        held.execute_unprepared("SELECT 1 FROM users FOR UPDATE").await.unwrap();
        held.execute_unprepared("UPDATE credentials SET password_hash = 'other'").await.unwrap();
        let login = {
            let service = service.clone();
            tokio::spawn(async move { service.login("ada", PASSWORD).await.1 })
        };
        // The old password has been found right; now the account is waited for.
        eventually(async || (waiting(&service).await == 1).then_some(())).await;
        held.commit().await.unwrap();
        login.await.unwrap().refused(401, "invalid_credentials");
        assert_eq!(service.count("sessions").await, 1);
        service.rotate(&ada.token, &token()).await.expect(200);
    })
    .await;
}
