//! Accepts connections: one listener, one current-thread runtime and one table of connections per data-plane thread.
//!
//! Guarantees: a connection that sends nothing, a head that does not end, a body that stops and a client that does
//! not read are each cut off after their limit; there are never more connections than the caps allow; a drain
//! accepts what is queued on every listener before they are closed together, finishes what was accepted and aborts
//! what is left after the grace.

mod bind;
mod connections;
mod io;
mod refuse;
mod state;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use upstream::Pool;

use crate::live::Slot;
use crate::network::{Network, Place};
use crate::plane::Plane;

pub(crate) use bind::bind;
pub(crate) use connections::{ConnectionLimits, Connections};
pub(crate) use io::REFUSED_METHOD;
pub(crate) use state::{ConnectionState, Phase, ms_at, now_ms};

/// Up to so many fields hyper reads into a table on its stack; for one more it takes memory with every request.
const FIELDS_IN_PLACE: usize = 100;

/// After an error of accept (no file descriptors left, say) the loop rests so long.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// How all data-plane threads stop together.
#[derive(Debug)]
pub(crate) struct Drain {
    shutdown: CancellationToken,
    /// Between the signal and the end of accepting, so that a load balancer sees "not ready" first.
    delay: Duration,
    /// What is not finished so long after that is aborted.
    grace: Duration,
    together: Barrier,
    begun: AtomicBool,
    closing: AtomicU64,
}

impl Drain {
    pub(crate) fn new(shutdown: CancellationToken, delay: Duration, grace: Duration, threads: usize) -> Self {
        let together = Barrier::new(threads);
        Self { shutdown, delay, grace, together, begun: AtomicBool::new(false), closing: AtomicU64::new(0) }
    }

    /// Whether the gateway drains: it answers, and asks clients to go elsewhere.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Since when nobody is accepted any more, on the clock of [`now_ms`].
    fn closing_since(&self) -> Option<u64> {
        Some(self.closing.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    /// Until the delay after the signal is over. Until then a load balancer sends requests, also on connections that were idle.
    async fn delayed(&self) {
        self.shutdown.cancelled().await;
        self.begun.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.delay).await;
        self.closing.store(now_ms(), Ordering::Relaxed);
    }
}

/// Runs a data-plane thread on its listener until it has drained.
pub(crate) async fn run(slot: Arc<Slot>, listener: std::net::TcpListener) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let batch = Arc::clone(slot.current().connections.batch());
    #[allow(clippy::disallowed_methods, reason = "it is waited for, and ends with the runtime")]
    let mut sending = tokio::spawn(async move { batch.run().await });
    let drained = async {
        accept(&slot, listener).await;
        finish(&slot.current()).await;
    };
    tokio::select! {
        () = drained => {}
        () = sweep(&slot) => {}
        // A panic: without it, nobody gets an answer.
        ended = &mut sending => return ended.map_err(std::io::Error::other),
    }
    sending.abort();
    Ok(())
}

async fn accept(slot: &Arc<Slot>, listener: TcpListener) {
    let drain = Arc::clone(&slot.current().drain);
    let delayed = drain.delayed();
    tokio::pin!(delayed);
    loop {
        tokio::select! {
            () = &mut delayed => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => admit(slot, stream, peer),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections; retrying");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            },
        }
    }
    // From here on without tokio, whose readiness and budget would end the queue early.
    let Ok(listener) = listener.into_std() else { return };
    accept_queued(slot, &listener);
    // The kernel shares connections out among the listeners: one that closed first would reset what it is given next.
    // A thread that never comes must not hold up the others for ever.
    let _together = tokio::time::timeout(drain.grace, drain.together.wait()).await;
    accept_queued(slot, &listener);
}

/// Accepts until the kernel has nothing queued any more.
fn accept_queued(slot: &Arc<Slot>, listener: &std::net::TcpListener) {
    while let Ok((stream, peer)) = listener.accept() {
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        match stream {
            Ok(stream) => admit(slot, stream, peer),
            Err(error) => tracing::warn!(%error, "an accepted connection cannot be served"),
        }
    }
}

/// Serves a connection if the caps allow it; otherwise says why and closes it.
fn admit(slot: &Arc<Slot>, stream: TcpStream, peer: SocketAddr) {
    let plane = slot.current();
    let network = Network::of_peer(peer.ip(), plane.trusts(peer.ip()));
    let Some(place) = plane.shared.caps.enter(network) else {
        plane.metrics.connection_refused();
        return stream.into_std().map_or((), refuse::refuse);
    };
    // Answers are written whole: waiting for more to send would only delay them.
    let _unsupported = stream.set_nodelay(true);
    let state = Arc::new(ConnectionState::new());
    let connection = Arc::new(Connection::new(peer, Arc::clone(&state), Arc::new(place)));
    let batch = Arc::clone(plane.connections.batch());
    let guarded = io::GuardedIo::new(stream, batch, plane.head_limits, Arc::clone(&state));
    let serving = Arc::clone(slot);
    let service = service_fn(move |request| {
        // A request keeps the plan with which it began.
        crate::pipeline::serve(serving.current(), Arc::clone(&connection), request)
    });
    let serving = http1(&plane).serve_connection(guarded, service).with_upgrades();
    plane.connections.spawn(state, async move {
        // An error here is a client that left or broke the protocol; the exchange has been recorded already.
        let _ended = serving.await;
    });
}

fn http1(plane: &Plane) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // A client that closes its side has left, but it is the adapter that looks for that.
    builder.half_close(true);
    // The guard has refused larger heads before; this is only above its limit.
    builder.max_header_size(plane.head_limits.bytes * 2);
    if plane.head_limits.fields > FIELDS_IN_PLACE {
        builder.max_headers(plane.head_limits.fields);
    }
    builder
}

/// Looks at every connection of the thread now and then.
async fn sweep(slot: &Slot) {
    let mut tick = tokio::time::interval(slot.current().connection_limits.period());
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut pools_swept = Instant::now();
    loop {
        tick.tick().await;
        let plane = slot.current();
        plane.connections.sweep(plane.connection_limits, plane.drain.closing_since());
        if pools_swept.elapsed() > Pool::SWEEP_EVERY {
            plane.pool.sweep();
            pools_swept = Instant::now();
        }
    }
}

/// Waits for the accepted connections to finish, and ends them when the grace is over.
async fn finish(plane: &Plane) {
    let until = Instant::now() + plane.drain.grace;
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    while plane.connections.len() > 0 && Instant::now() < until {
        tick.tick().await;
    }
    plane.connections.abort();
}

/// What all requests of one connection have in common.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) state: Arc<ConnectionState>,
    /// Its place under the caps, which a tunnel keeps after HTTP has ended.
    pub(crate) place: Arc<Place>,
    /// The peer's address as forwarding fields carry it, made once per connection.
    pub(crate) forwarded: crate::context::ForwardedFields,
}

impl Connection {
    pub(crate) fn new(peer: SocketAddr, state: Arc<ConnectionState>, place: Arc<Place>) -> Self {
        let forwarded = crate::context::ForwardedFields::of(peer.ip().to_canonical());
        Self { peer, state, place, forwarded }
    }
}
