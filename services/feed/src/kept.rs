//! The rows that others own, as tables of this service: written as they are, and what follows from them.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult, Value};

use crate::{
    follower::{posts::all_words, tags},
    search,
    sources::{Author, Block, Exported, Follow, Post},
    sql::Sql,
    timeline::Timelines,
};

/// What is exported and has a table here.
pub(crate) trait Kept: Exported + FromQueryResult + PartialEq + Clone + Sync {
    const TABLE: &'static str;
    /// With `id` first.
    const COLUMNS: &'static str;

    /// In the order of the columns.
    fn values(self) -> Vec<Value>;

    /// Whether it is kept though its owner does not have it any more.
    fn is_gone(&self) -> bool {
        false
    }

    /// Takes out a row that its owner does not have.
    fn remove(&self, transaction: &DatabaseTransaction) -> impl Future<Output = Result<(), DbErr>> + Send {
        let row = Sql::new("DELETE FROM ").add(Self::TABLE).add(" WHERE id = ").bind(self.id());
        async move { row.run(transaction).await.map(drop) }
    }

    /// Makes what follows from a row, of which one is written and the other was there before.
    fn settle(
        transaction: &DatabaseTransaction,
        timelines: &Timelines,
        before: Option<&Self>,
        now: Option<&Self>,
    ) -> impl Future<Output = Result<(), DbErr>> + Send;
}

/// The rows after an id, at most as many as are exported at a time.
pub(crate) async fn after<T: Kept>(db: &impl ConnectionTrait, id: i64) -> Result<Vec<T>, DbErr> {
    let rows = Sql::new("SELECT ").add(T::COLUMNS).add(" FROM ").add(T::TABLE).add(" WHERE id > ").bind(id);
    rows.add(" ORDER BY id LIMIT ").bind(T::MOST as u64).all(db).await
}

/// The row of this id.
pub(crate) async fn row<T: Kept>(db: &impl ConnectionTrait, id: i64) -> Result<Option<T>, DbErr> {
    let row = Sql::new("SELECT ").add(T::COLUMNS).add(" FROM ").add(T::TABLE).add(" WHERE id = ").bind(id);
    row.one(db).await
}

/// Writes rows, whatever was there before; not what follows from them.
pub(crate) async fn write<T: Kept>(transaction: &DatabaseTransaction, rows: Vec<T>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let set: Vec<_> = T::COLUMNS.split(", ").skip(1).map(|column| format!("{column} = excluded.{column}")).collect();
    let insert = Sql::new("INSERT INTO ").add(T::TABLE).add(" (").add(T::COLUMNS).add(") VALUES ");
    let insert = insert.rows(rows.into_iter().map(T::values)).add(" ON CONFLICT (id) DO UPDATE SET ");
    insert.add(&set.join(", ")).run(transaction).await.map(drop)
}

impl Kept for Author {
    const TABLE: &'static str = "authors";
    const COLUMNS: &'static str = "id, username, display_name, search_name, avatar, is_active, deleted, version";

    fn values(self) -> Vec<Value> {
        let Self { id, username, display_name, search_name, avatar, is_active, deleted, version } = self;
        vec![
            id.into(),
            username.into(),
            display_name.into(),
            search_name.into(),
            avatar.into(),
            is_active.into(),
            deleted.into(),
            version.into(),
        ]
    }

    async fn settle(_: &DatabaseTransaction, _: &Timelines, _: Option<&Self>, _: Option<&Self>) -> Result<(), DbErr> {
        Ok(())
    }
}

impl Kept for Follow {
    const TABLE: &'static str = "follows";
    const COLUMNS: &'static str = "id, follower_id, followed_id, active, since, version";

    fn values(self) -> Vec<Value> {
        let Self { id, follower_id, followed_id, active, since, version } = self;
        vec![id.into(), follower_id.into(), followed_id.into(), active.into(), since.into(), version.into()]
    }

    async fn settle(
        transaction: &DatabaseTransaction,
        timelines: &Timelines,
        before: Option<&Self>,
        now: Option<&Self>,
    ) -> Result<(), DbErr> {
        for pair in before.into_iter().chain(now) {
            timelines.count_followers(transaction, pair.followed_id).await?;
            timelines.ensure_pair(transaction, pair.follower_id, pair.followed_id).await?;
        }
        Ok(())
    }
}

impl Kept for Block {
    const TABLE: &'static str = "blocks";
    const COLUMNS: &'static str = "id, blocker_id, blocked_id, active, version";

    fn values(self) -> Vec<Value> {
        let Self { id, blocker_id, blocked_id, active, version } = self;
        vec![id.into(), blocker_id.into(), blocked_id.into(), active.into(), version.into()]
    }

    async fn settle(
        transaction: &DatabaseTransaction,
        timelines: &Timelines,
        before: Option<&Self>,
        now: Option<&Self>,
    ) -> Result<(), DbErr> {
        for pair in before.into_iter().chain(now) {
            timelines.ensure_pair(transaction, pair.blocker_id, pair.blocked_id).await?;
            timelines.ensure_pair(transaction, pair.blocked_id, pair.blocker_id).await?;
        }
        Ok(())
    }
}

impl Kept for Post {
    const TABLE: &'static str = "posts";
    const COLUMNS: &'static str = "id, author_id, text, tags, media, like_count, comment_count, created_at, updated_at, version, \
                                   seq, deleted";

    fn values(self) -> Vec<Value> {
        vec![
            self.id.into(),
            self.author_id.into(),
            self.text.into(),
            self.tags.into(),
            self.media.into(),
            self.like_count.into(),
            self.comment_count.into(),
            self.created_at.into(),
            self.updated_at.into(),
            self.version.into(),
            self.seq.into(),
            self.deleted.into(),
        ]
    }

    fn is_gone(&self) -> bool {
        self.deleted
    }

    /// What remains is what a deletion leaves, so that an event that is older does not bring it back.
    async fn remove(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        let empty = Self {
            text: String::new(),
            tags: "[]".to_owned(),
            media: "[]".to_owned(),
            like_count: 0,
            comment_count: 0,
            created_at: 0,
            updated_at: 0,
            version: 0,
            deleted: true,
            ..self.clone()
        };
        write(transaction, vec![empty]).await
    }

    async fn settle(
        transaction: &DatabaseTransaction,
        timelines: &Timelines,
        before: Option<&Self>,
        now: Option<&Self>,
    ) -> Result<(), DbErr> {
        let index = search::engine(transaction);
        if let Some(before) = before {
            timelines.forget_post(transaction, before.id).await?;
            let place = (before.id, before.created_at);
            tags::change(transaction, place, &before.tags(), &BTreeSet::new()).await?;
            index.remove(transaction, before.id).await?;
        }
        if let Some(now) = now {
            timelines.ensure_post(transaction, now.id).await?;
            tags::change(transaction, (now.id, now.created_at), &BTreeSet::new(), &now.tags()).await?;
            index.put(transaction, now.id, &now.words()).await?;
        }
        Ok(())
    }
}

impl Post {
    fn tags(&self) -> BTreeSet<String> {
        serde_json::from_str(&self.tags).unwrap_or_default()
    }

    /// What it is found by.
    pub(crate) fn words(&self) -> BTreeSet<String> {
        let media: Vec<serde_json::Value> = serde_json::from_str(&self.media).unwrap_or_default();
        all_words(&self.text, &self.tags(), &media)
    }
}
