//! What may differ between installations of this service.

use std::time::Duration;

use boot::{Profile, Vars};
use secrecy::ExposeSecret as _;

use crate::{hashing::Passwords, welcome::Mail};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The fewest characters of a new password.
    pub password_least: usize,
    /// A session ends when it has not been refreshed for so long.
    pub session_idle: Duration,
    /// A session ends after so long, however often it is refreshed.
    pub session_absolute: Duration,
    /// How often ended sessions and old revocations are removed.
    pub cleanup_interval: Duration,
    /// The threads that passwords are hashed on.
    pub passwords: Passwords,
    /// What becomes of letters.
    pub mail: Mail,
}

impl Config {
    /// Reads `USERS_…`, with defaults for everything; mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Self {
        let usual = Self::usual(Profile::from_vars(vars));
        let mail = mail(vars, usual.mail.clone());
        let config = Self {
            session_idle: vars.duration_s("USERS_SESSION_IDLE_S", usual.session_idle),
            session_absolute: vars.duration_s("USERS_SESSION_ABSOLUTE_S", usual.session_absolute),
            cleanup_interval: vars.duration_s("USERS_CLEANUP_INTERVAL_S", usual.cleanup_interval),
            mail,
            ..usual
        };
        if config.session_idle.is_zero() || config.session_absolute < config.session_idle {
            vars.mistake("USERS_SESSION_IDLE_S has to be at least 1 and at most USERS_SESSION_ABSOLUTE_S");
        }
        if config.cleanup_interval.is_zero() {
            vars.mistake("USERS_CLEANUP_INTERVAL_S has to be at least 1");
        }
        config
    }

    /// The defaults of a profile.
    #[must_use]
    pub fn usual(profile: Profile) -> Self {
        Self {
            password_least: if profile.is_production() { 8 } else { 6 },
            session_idle: 14 * DAY,
            session_absolute: 90 * DAY,
            cleanup_interval: Duration::from_secs(300),
            passwords: Passwords::new(),
            mail: Mail::into("mail".into()),
        }
    }
}

/// How letters are sent: by SMTP where a server is named.
fn mail(vars: &mut Vars, usual: Mail) -> Mail {
    let from = vars.text("USERS_MAIL_FROM", &usual.from.to_string());
    let mut mail = usual.kept_in(vars.text("USERS_MAIL_DIR", "mail").into());
    match from.parse() {
        Ok(from) => mail.from = from,
        Err(_) => vars.mistake("USERS_MAIL_FROM has to be an address, as in Agora <agora@example.org>"),
    }
    let Some(url) = vars.secret("SMTP_URL") else { return mail };
    match mail.clone().over_smtp(url.expose_secret()) {
        Ok(by_smtp) => by_smtp,
        Err(why) => {
            vars.mistake(format!("SMTP_URL cannot be used: {why}"));
            mail
        }
    }
}
