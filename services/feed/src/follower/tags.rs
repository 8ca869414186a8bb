//! Which posts have a tag, and how many: the count is changed by what the rows are changed by, in the same transaction.

use std::collections::BTreeSet;

use sea_orm::{DatabaseTransaction, DbErr};

use crate::sql::Sql;

/// A post, by its id and when it was made, had these tags and has those now.
pub(crate) async fn change(
    transaction: &DatabaseTransaction,
    (id, created_at): (i64, i64),
    before: &BTreeSet<String>,
    now: &BTreeSet<String>,
) -> Result<(), DbErr> {
    for tag in before.difference(now).map(String::as_str) {
        let row = Sql::new("DELETE FROM post_tags WHERE tag = ").bind(tag).add(" AND post_id = ").bind(id);
        // Only what is taken out is not counted any more.
        if row.run(transaction).await? == 0 {
            continue;
        }
        Sql::new("DELETE FROM tags WHERE posts_count = 1 AND tag = ").bind(tag).run(transaction).await?;
        // Of what was 1 nothing is left by now.
        Sql::new("UPDATE tags SET posts_count = posts_count - 1 WHERE tag = ").bind(tag).run(transaction).await?;
    }
    for tag in now.difference(before) {
        let values = [tag.as_str().into(), created_at.into(), id.into()];
        let row = "INSERT INTO post_tags (tag, created_at, post_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if Sql::with(row, values).run(transaction).await? == 0 {
            continue;
        }
        let count = "INSERT INTO tags (tag, posts_count) VALUES ($1, 1) \
                     ON CONFLICT (tag) DO UPDATE SET posts_count = tags.posts_count + 1";
        Sql::with(count, [tag.as_str().into()]).run(transaction).await?;
    }
    Ok(())
}
