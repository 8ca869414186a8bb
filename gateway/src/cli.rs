//! The command line of `gateway`. `run` serves; every other command looks at the configuration and needs no service
//! to be up, but `check --live`, which asks the services.
//!
//! The exit status is 0, or 2 if the configuration is wrong, or 1 for everything else that is not as it should be.

mod client;
mod healthcheck;
mod inspect;
mod keys;
mod live;
mod operate;
mod run;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use boot::{Profile, Vars};
use clap::{Parser, Subcommand};
use http::Method;

use crate::plan::{Plan, Sources};

pub use operate::{Cache, Purge, reload};
pub use run::hangups;

const FAILED: u8 = 1;
const MISCONFIGURED: u8 = 2;

/// The public HTTP surface: one API in front of all services.
#[derive(Debug, Parser)]
#[command(name = "gateway", version)]
struct Cli {
    /// The directory of gateway.toml and routes/ [default: what is compiled into this program]
    #[arg(long, value_name = "DIR", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop
    Run(run::Run),
    /// Prove that the configuration fits together and fits the contracts
    Check {
        /// Also ask each service whether its contract is the one that is pinned; needs AGORA_INTERNAL_KEY (or _FILE)
        #[arg(long)]
        live: bool,
    },
    /// List the public routes
    Routes,
    /// Say what would happen to a request
    Explain {
        /// The method, like GET
        #[arg(value_parser = method)]
        method: Method,
        /// The path, like /api/v1/users/ada
        path: String,
    },
    /// Print the public OpenAPI document
    Openapi {
        /// Take the services' contracts from this directory: users.json, …
        #[arg(long, value_name = "DIR")]
        contracts: Option<PathBuf>,
        /// Print the contract of the gateway's own operations instead
        #[arg(long, conflicts_with = "contracts")]
        own: bool,
    },
    /// Exit with 0 if the gateway on this machine takes requests, with 1 otherwise
    Healthcheck(operate::Place),
    /// Have the running gateway read its files again; it goes on with what it had if they are wrong
    Reload(operate::Place),
    /// Say how full the running gateway's cache is, or have it forget answers
    Cache {
        #[command(flatten)]
        place: operate::Place,
        #[command(subcommand)]
        command: operate::Cache,
    },
    /// Work on the keys by which services know the gateway
    #[command(subcommand)]
    Keys(keys::Command),
}

/// What a command without a server comes to: the text to print, or what is wrong and the exit status.
type Answer = Result<String, (u8, String)>;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    if let Command::Run(run) = command {
        return boot::main("gateway", async |vars| run.run(vars, config).await);
    }
    let mut vars = Vars::from_env();
    match answer(command, config, &mut vars) {
        Ok(text) => {
            // A reader that has gone away (`gateway routes | head`) has seen what it wanted.
            let _gone = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err((status, sentence)) => {
            let _gone = writeln!(io::stderr(), "{sentence}");
            ExitCode::from(status)
        }
    }
}

fn answer(command: Command, config: Option<PathBuf>, vars: &mut Vars) -> Answer {
    match command {
        Command::Run(_) => Err((FAILED, "`run` is no question".to_owned())),
        Command::Check { live: true } => live::check(&sources(config, vars), vars),
        Command::Check { live: false } => inspect::check(&sources(config, vars)),
        Command::Routes => inspect::routes(&sources(config, vars)),
        Command::Explain { method, path } => inspect::explain(&sources(config, vars), &method, &path),
        Command::Openapi { own: true, .. } => inspect::own_contract(),
        Command::Openapi { contracts, .. } => inspect::openapi(&sources(config, vars), contracts),
        Command::Healthcheck(place) => healthcheck::run(place.address(&sources(config, vars), vars)?),
        Command::Reload(place) => operate::ended(operate::reload(place.address(&sources(config, vars), vars)?)),
        Command::Cache { place, command } => operate::ended(command.tell(place.address(&sources(config, vars), vars)?)),
        Command::Keys(command) => command.run(vars),
    }
}

/// The files that are meant, with the variables of this process.
fn sources(config: Option<PathBuf>, vars: &mut Vars) -> Sources {
    let profile = Profile::from_vars(vars);
    let sources = config.map_or_else(Sources::embedded, Sources::directory);
    let variables: Vec<_> = vars.all().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    sources.with_variables(variables).with_profile(profile.to_string())
}

fn load(sources: &Sources) -> Result<Plan, (u8, String)> {
    Plan::load(sources).map_err(|mistakes| (MISCONFIGURED, mistakes.to_string()))
}

fn method(text: &str) -> Result<Method, String> {
    Method::from_bytes(text.to_ascii_uppercase().as_bytes()).map_err(|_| format!("`{text}` is no method"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        super::Cli::command().debug_assert();
    }
}
