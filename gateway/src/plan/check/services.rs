//! The services: each name once, a place to call, a contract that can be read.

use upstream::Policy;

use super::super::contract::Contract;
use super::super::file::ServiceDraft;
use super::super::read::{At, Collector, File, Mark, one_of};
use super::super::sources::Sources;
use super::super::{Service, ServiceId, ServiceKind, Settings};

/// The services so far; one whose contract is wrong is known, but nothing about it.
pub(super) struct Services {
    known: Vec<Service>,
    broken: Vec<String>,
}

/// What a name stands for.
pub(super) enum Named<'s> {
    Known(ServiceId, &'s Service),
    /// Something about it has been reported already.
    Broken,
    Unknown,
}

impl Services {
    pub(super) fn named(&self, name: &str) -> Named<'_> {
        if self.broken.iter().any(|broken| broken == name) {
            return Named::Broken;
        }
        match self.known.iter().enumerate().find(|(_, service)| service.name == name) {
            Some((index, service)) => {
                u16::try_from(index).map_or(Named::Broken, |id| Named::Known(ServiceId(id), service))
            }
            None => Named::Unknown,
        }
    }

    /// What to say of a service that nobody has heard of.
    pub(super) fn unknown(&self, name: &str) -> String {
        let named = self.known.iter().filter(|one| one.kind != ServiceKind::Origin).map(|one| one.name.as_str());
        let known: Vec<&str> = named.chain(self.broken.iter().map(String::as_str)).collect();
        format!("There is no service `{name}`{}", one_of(name, &known))
    }

    /// The contract of a service.
    pub(super) fn contract(&self, id: ServiceId) -> Option<&Contract> {
        self.known.get(usize::from(id.0)).map(|service| &service.contract)
    }

    /// The service of `id`.
    pub(super) fn service(&self, id: ServiceId) -> Option<&Service> {
        self.known.get(usize::from(id.0))
    }

    /// Adds the origin of a proxy, under a name that is its own.
    pub(super) fn add(&mut self, service: Service) -> Option<ServiceId> {
        let id = u16::try_from(self.known.len()).ok()?;
        self.known.push(service);
        Some(ServiceId(id))
    }

    pub(super) fn into_known(self) -> Vec<Service> {
        self.known
    }
}

/// Checks the services and reads their contracts. The built-in one is always the first.
pub(super) fn check(drafts: &[ServiceDraft], settings: &Settings, sources: &Sources, mistakes: &Collector) -> Services {
    let built_in = Service {
        name: Service::GATEWAY.to_owned(),
        kind: ServiceKind::BuiltIn,
        urls: Vec::new(),
        timeout: settings.deadline,
        policy: Policy::unguarded(),
        health: None,
        contract: Contract::default(),
    };
    let mut services = Services { known: vec![built_in], broken: Vec::new() };
    for draft in drafts {
        let name = &draft.name.value;
        let contract = draft.contract.as_ref().and_then(|path| contract(path, sources, mistakes));
        let place = place(draft, mistakes);
        let (Some(contract), Some(kind)) = (contract, place) else {
            services.broken.push(name.clone());
            continue;
        };
        let service = Service {
            name: name.clone(),
            kind,
            urls: draft.urls.iter().map(|url| url.value.clone()).collect(),
            timeout: draft.timeout.as_ref().map_or(settings.deadline, |timeout| timeout.value),
            policy: Policy { body_idle: settings.limits.body_idle_timeout, ..draft.policy.clone() },
            health: draft.health.clone(),
            contract,
        };
        match kind {
            ServiceKind::BuiltIn => services.known[0] = service,
            _ => services.known.push(service),
        }
    }
    services
}

/// What kind of service a draft is, if it has the place to call that this kind needs, and a name that can be one.
fn place(draft: &ServiceDraft, mistakes: &Collector) -> Option<ServiceKind> {
    let name = &draft.name.value;
    let refuse = |sentence: String| {
        mistakes.blame(&draft.name.mark, sentence);
        None
    };
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-') {
        return refuse(format!("`{name}` is no name for a service; use lower-case letters, digits, `_` and `-`."));
    }
    match (name == Service::GATEWAY, draft.has_url) {
        (true, true) => refuse("`gateway` is the gateway itself, it has no URL.".to_owned()),
        (true, false) => Some(ServiceKind::BuiltIn),
        (false, false) => refuse(format!("`url` is missing: where `{name}` is, like \"http://127.0.0.1:8101\".")),
        (false, true) if draft.urls.is_empty() => None,
        (false, true) => Some(ServiceKind::Contracted),
    }
}

fn contract(path: &At<String>, sources: &Sources, mistakes: &Collector) -> Option<Contract> {
    let source = sources.contract(&path.value);
    let text = match source.text {
        Ok(text) => text,
        Err(error) => return refuse(mistakes, &path.mark, format!("`{}` cannot be read: {error}.", source.name)),
    };
    let file = File::new(&source.name, text);
    let document = match serde_json::from_str(file.text()) {
        Ok(document) => document,
        Err(error) => {
            let mark = file.mark_at(error.line(), error.column());
            let whole = error.to_string();
            let reason = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(reason, _)| reason);
            return refuse(mistakes, &mark, format!("This is not JSON: {reason}."));
        }
    };
    match Contract::parse(document) {
        Ok(contract) => Some(contract),
        Err(reasons) => {
            refuse(mistakes, &path.mark, format!("`{}` is no contract: {}.", source.name, reasons.join("; ")))
        }
    }
}

fn refuse<T>(mistakes: &Collector, mark: &Mark, sentence: String) -> Option<T> {
    mistakes.blame(mark, sentence);
    None
}
