//! The service `users` as a process of its own.
#![allow(clippy::print_stdout, reason = "`users openapi` and `users seed` talk on their terminal")]

use std::{process::ExitCode, time::Duration};

use boot::{Outcome, Profile, Vars};
use bus::Bus;
use clap::{Parser, Subcommand};
use database::{Database, Engine, Options};
use principal::{AssertionKey, InternalKey, Verifier};
use secrecy::ExposeSecret as _;

/// Accounts, credentials and refresh sessions.
#[derive(Parser)]
#[command(name = "users", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Serve (the default): USERS_LISTEN, USERS_DATABASE_URL, EVENTS_URL, and USERS_ASSERTION_KEY or AGORA_INTERNAL_KEY.
    Run,
    /// Fill an empty database with the demo accounts and print the administrator's password.
    Seed,
    /// Print the OpenAPI document.
    Openapi,
}

fn main() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Run) {
        Command::Run => boot::main("users", async |vars| run(vars).await),
        Command::Seed => boot::main("users", async |vars| seed(vars).await),
        Command::Openapi => boot::main("users", async |_| {
            println!("{}", users::openapi().to_pretty_json()?);
            Ok(())
        }),
    }
}

async fn run(vars: &mut Vars) -> Outcome {
    let profile = Profile::from_vars(vars);
    let config = users::Config::from_vars(vars);
    let listen = vars.text("USERS_LISTEN", if profile.is_production() { "0.0.0.0:8101" } else { "127.0.0.1:8101" });
    let grace = vars.duration_s("USERS_SHUTDOWN_GRACE_S", Duration::from_secs(10));
    let events = bus::Config::from_vars(vars);
    let key = assertion_key(vars);
    let url = database_url(vars);
    vars.finish()?;
    let (Some(url), Some(key)) = (url, key) else { return Ok(vars.finish()?) };
    let db = open(&url).await?;
    users::check(&db).await?;
    if profile.is_production() && users::demo::is_seeded(&db).await? {
        return Err(
            "the database has demo accounts, whose password everybody knows: production does not start with them"
                .into(),
        );
    }
    let verifier = Verifier::new("users", vec![("gateway".to_owned(), key)]);
    let app = users::app(config, db.clone(), verifier, users::Clock::system(), &Bus::open(&events).await?);
    let listener =
        tokio::net::TcpListener::bind(&listen).await.map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    tracing::info!(address = %listener.local_addr()?, %profile, "users is listening");
    boot::serve(listener, app, boot::terminated(), grace).await;
    db.close().await;
    Ok(())
}

async fn seed(vars: &mut Vars) -> Outcome {
    let profile = Profile::from_vars(vars);
    if profile.is_production() {
        vars.mistake("AGORA_PROFILE=production has no demo accounts");
    }
    let url = database_url(vars);
    vars.finish()?;
    let Some(url) = url else { return Ok(()) };
    let db = open(&url).await?;
    users::check(&db).await?;
    match users::demo::seed(&db).await? {
        Some(seeded) => println!(
            "created {} demo accounts (password `{}`) and the administrator `{}` with the password {}",
            seeded.users,
            users::demo::PASSWORD,
            seeded.admin,
            seeded.admin_password.expose_secret()
        ),
        None => println!("there are accounts already: nothing was changed"),
    }
    db.close().await;
    Ok(())
}

/// Its own derived key, or the whole deployment's key to derive it from.
fn assertion_key(vars: &mut Vars) -> Option<AssertionKey> {
    let own = vars.secret("USERS_ASSERTION_KEY");
    let whole = vars.secret("AGORA_INTERNAL_KEY");
    match (own, whole) {
        (Some(own), _) => match AssertionKey::from_text(&own) {
            Ok(key) => return Some(key),
            Err(why) => vars.mistake(format!("USERS_ASSERTION_KEY is not a key: {why}")),
        },
        (None, Some(whole)) => match InternalKey::from_secret(&whole) {
            Ok(whole) => return Some(whole.derive("gateway", "users")),
            Err(why) => vars.mistake(format!("AGORA_INTERNAL_KEY is not a key: {why}")),
        },
        (None, None) => vars.mistake("set USERS_ASSERTION_KEY (`gateway keys derive users`) or AGORA_INTERNAL_KEY"),
    }
    None
}

fn database_url(vars: &mut Vars) -> Option<String> {
    let url = vars.optional("USERS_DATABASE_URL");
    if url.is_none() {
        vars.mistake("USERS_DATABASE_URL has to be set, for example to postgres://users@localhost/users");
    }
    url
}

async fn open(url: &str) -> Result<Database, Box<dyn std::error::Error + Send + Sync>> {
    let options = Engine::of(url).map(Options::usual).unwrap_or_default();
    Ok(Database::open(url, options).await?)
}
