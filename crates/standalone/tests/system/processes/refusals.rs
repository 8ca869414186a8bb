//! Starts that must not succeed, each with a sentence that says what to do.

use std::net::TcpListener;
use std::path::Path;

use sea_orm::{ConnectionTrait, Database, Statement};

use super::{Agora, agora, binary};
use testkit::process::Process;

/// What a start that is refused prints; it must end by itself, not well, and not by a panic.
fn refused(mut process: Process) -> String {
    let status = process.exit();
    let output = process.output();
    assert!(!status.success(), "{output}");
    assert!(status.code().is_some(), "ended by a signal: {output}");
    assert!(!output.contains("panicked"), "{output}");
    output
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let output = refused(agora(data.path(), &["--listen", &address, "--admin", "127.0.0.1:0"], &[]));
    assert!(output.contains(&address) || output.contains(&taken.local_addr().unwrap().port().to_string()), "{output}");
    assert!(output.contains("in use") || output.contains("taken"), "{output}");
    let me = std::process::id().to_string();
    assert!(output.contains(&me), "it does not say by whom: {output}");
    assert!(!output.contains("password of"), "a secret that is shown once is shown by a start that works: {output}");
    assert!(!data.path().join("users.db").exists());
}

#[tokio::test]
async fn a_data_directory_belongs_to_one_process() {
    let data = tempfile::tempdir().unwrap();
    let first = Agora::start(data.path()).await;
    let output = refused(agora(data.path(), &["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], &[]));
    assert!(output.contains("in use") && output.contains(&first.process.id().to_string()), "{output}");
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = refused(agora(&file.path().join("data"), &["--listen", "127.0.0.1:0"], &[]));
    assert!(output.contains(&file.path().display().to_string()) && output.contains("--data"), "{output}");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let first = Agora::start(data.path()).await;
    assert!(first.stop().0.success());
    migrate_further(&data.path().join("users.db")).await;
    let output = refused(agora(data.path(), &["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], &[]));
    assert!(output.contains("newer") && output.contains("users"), "{output}");
}

/// Notes a migration that no program of today knows.
async fn migrate_further(file: &Path) {
    let connection = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    let find = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migrations'";
    let statement = Statement::from_string(connection.get_database_backend(), find);
    let table = connection.query_one_raw(statement).await.unwrap().expect("a table of migrations");
    let table: String = table.try_get("", "name").unwrap();
    let insert = format!("INSERT INTO {table} (version, applied_at) VALUES ('m99991231_000000_of_tomorrow', 0)");
    connection.execute_unprepared(&insert).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn production_wants_its_secrets_and_names_every_one_that_is_missing() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--profile", "production"];
    let output = refused(agora(data.path(), &arguments, &[]));
    assert!(output.contains("AGORA_INTERNAL_KEY") && output.contains("production"), "{output}");
}

#[tokio::test]
async fn production_does_not_run_on_demo_data() {
    let data = tempfile::tempdir().unwrap();
    let first = Agora::start(data.path()).await;
    assert!(first.stop().0.success());
    let key = "a secret that is long enough for production, 0123456789";
    let arguments = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--profile", "production"];
    let output = refused(agora(data.path(), &arguments, &[("AGORA_INTERNAL_KEY", key)]));
    assert!(output.contains("demo"), "{output}");
}

#[tokio::test]
async fn every_mistake_in_the_environment_is_reported_at_once() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("AGORA_PROFILE", "prodution"), ("GATEWAY_THREADS", "many"), ("GATEWAY_THREDS", "2")];
    let mut process = agora(data.path(), &["--listen", "127.0.0.1:0"], &variables);
    assert_eq!(process.exit().code(), Some(2), "{}", process.output());
    let output = process.output();
    for part in ["AGORA_PROFILE", "prodution", "GATEWAY_THREADS", "many", "GATEWAY_THREDS"] {
        assert!(output.contains(part), "{part} is not named: {output}");
    }
}

#[tokio::test]
async fn a_gateway_without_its_key_and_a_service_without_its_key_do_not_start() {
    for name in ["gateway", "users"] {
        let data = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/users.db?mode=rwc", data.path().display());
        let variables = [
            ("USERS_DATABASE_URL", database.as_str()),
            ("GATEWAY_LISTEN", "127.0.0.1:0"),
            ("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0"),
            ("USERS_LISTEN", "127.0.0.1:0"),
        ];
        let output = refused(Process::start(binary(name), &["run"], &variables));
        assert!(output.contains("KEY"), "{name}: {output}");
    }
}
