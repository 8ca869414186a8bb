//! Hashing passwords with argon2id on a bounded number of threads.
//!
//! A hash takes 14 ms and 19 MiB, so at most one per core is computed at a time and at most [`QUEUE`] wait; whoever
//! comes then is told to come again. An account that does not exist costs the same as one that does.

mod workers;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Argon2,
    password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::{Semaphore, oneshot};

use self::workers::Workers;
use crate::{domain::Password, error::Error};

/// How many passwords may wait for a thread.
pub const QUEUE: usize = 32;

/// What the password of nobody is compared with; its parameters are those of every other hash (tested).
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The threads that passwords are hashed on. Clones share them.
#[derive(Clone, Debug)]
pub struct Passwords {
    threads: Arc<Semaphore>,
    /// Started with the first password.
    workers: Arc<OnceLock<Workers>>,
    admitted: Arc<AtomicUsize>,
    count: usize,
}

impl Passwords {
    /// As many threads as there are cores.
    #[must_use]
    pub fn new() -> Self {
        Self::with_threads(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// At most `threads` threads.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            workers: Arc::default(),
            admitted: Arc::default(),
            count: threads,
        }
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<String, Error> {
        self.run(move || hash(&password)).await?
    }

    /// Whether the password is the one behind `hash`; without a hash it never is, after the same time.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| DECOY.to_owned());
        let same = self.run(move || verify(&password, &hash)).await??;
        Ok(same && known)
    }

    /// Takes a place, waits for a thread, and computes there.
    async fn run<T: Send + 'static>(&self, compute: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = Place::take(&self.admitted, self.count + QUEUE).ok_or(Error::Busy)?;
        let Ok(thread) = self.threads.clone().acquire_owned().await else { return Err(Error::Busy) };
        let (done, computed) = oneshot::channel();
        let workers = self.workers.get_or_init(|| Workers::start(self.count));
        workers.run(move || {
            let computed = compute();
            drop((thread, place));
            // Whoever asked may have gone away; the work is done all the same.
            let _told = done.send(computed);
        });
        computed.await.map_err(|_| Error::Hash("no thread has computed it".to_owned()))
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

/// A place in the queue or on a thread, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(admitted: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let one_more = |taken: usize| (taken < most).then_some(taken + 1);
        admitted.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Self(admitted.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn hash(password: &Password) -> Result<String, Error> {
    // The defaults are argon2id with 19 MiB, two passes and one lane.
    let hash = Argon2::default().hash_password(password.expose().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Hash(error.to_string()))
}

fn verify(password: &Password, hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash).map_err(|error| Error::Hash(error.to_string()))?;
    match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(error) => Err(Error::Hash(error.to_string())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::presented(text.to_owned().into())
    }

    #[tokio::test]
    async fn only_the_right_password_is_verified_and_nobodys_never_is() {
        let passwords = Passwords::new();
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(passwords.verify(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("correct hors"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("correct horse"), None).await.unwrap());
    }

    #[test]
    fn a_real_hash_costs_what_the_decoy_costs() {
        let real = hash(&password("x")).unwrap();
        let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&real), cost(DECOY));
        assert_eq!(cost(DECOY)[3], "m=19456,t=2,p=1");
        assert!(!verify(&password(""), DECOY).unwrap());
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_are_sent_away_and_the_rest_are_served() {
        let passwords = Passwords::with_threads(1);
        let held = passwords.threads.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..=QUEUE)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.run(|| ()).await })
            })
            .collect();
        while passwords.admitted.load(Ordering::Acquire) <= QUEUE {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.run(|| ()).await, Err(Error::Busy)));
        drop(held);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        passwords.run(|| ()).await.unwrap();
    }
}
