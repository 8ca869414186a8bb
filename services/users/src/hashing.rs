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
    Algorithm, Argon2, Params, Version,
    password_hash::{
        phc::{Output, ParamsString, PasswordHash, Salt},
        try_generate_salt,
    },
};
use tokio::sync::{Semaphore, oneshot};

use self::workers::{Memory, Workers};
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
        self.run(move |memory| hash(&password, memory)).await?
    }

    /// Whether the password is the one behind `hash`; without a hash it never is, after the same time.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| DECOY.to_owned());
        let same = self.run(move |memory| verify(&password, &hash, memory)).await??;
        Ok(same && known)
    }

    /// Takes a place, waits for a thread, and computes there.
    async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = Place::take(&self.admitted, self.count + QUEUE).ok_or(Error::Busy)?;
        let Ok(thread) = self.threads.clone().acquire_owned().await else { return Err(Error::Busy) };
        let (done, computed) = oneshot::channel();
        let workers = self.workers.get_or_init(|| Workers::start(self.count));
        workers.run(move |memory| {
            let computed = compute(memory);
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

fn hash(password: &Password, memory: &mut Memory) -> Result<String, Error> {
    // The defaults are argon2id with 19 MiB, two passes and one lane.
    let (algorithm, version, params) = (Algorithm::default(), Version::default(), Params::default());
    let salt = try_generate_salt().map_err(failed)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params).map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(derive(password, &salt, &Argon2::new(algorithm, version, params), memory)?),
    };
    Ok(hash.to_string())
}

fn verify(password: &Password, hash: &str, memory: &mut Memory) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash).map_err(failed)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Err(failed("a hash is incomplete")) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed)?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(failed)?;
    let params = Params::try_from(&hash).map_err(failed)?;
    // Outputs are compared in constant time.
    Ok(derive(password, salt, &Argon2::new(algorithm, version, params), memory)? == *expected)
}

/// What argon2 makes of a password.
fn derive(password: &Password, salt: &[u8], argon2: &Argon2<'_>, memory: &mut Memory) -> Result<Output, Error> {
    let mut output = [0; Output::MAX_LENGTH];
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = output.get_mut(..length).ok_or_else(|| failed("a hash is too long"))?;
    let memory = workers::grown(memory, argon2.params().block_count());
    argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, output, memory).map_err(failed)?;
    Output::new(output).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Hash(error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};

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
        let real = hash(&password("x"), &mut Memory::new()).unwrap();
        let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&real), cost(DECOY));
        assert_eq!(cost(DECOY)[3], "m=19456,t=2,p=1");
        assert!(!verify(&password(""), DECOY, &mut Memory::new()).unwrap());
    }

    #[test]
    fn a_hash_is_what_argon2_itself_makes_whatever_was_in_the_memory_before() {
        let mut memory = Memory::new();
        for text in ["correct horse", "battery staple", ""] {
            let ours = hash(&password(text), &mut memory).unwrap();
            assert_eq!(Argon2::default().verify_password(text.as_bytes(), ours.as_str()), Ok(()));
            let theirs = Argon2::default().hash_password(text.as_bytes()).unwrap().to_string();
            assert!(verify(&password(text), &theirs, &mut memory).unwrap());
            assert!(!verify(&password("other"), &theirs, &mut memory).unwrap());
        }
        for unreadable in ["", "no hash", "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCE"] {
            assert!(verify(&password("x"), unreadable, &mut memory).is_err(), "{unreadable}");
        }
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_are_sent_away_and_the_rest_are_served() {
        let passwords = Passwords::with_threads(1);
        let held = passwords.threads.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..=QUEUE)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.run(|_| ()).await })
            })
            .collect();
        while passwords.admitted.load(Ordering::Acquire) <= QUEUE {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.run(|_| ()).await, Err(Error::Busy)));
        drop(held);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        passwords.run(|_| ()).await.unwrap();
    }
}
