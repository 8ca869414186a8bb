//! Timelines: which posts are in whose.
//!
//! In a timeline are one's own posts, and those of everybody whom one follows, from some time before one began to on, unless one of the
//! two has blocked the other. That is a function of posts, follows and blocks; whatever changes one of these makes the rows again that
//! depend on it, from what there is then. So the order in which they change makes no difference.
//!
//! Authors whom many follow are different: their posts are in their own timeline alone (fan-out on read), and `home` looks for
//! them when it is read. They are in `read_authors`. To be of these needs twice the followers that it takes to stay one, so that
//! somebody who comes and goes does not make thousands of rows each time.

use sea_orm::{DatabaseTransaction, DbErr, FromQueryResult};
use service::clock::millis;

use crate::{config::Config, sql::Sql};

/// What timelines depend on besides rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timelines {
    pub(crate) backfill: i64,
    pub(crate) most: i64,
}

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

/// Every follower `f` and post `p` that belong together.
pub(crate) const PAIRS: &str = "FROM follows f JOIN posts p ON p.author_id = f.followed_id \
     WHERE f.active AND NOT p.deleted AND f.follower_id <> f.followed_id \
     AND NOT EXISTS (SELECT 1 FROM read_authors r WHERE r.author_id = f.followed_id) \
     AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.active AND b.blocker_id = f.follower_id AND b.blocked_id = f.followed_id) \
     AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.active AND b.blocked_id = f.follower_id AND b.blocker_id = f.followed_id)";

impl Timelines {
    pub(crate) fn new(config: &Config) -> Self {
        Self { backfill: millis(config.backfill), most: i64::try_from(config.fanout_most).unwrap_or(i64::MAX) }
    }

    /// A post has come: it is put where it belongs.
    pub(crate) async fn ensure_post(&self, transaction: &DatabaseTransaction, id: i64) -> Result<(), DbErr> {
        let own = "INSERT INTO timeline (user_id, created_at, post_id, author_id) \
                   SELECT p.author_id, p.created_at, p.id, p.author_id FROM posts p WHERE NOT p.deleted AND p.id = ";
        Sql::new(own).bind(id).add(" ON CONFLICT DO NOTHING").run(transaction).await?;
        self.insert(transaction, |rows| rows.add("p.id = ").bind(id)).await.map(drop)
    }

    /// A post is no more.
    pub(crate) async fn forget_post(&self, transaction: &DatabaseTransaction, id: i64) -> Result<(), DbErr> {
        Sql::new("DELETE FROM timeline WHERE post_id = ").bind(id).run(transaction).await.map(drop)
    }

    /// Something between these two is different: the one's timeline has of the other's posts what it should.
    pub(crate) async fn ensure_pair(
        &self,
        transaction: &DatabaseTransaction,
        user: i64,
        author: i64,
    ) -> Result<(), DbErr> {
        if user == author {
            return Ok(());
        }
        Sql::new("DELETE FROM timeline WHERE user_id = ")
            .bind(user)
            .add(" AND author_id = ")
            .bind(author)
            .add(" AND NOT EXISTS (SELECT 1 ")
            .add(PAIRS)
            .add(" AND f.follower_id = timeline.user_id AND p.id = timeline.post_id AND p.created_at >= f.since - ")
            .bind(self.backfill)
            .add(")")
            .run(transaction)
            .await?;
        self.insert(transaction, |rows| {
            rows.add("f.follower_id = ").bind(user).add(" AND f.followed_id = ").bind(author)
        })
        .await
        .map(drop)
    }

    /// Whether an author's posts are put into timelines depends on how many follow.
    pub(crate) async fn count_followers(&self, transaction: &DatabaseTransaction, author: i64) -> Result<(), DbErr> {
        let most =
            Sql::new("SELECT count(*) AS n FROM (SELECT 1 FROM follows WHERE active AND followed_id = ").bind(author);
        let followers = most.add(" LIMIT ").bind(self.most).add(") AS found").one::<Count>(transaction).await?;
        let followers = followers.map_or(0, |count| count.n);
        let known = Sql::new("SELECT count(*) AS n FROM read_authors WHERE author_id = ").bind(author);
        let is_read = known.one::<Count>(transaction).await?.is_some_and(|count| count.n > 0);
        if !is_read && followers >= self.most {
            Sql::new("INSERT INTO read_authors (author_id) VALUES (").bind(author).add(")").run(transaction).await?;
            let others = Sql::new("DELETE FROM timeline WHERE author_id = ").bind(author);
            others.add(" AND user_id <> ").bind(author).run(transaction).await?;
        }
        if is_read && followers * 2 < self.most {
            Sql::new("DELETE FROM read_authors WHERE author_id = ").bind(author).run(transaction).await?;
            self.insert(transaction, |rows| rows.add("f.followed_id = ").bind(author)).await?;
        }
        Ok(())
    }

    /// Fills empty timelines; answers how many rows they have.
    pub(crate) async fn fill(&self, transaction: &DatabaseTransaction) -> Result<u64, DbErr> {
        let wide = "INSERT INTO read_authors (author_id) SELECT f.followed_id FROM follows f WHERE f.active \
                    GROUP BY f.followed_id HAVING count(*) >= ";
        Sql::new(wide).bind(self.most).run(transaction).await?;
        let own = "INSERT INTO timeline (user_id, created_at, post_id, author_id) \
                   SELECT p.author_id, p.created_at, p.id, p.author_id FROM posts p WHERE NOT p.deleted";
        let own = Sql::new(own).run(transaction).await?;
        Ok(own + self.insert(transaction, |rows| rows.add("TRUE")).await?)
    }

    /// Puts those pairs into timelines that `which` names.
    async fn insert(&self, transaction: &DatabaseTransaction, which: impl FnOnce(Sql) -> Sql) -> Result<u64, DbErr> {
        let rows = Sql::new("INSERT INTO timeline (user_id, created_at, post_id, author_id) ")
            .add("SELECT f.follower_id, p.created_at, p.id, p.author_id ")
            .add(PAIRS)
            .add(" AND p.created_at >= f.since - ")
            .bind(self.backfill)
            .add(" AND ");
        which(rows).add(" ON CONFLICT DO NOTHING").run(transaction).await
    }
}
