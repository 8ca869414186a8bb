//! Search: for posts by their words, for accounts and tags by how they begin. What both engines do, each does in its own way.

pub(crate) mod people;
pub(crate) mod posts;
pub(crate) mod suggestions;
pub(crate) mod words;

mod found;
mod postgres;
mod sqlite;

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};

use crate::sql::Sql;

/// An index of words, one entry for each post.
pub(crate) trait Search: Send + Sync {
    /// The statements that give a post these words, in their order; one that has words already gets others.
    fn put(&self, post: i64, words: &BTreeSet<String>) -> Vec<Sql>;

    /// The statement that gives posts that have no entry theirs.
    fn add(&self, entries: Vec<(i64, BTreeSet<String>)>) -> Sql;

    /// What says the tags of posts `p`, as `said.value`.
    fn each_tag(&self) -> &'static str;

    /// Goes on with a condition on the column `post`: its words have all of these, the last one as the beginning of one.
    fn matching(&self, sql: Sql, post: &str, words: &[String]) -> Sql;

    /// Goes on with a condition on a column: it begins with this.
    fn beginning(&self, sql: Sql, column: &str, prefix: &str) -> Sql;
}

/// The index of one engine.
#[allow(missing_debug_implementations, reason = "an engine has nothing to show")]
pub(crate) struct Index(&'static dyn Search);

/// The index of this database.
pub(crate) fn engine(db: &impl ConnectionTrait) -> Index {
    match db.get_database_backend() {
        DbBackend::Postgres => Index(&postgres::Postgres),
        _ => Index(&sqlite::Sqlite),
    }
}

impl Index {
    /// Gives a post these words.
    pub(crate) async fn put(
        &self,
        transaction: &DatabaseTransaction,
        post: i64,
        words: &BTreeSet<String>,
    ) -> Result<(), DbErr> {
        for statement in self.0.put(post, words) {
            statement.run(transaction).await?;
        }
        Ok(())
    }

    /// Gives posts that have no entry theirs, in one statement.
    pub(crate) async fn add(
        &self,
        transaction: &DatabaseTransaction,
        entries: impl Iterator<Item = (i64, BTreeSet<String>)>,
    ) -> Result<(), DbErr> {
        let entries: Vec<_> = entries.collect();
        if entries.is_empty() {
            return Ok(());
        }
        self.0.add(entries).run(transaction).await.map(drop)
    }

    /// As [`Search::each_tag`].
    pub(crate) fn each_tag(&self) -> &'static str {
        self.0.each_tag()
    }

    /// Takes a post out.
    pub(crate) async fn remove(&self, transaction: &DatabaseTransaction, post: i64) -> Result<(), DbErr> {
        Sql::new("DELETE FROM post_words WHERE rowid = ").bind(post).run(transaction).await.map(drop)
    }

    /// As [`Search::matching`].
    pub(crate) fn matching(&self, sql: Sql, post: &str, words: &[String]) -> Sql {
        self.0.matching(sql, post, words)
    }

    /// As [`Search::beginning`].
    pub(crate) fn beginning(&self, sql: Sql, column: &str, prefix: &str) -> Sql {
        self.0.beginning(sql, column, prefix)
    }
}
