//! The command line of `agora`. `agora` alone is `agora run`.

mod events;
mod feed;
mod healthcheck;
mod operate;
mod probe;
mod status;
mod user;

use std::{net::SocketAddr, path::PathBuf};

use boot::{Outcome, Profile, Vars};
use clap::{Args, Parser, Subcommand};

use crate::{Config, External, Report, start};

/// The whole system in one process: the public API, its services, and their SQLite databases.
#[derive(Debug, Parser)]
#[command(name = "agora", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything (what `agora` alone does)
    Run(Run),
    /// Say whether the system runs on a data directory, where, and how its services are
    Status(Place),
    /// Work on accounts in the data directory, whether the system runs or not
    User {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        command: user::Command,
    },
    /// Say how far events between services have got, or try again what could not be handled, whether the system runs or not
    Events {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        command: events::Command,
    },
    /// Make what feed shows anew from what users and posts have, or compare and repair it, whether the system runs or not
    Feed {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        command: feed::Command,
    },
    /// Have the running system read the gateway's files again; it goes on with what it had if they are wrong
    Reload(Place),
    /// Say how full the running system's cache is, or have it forget answers
    Cache {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        command: gateway::cli::Cache,
    },
    /// Exit with 0 if the system takes requests, with 1 otherwise
    Healthcheck {
        /// Where it listens [default: where the system on the data directory does]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        #[command(flatten)]
        place: Place,
    },
}

/// Which system is meant.
#[derive(Args, Debug)]
struct Place {
    /// The data directory [default: $AGORA_DATA_DIR, or data]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

/// How to start. Each option wins over its variable.
#[derive(Args, Debug)]
struct Run {
    /// The public address [default: $GATEWAY_LISTEN, or 127.0.0.1:8001; in production 0.0.0.0:8001]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The address of metrics and readiness [default: $GATEWAY_ADMIN_LISTEN, or 127.0.0.1:8011]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// The directory of databases and keys [default: $AGORA_DATA_DIR, or data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The directory of gateway.toml and routes/ [default: what is compiled into this program]
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// demo: keys and accounts are made. production: every secret has to be given [default: $AGORA_PROFILE, or demo]
    #[arg(long, value_name = "demo|production")]
    profile: Option<Profile>,
    /// A NATS server that carries events, for services elsewhere; one with a password belongs into the variable [default: $EVENTS_URL,
    /// or this process alone]
    #[arg(long, value_name = "URL")]
    events_url: Option<String>,
    /// A service that runs elsewhere, for example users=http://127.0.0.1:8101
    #[arg(long, value_name = "NAME=URL")]
    external: Vec<External>,
}

impl Cli {
    /// Reads the arguments of this process; help and mistakes end it.
    #[must_use]
    pub fn read() -> Self {
        Self::parse()
    }

    /// Does what was asked.
    ///
    /// # Errors
    ///
    /// A sentence for the person who asked.
    pub async fn run(self, vars: &mut Vars) -> Outcome {
        match self.command.unwrap_or(Command::Run(self.run)) {
            Command::Run(run) => run.run(vars).await,
            Command::Status(place) => status::run(&place.path(vars)).await,
            Command::User { place, command } => {
                let config = users::Config::from_vars(vars);
                vars.finish()?;
                command.run(&place.path(vars), &config).await
            }
            Command::Events { place, command } => {
                let config = users::Config::from_vars(vars);
                vars.finish()?;
                command.run(&place.path(vars), config).await
            }
            Command::Feed { place, command } => {
                let config = ::feed::Config::from_vars(vars);
                vars.finish()?;
                command.run(&place.path(vars), config).await
            }
            Command::Reload(place) => operate::run(&place.path(vars), gateway::cli::reload),
            Command::Cache { place, command } => operate::run(&place.path(vars), |admin| command.tell(admin)),
            Command::Healthcheck { listen, place } => healthcheck::run(listen, &place.path(vars)).await,
        }
    }
}

impl Place {
    fn path(self, vars: &mut Vars) -> PathBuf {
        self.data.unwrap_or_else(|| PathBuf::from(vars.text("AGORA_DATA_DIR", "data")))
    }
}

impl Run {
    async fn run(self, vars: &mut Vars) -> Outcome {
        let files = self.config.clone();
        let hangups = gateway::cli::hangups(files.as_deref())?;
        let external = self.override_variables(vars);
        let config = Config::from_vars(vars, external, files);
        let mut report = Report::to_stdout(vars);
        match config.plan() {
            Ok(plan) => plan.variables.iter().for_each(|name| drop(vars.optional(name))),
            Err(mistakes) => mistakes.iter().for_each(|mistake| vars.mistake(mistake.to_string())),
        }
        vars.finish()?;
        let running = start(config, &mut report).await?;
        running.run(boot::terminated(), hangups).await?;
        Ok(())
    }

    fn override_variables(self, vars: &mut Vars) -> Vec<External> {
        let options = [
            ("GATEWAY_LISTEN", self.listen.map(|address| address.to_string())),
            ("GATEWAY_ADMIN_LISTEN", self.admin.map(|address| address.to_string())),
            ("AGORA_DATA_DIR", self.data.map(|path| path.to_string_lossy().into_owned())),
            ("EVENTS_URL", self.events_url),
            ("AGORA_PROFILE", self.profile.map(|profile| profile.to_string())),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                vars.set(name, value);
            }
        }
        self.external
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn run_is_the_default_command_and_its_options_win_over_variables() {
        for words in [
            &["agora", "--listen", "127.0.0.1:9", "--profile", "production"][..],
            &["agora", "run", "--listen", "127.0.0.1:9", "--profile", "production"],
        ] {
            let cli = Cli::try_parse_from(words).unwrap();
            let run = match cli.command {
                Some(Command::Run(run)) => run,
                None => cli.run,
                Some(other) => unreachable!("{other:?}"),
            };
            let mut vars = Vars::from_pairs([("GATEWAY_LISTEN", "127.0.0.1:1"), ("AGORA_DATA_DIR", "kept")]);
            run.override_variables(&mut vars);
            let told = ["GATEWAY_LISTEN", "AGORA_PROFILE", "AGORA_DATA_DIR"].map(|name| vars.text(name, ""));
            assert_eq!(told, ["127.0.0.1:9", "production", "kept"]);
        }
    }

    #[test]
    fn a_password_is_not_an_argument() {
        assert!(Cli::try_parse_from(["agora", "user", "create", "ann", "secret"]).is_err());
        assert!(Cli::try_parse_from(["agora", "user", "password", "ann", "--password", "secret"]).is_err());
    }
}
