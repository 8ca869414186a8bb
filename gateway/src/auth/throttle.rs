//! Slows down whoever guesses the password of one account.
//!
//! From the fifth failure in a row an account answers 429 until a time has passed that doubles with each further failure, from
//! one second to fifteen minutes; a success forgets everything. Nothing sleeps and nothing is locked for good. An account that
//! does not exist is treated like one that does. Guesses that run at the same time are counted when they begin, so a burst does
//! not get more of them.
//!
//! What is counted is what was typed, not the account behind it: the username and the address of one account are counted
//! apart. Were they counted together, failures of one would make the other wait, and so tell anybody whose address it is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;

use super::clock::Clock;

/// The failure in a row with which throttling begins.
const FREE_FAILURES: u32 = 5;
/// How many logins to one account may run at once before any has failed.
const AT_ONCE: u32 = 32;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// How long failures are remembered without a new one.
const REMEMBERED_MS: i64 = 60 * 60 * 1000;
/// How many accounts are remembered.
const CAPACITY: usize = 20_000;

/// What somebody tries to prove. What is typed into one can never be counted as another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// That one is who logs in with this name or address.
    Login(&'a str),
    /// That the signed-in user of this id knows their own password.
    Password(i64),
}

/// The digest of a subject: small and of equal size, whatever was typed.
type Key = [u8; 32];

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    failures: u32,
    running: u32,
    last_ms: i64,
    blocked_until_ms: i64,
}

/// The failures in a row of each account.
pub(crate) struct Throttle {
    accounts: Mutex<HashMap<Key, Account>>,
    clock: Clock,
    capacity: usize,
}

/// How long to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Duration);

/// One attempt that runs. Dropped without an outcome (the client left, users was down) it counts as nothing.
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    key: Key,
}

impl Throttle {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { accounts: Mutex::default(), clock, capacity: CAPACITY }
    }

    /// Begins an attempt to prove `subject`.
    pub(crate) fn begin(&self, subject: Subject<'_>) -> Result<Attempt<'_>, Wait> {
        let (key, now_ms) = (subject.key(), self.clock.now_ms());
        let mut accounts = self.lock();
        if !accounts.contains_key(&key) {
            make_room(&mut accounts, self.capacity, now_ms);
        }
        let entry = accounts.entry(key).or_default();
        if entry.is_forgotten(now_ms) {
            *entry = Account { running: entry.running, ..Account::default() };
        }
        if entry.blocked_until_ms > now_ms {
            return Err(Wait(Duration::from_millis(entry.blocked_until_ms.abs_diff(now_ms))));
        }
        if entry.running >= entry.at_once() {
            return Err(Wait(FIRST_WAIT));
        }
        entry.running += 1;
        entry.last_ms = now_ms;
        Ok(Attempt { throttle: self, key })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It was the right password.
    pub(crate) fn succeeded(self) {
        let mut accounts = self.throttle.lock();
        if let Some(entry) = accounts.get_mut(&self.key) {
            *entry = Account { running: entry.running, ..Account::default() };
        }
    }

    /// It was the wrong one. `Some` says how long to wait, from the fifth failure on.
    pub(crate) fn failed(self) -> Option<Wait> {
        let now_ms = self.throttle.clock.now_ms();
        let mut accounts = self.throttle.lock();
        accounts.get_mut(&self.key)?.fail(now_ms)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut accounts = self.throttle.lock();
        if let Some(entry) = accounts.get_mut(&self.key) {
            entry.running = entry.running.saturating_sub(1);
            if entry.running == 0 && entry.failures == 0 {
                accounts.remove(&self.key);
            }
        }
    }
}

impl Account {
    /// Once something has failed, as many attempts may run as failures are left before throttling, but always one.
    fn at_once(&self) -> u32 {
        if self.failures == 0 { AT_ONCE } else { FREE_FAILURES.saturating_sub(self.failures).max(1) }
    }

    fn is_forgotten(&self, now_ms: i64) -> bool {
        self.failures > 0 && now_ms.saturating_sub(self.last_ms.max(self.blocked_until_ms)) > REMEMBERED_MS
    }

    fn fail(&mut self, now_ms: i64) -> Option<Wait> {
        self.last_ms = now_ms;
        // An attempt that began before the account was blocked does not lengthen the block.
        if self.blocked_until_ms <= now_ms {
            self.failures = self.failures.saturating_add(1);
            let wait = wait_after(self.failures)?;
            self.blocked_until_ms = now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        }
        Some(Wait(Duration::from_millis(self.blocked_until_ms.abs_diff(now_ms))))
    }
}

fn wait_after(failures: u32) -> Option<Duration> {
    let doublings = failures.checked_sub(FREE_FAILURES)?;
    Some(FIRST_WAIT.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(LONGEST_WAIT))
}

impl Subject<'_> {
    fn key(self) -> Key {
        let mut hashed = digest::Context::new(&digest::SHA256);
        match self {
            // The name as users compares it: neither case nor blanks around it make another account.
            Self::Login(login) => {
                hashed.update(&[0]);
                hashed.update(login.trim().to_lowercase().as_bytes());
            }
            Self::Password(user) => {
                hashed.update(&[1]);
                hashed.update(&user.to_be_bytes());
            }
        }
        let mut key = Key::default();
        key.copy_from_slice(hashed.finish().as_ref());
        key
    }
}

/// Forgets what is over, and if that is not enough the account that was tried longest ago.
fn make_room(accounts: &mut HashMap<Key, Account>, capacity: usize, now_ms: i64) {
    if accounts.len() < capacity {
        return;
    }
    accounts.retain(|_, entry| entry.running > 0 || !entry.is_forgotten(now_ms));
    while accounts.len() >= capacity {
        let Some(oldest) = accounts.iter().min_by_key(|(_, entry)| entry.last_ms).map(|(key, _)| *key) else { return };
        accounts.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Subject::{Login, Password};
    use super::*;

    fn throttle() -> (Throttle, Clock) {
        let clock = Clock::manual(1_000_000);
        (Throttle::new(clock.clone()), clock)
    }

    fn fail(throttle: &Throttle, account: &str) -> Option<Wait> {
        throttle.begin(Login(account)).ok().unwrap().failed()
    }

    fn seconds(seconds: u64) -> Wait {
        Wait(Duration::from_secs(seconds))
    }

    #[test]
    fn the_fifth_failure_in_a_row_begins_to_make_an_account_wait() {
        let (throttle, clock) = throttle();
        for _ in 0..4 {
            assert_eq!(fail(&throttle, "ada"), None);
        }
        assert_eq!(fail(&throttle, "ada"), Some(seconds(1)));
        assert_eq!(throttle.begin(Login("ada")).err(), Some(seconds(1)));
        clock.advance(Duration::from_millis(400));
        assert_eq!(throttle.begin(Login("ada")).err(), Some(Wait(Duration::from_millis(600))));
        assert!(throttle.begin(Login("grace")).is_ok(), "another account is not concerned");
    }

    #[test]
    fn each_further_failure_doubles_the_wait_up_to_fifteen_minutes() {
        let (throttle, clock) = throttle();
        let mut waits = Vec::new();
        for _ in 0..40 {
            if let Some(Wait(wait)) = fail(&throttle, "ada") {
                waits.push(wait.as_secs());
                clock.advance(wait);
            }
        }
        assert_eq!(waits[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
        assert!(waits[11..].iter().all(|wait| *wait == 900));
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let (throttle, _) = throttle();
        for _ in 0..4 {
            fail(&throttle, "ada");
        }
        throttle.begin(Login("ada")).ok().unwrap().succeeded();
        for _ in 0..4 {
            assert_eq!(fail(&throttle, "ada"), None);
        }
        assert!(throttle.lock().len() == 1);
    }

    #[test]
    fn case_and_blanks_make_no_other_account() {
        let (throttle, _) = throttle();
        for login in ["Ada@demo.test", " ada@demo.test", "ADA@DEMO.TEST", "ada@demo.test\n"] {
            fail(&throttle, login);
        }
        assert_eq!(fail(&throttle, "ada@demo.test"), Some(seconds(1)));
    }

    #[test]
    fn a_login_never_counts_as_a_change_of_password() {
        let (throttle, _) = throttle();
        for login in ["1", "password of 1", "\u{1}\0\0\0\0\0\0\0\u{1}", "\0\0\0\0\0\0\0\u{1}"] {
            assert_ne!(Login(login).key(), Password(1).key(), "{login:?}");
            while fail(&throttle, login).is_none() {}
        }
        assert!(throttle.begin(Password(1)).is_ok());
    }

    #[test]
    fn an_attempt_without_an_outcome_counts_as_nothing() {
        let (throttle, _) = throttle();
        for _ in 0..100 {
            drop(throttle.begin(Login("ada")));
        }
        assert!(throttle.lock().is_empty());
    }

    #[test]
    fn a_burst_does_not_get_more_guesses_than_a_series() {
        let (throttle, _) = throttle();
        fail(&throttle, "ada");
        let running: Vec<_> = (0..100).map_while(|_| throttle.begin(Login("ada")).ok()).collect();
        assert_eq!(running.len(), 4);
        let waits: Vec<_> = running.into_iter().map(Attempt::failed).collect();
        assert_eq!(waits, [None, None, None, Some(seconds(1))]);
    }

    #[test]
    fn guesses_that_began_before_a_block_do_not_lengthen_it() {
        let (throttle, clock) = throttle();
        let running: Vec<_> = (0..100).map_while(|_| throttle.begin(Login("ada")).ok()).collect();
        assert_eq!(running.len(), 32);
        let waits: Vec<_> = running.into_iter().map(Attempt::failed).collect();
        assert!(waits[..4].iter().all(Option::is_none));
        assert!(waits[4..].iter().all(|wait| *wait == Some(seconds(1))));
        clock.advance(Duration::from_secs(1));
        assert_eq!(fail(&throttle, "ada"), Some(seconds(2)));
    }

    #[test]
    fn failures_are_forgotten_after_an_hour() {
        let (throttle, clock) = throttle();
        for _ in 0..4 {
            fail(&throttle, "ada");
        }
        clock.advance(Duration::from_secs(3601));
        assert_eq!(fail(&throttle, "ada"), None);
    }

    #[test]
    fn the_number_of_accounts_is_bounded() {
        let (mut throttle, clock) = throttle();
        throttle.capacity = 10;
        for number in 0..50 {
            fail(&throttle, &format!("user{number}"));
            clock.advance(Duration::from_millis(1));
        }
        assert_eq!(throttle.lock().len(), 10);
        assert!(throttle.lock().contains_key(&Login("user49").key()));
    }
}
