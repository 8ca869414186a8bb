//! Takes the ports and serves until told to stop.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use boot::{CancellationToken, Hangups};
use tokio::sync::oneshot;

use crate::build::Gateway;
use crate::control;
use crate::listener::{self, Drain};
use crate::live::{Live, Slot};
use crate::plane::Plane;

/// How long background work may take to end after the last request.
const TASKS_GRACE: Duration = Duration::from_secs(5);

/// Why the gateway cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

/// A gateway that has its ports and serves as soon as it is run.
#[derive(Debug)]
pub struct Bound {
    gateway: Gateway,
    address: SocketAddr,
    listeners: Vec<TcpListener>,
    admin_address: SocketAddr,
    admin: TcpListener,
}

impl Gateway {
    /// Takes the public and the admin port.
    ///
    /// # Errors
    ///
    /// [`BindError`] for the first address that is not to be had.
    pub fn bind(self) -> Result<Bound, BindError> {
        let bind = |address, count| listener::bind(address, count).map_err(|source| BindError { address, source });
        let (address, listeners) = bind(self.listen(), self.live.parts.config.threads.get())?;
        let (admin_address, mut admin) = bind(self.admin_listen(), 1)?;
        let admin = admin
            .pop()
            .ok_or_else(|| BindError { address: admin_address, source: io::ErrorKind::AddrNotAvailable.into() })?;
        Ok(Bound { gateway: self, address, listeners, admin_address, admin })
    }
}

impl Bound {
    /// The public address, with the port that was given for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The admin address.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Serves until `shutdown` completes and everything accepted is answered. Each of `hangups` has the files read again; without
    /// them SIGHUP means what it means to any other program.
    ///
    /// # Errors
    ///
    /// The error of the system where a thread or a runtime cannot be had; a data-plane thread that panicked.
    pub async fn run(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
        hangups: Option<Hangups>,
    ) -> io::Result<()> {
        let Self { gateway: Gateway { live }, listeners, admin, .. } = self;
        let (stop, shared) = (live.parts.stop.clone(), live.shared());
        let told = stop.clone();
        live.parts.tasks.spawn("shutdown", async move {
            shutdown.await;
            told.cancel();
        });
        let settings = &shared.surface.plan.settings.shutdown;
        let drain = Arc::new(Drain::new(stop.clone(), settings.delay, settings.grace, listeners.len()));
        // All of them, before anything can be read again: a reload reaches those that are there.
        let slots = shared.metrics.shards().iter().map(|shard| live.enter(Plane::new(&shared, &drain, shard)));
        let served: Vec<_> = listeners.into_iter().zip(slots).collect();
        drop(shared);
        serve_admin(&live, admin)?;
        if let Some(hangups) = hangups {
            reload_on_hangup(&live, hangups);
        }
        let mut threads = Vec::new();
        for (listener, slot) in served {
            threads.push(start(threads.len(), slot, listener, stop.clone())?);
        }
        for ended in threads {
            ended.await.map_err(|_| io::Error::other("a data-plane thread panicked"))??;
        }
        live.parts.tasks.shutdown(TASKS_GRACE).await;
        Ok(())
    }
}

fn reload_on_hangup(live: &Arc<Live>, mut hangups: Hangups) {
    let (reloading, end) = (Arc::clone(live), live.parts.tasks.token());
    live.parts.tasks.spawn("reload", async move {
        while end.run_until_cancelled(hangups.next()).await.is_some() {
            let live = Arc::clone(&reloading);
            // What came of it is in the log.
            let _told = tokio::task::spawn_blocking(move || live.reload()).await;
        }
    });
}

/// Starts a data-plane thread; the receiver learns how it ended.
///
/// A thread that ends, by a panic too, stops the gateway: half a gateway that answers half of its connections is worse.
fn start(
    number: usize,
    slot: Arc<Slot>,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<oneshot::Receiver<io::Result<()>>> {
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name(format!("plane-{number}")).spawn(move || {
        let _stop = stop.drop_guard();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = runtime.and_then(|runtime| runtime.block_on(listener::run(slot, listener)));
        // Nobody is left to tell where the receiver is gone.
        let _told = ended.send(outcome);
    })?;
    Ok(end)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the probes are the gateway's own here, and the grace of the tasks bounds the drain"
)]
fn serve_admin(live: &Arc<Live>, listener: TcpListener) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router: Router = control::router(live);
    let token = live.parts.tasks.token();
    live.parts.tasks.spawn("admin", async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(token.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(%error, "the admin listener failed");
        }
    });
    Ok(())
}
