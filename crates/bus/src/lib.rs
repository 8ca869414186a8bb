//! Carries messages between parts of the system: in this process, or over NATS JetStream.
//!
//! A message has a subject of words with dots between them. Whoever follows some subjects names them as NATS does: `*` stands
//! for one word, `>` for all that are left. Promises:
//!
//! * Publishing ends well only when the messages cannot be lost any more: in one process when everybody who follows their subjects
//!   has taken them for good, over NATS when the server has stored them. Otherwise whoever publishes tries again, and who has taken
//!   them already may get them once more: at least once, never less.
//! * What one publisher publishes one after the other arrives in that order.
//! * Who has begun to follow is never passed over, also not when it is about to end: what it does not take is not published.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use bus::{Bus, Message};
//!
//! let bus = Bus::in_process();
//! let _following = bus.follow("counter", &["agora.users.>"], |messages: Vec<Message>| async move {
//!     assert_eq!(messages[0].subject, "agora.users.user.registered");
//!     Ok(())
//! });
//! let message = Message { id: "1".into(), subject: "agora.users.user.registered".into(), payload: "{}".into() };
//! bus.publish(&[message]).await.unwrap();
//! # });
//! ```

mod config;
mod in_process;
mod nats;
pub mod pause;
mod subject;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use in_process::{Follower, Followers};
use nats::{Consumer, Nats};

pub use config::Config;
pub use in_process::Hold;

/// Any error of whoever handles messages.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Handling = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;
type Handle = Box<dyn Fn(Vec<Message>) -> Handling + Send + Sync>;

/// What is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// By which a repeat is recognised.
    pub id: String,
    /// Words with dots between them.
    pub subject: String,
    /// The bus does not look into it.
    pub payload: Bytes,
}

/// Messages were not taken by everybody: they have to be published again.
#[derive(Debug, thiserror::Error)]
#[error("{by} did not take the message {id}: {source}")]
pub struct NotTaken {
    /// Who did not.
    pub by: &'static str,
    /// Of which message, or of the first of several.
    pub id: String,
    /// Why.
    pub source: BoxError,
}

/// A URL that names no server. The sentence does not have it: there may be a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it has to be nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@ or TOKEN@ before the host if the server wants that"
)]
pub struct InvalidUrl;

/// The bus. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Bus(Kind);

#[derive(Clone, Debug)]
enum Kind {
    InProcess(Arc<Followers>),
    Nats(Arc<Nats>),
}

/// Somebody follows.
#[derive(Debug)]
#[must_use = "messages come for as long as it runs"]
pub struct Following(Option<Box<Consumer>>);

impl Bus {
    /// A bus for this process: publishing waits for whoever follows.
    #[must_use]
    pub fn in_process() -> Self {
        Self(Kind::InProcess(Arc::default()))
    }

    /// The bus of whoever is connected to the NATS server that `url` names, which has JetStream. It need not be there yet, and may go
    /// and come again: what is published meanwhile fails, and who follows gets later what was missed.
    ///
    /// # Errors
    /// [`InvalidUrl`]
    pub async fn connect(url: &str) -> Result<Self, InvalidUrl> {
        let nats = Nats::connect(nats::Address::parse(url)?).await.map_err(|_| InvalidUrl)?;
        Ok(Self(Kind::Nats(Arc::new(nats))))
    }

    /// Makes publishing wait until what this returns is dropped: for whoever starts several publishers and followers, so that
    /// nothing is published before everybody follows. NATS keeps messages for those who come later, so nothing waits there.
    pub fn hold(&self) -> Hold {
        match &self.0 {
            Kind::InProcess(followers) => followers.hold(),
            Kind::Nats(_) => Hold(None),
        }
    }

    /// Has `handle` called with the messages whose subject is one of `subjects`, in their order: one or some at a time, and always
    /// to the end before the next. When it fails, the same come again. `name` is who follows, for ever: whoever follows under the
    /// same name takes the other's place; over NATS, both take turns.
    pub fn follow<H, F>(&self, name: &'static str, subjects: &[&str], handle: H) -> Following
    where
        H: Fn(Vec<Message>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
        let handle: Handle = Box::new(move |messages| Box::pin(handle(messages)));
        let follower = Follower { name, subjects, handle };
        match &self.0 {
            Kind::InProcess(followers) => {
                followers.add(follower);
                Following(None)
            }
            Kind::Nats(nats) => Following(Some(Box::new(Consumer { nats: Arc::clone(nats), follower }))),
        }
    }

    /// Hands messages to everybody who follows their subjects, in their order, and waits until they have been taken; in this process
    /// everybody is asked, also after one who fails. Or to NATS, where their subjects have to begin with `agora.`, and waits until they
    /// are stored.
    ///
    /// # Errors
    /// [`NotTaken`] by the first who failed.
    pub async fn publish(&self, messages: &[Message]) -> Result<(), NotTaken> {
        match &self.0 {
            Kind::InProcess(followers) => followers.publish(messages).await,
            Kind::Nats(nats) => nats.publish(messages).await,
        }
    }
}

impl Following {
    /// Brings messages until it is told to stop. In this process whoever publishes brings them, before and after that too.
    pub async fn run(self, stop: CancellationToken) {
        match self.0 {
            Some(consumer) => consumer.run(stop).await,
            None => stop.cancelled().await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Mutex;

    use super::*;

    fn message(id: &str, subject: &str) -> Message {
        Message { id: id.to_owned(), subject: subject.to_owned(), payload: Bytes::new() }
    }

    /// Follows, and notes the ids of what it is given; fails as long as `fails` is not zero, counting it down.
    fn noting(bus: &Bus, name: &'static str, subjects: &[&str], fails: usize) -> Arc<Mutex<Vec<String>>> {
        let (seen, fails) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(fails)));
        let noted = Arc::clone(&seen);
        let _following = bus.follow(name, subjects, move |messages| {
            let (noted, fails) = (Arc::clone(&noted), Arc::clone(&fails));
            async move {
                let mut left = fails.lock().unwrap();
                if *left > 0 {
                    *left -= 1;
                    return Err("not now".into());
                }
                noted.lock().unwrap().extend(messages.into_iter().map(|message| message.id));
                Ok(())
            }
        });
        seen
    }

    #[tokio::test]
    async fn who_follows_gets_what_is_published_in_its_order_and_nobody_else_does() {
        let bus = Bus::in_process();
        let users = noting(&bus, "users", &["agora.users.>"], 0);
        let posts = noting(&bus, "posts", &["agora.posts.post.created"], 0);
        let registered = "agora.users.user.registered";
        bus.publish(&[message("1", registered), message("2", registered)]).await.unwrap();
        bus.publish(&[message("3", "agora.posts.post.created"), message("4", registered)]).await.unwrap();
        bus.publish(&[message("5", "agora.posts.post.deleted")]).await.unwrap();
        assert_eq!(*users.lock().unwrap(), ["1", "2", "4"]);
        assert_eq!(*posts.lock().unwrap(), ["3"]);
    }

    #[tokio::test]
    async fn what_one_does_not_take_is_told_and_reaches_the_others_all_the_same() {
        let bus = Bus::in_process();
        let first = noting(&bus, "first", &[">"], 1);
        let second = noting(&bus, "second", &[">"], 0);
        let refused = bus.publish(&[message("1", "a")]).await.unwrap_err();
        assert_eq!(refused.to_string(), "first did not take the message 1: not now");
        bus.publish(&[message("1", "a")]).await.unwrap();
        assert_eq!((first.lock().unwrap().len(), second.lock().unwrap().len()), (1, 2));
    }

    #[tokio::test]
    async fn who_follows_again_takes_the_place_of_the_former() {
        let bus = Bus::in_process();
        let former = noting(&bus, "one", &[">"], 0);
        let present = noting(&bus, "one", &[">"], 0);
        bus.publish(&[message("1", "a")]).await.unwrap();
        assert_eq!((former.lock().unwrap().len(), present.lock().unwrap().len()), (0, 1));
    }

    #[tokio::test]
    async fn while_somebody_holds_it_nothing_is_published_and_who_follows_meanwhile_misses_nothing() {
        let bus = Bus::in_process();
        let hold = bus.hold();
        let messages = [message("1", "a")];
        let mut publishing = std::pin::pin!(bus.publish(&messages));
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(publishing.as_mut().poll(context).is_pending()))
                .await
        );
        let seen = noting(&bus, "late", &[">"], 0);
        drop(hold);
        publishing.await.unwrap();
        assert_eq!(*seen.lock().unwrap(), ["1"]);
    }
}
