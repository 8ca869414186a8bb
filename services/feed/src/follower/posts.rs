//! Posts: the rows that are answered, the timelines they are in, their tags and their words.

use std::collections::BTreeSet;

use sea_orm::{DatabaseTransaction, FromQueryResult};
use serde::Deserialize;
use serde_json::Value;

use super::{Failure, tags};
use crate::{
    search::{self, words::words},
    sql::Sql,
    timeline::Timelines,
};

#[derive(Deserialize)]
struct Told {
    author_id: i64,
    text: String,
    /// In the order in which they are answered.
    tags: Vec<String>,
    media: Vec<Value>,
    like_count: i64,
    comment_count: i64,
    created_at: i64,
    updated_at: i64,
    version: i64,
}

#[derive(Deserialize)]
struct Gone {
    author_id: i64,
}

/// What is known of a post so far.
#[derive(Default, FromQueryResult)]
struct Known {
    text: String,
    tags: String,
    media: String,
    created_at: i64,
}

async fn known(transaction: &DatabaseTransaction, id: i64) -> Result<Option<Known>, Failure> {
    let row = Sql::new("SELECT text, tags, media, created_at FROM posts WHERE id = ").bind(id).one(transaction).await?;
    Ok(row)
}

/// A post is this now.
pub(super) async fn told(
    transaction: &DatabaseTransaction,
    timelines: &Timelines,
    id: i64,
    seq: i64,
    data: Value,
) -> Result<(), Failure> {
    let post: Told = serde_json::from_value(data)?;
    let before = known(transaction, id).await?;
    let now = Known {
        text: post.text.clone(),
        tags: serde_json::to_string(&post.tags)?,
        media: serde_json::to_string(&post.media)?,
        created_at: before.as_ref().map_or(post.created_at, |before| before.created_at),
    };
    if !store(transaction, id, seq, &post, &now).await? {
        return Ok(());
    }
    if before.is_none() {
        timelines.ensure_post(transaction, id).await?;
    }
    let before = before.unwrap_or_default();
    // Most that is told of a post is how often it is liked.
    if (&before.text, &before.tags, &before.media) != (&now.text, &now.tags, &now.media) {
        let had = serde_json::from_str(&before.tags).unwrap_or_default();
        let has = post.tags.iter().cloned().collect();
        tags::change(transaction, (id, now.created_at), &had, &has).await?;
        search::engine(transaction).put(transaction, id, &all_words(&post.text, &has, &post.media)).await?;
    }
    Ok(())
}

/// Stores what was told, if it is newer; whether it was.
async fn store(
    transaction: &DatabaseTransaction,
    id: i64,
    seq: i64,
    post: &Told,
    now: &Known,
) -> Result<bool, Failure> {
    let values = [
        id.into(),
        post.author_id.into(),
        now.text.clone().into(),
        now.tags.clone().into(),
        now.media.clone().into(),
        post.like_count.into(),
        post.comment_count.into(),
        now.created_at.into(),
        post.updated_at.into(),
        post.version.into(),
        seq.into(),
    ];
    let text = "INSERT INTO posts (id, author_id, text, tags, media, like_count, comment_count, created_at, updated_at, version, \
                seq, deleted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE) ON CONFLICT (id) DO UPDATE SET \
                text = excluded.text, tags = excluded.tags, media = excluded.media, like_count = excluded.like_count, \
                comment_count = excluded.comment_count, updated_at = excluded.updated_at, version = excluded.version, \
                seq = excluded.seq WHERE posts.seq < excluded.seq AND NOT posts.deleted";
    Ok(Sql::with(text, values).run(transaction).await? > 0)
}

/// A post is no more. Its row stays without what was in it, so that nothing older brings it back.
pub(super) async fn deleted(
    transaction: &DatabaseTransaction,
    timelines: &Timelines,
    id: i64,
    seq: i64,
    data: Value,
) -> Result<(), Failure> {
    let Gone { author_id } = serde_json::from_value(data)?;
    let before = known(transaction, id).await?;
    let text = "INSERT INTO posts (id, author_id, text, tags, media, like_count, comment_count, created_at, updated_at, version, \
                seq, deleted) VALUES ($1, $2, '', '[]', '[]', 0, 0, 0, 0, 0, $3, TRUE) ON CONFLICT (id) DO UPDATE SET text = '', \
                tags = '[]', media = '[]', like_count = 0, comment_count = 0, created_at = 0, updated_at = 0, version = 0, \
                seq = excluded.seq, deleted = TRUE WHERE posts.seq < excluded.seq";
    if Sql::with(text, [id.into(), author_id.into(), seq.into()]).run(transaction).await? == 0 {
        return Ok(());
    }
    let Some(before) = before else { return Ok(()) };
    timelines.forget_post(transaction, id).await?;
    let tags = serde_json::from_str(&before.tags).unwrap_or_default();
    tags::change(transaction, (id, before.created_at), &tags, &BTreeSet::new()).await?;
    search::engine(transaction).remove(transaction, id).await?;
    Ok(())
}

/// Everything that a post is found by: its text, its tags, and what its pictures show.
pub(crate) fn all_words(text: &str, tags: &BTreeSet<String>, media: &[Value]) -> BTreeSet<String> {
    let alts = media.iter().filter_map(|media| media["alt"].as_str());
    let texts = alts.chain(tags.iter().map(String::as_str)).chain([text]);
    texts.flat_map(words).collect()
}
