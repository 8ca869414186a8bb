//! What is told of accounts, and the letter to whoever registers.

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Service, eventually, on_both_engines, on_sqlite_with, token};
use crate::smtp::Server;

on_both_engines! {
    async fn whoever_registers_with_an_address_gets_one_letter_named_by_the_event(service) {
        service.register("ada").await;
        let (name, text) = eventually(async || letters(&service).pop()).await;
        let event = told(&service).await.remove(0);
        assert_eq!(name, format!("{}.eml", event["id"].as_str().unwrap()));
        for part in ["To: ada <ada@example.org>", "Subject: Welcome to Agora", "Message-ID: <", "Hello ada,"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        settled(&service).await;
        assert_eq!(letters(&service).len(), 1);
    }

    async fn who_gives_no_address_gets_no_letter(service) {
        let body = json!({"username": "bob", "password": PASSWORD, "token_hash": token()});
        service.post("/internal/accounts", body).send().await.expect(201);
        settled(&service).await;
        assert!(letters(&service).is_empty());
        assert_eq!(service.count("inbox").await, 1, "the registration was told all the same");
    }

    async fn a_letter_that_cannot_be_written_holds_up_nobody_and_is_written_when_it_can_be(service) {
        let directory = &service.mail;
        std::fs::write(directory, "in the way").unwrap();
        service.register("ada").await;
        eventually(async || (tries(&service).await > 0).then_some(())).await;
        assert!(letters(&service).is_empty());
        std::fs::remove_file(directory).unwrap();
        let (_, text) = eventually(async || letters(&service).pop()).await;
        assert!(text.contains("ada@example.org"), "{text}");
    }

    async fn what_happens_to_an_account_is_told_and_what_does_not_is_not(service) {
        let ada = service.register("ada").await;
        service.patch("/users/ada", json!({"display_name": "Ada L."})).by(&ada).send().await.expect(200);
        service.patch("/users/ada", json!({"display_name": "Ada L."})).by(&ada).send().await.expect(200);
        service.patch("/users/ada", json!({"display_name": ""})).by(&ada).send().await.expect(422);
        let taken = json!({"username": "ada", "password": PASSWORD, "token_hash": token()});
        service.post("/internal/accounts", taken).send().await.expect(409);
        service.delete("/users/ada").by(&ada).send().await.expect(204);
        let told = told(&service).await;
        let kinds: Vec<_> = told.iter().map(|event| (event["type"].as_str().unwrap(), event["version"].as_i64().unwrap())).collect();
        assert_eq!(kinds, [("user.registered", 1), ("user.changed", 2), ("user.deleted", 3)]);
        assert_eq!(told[1]["data"]["display_name"], "Ada L.");
        for event in told {
            assert_eq!(event["aggregate"], format!("user:{}", ada.id));
            assert!(!event.to_string().contains("example.org"), "{event}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_mail_server_is_named_it_gets_the_letters_and_a_repeat_has_the_same_id() {
    let server = Server::start(1).await;
    on_sqlite_with(
        |mail| mail.over_smtp(&server.url()).unwrap(),
        async |service| {
            service.register("ada").await;
            // The server took the first one, and was cut off before it could say so.
            settled(&service).await;
            let received = server.received();
            assert_eq!(received.len(), 2);
            let id = |letter: &str| letter.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned();
            assert_eq!(id(&received[0]), id(&received[1]));
            assert!(received.iter().all(|letter| letter.contains("To: ada <ada@example.org>")), "{received:?}");
            assert!(letters(&service).is_empty());
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_away_holds_up_no_registration() {
    let server = Server::start(0).await;
    let url = server.url();
    server.stop();
    on_sqlite_with(
        |mail| mail.over_smtp(&url).unwrap(),
        async |service| {
            service.register("ada").await;
            service.register("bob").await;
            eventually(async || (tries(&service).await > 0).then_some(())).await;
            eventually(async || {
                let status = events::status(&service.db).await.unwrap();
                (status.unpublished == 0 && status.waiting == 2).then_some(())
            })
            .await;
        },
    )
    .await;
}

/// The letters so far, each with the name of its file.
fn letters(service: &Service) -> Vec<(String, String)> {
    let Ok(files) = std::fs::read_dir(&service.mail) else { return Vec::new() };
    let files = files.map(|file| file.unwrap()).filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read_to_string(file.path()).unwrap())).collect()
}

/// Every event that was recorded, in its order.
async fn told(service: &Service) -> Vec<Value> {
    let sql =
        Statement::from_string(service.db.reader().get_database_backend(), "SELECT event FROM outbox ORDER BY id");
    let rows = service.db.reader().query_all_raw(sql).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(&row.try_get::<String>("", "event").unwrap()).unwrap()).collect()
}

/// How often it was tried in vain to handle an event.
async fn tries(service: &Service) -> i64 {
    let sql = "SELECT CAST(coalesce(max(tries), 0) AS BIGINT) AS tries FROM inbox";
    let sql = Statement::from_string(service.db.reader().get_database_backend(), sql);
    service.db.reader().query_one_raw(sql).await.unwrap().unwrap().try_get("", "tries").unwrap()
}

/// Waits until everything that was recorded has been handled.
async fn settled(service: &Service) {
    eventually(async || {
        let status = events::status(&service.db).await.unwrap();
        (status.unpublished == 0 && status.waiting == 0).then_some(())
    })
    .await;
}
