//! What the whole process is told: variables, and over them the command line.

use std::{path::PathBuf, str::FromStr};

use boot::{Profile, Vars};
use gateway::plan::{Mistakes, Plan, Sources};
use http::Uri;
use principal::InternalKey;
use service::Clock;

/// A service that runs somewhere else.
#[derive(Clone, Debug)]
pub struct External {
    /// The service's name.
    pub name: String,
    /// Its base URL.
    pub url: Uri,
}

impl FromStr for External {
    type Err = String;

    /// `NAME=URL`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, url) = text.split_once('=').ok_or("it is NAME=URL, for example users=http://127.0.0.1:8101")?;
        let url: Uri = url.parse().map_err(|why| format!("{url} is not a URL: {why}"))?;
        if url.scheme_str() != Some("http") || url.host().is_none() {
            return Err(format!("{url} has to begin with http:// and a host"));
        }
        Ok(Self { name: name.to_owned(), url })
    }
}

/// What the demo profile puts into databases that are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DemoData {
    /// Accounts, and what they write.
    #[default]
    All,
    /// Accounts to log in with.
    Accounts,
    /// Nothing.
    None,
}

impl FromStr for DemoData {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "accounts" => Ok(Self::Accounts),
            "none" => Ok(Self::None),
            _ => Err("it is all, accounts or none"),
        }
    }
}

/// Everything that is decided before the start.
#[derive(Debug)]
pub struct Config {
    /// Demo or production.
    pub profile: Profile,
    /// What the demo profile makes.
    pub demo_data: DemoData,
    /// Where databases, keys and the lock are.
    pub data: PathBuf,
    /// The services that run elsewhere.
    pub external: Vec<External>,
    /// The gateway's part. Its internal key is set: a deployment that is one process agrees with nobody, so a random one will do.
    pub gateway: gateway::Config,
    /// The part of the service of accounts.
    pub users: users::Config,
    /// The part of the service of posts.
    pub posts: posts::Config,
    /// The part of the service of timelines and search.
    pub feed: feed::Config,
    /// What carries events between the services: this process, or a NATS server.
    pub events: bus::Config,
    /// The time as the services see it; a test can move it.
    pub clock: Clock,
    /// The gateway's files.
    pub sources: Sources,
}

impl Config {
    /// Reads the environment. `files` replaces the gateway's files, which are compiled into this program. Mistakes are collected
    /// in `vars`.
    pub fn from_vars(vars: &mut Vars, external: Vec<External>, files: Option<PathBuf>) -> Self {
        let data = PathBuf::from(vars.text("AGORA_DATA_DIR", "data"));
        let demo_data = vars.parsed("AGORA_DEMO_DATA", DemoData::default());
        if vars.optional("GATEWAY_KEYS_DIR").is_none() {
            vars.set("GATEWAY_KEYS_DIR", data.join("keys").to_string_lossy());
        }
        let mut gateway = gateway::Config::from_vars(vars);
        let users = users::Config::from_vars(vars);
        let posts = posts::Config::from_vars(vars);
        let feed = feed::Config::from_vars(vars);
        let events = bus::Config::from_vars(vars);
        let profile = gateway.profile;
        if gateway.internal_key.is_none() {
            gateway.internal_key = invented_key(profile, &external, vars);
        }
        let variables = vars.all().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sources = files
            .map_or_else(Sources::embedded, Sources::directory)
            .with_variables(variables.collect::<Vec<_>>())
            .with_profile(profile.to_string());
        Self {
            profile,
            demo_data,
            data,
            external,
            gateway,
            users,
            posts,
            feed,
            events,
            clock: Clock::system(),
            sources,
        }
    }

    /// The checked surface.
    ///
    /// # Errors
    ///
    /// Every mistake in the gateway's files.
    pub fn plan(&self) -> Result<Plan, Mistakes> {
        Plan::load(&self.sources)
    }

    /// Where a service runs, if not here.
    pub(crate) fn external(&self, name: &str) -> Option<&Uri> {
        self.external.iter().find(|external| external.name == name).map(|external| &external.url)
    }
}

/// A key nobody has to know, unless somebody has to.
fn invented_key(profile: Profile, external: &[External], vars: &mut Vars) -> Option<InternalKey> {
    const HOW: &str = "set AGORA_INTERNAL_KEY or AGORA_INTERNAL_KEY_FILE (make one with `openssl rand -base64 48`)";
    if let Some(one) = external.first() {
        vars.mistake(format!("--external {}=… needs a key that both processes know: {HOW}", one.name));
    } else if profile.is_production() {
        vars.mistake(format!("the production profile invents no secrets: {HOW}"));
    } else {
        return Some(InternalKey::random());
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn mistakes(pairs: &[(&str, &str)], external: &[&str]) -> String {
        let mut vars = Vars::from_pairs(pairs.iter().copied());
        let external = external.iter().map(|text| text.parse().unwrap()).collect();
        Config::from_vars(&mut vars, external, None);
        vars.finish().map_or_else(|mistakes| mistakes.to_string(), |()| String::new())
    }

    #[test]
    fn the_demo_profile_needs_nothing() {
        assert_eq!(mistakes(&[], &[]), "");
    }

    #[test]
    fn production_without_secrets_is_refused_with_the_way_out() {
        let told = mistakes(&[("AGORA_PROFILE", "production")], &[]);
        assert!(told.contains("AGORA_INTERNAL_KEY_FILE") && told.contains("openssl rand"), "{told}");
    }

    #[test]
    fn a_service_elsewhere_needs_a_key_that_both_know() {
        let told = mistakes(&[], &["users=http://127.0.0.1:8101"]);
        assert!(told.contains("both processes know"), "{told}");
    }

    #[test]
    fn the_keys_are_in_the_data_directory() {
        let config = Config::from_vars(&mut Vars::from_pairs([("AGORA_DATA_DIR", "/somewhere")]), Vec::new(), None);
        assert_eq!(config.gateway.keys, PathBuf::from("/somewhere/keys"));
    }

    #[test]
    fn an_external_service_is_a_name_and_a_url() {
        for wrong in ["users", "users=", "users=ftp://x", "users=/path"] {
            assert!(wrong.parse::<External>().is_err(), "{wrong}");
        }
    }
}
