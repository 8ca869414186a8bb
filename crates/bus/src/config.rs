//! Where messages go, as the environment says.

use boot::Vars;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Bus, InvalidUrl, nats};

/// Where messages go.
#[derive(Clone, Debug, Default)]
pub struct Config {
    url: Option<SecretString>,
}

impl Config {
    /// Reads `EVENTS_URL`: a NATS server, or, where it is not set, this process. Mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let url = vars.secret("EVENTS_URL");
        if let Some(Err(why)) = url.as_ref().map(|url| nats::Address::parse(url.expose_secret())) {
            vars.mistake(format!("EVENTS_URL cannot be used: {why}"));
        }
        Self { url }
    }
}

impl Bus {
    /// The bus that the environment names. It need not be there yet.
    ///
    /// # Errors
    /// [`InvalidUrl`], which has been a mistake of the variable before.
    pub async fn open(config: &Config) -> Result<Self, InvalidUrl> {
        match &config.url {
            Some(url) => Self::connect(url.expose_secret()).await,
            None => Ok(Self::in_process()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> String {
        let mut vars = Vars::from_pairs([("EVENTS_URL", url)]);
        let config = Config::from_vars(&mut vars);
        assert!(!format!("{config:?}").contains("quiet"), "{config:?}");
        vars.finish().map_or_else(|mistakes| mistakes.to_string(), |()| String::new())
    }

    #[test]
    fn a_url_that_is_none_is_a_mistake_which_does_not_tell_it() {
        for url in ["nats://127.0.0.1:4222", "tls://user:quiet@nats", "nats://quiet@nats", ""] {
            assert_eq!(told(url), "", "{url}");
        }
        for url in ["http://user:quiet@nats", "nats://", "nats://user:quiet@:1", "quiet", "nats://user:%FF@nats"] {
            let told = told(url);
            assert!(
                told.contains("EVENTS_URL") && told.contains("nats://HOST:PORT") && !told.contains("quiet"),
                "{url}: {told}"
            );
        }
    }
}
