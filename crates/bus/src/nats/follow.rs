//! One follower of the stream: a durable consumer, and whoever takes what it has.

use std::sync::Arc;
use std::time::Duration;

use async_nats::header;
use async_nats::jetstream::{
    self, AckKind,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::{ACK_WAIT, Nats, STREAM, SUBJECTS};
use crate::{BoxError, Message, in_process::Follower, pause};

/// A request for messages is good for so long, and for so many.
const ASKS_FOR: Duration = Duration::from_secs(30);
const ASKS_AT_ONCE: usize = 64;
/// Where nothing is heard for twice as long, we connect the consumer anew.
const HEARS_EVERY: Duration = Duration::from_millis(500);
/// How long the last words may take when following ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Consumer {
    pub(crate) nats: Arc<Nats>,
    pub(crate) follower: Follower,
}

impl Consumer {
    /// Brings messages until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            if let Err(error) = self.follow(&stop, &mut failures).await {
                failures += 1;
                tracing::warn!(follower = self.follower.name, %error, "messages wait; following will be tried again");
                stop.run_until_cancelled(tokio::time::sleep(pause::after(failures, &pause::SERVER))).await;
            }
        }
        // Or the last message that was taken comes again, which is harmless.
        drop(tokio::time::timeout(LAST_WORDS, self.nats.client.flush()).await);
    }

    /// Brings messages until something is in the way.
    async fn follow(&self, stop: &CancellationToken, failures: &mut i64) -> Result<(), BoxError> {
        let Some(messages) = stop.run_until_cancelled(self.messages()).await else { return Ok(()) };
        let mut messages = messages?;
        while let Some(message) = stop.run_until_cancelled(messages.next()).await {
            let message = message.ok_or("the server ended it")??;
            *failures = 0;
            self.bring(message).await?;
        }
        Ok(())
    }

    async fn messages(&self) -> Result<pull::Stream, BoxError> {
        let asking = async {
            self.nats.find_stream().await?;
            let consumer = self.nats.jetstream.create_consumer_on_stream(self.config(), STREAM).await;
            let consumer = consumer.inspect_err(|_| self.nats.forget_stream())?;
            let messages = consumer.stream().max_messages_per_batch(ASKS_AT_ONCE).expires(ASKS_FOR);
            Ok(messages.heartbeat(HEARS_EVERY).messages().await?)
        };
        self.nats.unless_lost(asking).await
    }

    /// The server does not sort out subjects: 2.9 knows one filter only, and would not have it changed.
    fn config(&self) -> pull::Config {
        pull::Config {
            durable_name: Some(self.follower.name.replace('.', "-")),
            filter_subject: SUBJECTS.to_owned(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_ack_pending: 1,
            max_deliver: -1,
            ..pull::Config::default()
        }
    }

    /// Hands one message over, and tells the server whether it was taken.
    async fn bring(&self, received: jetstream::Message) -> Result<(), BoxError> {
        let info = received.info()?;
        let given = received.headers.as_ref().and_then(|headers| headers.get(header::NATS_MESSAGE_ID));
        let message = Message {
            // Whoever publishes without an id means each to be one of its own.
            id: given.map_or_else(|| format!("{STREAM}-{}", info.stream_sequence), |id| id.as_str().to_owned()),
            subject: received.subject.to_string(),
            payload: received.payload.clone(),
        };
        let id = message.id.clone();
        let outcome = if self.follower.wants(&message) { (self.follower.handle)(vec![message]).await } else { Ok(()) };
        let answer = match outcome {
            Ok(()) => AckKind::Ack,
            Err(error) => {
                tracing::warn!(follower = self.follower.name, id, %error, "a message was not taken; it will come again");
                AckKind::Nak(Some(pause::after(info.delivered, &pause::USUAL)))
            }
        };
        received.ack_with(answer).await
    }
}
