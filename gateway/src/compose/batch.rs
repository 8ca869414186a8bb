//! The answers of a batch operation, by key: `{items: [..]}`, in as many chunks as it took to ask for all keys.

use bytes::Bytes;
use hashbrown::HashMap;
use serde_json::value::RawValue;

use super::scan::{self, Key, NotUsable, Site, Wanted};
use super::{Selection, confined};
use crate::plan::Join;

/// What a batch operation answered.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The documents, with the places of what is joined to their items.
    pub(super) chunks: Vec<(Bytes, Vec<Site>)>,
    /// For each key its chunk, and where in it what is added starts and ends.
    items: HashMap<Key, (usize, usize, usize)>,
}

impl Batch {
    /// Adds one document.
    pub(super) fn add(
        &mut self,
        document: Bytes,
        join: &Join,
        wanted: &Wanted,
        selection: &Selection,
    ) -> Result<(), NotUsable> {
        let chunk = self.chunks.len();
        if !confined::is_shallow(&document) {
            return Err(NotUsable::Json);
        }
        let text = str::from_utf8(&document).map_err(|_| NotUsable::Json)?;
        let items: Vec<&RawValue> = scan::field(text, "items")?.ok_or(NotUsable::Json)?;
        self.items.reserve(items.len());
        for item in items {
            let key = scan::at(item, &join.on)?.map(|raw| Key::read(&document, raw.get()));
            if let Some(key) = key.transpose()?.flatten() {
                let Some(added) = scan::at(item, &join.take)? else { continue };
                let start = added.get().as_ptr() as usize - document.as_ptr() as usize;
                self.items.insert(key, (chunk, start, start + added.get().len()));
            }
        }
        let sites = if *wanted == Wanted::default() { Vec::new() } else { scan::sites(&document, wanted, selection)? };
        self.chunks.push((document, sites));
        Ok(())
    }

    /// How large an item is, on average.
    pub(super) fn size_of_item(&self) -> usize {
        let size: usize = self.chunks.iter().map(|(document, _)| document.len()).sum();
        size / self.items.len().max(1)
    }

    /// The document that has the item of a key, with what is joined to it, and where in it the item is.
    pub(super) fn item(&self, key: &Key) -> Option<(&Bytes, &[Site], std::ops::Range<usize>)> {
        let (chunk, start, end) = *self.items.get(key)?;
        let (document, sites) = self.chunks.get(chunk)?;
        Some((document, sites, start..end))
    }
}

/// The different keys of a join, in the order in which they come first.
pub(super) fn distinct<'s>(sites: impl Iterator<Item = &'s Site>, join: usize) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut seen = hashbrown::HashSet::new();
    for key in sites.filter(|site| site.join == join).filter_map(|site| site.key.as_ref()) {
        if seen.insert(key) {
            keys.push(key.clone());
        }
    }
    keys
}
