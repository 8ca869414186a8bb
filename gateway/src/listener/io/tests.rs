//! The adapter, between a client and what hyper does with it.

#![allow(clippy::unwrap_used)]

mod ahead;
mod written;

use std::time::Duration;

use tokio::net::TcpListener;

use super::*;

const LIMITS: HeadLimits = HeadLimits { bytes: 1024, fields: 10, target: 100 };
const PATIENCE: Duration = Duration::from_secs(10);

/// A client, and the adapter of its connection, on which the request before has just been read.
async fn connected(phase: Phase) -> (TcpStream, GuardedIo) {
    connected_in(&Arc::default(), phase).await
}

/// The same of a thread that has more connections.
async fn connected_in(batch: &Arc<Batch>, phase: Phase) -> (TcpStream, GuardedIo) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _peer) = listener.accept().await.unwrap();
    let state = Arc::new(ConnectionState::new());
    state.enter(phase);
    (client, GuardedIo::new(stream, Arc::clone(batch), LIMITS, state))
}
