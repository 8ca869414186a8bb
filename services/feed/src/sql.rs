//! Statements for both engines: what is asked here joins and merges in ways that are shorter said in SQL than by a builder. Values are
//! always bound, never written into the text.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

/// A statement that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Begins with this text.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// The text and its values, which are `$1`, `$2` and so on in it.
    pub(crate) fn with(text: &str, values: impl IntoIterator<Item = Value>) -> Self {
        Self { text: text.to_owned(), values: values.into_iter().collect() }
    }

    /// Goes on with this text.
    pub(crate) fn add(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Goes on with a value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// Goes on with values that have commas between them.
    pub(crate) fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        for (at, value) in values.into_iter().enumerate() {
            self = self.add(if at == 0 { "" } else { ", " }).bind(value);
        }
        self
    }

    /// Goes on with rows of values, for an `INSERT`.
    pub(crate) fn rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        for (at, row) in rows.into_iter().enumerate() {
            self = self.add(if at == 0 { "(" } else { ", (" }).list(row).add(")");
        }
        self
    }

    /// The same statement behind this text.
    pub(crate) fn behind(&self, text: &str) -> Self {
        Self { text: format!("{text}{}", self.text), values: self.values.clone() }
    }

    fn statement(self, db: &impl ConnectionTrait) -> Statement {
        Statement::from_sql_and_values(db.get_database_backend(), self.text, self.values)
    }

    /// Does it, and says how many rows are different now.
    pub(crate) async fn run(self, db: &impl ConnectionTrait) -> Result<u64, DbErr> {
        Ok(db.execute_raw(self.statement(db)).await?.rows_affected())
    }

    /// The rows of the answer.
    pub(crate) async fn all<R: FromQueryResult>(self, db: &impl ConnectionTrait) -> Result<Vec<R>, DbErr> {
        let rows = db.query_all_raw(self.statement(db)).await?;
        rows.iter().map(|row| R::from_query_result(row, "")).collect()
    }

    /// The row of the answer, if there is one.
    pub(crate) async fn one<R: FromQueryResult>(self, db: &impl ConnectionTrait) -> Result<Option<R>, DbErr> {
        let row = db.query_one_raw(self.statement(db)).await?;
        row.map(|row| R::from_query_result(&row, "")).transpose()
    }

    /// How the database would do it, in its own words.
    #[cfg(test)]
    pub(crate) async fn plan(self, db: &impl ConnectionTrait) -> Result<String, DbErr> {
        let (how, column) = match db.get_database_backend() {
            sea_orm::DbBackend::Postgres => ("EXPLAIN ", "QUERY PLAN"),
            _ => ("EXPLAIN QUERY PLAN ", "detail"),
        };
        let explained = Self { text: format!("{how}{}", self.text), values: self.values };
        let rows = db.query_all_raw(explained.statement(db)).await?;
        let lines = rows.iter().map(|row| row.try_get("", column)).collect::<Result<Vec<String>, _>>()?;
        Ok(lines.join("\n"))
    }
}
