//! One table against one export.

use std::collections::BTreeMap;

use sea_orm::DbErr;

use super::{Failed, Found, Run};
use crate::{
    follower::alone,
    kept::{self, Kept},
};

/// By id: what is here, and what should be.
type Differences<T> = BTreeMap<i64, (Option<T>, Option<T>)>;

impl Run<'_> {
    /// Compares a table with its export, and repairs it.
    pub(super) async fn table<T: Kept>(&self) -> Result<Found, Failed> {
        let (mut from, mut found) = (i64::MIN, Found::default());
        loop {
            // What is here comes first: then whatever is here and not exported is gone there.
            let here: Vec<T> = kept::after(self.db.reader(), from).await?;
            let there = self.sources.part::<T>(from.max(0)).await?;
            let mut ends = Vec::new();
            if here.len() >= T::MOST {
                ends.extend(here.last().map(T::id));
            }
            if !there.is_last {
                ends.extend(there.rows.last().map(T::id));
            }
            // Up to there both lists are complete.
            let end = ends.into_iter().min();
            found += self.repair(differences(here, there.rows, end.unwrap_or(i64::MAX))).await?;
            match end {
                Some(end) => from = end,
                None => return Ok(found),
            }
        }
    }

    /// Makes rows what they should be, unless they are something else by now than they were when they were compared.
    async fn repair<T: Kept>(&self, differences: Differences<T>) -> Result<Found, DbErr> {
        let mut found = Found::default();
        if differences.is_empty() {
            return Ok(found);
        }
        let transaction = self.db.write().await?;
        alone(&transaction).await?;
        for (id, (here, there)) in differences {
            if kept::row::<T>(&transaction, id).await? != here {
                continue;
            }
            match (&here, &there) {
                (None, _) => found.missing += 1,
                (_, None) => found.extra += 1,
                _ => found.different += 1,
            }
            match (&here, &there) {
                (_, Some(there)) => kept::write(&transaction, vec![there.clone()]).await?,
                (Some(here), None) => here.remove(&transaction).await?,
                (None, None) => {}
            }
            T::settle(&transaction, &self.timelines, here.as_ref(), there.as_ref()).await?;
        }
        transaction.commit().await?;
        Ok(found)
    }
}

/// What differs between two lists up to an id.
fn differences<T: Kept>(here: Vec<T>, there: Vec<T>, end: i64) -> Differences<T> {
    let mut all = Differences::new();
    for row in here {
        let id = row.id();
        all.insert(id, (Some(row), None));
    }
    for row in there {
        let id = row.id();
        all.entry(id).or_insert((None, None)).1 = Some(row);
    }
    all.retain(|id, (here, there)| {
        let is_known_to_be_gone = there.is_none() && here.as_ref().is_some_and(T::is_gone);
        *id <= end && here != there && !is_known_to_be_gone
    });
    all
}
