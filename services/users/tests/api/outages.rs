//! The database goes away and comes back; the service stays.

use database::{Database, Options};
use sea_orm::ConnectionTrait as _;

use crate::harness::{Service, eventually, on_postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_closed_are_503_at_worst_and_replaced() {
    on_postgres(async |service: Service| {
        service.register("ada").await;
        let all: Vec<_> = (0..6).map(|_| service.get("/users").send()).collect();
        for one in all {
            one.await.expect(200);
        }
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        service.db.reader().execute_unprepared(kill).await.unwrap();
        eventually(async || {
            let answer = service.get("/users").send().await;
            if answer.status == 503 {
                assert_eq!(answer.clone().refused(503, "overloaded").header("retry-after"), "1");
            }
            (answer.status == 200).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_503_without_a_word_about_where_it_was() {
    on_postgres(async |service: Service| {
        let ada = service.register("ada").await;
        // A pool that has been closed stands for a server that cannot be reached.
        service.db.close().await;
        let calls = [
            service.get("/users/ada"),
            service.patch("/users/me", serde_json::json!({"status": "x"})).by(&ada),
            service.get("/internal/revocations"),
        ];
        for call in calls {
            let answer = call.send().await.refused(503, "overloaded");
            assert_eq!(answer.header("retry-after"), "1");
            assert!(!answer.text.contains("pool") && !answer.text.contains("5432"), "{}", answer.text);
        }
        service.get("/readyz").unasserted().send().await.expect(503);
        service.get("/livez").unasserted().send().await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_without_the_password() {
    let options = Options { wait: std::time::Duration::from_millis(200), ..Options::default() };
    let error = Database::open("postgres://users:secret@127.0.0.1:1/users", options).await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}
