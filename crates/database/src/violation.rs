//! What the database refused, under one name on both engines.

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};

/// What kind of constraint was violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UNIQUE or PRIMARY KEY.
    Unique,
    /// FOREIGN KEY.
    ForeignKey,
    /// CHECK.
    Check,
    /// NOT NULL.
    NotNull,
}

/// A constraint that was violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of constraint.
    pub kind: Kind,
    /// Its name. A unique constraint is `<table>_<column>_…_key` on both engines, provided that it has this name on
    /// PostgreSQL (SQLite names only table and columns); a CHECK has its own name; others may have none.
    pub constraint: String,
}

/// The constraint that a statement violated, if that is why it failed.
#[must_use]
pub fn violation(error: &DbErr) -> Option<Violation> {
    let error = database_error(error)?;
    let kind = match error.kind() {
        ErrorKind::UniqueViolation => Kind::Unique,
        ErrorKind::ForeignKeyViolation => Kind::ForeignKey,
        ErrorKind::CheckViolation => Kind::Check,
        ErrorKind::NotNullViolation => Kind::NotNull,
        _ => return None,
    };
    let constraint = error.constraint().map_or_else(|| name_of(kind, error.message()), str::to_owned);
    Some(Violation { kind, constraint })
}

/// Whether the database itself is the trouble (not reachable, no connection free, busy, a deadlock that it broke), so
/// that the same statement may succeed a moment later.
#[must_use]
pub fn is_unavailable(error: &DbErr) -> bool {
    let error = match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => error,
        _ => return false,
    };
    match error.as_ref() {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing(&code)),
        _ => false,
    }
}

/// SQLite: busy and its extended codes. PostgreSQL: connection exceptions, shutting down, too many connections,
/// serialization failure, deadlock.
fn is_passing(code: &str) -> bool {
    matches!(code, "5" | "6" | "261" | "517" | "773" | "40001" | "40P01" | "53300")
        || code.starts_with("57P")
        || (code.len() == 5 && code.starts_with("08"))
}

fn database_error(error: &DbErr) -> Option<&dyn DatabaseError> {
    match error {
        // Inserts use RETURNING, so their failures arrive as failures of a query.
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error()
        }
        _ => None,
    }
}

/// SQLite says `UNIQUE constraint failed: users.a, users.b` and `CHECK constraint failed: name`.
fn name_of(kind: Kind, message: &str) -> String {
    let named = message.split_once("constraint failed: ").map_or("", |(_, named)| named.trim());
    if kind != Kind::Unique {
        return named.to_owned();
    }
    if let Some(index) = named.strip_prefix("index '") {
        return index.trim_end_matches('\'').to_owned();
    }
    let mut name = String::new();
    for column in named.split(", ") {
        let (table, column) = column.split_once('.').unwrap_or(("", column));
        if name.is_empty() {
            name.push_str(table);
        }
        name.push('_');
        name.push_str(column);
    }
    name.push_str("_key");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constraint_of_an_sqlite_message_is_named_as_postgresql_would() {
        for (kind, message, name) in [
            (Kind::Unique, "UNIQUE constraint failed: users.email", "users_email_key"),
            (Kind::Unique, "UNIQUE constraint failed: follows.a, follows.b", "follows_a_b_key"),
            (Kind::Unique, "UNIQUE constraint failed: index 'users_mail_key'", "users_mail_key"),
            (Kind::Check, "CHECK constraint failed: users_count_check", "users_count_check"),
            (Kind::ForeignKey, "FOREIGN KEY constraint failed", ""),
        ] {
            assert_eq!(name_of(kind, message), name);
        }
    }

    #[test]
    fn only_passing_troubles_are_unavailability() {
        assert!(is_passing("5") && is_passing("40P01") && is_passing("57P01") && is_passing("08006"));
        assert!(!is_passing("23505") && !is_passing("2067") && !is_passing("42P01"));
    }
}
