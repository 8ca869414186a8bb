//! What a database's refusals are to a client.

use std::time::Duration;

use problem::{Code, Problem};
use sea_orm::DbErr;

/// How long a caller is asked to wait when a service or its database is busy.
pub const BUSY: Duration = Duration::from_secs(1);

/// The problem that a database's error is: 503 if it does not answer, 409 if it holds something unique already, 500 otherwise. The
/// driver's words stay in the log: they name tables and hosts.
#[must_use]
pub fn database(error: &DbErr) -> Problem {
    if database::is_unavailable(error) {
        tracing::warn!(%error, "the database is not available");
        return Problem::new(Code::Overloaded)
            .with_detail("The database of this service is not available.")
            .with_retry_after(BUSY);
    }
    if database::violation(error).is_some_and(|violation| violation.kind == database::Kind::Unique) {
        tracing::warn!(%error, "a unique constraint was violated");
        return Problem::new(Code::Conflict);
    }
    tracing::error!(%error, "the database refused a statement");
    Problem::new(Code::Internal)
}

/// What a service that is not ready says, from what asking its tables came to.
///
/// # Errors
/// A sentence that is safe to show.
pub fn ready(asked: Result<(), DbErr>) -> Result<(), String> {
    match asked {
        Ok(()) => Ok(()),
        Err(error) if database::is_unavailable(&error) => Err("the database does not answer".to_owned()),
        Err(_) => Err("the database has not been migrated: run `migration up`".to_owned()),
    }
}
