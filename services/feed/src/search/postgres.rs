//! The index of PostgreSQL: `tsvector` under GIN, without an extension. Its parser and dictionaries are left out: words are words.

use std::collections::BTreeSet;

use super::Search;
use crate::sql::Sql;

/// `tsvector`.
pub(super) struct Postgres;

impl Search for Postgres {
    fn put(&self, post: i64, words: &BTreeSet<String>) -> Vec<Sql> {
        let all = quoted(words.iter().map(String::as_str)).join(" ");
        let row = Sql::new("INSERT INTO post_words (rowid, words) VALUES (").bind(post).add(", CAST(").bind(all);
        vec![row.add(" AS tsvector)) ON CONFLICT (rowid) DO UPDATE SET words = excluded.words")]
    }

    fn add(&self, entries: Vec<(i64, BTreeSet<String>)>) -> Sql {
        let mut sql = Sql::new("INSERT INTO post_words (rowid, words) VALUES ");
        for (at, (post, words)) in entries.into_iter().enumerate() {
            let all = quoted(words.iter().map(String::as_str)).join(" ");
            sql = sql.add(if at == 0 { "(" } else { ", (" }).bind(post).add(", CAST(").bind(all).add(" AS tsvector))");
        }
        sql
    }

    fn each_tag(&self) -> &'static str {
        "jsonb_array_elements_text(CAST(p.tags AS jsonb)) AS said(value)"
    }

    fn matching(&self, sql: Sql, post: &str, words: &[String]) -> Sql {
        let all = format!("{}:*", quoted(words.iter().map(String::as_str)).join(" & "));
        let index = sql.add(post).add(" IN (SELECT rowid FROM post_words WHERE words @@ CAST(").bind(all);
        index.add(" AS tsquery))")
    }

    fn beginning(&self, sql: Sql, column: &str, prefix: &str) -> Sql {
        let literal = prefix.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        sql.add(column).add(" LIKE ").bind(format!("{literal}%"))
    }
}

/// In quotes a word is a word, whatever it says; there is no quote and no backslash in one.
fn quoted<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    words.map(|word| format!("'{word}'")).collect()
}
