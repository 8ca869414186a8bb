//! Timelines, compared with the posts, follows and blocks that they are a function of.

use sea_orm::DbErr;

use super::{
    Found, Run,
    derived::{Id, Range, Wrong, within},
};
use crate::{sql::Sql, timeline::PAIRS};

/// So many timelines are looked at together.
const AT_ONCE: u64 = 50;

const TABLE: &str = "timeline (user_id, created_at, post_id, author_id)";

impl Run<'_> {
    /// Whose posts are not put into timelines, by how many follow them.
    pub(super) async fn read_authors(&self) -> Result<Found, DbErr> {
        let most = self.timelines.most;
        let narrow =
            Sql::new("SELECT r.author_id AS id FROM read_authors r WHERE 2 * (SELECT count(*) FROM follows f ")
                .add("WHERE f.active AND f.followed_id = r.author_id) < ")
                .bind(most);
        let wide = Sql::new("SELECT f.followed_id AS id FROM follows f WHERE f.active AND NOT EXISTS ")
            .add("(SELECT 1 FROM read_authors r WHERE r.author_id = f.followed_id) GROUP BY f.followed_id HAVING count(*) >= ")
            .bind(most);
        let narrow: Vec<Id> = narrow.all(self.db.reader()).await?;
        let wide: Vec<Id> = wide.all(self.db.reader()).await?;
        let found = Found { missing: wide.len() as u64, extra: narrow.len() as u64, different: 0 };
        for Id { id } in narrow.into_iter().chain(wide) {
            let transaction = self.begin().await?;
            self.timelines.count_followers(&transaction, id).await?;
            transaction.commit().await?;
        }
        Ok(found)
    }

    /// What is in timelines.
    pub(super) async fn timeline(&self) -> Result<Found, DbErr> {
        let (mut after, mut found) = (i64::MIN, Found::default());
        while after < i64::MAX {
            let range = self.range("authors", after, AT_ONCE).await?;
            found += self.mend(&self.rows_of(range)).await?;
            after = range.1;
        }
        Ok(found)
    }

    /// The rows of some timelines that are wrong.
    fn rows_of(&self, range: Range) -> [Wrong; 3] {
        let backfill = self.timelines.backfill;
        let extra = within(Sql::new("timeline WHERE "), "user_id", range)
            .add(" AND NOT (user_id = author_id AND EXISTS (SELECT 1 FROM posts p WHERE p.id = timeline.post_id ")
            .add("AND p.author_id = timeline.author_id AND p.created_at = timeline.created_at AND NOT p.deleted)) ")
            .add("AND NOT EXISTS (SELECT 1 ")
            .add(PAIRS)
            .add(" AND f.follower_id = timeline.user_id AND f.followed_id = timeline.author_id AND p.id = timeline.post_id ")
            .add("AND p.created_at = timeline.created_at AND p.created_at >= f.since - ")
            .bind(backfill)
            .add(")");
        let own = within(Sql::new("posts p WHERE NOT p.deleted AND "), "p.author_id", range)
            .add(" AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.user_id = p.author_id AND t.created_at = p.created_at ")
            .add("AND t.post_id = p.id)");
        let others = Sql::new(PAIRS.trim_start_matches("FROM ")).add(" AND p.created_at >= f.since - ").bind(backfill);
        let others = within(others.add(" AND "), "f.follower_id", range)
            .add(" AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.user_id = f.follower_id AND t.created_at = p.created_at ")
            .add("AND t.post_id = p.id)");
        [
            Wrong::Extra(extra),
            Wrong::Missing(TABLE, "p.author_id, p.created_at, p.id, p.author_id", own),
            Wrong::Missing(TABLE, "f.follower_id, p.created_at, p.id, p.author_id", others),
        ]
    }
}
