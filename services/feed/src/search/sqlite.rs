//! The index of SQLite: FTS5, which keeps words and no text.

use std::collections::BTreeSet;

use super::Search;
use crate::sql::Sql;

/// FTS5.
pub(super) struct Sqlite;

impl Search for Sqlite {
    fn put(&self, post: i64, words: &BTreeSet<String>) -> Vec<Sql> {
        let all = joined(words);
        vec![
            Sql::new("DELETE FROM post_words WHERE rowid = ").bind(post),
            Sql::new("INSERT INTO post_words (rowid, words) VALUES (").bind(post).add(", ").bind(all).add(")"),
        ]
    }

    fn add(&self, entries: Vec<(i64, BTreeSet<String>)>) -> Sql {
        let rows = entries.into_iter().map(|(post, words)| vec![post.into(), joined(&words).into()]);
        Sql::new("INSERT INTO post_words (rowid, words) VALUES ").rows(rows)
    }

    fn each_tag(&self) -> &'static str {
        "json_each(p.tags) AS said"
    }

    fn matching(&self, sql: Sql, post: &str, words: &[String]) -> Sql {
        // In quotes a word is a word, whatever it says; there is no quote in one.
        let all: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let all = format!("{}*", all.join(" "));
        sql.add(post).add(" IN (SELECT rowid FROM post_words WHERE post_words MATCH ").bind(all).add(")")
    }

    fn beginning(&self, sql: Sql, column: &str, prefix: &str) -> Sql {
        // A range, since LIKE would not use the index. Nothing that begins so comes after the last character there is.
        let end = format!("{prefix}\u{10ffff}");
        sql.add("(").add(column).add(" >= ").bind(prefix).add(" AND ").add(column).add(" < ").bind(end).add(")")
    }
}

fn joined(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
