//! `migration up|status`: brings the databases of the services to the newest schema, or says where they are.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks on its terminal")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use database::{Database, Options};
use migration::Schema;

/// Migrates every database whose URL is given.
#[derive(Parser)]
#[command(name = "migration", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The database of the service `users`.
    #[arg(long, env = "USERS_DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    users: Option<String>,
    /// The database of the service `posts`.
    #[arg(long, env = "POSTS_DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    posts: Option<String>,
    /// The database of the service `feed`.
    #[arg(long, env = "FEED_DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    feed: Option<String>,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Apply what is missing.
    Up,
    /// List the migrations and whether they have been applied.
    Status,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { command, users, posts, feed } = Arguments::parse();
    let given: Vec<(Schema, String)> = [(Schema::Users, users), (Schema::Posts, posts), (Schema::Feed, feed)]
        .into_iter()
        .filter_map(|(schema, url)| url.map(|url| (schema, url)))
        .collect();
    if given.is_empty() {
        eprintln!("no database is named: set USERS_DATABASE_URL, or give --users URL; the same for posts and feed");
        return ExitCode::from(2);
    }
    let mut code = ExitCode::SUCCESS;
    for (schema, url) in given {
        if let Err(error) = run(command, schema, &url).await {
            eprintln!("{}: {error}", schema.name());
            code = ExitCode::FAILURE;
        }
    }
    code
}

async fn run(command: Command, schema: Schema, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let db = Database::open(url, Options::default()).await?;
    let outcome = match command {
        Command::Up => migration::up(schema, &db).await.map(|applied| {
            if applied.is_empty() {
                println!("{}: up to date", schema.name());
            }
            for name in applied {
                println!("{}: applied {name}", schema.name());
            }
        }),
        Command::Status => migration::status(schema, &db).await.map(|steps| {
            for step in steps {
                let state = if step.applied { "applied" } else { "missing" };
                println!("{}: {state} {}", schema.name(), step.name);
            }
        }),
    };
    db.close().await;
    Ok(outcome?)
}
