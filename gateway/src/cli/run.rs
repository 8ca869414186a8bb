//! `gateway run`: serves until told to stop.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use boot::{Hangups, Outcome, Profile, Vars};
use clap::Args;

use crate::config::Config;
use crate::plan::{Mistakes, Plan};

/// How to serve. Each option wins over its variable.
#[derive(Args, Debug)]
pub(super) struct Run {
    /// The public address [default: $GATEWAY_LISTEN, or 127.0.0.1:8001; in production 0.0.0.0:8001]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The address of metrics and readiness [default: $GATEWAY_ADMIN_LISTEN, or 127.0.0.1:8011]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// demo: keys are made. production: every secret has to be given [default: $AGORA_PROFILE, or demo]
    #[arg(long, value_name = "demo|production")]
    profile: Option<Profile>,
}

impl Run {
    pub(super) async fn run(self, vars: &mut Vars, config: Option<PathBuf>) -> Outcome {
        let hangups = hangups(config.as_deref())?;
        self.override_variables(vars);
        let sources = super::sources(config, vars);
        let config = Config::from_vars(vars);
        let plan = Plan::load(&sources);
        match &plan {
            Ok(plan) => plan.variables.iter().for_each(|name| drop(vars.optional(name))),
            Err(mistakes) => mistakes.iter().for_each(|mistake| vars.mistake(mistake.to_string())),
        }
        vars.finish()?;
        let gateway = crate::build(config, plan.map_err(Box::<Mistakes>::new)?, Vec::new())?;
        let bound = gateway.rereading(sources).bind()?;
        tracing::info!(address = %bound.address(), admin = %bound.admin_address(), "listening");
        bound.run(boot::terminated(), hangups).await?;
        Ok(())
    }

    fn override_variables(&self, vars: &mut Vars) {
        let options = [
            ("GATEWAY_LISTEN", self.listen.map(|address| address.to_string())),
            ("GATEWAY_ADMIN_LISTEN", self.admin.map(|address| address.to_string())),
            ("AGORA_PROFILE", self.profile.map(|profile| profile.to_string())),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                vars.set(name, value);
            }
        }
    }
}

/// Who reads its files again when it is told to hears that from the beginning of the process on: a signal that nobody hears ends it.
///
/// # Errors
/// The system's, if signals cannot be received.
pub fn hangups(config: Option<&Path>) -> io::Result<Option<Hangups>> {
    config.is_some().then(Hangups::new).transpose()
}
