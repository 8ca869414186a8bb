//! A service as a process of its own: `run`, `seed` and `openapi`.

use std::{error::Error, fmt::Display, process::ExitCode, time::Duration};

use boot::{App, Outcome, Profile, Vars};
use bus::Bus;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use database::{Database, Engine, Options};
use principal::{AssertionKey, InternalKey, Verifier};
use utoipa::openapi::OpenApi;

use crate::Clock;

/// The name under which the gateway asserts who a caller is.
const GATEWAY: &str = "gateway";

/// The key of the whole deployment, from which those of pairs are derived.
const INTERNAL_KEY: &str = "AGORA_INTERNAL_KEY";

/// What seeding says of a database that has been used.
pub const NOT_EMPTY: &str = "there is data already: nothing was changed";

/// Any error, as a sentence for whoever started the process.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a service's process is made of. The names of its variables are written out where the service is, so that they are found.
#[derive(Clone, Copy, Debug)]
pub struct Program<S> {
    /// The service's name.
    pub name: &'static str,
    /// What it is, in a sentence, for `--help`.
    pub about: &'static str,
    /// The port it listens on unless it is told otherwise.
    pub port: u16,
    /// The variable of the address: `POSTS_LISTEN`.
    pub listen: &'static str,
    /// Of the database: `POSTS_DATABASE_URL`.
    pub database_url: &'static str,
    /// Of its own derived key, by which it believes the gateway: `POSTS_ASSERTION_KEY`.
    pub assertion_key: &'static str,
    /// The other services whose word about themselves it takes, if it has the whole deployment's key.
    pub callers: &'static [&'static str],
    /// Of the time that requests get at the end: `POSTS_SHUTDOWN_GRACE_S`.
    pub shutdown_grace: &'static str,
    /// Its document.
    pub openapi: fn() -> OpenApi,
    /// The service itself.
    pub service: S,
}

/// What only the service knows.
pub trait Serve {
    /// Its settings.
    type Config;

    /// Reads the settings; mistakes are collected.
    fn config(&self, vars: &mut Vars) -> Self::Config;

    /// Whether the database answers and has been migrated.
    ///
    /// # Errors
    /// A sentence that is safe to show.
    fn check(&self, db: &Database) -> impl Future<Output = Result<(), String>> + Send;

    /// Whether the demo data is there, which production refuses.
    ///
    /// # Errors
    /// The database's.
    fn is_seeded(&self, db: &Database) -> impl Future<Output = Result<bool, BoxError>> + Send;

    /// Fills an empty database, and says what was done.
    ///
    /// # Errors
    /// A sentence; the database is still empty then.
    fn seed(&self, config: Self::Config, db: &Database) -> impl Future<Output = Result<String, BoxError>> + Send;

    /// Commands that other services do not have: a name, and what it does, for `--help`.
    const COMMANDS: &'static [(&'static str, &'static str)] = &[];

    /// Does one of [`Serve::COMMANDS`], and says what was done.
    ///
    /// # Errors
    /// A sentence.
    fn command(
        &self,
        name: &str,
        config: Self::Config,
        db: &Database,
    ) -> impl Future<Output = Result<String, BoxError>> + Send {
        let _nothing = (config, db);
        let why = format!("there is no command {name}");
        async move { Err(why.into()) }
    }

    /// The service, ready to be served.
    ///
    /// # Errors
    /// A sentence.
    fn app(&self, config: Self::Config, parts: Parts) -> Result<App, BoxError>;
}

/// What a service is given.
#[allow(missing_debug_implementations, reason = "a verifier holds keys")]
pub struct Parts {
    /// Its database, migrated.
    pub db: Database,
    /// Whose word about callers it takes.
    pub verifier: Verifier,
    /// The time.
    pub clock: Clock,
    /// By which it tells others, and hears.
    pub bus: Bus,
}

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Serve (the default).
    Run,
    /// Fill an empty database with demo data.
    Seed,
    /// Print the OpenAPI document.
    Openapi,
}

impl<S: Serve> Program<S> {
    /// Runs what the command line says; the exit status is that of [`boot::main`].
    pub fn main(self) -> ExitCode {
        let about =
            format!("Serve: {}, {}, and {} or AGORA_INTERNAL_KEY", self.listen, self.database_url, self.assertion_key);
        let command = Arguments::command().name(self.name).version(env!("CARGO_PKG_VERSION")).about(self.about);
        let command = command.mut_subcommand("run", |run| run.about(about));
        let own = S::COMMANDS.iter().map(|(name, about)| clap::Command::new(*name).about(*about));
        let matches = command.subcommands(own).get_matches();
        if let Some((name, _)) = S::COMMANDS.iter().find(|(name, _)| matches.subcommand_name() == Some(*name)) {
            return boot::main(self.name, async |vars| self.command(name, vars).await);
        }
        let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        match arguments.command.unwrap_or(Command::Run) {
            Command::Run => boot::main(self.name, async |vars| self.run(vars).await),
            Command::Seed => boot::main(self.name, async |vars| self.seed(vars).await),
            Command::Openapi => boot::main(self.name, async |_| {
                #[allow(clippy::print_stdout, reason = "the document is what was asked for")]
                {
                    println!("{}", (self.openapi)().to_pretty_json()?);
                }
                Ok(())
            }),
        }
    }

    async fn run(&self, vars: &mut Vars) -> Outcome {
        let profile = Profile::from_vars(vars);
        let config = self.service.config(vars);
        let usual = format!("{}:{}", if profile.is_production() { "0.0.0.0" } else { "127.0.0.1" }, self.port);
        let listen = vars.text(self.listen, &usual);
        let grace = vars.duration_s(self.shutdown_grace, Duration::from_secs(10));
        let verifier = self.verifier(vars);
        let url = self.url(vars);
        let events = bus::Config::from_vars(vars);
        vars.finish()?;
        let (Some(url), Some(verifier)) = (url, verifier) else { return Ok(vars.finish()?) };
        let db = self.open(&url).await?;
        if profile.is_production() && self.service.is_seeded(&db).await? {
            return Err(
                "the database has demo data, with a password that everybody knows: production does not start with it"
                    .into(),
            );
        }
        let bus = Bus::open(&events).await?;
        let parts = Parts { db: db.clone(), verifier, clock: Clock::system(), bus };
        let app = self.service.app(config, parts)?;
        let listener = tokio::net::TcpListener::bind(&listen)
            .await
            .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        tracing::info!(address = %listener.local_addr()?, %profile, "{} is listening", self.name);
        boot::serve(listener, app, boot::terminated(), grace).await;
        db.close().await;
        Ok(())
    }

    async fn seed(&self, vars: &mut Vars) -> Outcome {
        if Profile::from_vars(vars).is_production() {
            vars.mistake("AGORA_PROFILE=production has no demo data");
        }
        let config = self.service.config(vars);
        let url = self.url(vars);
        vars.finish()?;
        let Some(url) = url else { return Ok(()) };
        let db = self.open(&url).await?;
        let told = self.service.seed(config, &db).await?;
        db.close().await;
        tell(&told);
        Ok(())
    }

    async fn command(&self, name: &str, vars: &mut Vars) -> Outcome {
        let config = self.service.config(vars);
        let url = self.url(vars);
        vars.finish()?;
        let Some(url) = url else { return Ok(()) };
        let db = self.open(&url).await?;
        let told = self.service.command(name, config, &db).await;
        db.close().await;
        tell(&told?);
        Ok(())
    }

    /// Whom the service believes: by its own derived key the gateway, by the whole deployment's key also other services.
    fn verifier(&self, vars: &mut Vars) -> Option<Verifier> {
        let (own, whole) = (vars.secret(self.assertion_key), vars.secret(INTERNAL_KEY));
        let own = own.and_then(|text| read(vars, self.assertion_key, AssertionKey::from_text(&text)));
        let whole = whole.and_then(|text| read(vars, INTERNAL_KEY, InternalKey::from_secret(&text)));
        let mut keys: Vec<_> = own.map(|key| (GATEWAY.to_owned(), key)).into_iter().collect();
        if let Some(whole) = &whole {
            if keys.is_empty() {
                keys.push((GATEWAY.to_owned(), whole.derive(GATEWAY, self.name)));
            }
            keys.extend(self.callers.iter().map(|caller| ((*caller).to_owned(), whole.derive(caller, self.name))));
        }
        if keys.is_empty() {
            let own = self.assertion_key;
            vars.mistake(format!("set {own} (`gateway keys derive {}`) or {INTERNAL_KEY}", self.name));
            return None;
        }
        Some(Verifier::new(self.name, keys))
    }

    fn url(&self, vars: &mut Vars) -> Option<String> {
        let url = vars.optional(self.database_url);
        if url.is_none() {
            let (variable, name) = (self.database_url, self.name);
            vars.mistake(format!("{variable} has to be set, for example to postgres://{name}@localhost/{name}"));
        }
        url
    }

    async fn open(&self, url: &str) -> Result<Database, BoxError> {
        let options = Engine::of(url).map(Options::usual).unwrap_or_default();
        let db = Database::open(url, options).await?;
        self.service.check(&db).await?;
        Ok(db)
    }
}

#[allow(clippy::print_stdout, reason = "commands talk on their terminal")]
fn tell(told: &str) {
    println!("{told}");
}

fn read<K, E: Display>(vars: &mut Vars, variable: &str, key: Result<K, E>) -> Option<K> {
    key.map_err(|why| vars.mistake(format!("{variable} is not a key: {why}"))).ok()
}
