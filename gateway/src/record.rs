//! The last phase: one log line and the metrics, when an exchange ends, however it ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderValue, Method, Version};
use problem::Code;

use crate::context::Context;
use crate::fields::Names;
use crate::limit::Standing;
use crate::listener::{Connection, Phase, ms_at};
use crate::metrics::Shard;

/// nginx's status for a client that went away before it was answered; it is logged and counted, never sent.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// One request and its answer. Recorded when it is dropped: with the body that carries it, or with the cancelled
/// future of a client that left.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) context: Context,
    pub(crate) connection: Arc<Connection>,
    shard: Arc<Shard>,
    status: u16,
    bytes: u64,
    state: State,
    pub(crate) problem: Option<Code>,
    /// How the caller stands with the limit of its route, once that has been asked.
    pub(crate) standing: Option<Standing>,
    line: Option<Box<Line>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Complete,
    Broken,
}

/// What only the log line needs; absent while the log is off.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) method: Method,
    pub(crate) path: Box<str>,
    pub(crate) route: Arc<str>,
    pub(crate) service: Option<Arc<str>>,
    pub(crate) upstream: Option<Duration>,
    /// The parts that a composed answer lacks, as `Gateway-Parts` has them.
    pub(crate) parts: Option<HeaderValue>,
    pub(crate) user: Option<Box<str>>,
    /// What the cache did, on routes whose answers are kept.
    pub(crate) cache: Option<&'static str>,
}

impl Exchange {
    pub(crate) fn open(
        context: Context,
        connection: Arc<Connection>,
        shard: &Arc<Shard>,
        version: Version,
        line: Option<Box<Line>>,
    ) -> Box<Self> {
        connection.state.enter_at(Phase::Busy, context.arrived_ms);
        if context.names.has(Names::UPGRADE) {
            connection.state.may_be_handed_over();
        }
        connection.state.misleads(version == Version::HTTP_10);
        Box::new(Self {
            context,
            connection,
            shard: Arc::clone(shard),
            status: CLIENT_CLOSED_REQUEST,
            bytes: 0,
            state: State::Open,
            problem: None,
            standing: None,
            line,
        })
    }

    pub(crate) fn request_id(&self) -> &HeaderValue {
        &self.context.request_id
    }

    /// The request id for the head of the answer. Behind that only a log line needs it.
    pub(crate) fn hand_over_id(&mut self) -> HeaderValue {
        match self.line {
            Some(_) => self.context.request_id.clone(),
            None => std::mem::replace(&mut self.context.request_id, HeaderValue::from_static("")),
        }
    }

    pub(crate) fn line(&mut self) -> Option<&mut Line> {
        self.line.as_deref_mut()
    }

    /// The head of the answer is on its way.
    pub(crate) fn answered(&mut self, status: u16) {
        self.status = status;
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(crate) fn complete(&mut self) {
        if self.state == State::Open {
            self.state = State::Complete;
        }
    }

    /// The body broke after the head was sent: the connection is cut, never a complete-looking body.
    pub(crate) fn broken(&mut self) {
        self.state = State::Broken;
    }

    fn log(&self, line: &Line, took: Duration) {
        let Self { context, status, bytes, .. } = self;
        tracing::info!(
            target: "agora::access",
            request_id = context.request_id.to_str().unwrap_or_default(),
            client = %context.client,
            method = %line.method,
            path = &*line.path,
            route = &*line.route,
            status,
            bytes,
            took_ms = millis(took),
            service = line.service.as_deref(),
            upstream_ms = line.upstream.map(millis),
            parts = line.parts.as_ref().and_then(|parts| parts.to_str().ok()),
            user = line.user.as_deref(),
            cache = line.cache,
            problem = self.problem.map(|code| code.as_str()),
            outcome = match self.state {
                State::Open => Some("client left"),
                State::Complete => None,
                State::Broken => Some("upstream broke off"),
            },
            "request"
        );
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.context.started);
        self.connection.state.enter_at(Phase::Idle, ms_at(now));
        if self.state == State::Complete {
            self.connection.state.misleads(false);
        }
        self.shard.answered(self.context.route, self.status, took);
        if let Some(line) = self.line.take() {
            self.log(&line, took);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::SocketAddr;

    use http::HeaderMap;
    use http::header::{ACCEPT, HeaderName, UPGRADE};

    use super::*;
    use crate::listener::ConnectionState;
    use crate::metrics::{self, Metrics};
    use crate::network::{Caps, Network};

    #[test]
    fn a_connection_that_was_asked_to_upgrade_may_be_handed_over() {
        let names = metrics::Names { routes: vec!["GET /a".into()], services: vec![] };
        let metrics = Metrics::renewed(names, 1, None);
        let peer: SocketAddr = "192.0.2.1:1000".parse().unwrap();
        let place = Caps::new(1, 1).enter(Network::of_peer(peer.ip(), false)).unwrap();
        let connection = Arc::new(Connection::new(peer, Arc::new(ConnectionState::new()), Arc::new(place)));
        let ask = |name: HeaderName| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static("h2c"))]);
            let context = Context::identify(&headers, peer.ip(), &[], 0);
            drop(Exchange::open(context, Arc::clone(&connection), &metrics.shards()[0], Version::HTTP_11, None));
            connection.state.is_upgradable()
        };
        assert_eq!([ask(ACCEPT), ask(UPGRADE), ask(ACCEPT)], [false, true, true], "for as long as it lasts");
    }
}
