//! The bus of one process: whoever publishes hands messages to whoever follows, and waits until they have been taken.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::{Handle, Message, NotTaken, subject::matches};

#[derive(Debug, Default)]
pub(crate) struct Followers {
    all: RwLock<Vec<Arc<Follower>>>,
    /// So many want that publishing waits.
    holds: watch::Sender<usize>,
}

/// Somebody who follows some subjects.
pub(crate) struct Follower {
    pub(crate) name: &'static str,
    pub(crate) subjects: Vec<String>,
    pub(crate) handle: Handle,
}

impl fmt::Debug for Follower {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Follower").field("name", &self.name).field("subjects", &self.subjects).finish()
    }
}

impl Follower {
    pub(crate) fn wants(&self, message: &Message) -> bool {
        self.subjects.iter().any(|pattern| matches(pattern, &message.subject))
    }
}

/// Publishing waits while there is one of these.
#[derive(Debug)]
#[must_use = "publishing waits until it is dropped"]
pub struct Hold(pub(crate) Option<Arc<Followers>>);

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(followers) = &self.0 {
            followers.holds.send_modify(|holds| *holds -= 1);
        }
    }
}

impl Followers {
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        self.holds.send_modify(|holds| *holds += 1);
        Hold(Some(Arc::clone(self)))
    }

    /// Puts a follower in the place of the one of the same name, if there is one.
    pub(crate) fn add(&self, follower: Follower) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.name != follower.name);
        all.push(Arc::new(follower));
    }

    pub(crate) async fn publish(&self, messages: &[Message]) -> Result<(), NotTaken> {
        // It ends badly only without a sender, which is here.
        drop(self.holds.subscribe().wait_for(|holds| *holds == 0).await);
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut outcome = Ok(());
        for follower in all {
            let wanted: Vec<_> = messages.iter().filter(|message| follower.wants(message)).cloned().collect();
            let Some(id) = wanted.first().map(|message| message.id.clone()) else { continue };
            if let Err(source) = (follower.handle)(wanted).await {
                outcome = outcome.and(Err(NotTaken { by: follower.name, id, source }));
            }
        }
        outcome
    }
}
