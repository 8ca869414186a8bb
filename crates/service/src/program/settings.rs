//! What every service's process reads, whatever the service.

use std::fmt::Display;

use boot::Vars;
use database::{Database, Engine, Options};
use principal::{AssertionKey, InternalKey, Verifier};

use super::{BoxError, Program, Serve};

/// The name under which the gateway asserts who a caller is.
const GATEWAY: &str = "gateway";

/// The key of the whole deployment, from which those of pairs are derived.
const INTERNAL_KEY: &str = "AGORA_INTERNAL_KEY";

impl<S: Serve> Program<S> {
    /// Whom the service believes: by its own derived key the gateway, by the whole deployment's key also other services.
    pub(super) fn verifier(&self, vars: &mut Vars) -> Option<Verifier> {
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

    pub(super) fn url(&self, vars: &mut Vars) -> Option<String> {
        let url = vars.optional(self.database_url);
        if url.is_none() {
            let (variable, name) = (self.database_url, self.name);
            vars.mistake(format!("{variable} has to be set, for example to postgres://{name}@localhost/{name}"));
        }
        url
    }

    pub(super) async fn open(&self, url: &str) -> Result<Database, BoxError> {
        let options = Engine::of(url).map(Options::usual).unwrap_or_default();
        let db = Database::open(url, options).await?;
        self.service.check(&db).await?;
        Ok(db)
    }
}

fn read<K, E: Display>(vars: &mut Vars, variable: &str, key: Result<K, E>) -> Option<K> {
    key.map_err(|why| vars.mistake(format!("{variable} is not a key: {why}"))).ok()
}
