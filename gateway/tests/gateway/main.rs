//! The gateway alone, against stub and faulty services: what its callers and its operators see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod caching;
mod composing;
mod configuration;
mod conformance;
mod contract;
mod cors;
mod documented;
mod drain;
mod faults;
mod forms;
mod guard;
mod limits;
mod observing;
mod operating;
mod origins;
mod places;
mod process;
mod proxying;
mod rates;
mod reloading;
mod resilience;
mod statuses;
mod streaming;
mod tokens;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use boot::{CancellationToken, Profile};
use gateway::Config;
use gateway::plan::{Plan, Sources};
use principal::InternalKey;
use tempfile::TempDir;
use testkit::Caller;
use tokio::task::JoinHandle;
use upstream::Upstream;

/// The key of every deployment here, with which a stub can tell who calls it.
pub(crate) fn internal_key() -> InternalKey {
    InternalKey::from_secret(&"a secret of tests, and of nothing else".to_owned().into()).unwrap()
}

/// A gateway on ports of its own, in front of the service `stub`, or of others.
pub(crate) struct Gateway {
    address: SocketAddr,
    pub(crate) admin: SocketAddr,
    services: HashMap<String, Upstream>,
    stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
    directory: TempDir,
}

impl Gateway {
    /// In front of the service at `url`.
    pub(crate) async fn over(url: &str) -> Self {
        Self::with(url, "").await
    }

    /// In front of the service at `url`, with more in its `gateway.toml`.
    pub(crate) async fn with(url: &str, settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        contract::write(directory.path(), url, settings);
        Self::of(directory)
    }

    /// In front of the service at `url`, with more routes.
    pub(crate) async fn with_routes(url: &str, routes: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        contract::write(directory.path(), url, "");
        std::fs::write(directory.path().join("routes/more.toml"), routes).unwrap();
        Self::of(directory)
    }

    /// In front of the service `patient` at `url`, and of the service `stub`, with these lines in its table.
    pub(crate) async fn guarded(url: &str, stub: &str, settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        contract::write_guarded(directory.path(), url, stub, settings);
        Self::of(directory)
    }

    /// Of the configuration in this directory.
    pub(crate) fn of(directory: TempDir) -> Self {
        Self::of_threads(directory, 1)
    }

    /// The same with so many threads that answer, which share what is kept.
    pub(crate) fn of_threads(directory: TempDir, threads: usize) -> Self {
        let plan = Plan::load(&Sources::directory(directory.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config {
            profile: Profile::Demo,
            listen: Some(any),
            admin: Some(any),
            threads: NonZeroUsize::new(threads).unwrap(),
            keys: directory.path().join("keys"),
            internal_key: Some(internal_key()),
        };
        let names: Vec<String> = plan.services.iter().map(|service| service.name.clone()).collect();
        let gateway = gateway::build(config, plan, Vec::new()).unwrap();
        let gateway = gateway.rereading(Sources::directory(directory.path()));
        let upstream = |name: String| gateway.upstream(&name).map(|upstream| (name, upstream));
        let services = names.into_iter().filter_map(upstream).collect();
        let bound = gateway.bind().unwrap();
        let stop = CancellationToken::new();
        let (address, admin) = (bound.address(), bound.admin_address());
        let serving = tokio::spawn(bound.run(stop.clone().cancelled_owned(), None));
        Self { address, admin, services, stop, serving, directory }
    }

    /// A service, which can be severed.
    pub(crate) fn upstream(&self, name: &str) -> &Upstream {
        &self.services[name]
    }

    /// Who may tell it what to do.
    pub(crate) fn operator(&self) -> Caller {
        Caller::new(self.admin).with_header("agora-admin", "yes")
    }

    /// Where its files are.
    pub(crate) fn files(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Where its keys are.
    pub(crate) fn signing_key(&self) -> std::path::PathBuf {
        self.directory.path().join("keys/signing.pem")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::new(self.address)
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}
