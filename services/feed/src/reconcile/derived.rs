//! Tags and words, compared with the posts that they are of.

use sea_orm::{DatabaseTransaction, DbErr, FromQueryResult};

use super::{Found, Run};
use crate::{
    follower::alone,
    kept::{self, Kept as _},
    search,
    sources::Post,
    sql::Sql,
};

/// So many posts are looked at together.
const AT_ONCE: u64 = 2000;

/// Ids from after the first to the second.
pub(super) type Range = (i64, i64);

#[derive(FromQueryResult)]
pub(super) struct Id {
    pub(super) id: i64,
}

/// Rows of a table that should not be there, or those that are missing.
pub(super) enum Wrong {
    /// `DELETE FROM` and `SELECT 1 FROM` this.
    Extra(Sql),
    /// The table with its columns, their values, and `FROM` what.
    Missing(&'static str, &'static str, Sql),
}

impl Wrong {
    /// Whether there is one.
    fn any(&self) -> Sql {
        let (Self::Extra(rows) | Self::Missing(_, _, rows)) = self;
        rows.behind("SELECT CAST(1 AS BIGINT) AS id FROM ").add(" LIMIT 1")
    }

    /// Puts them right.
    fn mend(&self) -> Sql {
        match self {
            Self::Extra(rows) => rows.behind("DELETE FROM "),
            Self::Missing(table, values, rows) => {
                rows.behind(&format!("INSERT INTO {table} SELECT {values} FROM ")).add(" ON CONFLICT DO NOTHING")
            }
        }
    }
}

impl Run<'_> {
    /// Whether this finds anything.
    pub(super) async fn any(&self, sql: Sql) -> Result<bool, DbErr> {
        Ok(!sql.all::<Id>(self.db.reader()).await?.is_empty())
    }

    /// A transaction in which nobody else writes.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.db.write().await?;
        alone(&transaction).await?;
        Ok(transaction)
    }

    /// Puts rows right, if any are wrong: first those that should not be there, so that they are in nobody's way.
    pub(super) async fn mend(&self, wrong: &[Wrong]) -> Result<Found, DbErr> {
        let mut found = Found::default();
        let mut is_wrong = false;
        for wrong in wrong {
            is_wrong |= self.any(wrong.any()).await?;
        }
        if !is_wrong {
            return Ok(found);
        }
        let transaction = self.begin().await?;
        for wrong in wrong {
            let rows = wrong.mend().run(&transaction).await?;
            match wrong {
                Wrong::Extra(_) => found.extra += rows,
                Wrong::Missing(..) => found.missing += rows,
            }
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// The next ids of a table after one, at most so many; the last range has no end.
    pub(super) async fn range(&self, table: &str, after: i64, most: u64) -> Result<Range, DbErr> {
        let some =
            Sql::new("SELECT id FROM ").add(table).add(" WHERE id > ").bind(after).add(" ORDER BY id LIMIT 1 OFFSET ");
        let end = some.bind(most).one::<Id>(self.db.reader()).await?;
        Ok((after, end.map_or(i64::MAX, |end| end.id)))
    }

    /// Which posts have which tags, and how many.
    pub(super) async fn tags(&self) -> Result<Found, DbErr> {
        let (mut after, mut found) = (i64::MIN, Found::default());
        while after < i64::MAX {
            let range = self.range("posts", after, AT_ONCE).await?;
            found += self.mend(&tags_of(&search::engine(self.db.reader()), range)).await?;
            after = range.1;
        }
        found.different = self.counts().await?;
        Ok(found)
    }

    /// How many posts have each tag.
    async fn counts(&self) -> Result<u64, DbErr> {
        let wrong = "SELECT CAST(1 AS BIGINT) AS id FROM (SELECT tag, count(*) AS n FROM post_tags GROUP BY tag) AS e \
                     LEFT JOIN tags ON tags.tag = e.tag WHERE tags.posts_count IS NULL OR tags.posts_count <> e.n \
                     UNION ALL SELECT CAST(1 AS BIGINT) AS id FROM tags WHERE NOT EXISTS (SELECT 1 FROM post_tags p WHERE p.tag = tags.tag) LIMIT 1";
        if !self.any(Sql::new(wrong)).await? {
            return Ok(0);
        }
        let transaction = self.begin().await?;
        let mut different = 0;
        for mended in [
            "DELETE FROM tags WHERE NOT EXISTS (SELECT 1 FROM post_tags p WHERE p.tag = tags.tag)",
            "INSERT INTO tags (tag, posts_count) SELECT tag, count(*) FROM post_tags WHERE TRUE GROUP BY tag \
             ON CONFLICT (tag) DO UPDATE SET posts_count = excluded.posts_count WHERE tags.posts_count <> excluded.posts_count",
        ] {
            different += Sql::new(mended).run(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(different)
    }

    /// That every post is in the index, and nothing else.
    pub(super) async fn words(&self) -> Result<Found, DbErr> {
        let (mut after, mut found) = (i64::MIN, Found::default());
        while after < i64::MAX {
            let range = self.range("posts", after, AT_ONCE).await?;
            let extra = within(Sql::new("post_words WHERE "), "rowid", range)
                .add(" AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.id = post_words.rowid AND NOT p.deleted)");
            found += self.mend(&[Wrong::Extra(extra)]).await?;
            found.missing += self.unfound(range).await?;
            after = range.1;
        }
        Ok(found)
    }

    /// Puts posts into the index that are not in it.
    async fn unfound(&self, range: Range) -> Result<u64, DbErr> {
        let missing = within(Sql::new("SELECT p.id FROM posts p WHERE NOT p.deleted AND "), "p.id", range)
            .add(" AND NOT EXISTS (SELECT 1 FROM post_words w WHERE w.rowid = p.id)");
        let missing: Vec<Id> = missing.all(self.db.reader()).await?;
        if missing.is_empty() {
            return Ok(0);
        }
        let transaction = self.begin().await?;
        let mut put = 0;
        for Id { id } in missing {
            if let Some(post) = kept::row::<Post>(&transaction, id).await?.filter(|post| !post.is_gone()) {
                search::engine(&transaction).put(&transaction, id, &post.words()).await?;
                put += 1;
            }
        }
        transaction.commit().await?;
        Ok(put)
    }
}

/// Goes on with a condition on a column.
pub(super) fn within(sql: Sql, column: &str, (after, end): Range) -> Sql {
    sql.add(column).add(" > ").bind(after).add(" AND ").add(column).add(" <= ").bind(end)
}

/// The rows of tags of some posts, compared with what the posts say.
fn tags_of(index: &search::Index, range: Range) -> [Wrong; 2] {
    let said = index.each_tag();
    let extra = within(Sql::new("post_tags WHERE "), "post_id", range)
        .add(" AND NOT EXISTS (SELECT 1 FROM posts p, ")
        .add(said)
        .add(" WHERE p.id = post_tags.post_id AND NOT p.deleted AND p.created_at = post_tags.created_at ")
        .add("AND said.value = post_tags.tag)");
    let missing = within(Sql::new("posts p, ").add(said).add(" WHERE NOT p.deleted AND "), "p.id", range)
        .add(" AND NOT EXISTS (SELECT 1 FROM post_tags t WHERE t.tag = said.value AND t.created_at = p.created_at ")
        .add("AND t.post_id = p.id)");
    [
        Wrong::Extra(extra),
        Wrong::Missing("post_tags (tag, created_at, post_id)", "said.value, p.created_at, p.id", missing),
    ]
}
