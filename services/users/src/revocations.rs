//! Which access tokens are no longer good: recorded here, followed by the gateway.
//!
//! A reader asks for what came after the last id that it has seen, so ids have to become visible in their order. On
//! PostgreSQL that takes a lock from before an id is drawn until its transaction commits; SQLite has one writer anyway.
//! Recording is therefore the last thing that a transaction does.

mod list;

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, NotSet,
};

pub(crate) use list::{__path_list_revocations, Revocation, RevocationList, list_revocations};

use crate::entity::revocation;

/// How long a revocation is kept: longer than any access token lives.
pub const KEPT: Duration = Duration::from_secs(15 * 60);

/// The lock under which ids are drawn.
const ORDER: i64 = 0x6167_6f72_6101_0001;

/// No access token of these sessions is good any more.
pub(crate) async fn of_sessions(
    transaction: &DatabaseTransaction,
    sessions: &[String],
    now: i64,
) -> Result<Vec<revocation::Model>, DbErr> {
    record(transaction, "sid", sessions, now, now).await
}

/// No access token of this user that was issued until now is good any more. One that carries this very millisecond was
/// made before: whoever comes later waits for this transaction.
pub(crate) async fn of_user(transaction: &DatabaseTransaction, user_id: i64, now: i64) -> Result<(), DbErr> {
    record(transaction, "sub", &[user_id.to_string()], now + 1, now).await.map(drop)
}

async fn record(
    transaction: &DatabaseTransaction,
    kind: &str,
    subjects: &[String],
    not_before: i64,
    now: i64,
) -> Result<Vec<revocation::Model>, DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres && !subjects.is_empty() {
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ORDER})")).await?;
    }
    let mut recorded = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let row = revocation::ActiveModel {
            id: NotSet,
            kind: Set(kind.to_owned()),
            subject: Set(subject.clone()),
            not_before: Set(not_before),
            created_at: Set(now),
        };
        recorded.push(row.insert(transaction).await?);
    }
    Ok(recorded)
}
