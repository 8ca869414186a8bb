//! The right to do what only one process may do at a time in one database.

use database::{Database, Engine};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr, Statement};

/// The numbers of these locks begin with this on PostgreSQL. The rest is a hash, so two may share one: then they wait for each other.
const CLASS: i32 = 0x6167_6f03;

/// Held until it is given back, or dropped, or the process is no more.
#[derive(Debug)]
pub enum Claim {
    /// An SQLite file belongs to one process.
    OnlyProcess,
    /// Nobody else gets the lock until this transaction ends.
    Locked(DatabaseTransaction),
}

impl Claim {
    /// Takes the right to `what` in `db`; none where another process has it. On SQLite nobody is kept out.
    ///
    /// # Errors
    /// The database's.
    pub async fn take(db: &Database, what: &str) -> Result<Option<Self>, DbErr> {
        if db.engine() == Engine::Sqlite {
            return Ok(Some(Self::OnlyProcess));
        }
        let transaction = db.write().await?;
        let sql = format!("SELECT pg_try_advisory_xact_lock({CLASS}, {}) AS mine", hash(what));
        let row = transaction.query_one_raw(Statement::from_string(transaction.get_database_backend(), sql)).await?;
        let is_mine = row.map_or(Ok(false), |row| row.try_get("", "mine"))?;
        Ok(is_mine.then_some(Self::Locked(transaction)))
    }

    /// Gives it back.
    ///
    /// # Errors
    /// The database's.
    pub async fn release(self) -> Result<(), DbErr> {
        match self {
            Self::OnlyProcess => Ok(()),
            Self::Locked(transaction) => transaction.commit().await,
        }
    }
}

/// FNV-1a, which is the same in every version of this program.
fn hash(text: &str) -> i32 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn the_number_of_a_lock_is_that_of_the_published_function() {
        // The vectors of FNV-1a for 32 bits.
        assert_eq!((hash("").cast_unsigned(), hash("a").cast_unsigned()), (0x811c_9dc5, 0xe40c_292c));
        assert_eq!(hash("foobar").cast_unsigned(), 0xbf9c_f968);
    }
}
