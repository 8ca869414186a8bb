//! Whoever publishes and follows over one server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::{Bus, Message};
use testkit::nats::Nats;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A message that was on its way when its follower was no more comes again after two seconds.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) const REGISTERED: &str = "agora.users.user.registered";

/// Somebody who notes the ids of what is brought.
pub(crate) struct Noting {
    seen: Arc<Mutex<Vec<String>>>,
    /// So often it will fail.
    fails: Arc<Mutex<u32>>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Noting {
    pub(crate) fn follow(bus: &Bus, name: &'static str, subjects: &[&str]) -> Self {
        Self::failing(bus, name, subjects, 0)
    }

    pub(crate) fn failing(bus: &Bus, name: &'static str, subjects: &[&str], fails: u32) -> Self {
        let (seen, fails) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(fails)));
        let (notes, left) = (Arc::clone(&seen), Arc::clone(&fails));
        let following = bus.follow(name, subjects, move |messages: Vec<Message>| {
            let (notes, left) = (Arc::clone(&notes), Arc::clone(&left));
            async move {
                let mut left = left.lock().unwrap();
                if *left > 0 {
                    *left -= 1;
                    return Err("not now".into());
                }
                notes.lock().unwrap().extend(messages.into_iter().map(|message| message.id));
                Ok(())
            }
        });
        let stop = CancellationToken::new();
        let running = tokio::spawn(following.run(stop.clone()));
        Self { seen, fails, stop, running }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// How often it is still to fail.
    pub(crate) fn fails(&self) -> u32 {
        *self.fails.lock().unwrap()
    }

    pub(crate) async fn until_seen(&self, expected: &[String]) {
        until("it is seen", async || self.seen() == expected).await;
    }

    /// Stops to follow, and answers what was seen.
    pub(crate) async fn stop(self) -> Vec<String> {
        self.stop.cancel();
        self.running.await.unwrap();
        self.seen.lock().unwrap().clone()
    }

    /// Ends it wherever it is.
    pub(crate) async fn kill(self) {
        self.running.abort();
        assert!(self.running.await.unwrap_err().is_cancelled());
    }
}

pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    testkit::until(what, PATIENCE, async || condition().await.then_some(())).await;
}

pub(crate) async fn connect(server: &Nats) -> Bus {
    Bus::connect(&server.url()).await.unwrap()
}

pub(crate) fn message(id: impl ToString, subject: &str) -> Message {
    Message { id: id.to_string(), subject: subject.to_owned(), payload: "{}".into() }
}

/// Publishes as a relay does: what is not taken is published again.
pub(crate) async fn publish(bus: &Bus, messages: &[Message]) {
    until("it is published", async || bus.publish(messages).await.is_ok()).await;
}

pub(crate) fn registrations(numbers: std::ops::Range<u32>) -> Vec<Message> {
    numbers.map(|number| message(number, REGISTERED)).collect()
}

pub(crate) fn ids(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}
