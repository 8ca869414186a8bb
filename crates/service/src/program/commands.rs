//! What the command line asks for.

use std::process::ExitCode;
use std::time::Duration;

use boot::{Outcome, Profile, Vars};
use bus::Bus;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::{Parts, Program, Serve};
use crate::Clock;

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
}

#[allow(clippy::print_stdout, reason = "commands talk on their terminal")]
fn tell(told: &str) {
    println!("{told}");
}
