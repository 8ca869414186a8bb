//! `gateway keys`: what a service needs to know the gateway by, without the key of the whole deployment.

use boot::Vars;
use clap::Subcommand;
use principal::InternalKey;
use secrecy::ExposeSecret as _;

use super::{Answer, FAILED, MISCONFIGURED};
use crate::plan::Service;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Derive a service's own key from AGORA_INTERNAL_KEY (or _FILE): the value of USERS_ASSERTION_KEY, …
    Derive {
        /// The service, like users
        service: String,
    },
}

impl Command {
    pub(super) fn run(self, vars: &mut Vars) -> Answer {
        let Self::Derive { service } = self;
        let key = internal_key(vars)?;
        Ok(format!("{}\n", key.derive(Service::GATEWAY, &service).to_text().expose_secret()))
    }
}

/// The key of the deployment.
pub(super) fn internal_key(vars: &mut Vars) -> Result<InternalKey, (u8, String)> {
    let Some(secret) = vars.secret("AGORA_INTERNAL_KEY") else {
        let reason = vars.finish().err().map(|mistakes| mistakes.to_string());
        let sentence = "AGORA_INTERNAL_KEY (or AGORA_INTERNAL_KEY_FILE) is the key to derive from, and is not set";
        return Err((MISCONFIGURED, reason.unwrap_or_else(|| sentence.to_owned())));
    };
    InternalKey::from_secret(&secret).map_err(|error| (FAILED, format!("AGORA_INTERNAL_KEY: {error}")))
}
