//! Carries messages between parts of the system, in this process.
//!
//! A message has a subject of words with dots between them. Whoever follows some subjects names them as NATS does: `*` stands
//! for one word, `>` for all that are left. Promises:
//!
//! * Publishing ends well only when everybody who follows the subject has taken the message for good. Otherwise whoever
//!   publishes tries again, and who has taken it already gets it once more: at least once, never less.
//! * What one publisher publishes one after the other arrives in that order.
//! * Whoever stops to follow (drops its [`Following`]) is not called any more.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use bus::{Bus, Message};
//!
//! let bus = Bus::in_process();
//! let _following = bus.follow("counter", &["agora.users.>"], |message: Message| async move {
//!     assert_eq!(message.subject, "agora.users.user.registered");
//!     Ok(())
//! });
//! let message = Message { id: "1".into(), subject: "agora.users.user.registered".into(), payload: "{}".into() };
//! bus.publish(&message).await.unwrap();
//! # });
//! ```

mod subject;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use bytes::Bytes;

use subject::matches;

/// Any error of whoever handles a message.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Handling = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

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

/// A message was not taken by everybody: it has to be published again.
#[derive(Debug, thiserror::Error)]
#[error("{follower} did not take the message {id}: {source}")]
pub struct NotTaken {
    /// Who did not.
    pub follower: &'static str,
    /// Of which message.
    pub id: String,
    /// Why.
    pub source: BoxError,
}

/// The bus. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Bus(Arc<Followers>);

#[derive(Debug, Default)]
struct Followers {
    next: AtomicU64,
    all: RwLock<Vec<Arc<Follower>>>,
}

struct Follower {
    number: u64,
    name: &'static str,
    subjects: Vec<String>,
    handle: Box<dyn Fn(Message) -> Handling + Send + Sync>,
}

impl fmt::Debug for Follower {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Follower").field("name", &self.name).field("subjects", &self.subjects).finish()
    }
}

/// Somebody follows, until this is dropped.
#[derive(Debug)]
#[must_use = "who drops it is not called any more"]
pub struct Following {
    number: u64,
    followers: Weak<Followers>,
}

impl Bus {
    /// A bus for this process: publishing waits for whoever follows.
    #[must_use]
    pub fn in_process() -> Self {
        Self::default()
    }

    /// Has `handle` called with every message whose subject is one of `subjects`. `name` tells who it is in errors.
    pub fn follow<H, F>(&self, name: &'static str, subjects: &[&str], handle: H) -> Following
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
        let handle = Box::new(move |message| Box::pin(handle(message)) as Handling);
        self.0.write().push(Arc::new(Follower { number, name, subjects, handle }));
        Following { number, followers: Arc::downgrade(&self.0) }
    }

    /// Hands a message to everybody who follows its subject, and waits until they have taken it. Everybody is asked, also
    /// after one who fails.
    ///
    /// # Errors
    /// [`NotTaken`] by the first who failed.
    pub async fn publish(&self, message: &Message) -> Result<(), NotTaken> {
        let mut outcome = Ok(());
        for follower in self.0.of(&message.subject) {
            if let Err(source) = (follower.handle)(message.clone()).await {
                outcome = outcome.and(Err(NotTaken { follower: follower.name, id: message.id.clone(), source }));
            }
        }
        outcome
    }
}

impl Followers {
    fn of(&self, subject: &str) -> Vec<Arc<Follower>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let wants = |follower: &&Arc<Follower>| follower.subjects.iter().any(|pattern| matches(pattern, subject));
        all.iter().filter(wants).map(Arc::clone).collect()
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<Follower>>> {
        self.all.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(followers) = self.followers.upgrade() {
            followers.write().retain(|follower| follower.number != self.number);
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

    /// Follows, and notes the ids of what it is given; fails as long as `fails` is not empty, taking one off each time.
    fn noting(bus: &Bus, name: &'static str, subjects: &[&str], fails: usize) -> (Arc<Mutex<Vec<String>>>, Following) {
        let (seen, fails) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(fails)));
        let noted = Arc::clone(&seen);
        let following = bus.follow(name, subjects, move |message| {
            let (noted, fails) = (Arc::clone(&noted), Arc::clone(&fails));
            async move {
                let mut left = fails.lock().unwrap();
                if *left > 0 {
                    *left -= 1;
                    return Err("not now".into());
                }
                noted.lock().unwrap().push(message.id);
                Ok(())
            }
        });
        (seen, following)
    }

    #[tokio::test]
    async fn who_follows_gets_what_is_published_in_its_order_and_nobody_else_does() {
        let bus = Bus::in_process();
        let (users, _one) = noting(&bus, "users", &["agora.users.>"], 0);
        let (posts, _other) = noting(&bus, "posts", &["agora.posts.post.created"], 0);
        for id in ["1", "2"] {
            bus.publish(&message(id, "agora.users.user.registered")).await.unwrap();
        }
        bus.publish(&message("3", "agora.posts.post.created")).await.unwrap();
        bus.publish(&message("4", "agora.posts.post.deleted")).await.unwrap();
        assert_eq!(
            (users.lock().unwrap().clone(), posts.lock().unwrap().clone()),
            (vec!["1".into(), "2".into()], vec!["3".into()])
        );
    }

    #[tokio::test]
    async fn what_one_does_not_take_is_told_and_reaches_the_others_all_the_same() {
        let bus = Bus::in_process();
        let (first, _first) = noting(&bus, "first", &[">"], 1);
        let (second, _second) = noting(&bus, "second", &[">"], 0);
        let refused = bus.publish(&message("1", "a")).await.unwrap_err();
        assert_eq!(refused.to_string(), "first did not take the message 1: not now");
        bus.publish(&message("1", "a")).await.unwrap();
        assert_eq!((first.lock().unwrap().len(), second.lock().unwrap().len()), (1, 2));
    }

    #[tokio::test]
    async fn who_has_stopped_to_follow_is_not_called() {
        let bus = Bus::in_process();
        let (seen, following) = noting(&bus, "gone", &[">"], 0);
        drop(following);
        bus.publish(&message("1", "a")).await.unwrap();
        assert!(seen.lock().unwrap().is_empty());
    }
}
