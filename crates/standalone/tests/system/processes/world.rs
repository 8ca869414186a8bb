//! A system of real processes, of which any can be killed and started again where it was.

use std::net::SocketAddr;

use migration::Schema;
use tempfile::TempDir;
use testkit::nats::Nats;

use super::part::Part;

pub(super) struct World {
    /// The first is the one that is called.
    parts: Vec<Part>,
    nats: Option<Nats>,
    _data: TempDir,
}

impl World {
    /// Everything in one process, over SQLite.
    pub(super) async fn whole() -> Self {
        let data = tempfile::tempdir().unwrap();
        let agora = Part::new("agora", env!("CARGO_BIN_EXE_agora").into(), "GATEWAY_LISTEN")
            .with("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0")
            .with("AGORA_DATA_DIR", data.path().to_str().unwrap())
            // What the model knows is all that there is.
            .with("AGORA_DEMO_DATA", "accounts");
        Self::started(vec![agora], None, data).await
    }

    /// Each service as a process of its own, over PostgreSQL where there is one, and NATS between them. `None` where NATS is left out.
    pub(super) async fn parts() -> Option<Self> {
        let nats = Nats::start().await?;
        let (data, mut parts) = (tempfile::tempdir().unwrap(), Vec::new());
        for schema in [Schema::Users, Schema::Posts, Schema::Feed] {
            parts.push(Part::service(schema, data.path()).await.with("EVENTS_URL", nats.url()));
        }
        parts.insert(0, Part::gateway(data.path(), &parts));
        Some(Self::started(parts, Some(nats), data).await)
    }

    async fn started(mut parts: Vec<Part>, nats: Option<Nats>, data: TempDir) -> Self {
        // The gateway is ready when it has the services' word about who is signed out.
        for part in parts.iter_mut().rev() {
            part.start().await;
        }
        Self { parts, nats, _data: data }
    }

    /// Where it is called.
    pub(super) fn address(&self) -> SocketAddr {
        self.parts[0].address
    }

    /// Kills one process, by a number, and starts it again; which one it was.
    pub(super) async fn kill(&mut self, number: u64) -> &'static str {
        let of = self.parts.len() + usize::from(self.nats.is_some());
        let victim = usize::try_from(number).unwrap() % of;
        let name = self.parts.get(victim).map_or("nats", |part| part.name);
        self.take_away(name);
        self.bring_back(name).await;
        name
    }

    /// Kills a process.
    pub(super) fn take_away(&mut self, name: &str) {
        match self.parts.iter_mut().find(|part| part.name == name) {
            Some(part) => part.kill(),
            None => self.nats.as_mut().unwrap().stop(),
        }
    }

    /// Starts it again.
    pub(super) async fn bring_back(&mut self, name: &str) {
        match self.parts.iter_mut().find(|part| part.name == name) {
            Some(part) => part.start().await,
            None => self.nats.as_mut().unwrap().start_again().await,
        }
    }
}
