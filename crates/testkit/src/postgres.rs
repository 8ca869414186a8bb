//! One PostgreSQL database per test, made on the server that `TEST_POSTGRES_URL` names and dropped with the test.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, DbErr};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An empty database; it is dropped with this.
#[derive(Debug)]
pub struct Postgres {
    server: String,
    name: String,
}

impl Postgres {
    /// The server of the tests, a URL that may create databases. `None` only where `SKIP_POSTGRES=1` says that PostgreSQL is
    /// left out: without either the test fails, because half of it would silently not be run.
    #[must_use]
    pub fn server() -> Option<String> {
        let server = std::env::var("TEST_POSTGRES_URL").ok();
        let skip = std::env::var("SKIP_POSTGRES").is_ok_and(|skip| skip == "1");
        assert!(
            server.is_some() || skip,
            "TEST_POSTGRES_URL is not set: name a PostgreSQL server whose databases may be created and dropped, or leave \
             PostgreSQL out with SKIP_POSTGRES=1"
        );
        server
    }

    /// Makes an empty database; `None` as for [`Postgres::server`].
    pub async fn create() -> Option<Self> {
        let server = Self::server()?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("agora_test_{}_{number}", std::process::id());
        execute(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
            .unwrap_or_else(|error| panic!("TEST_POSTGRES_URL: {error}"));
        execute(&server, &format!("CREATE DATABASE {name}"))
            .await
            .unwrap_or_else(|error| panic!("TEST_POSTGRES_URL: {error}"));
        Some(Self { server, name })
    }

    /// The URL of the database.
    #[must_use]
    pub fn url(&self) -> String {
        let (server, query) = match self.server.split_once('?') {
            Some((server, query)) => (server, format!("?{query}")),
            None => (self.server.as_str(), String::new()),
        };
        let authority = server.find("://").map_or(0, |at| at + 3);
        let end = server[authority..].find('/').map_or(server.len(), |at| authority + at);
        format!("{}/{}{query}", &server[..end], self.name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.block_on(execute(&server, &statement))
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("a test database stays behind: {error}");
        }
    }
}

async fn execute(server: &str, statement: &str) -> Result<(), DbErr> {
    let mut options = sea_orm::ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    connection.execute_unprepared(statement).await?;
    connection.close().await
}
