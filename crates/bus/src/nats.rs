//! The bus of several processes: a stream of NATS JetStream, which keeps messages until everybody who follows has taken them, and for
//! a week at most.
//!
//! * One stream `agora` has everything. It is made if it is not there; one that is there is left as its operator made it.
//! * A message is published when the server has answered that it is stored. The next one is sent after that: with several on their
//!   way, one that is lost and sent again would come after its successor.
//! * Who follows is a durable consumer, of which one message at a time is on its way, whichever process takes it: so they are taken in
//!   their order. One that is not taken comes again, at once or, when its process is gone, after [`ACK_WAIT`].
//! * A server that is away is waited for. Publishing fails meanwhile, and is tried again by whoever publishes.
//!
//! Nothing here needs more than nats-server 2.9.

mod address;
mod follow;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{
    self, Context,
    stream::{self, DiscardPolicy, RetentionPolicy, StorageType},
};
use async_nats::{Client, HeaderMap, header};
use tokio::sync::watch;

pub(crate) use address::Address;
pub(crate) use follow::Consumer;

use crate::{BoxError, Message, NotTaken, pause};

/// The name of the stream, and the first word of its subjects.
const STREAM: &str = "agora";
const SUBJECTS: &str = "agora.>";
/// How long a message is kept. Whoever was away for longer has missed something.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Within so long a repeat is dropped by the server. Followers know later ones too.
const REPEATS_WITHIN: Duration = Duration::from_secs(10 * 60);
/// The largest message.
const MOST_BYTES: i32 = 1024 * 1024;
/// How long the server may take for an answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A message that was neither taken nor refused for so long comes again. Whoever takes one stores it, which takes milliseconds; and
/// nobody waits for longer when a process is gone that had one.
const ACK_WAIT: Duration = Duration::from_secs(2);

/// A connection that is made when it can be, and made again when it is lost.
pub(crate) struct Nats {
    client: Client,
    jetstream: Context,
    /// Whether there is a stream, as far as we know.
    has_stream: AtomicBool,
    /// Changes whenever the connection is lost.
    losses: watch::Sender<()>,
}

impl fmt::Debug for Nats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Nats").field("state", &self.client.connection_state()).finish_non_exhaustive()
    }
}

impl Nats {
    /// Begins to connect.
    pub(crate) async fn connect(address: Address) -> Result<Self, async_nats::ConnectError> {
        let options = address.credentials.apply(async_nats::ConnectOptions::new());
        let options = options.retry_on_initial_connect().reconnect_delay_callback(|failures| {
            pause::after(i64::try_from(failures).unwrap_or(i64::MAX), &pause::SERVER)
        });
        let losses = watch::Sender::new(());
        let told = losses.clone();
        let options = options.event_callback(move |event| {
            let told = told.clone();
            async move {
                match event {
                    async_nats::Event::Connected => tracing::info!("connected to NATS"),
                    async_nats::Event::Disconnected => {
                        tracing::warn!("the connection to NATS is lost");
                        told.send_replace(());
                    }
                    other => tracing::warn!("NATS: {other}"),
                }
            }
        });
        let client = options.connect(address.server).await?;
        let mut jetstream = jetstream::new(client.clone());
        jetstream.set_timeout(ANSWERS_WITHIN);
        Ok(Self { client, jetstream, has_stream: AtomicBool::new(false), losses })
    }

    pub(crate) async fn publish(&self, messages: &[Message]) -> Result<(), NotTaken> {
        for message in messages {
            if let Err(source) = self.publish_one(message).await {
                self.forget_stream();
                return Err(NotTaken { by: "NATS", id: message.id.clone(), source });
            }
        }
        Ok(())
    }

    async fn publish_one(&self, message: &Message) -> Result<(), BoxError> {
        self.unless_lost(async {
            // What is sent now would wait in this process, and time out there.
            if self.client.connection_state() != State::Connected {
                return Err("the server is away".into());
            }
            self.find_stream().await?;
            let mut headers = HeaderMap::new();
            headers.insert(header::NATS_MESSAGE_ID, message.id.as_str());
            let subject = message.subject.clone();
            // A repeat that the server recognises is stored, too.
            self.jetstream.publish_with_headers(subject, headers, message.payload.clone()).await?.await?;
            Ok(())
        })
        .await
    }

    /// Waits for an answer no longer than there can be one: what was asked over a connection that is lost is answered on no other.
    async fn unless_lost<T>(&self, asking: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        // From here on: `asking` is not polled before, so no loss is overlooked.
        let mut losses = self.losses.subscribe();
        tokio::select! {
            biased;
            answered = asking => answered,
            _ = losses.changed() => Err("the connection was lost".into()),
        }
    }

    /// It may be gone: next time we look again.
    fn forget_stream(&self) {
        self.has_stream.store(false, Ordering::Relaxed);
    }

    /// Makes the stream if there is none.
    async fn find_stream(&self) -> Result<(), BoxError> {
        if !self.has_stream.load(Ordering::Relaxed) {
            self.jetstream.get_or_create_stream(stream_config()).await?;
            self.has_stream.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// All limits that matter, said. There is none of bytes but the server's own: when that is reached, publishing fails and waits.
fn stream_config() -> stream::Config {
    stream::Config {
        name: STREAM.to_owned(),
        subjects: vec![SUBJECTS.to_owned()],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        max_age: KEPT,
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: MOST_BYTES,
        max_consumers: -1,
        num_replicas: 1,
        duplicate_window: REPEATS_WITHIN,
        ..stream::Config::default()
    }
}
