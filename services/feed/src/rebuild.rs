//! Making everything anew from what `users` and `posts` have.
//!
//! In one transaction: whoever reads meanwhile finds what was there before, and then the new. It takes the lock that events take before
//! it asks, so what it is told is at least as new as any event that was handled; events that come meanwhile wait in the inbox, and are
//! handled after it. If anything fails, everything is as it was.

use std::fmt;

use database::Database;
use sea_orm::{DatabaseTransaction, DbErr};

use crate::{
    Config,
    follower::alone,
    kept::{self, Kept},
    reconcile::Failed,
    search,
    sources::{Author, Block, Follow, Post, Sources},
    sql::Sql,
    timeline::Timelines,
};

/// What there is after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Accounts, deleted ones too.
    pub authors: u64,
    /// Pairs that follow or followed.
    pub follows: u64,
    /// Pairs that block or blocked.
    pub blocks: u64,
    /// Posts.
    pub posts: u64,
    /// Rows of timelines.
    pub timeline: u64,
}

impl fmt::Display for Rebuilt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authors, follows, blocks, posts, timeline } = self;
        write!(
            out,
            "made anew: {authors} accounts, {follows} follows, {blocks} blocks, {posts} posts, {timeline} rows of timelines"
        )
    }
}

/// Empties the tables and fills them with what `users` and `posts` have. What is noted of posts that were deleted stays, so that
/// no event that was parked brings one back.
///
/// # Errors
/// [`Failed`]: nothing is different then.
pub async fn rebuild(db: &Database, config: &Config, sources: &Sources) -> Result<Rebuilt, Failed> {
    let transaction = db.write().await?;
    alone(&transaction).await?;
    for rows in [
        "timeline",
        "post_tags",
        "tags",
        "post_words",
        "read_authors",
        "blocks",
        "follows",
        "authors",
        "posts WHERE NOT deleted",
    ] {
        Sql::new("DELETE FROM ").add(rows).run(&transaction).await?;
    }
    let authors = fill::<Author>(&transaction, sources).await?;
    let follows = fill::<Follow>(&transaction, sources).await?;
    let blocks = fill::<Block>(&transaction, sources).await?;
    let posts = fill::<Post>(&transaction, sources).await?;
    derive(&transaction).await?;
    let timeline = Timelines::new(config).fill(&transaction).await?;
    transaction.commit().await?;
    Ok(Rebuilt { authors, follows, blocks, posts, timeline })
}

/// Writes everything that is exported into its table; answers how many rows.
async fn fill<T: Kept>(transaction: &DatabaseTransaction, sources: &Sources) -> Result<u64, Failed> {
    let (mut after, mut filled) = (0, 0);
    loop {
        let part = sources.part::<T>(after).await?;
        after = part.rows.last().map_or(after, T::id);
        filled += part.rows.len() as u64;
        kept::write(transaction, part.rows).await?;
        if part.is_last {
            return Ok(filled);
        }
    }
}

/// What follows from the rows of posts: their tags and words.
async fn derive(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    let index = search::engine(transaction);
    let tags = Sql::new(
        "INSERT INTO post_tags (tag, created_at, post_id) SELECT said.value, p.created_at, p.id FROM posts p, ",
    );
    tags.add(index.each_tag()).add(" WHERE NOT p.deleted").run(transaction).await?;
    let counts = "INSERT INTO tags (tag, posts_count) SELECT tag, count(*) FROM post_tags GROUP BY tag";
    Sql::new(counts).run(transaction).await?;
    let mut after = i64::MIN;
    loop {
        let posts: Vec<Post> = kept::after(transaction, after).await?;
        let Some(last) = posts.last() else { return Ok(()) };
        after = last.id;
        index.add(transaction, posts.iter().filter(|post| !post.deleted).map(|post| (post.id, post.words()))).await?;
    }
}
