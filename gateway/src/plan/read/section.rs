//! One table: which keys it may have, which it must have, and which it has.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{At, Collector, File, Mark, Value, nearest};

/// The names that a person chose in a table, each with its text.
pub(crate) type Entries = Vec<(At<String>, At<String>)>;

/// A table that is being read. Keys that were not asked for by the time it is finished are mistakes.
pub(crate) struct Section<'a> {
    mark: Mark,
    table: &'a DeTable<'a>,
    mistakes: &'a Collector,
    known: BTreeSet<&'static str>,
    missing: Vec<(&'static str, &'static str)>,
    /// Whether a table may have any name.
    names_tables: bool,
}

impl<'a> Section<'a> {
    pub(super) fn new(mark: Mark, table: &'a DeTable<'a>, mistakes: &'a Collector) -> Self {
        Self { mark, table, mistakes, known: BTreeSet::new(), missing: Vec::new(), names_tables: false }
    }

    /// Where the table starts.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Whether the key is there, readable or not.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Whether there is nothing in the table.
    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Reports a mistake of the table as a whole.
    pub(crate) fn refuse(&self, sentence: &str) {
        self.mistakes.blame(&self.mark, sentence);
    }

    /// Reads a key that may be there. What cannot be read has been reported, and is none.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Option<At<T>> {
        self.known.insert(key);
        let value = self.value(key)?;
        let mark = value.mark.clone();
        Some(At::new(read(value)?, mark))
    }

    /// Reads a key that must be there; `hint` says what belongs there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        hint: &'static str,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Option<At<T>> {
        if self.value(key).is_none() {
            self.missing.push((key, hint));
        }
        self.optional(key, read)
    }

    /// Reads a key that sets something which has a value already.
    pub(crate) fn set<T>(&mut self, key: &'static str, into: &mut T, read: impl FnOnce(Value<'a>) -> Option<T>) {
        if let Some(read) = self.optional(key, read) {
            *into = read.value;
        }
    }

    /// Reads a table whose keys are names that the person chose, in their order.
    pub(crate) fn named<T>(&mut self, key: &'static str, mut read: impl FnMut(At<String>, Section<'a>) -> T) -> Vec<T> {
        let Some(section) = self.optional(key, Value::section) else { return Vec::new() };
        let file = &section.mark.file;
        let entries = section.value.table.iter().filter_map(|(name, item)| {
            let name = At::new(name.get_ref().to_string(), file.mark(name.span()));
            Some((name, file.value(item, section.value.mistakes).section()?))
        });
        entries.map(|(name, entry)| read(name, entry)).collect()
    }

    /// Reads every table in here that is none of the keys which were asked for before: its key is a name that the person
    /// chose. Names come in their order.
    pub(crate) fn tables<T>(&mut self, mut read: impl FnMut(At<String>, Section<'a>) -> T) -> Vec<T> {
        self.names_tables = true;
        let (file, table, mistakes) = (Arc::clone(self.file()), self.table, self.mistakes);
        let chosen = table.iter().filter(|(key, item)| !self.known.contains(key.get_ref().as_ref()) && is_table(item));
        let entries = chosen.filter_map(|(name, item)| {
            let name = At::new(name.get_ref().to_string(), file.mark(name.span()));
            Some((name, file.value(item, mistakes).section()?))
        });
        entries.map(|(name, entry)| read(name, entry)).collect()
    }

    /// Reads a table of texts whose keys are names that the person chose, in their order; it may be empty. Texts that cannot
    /// be read have been reported, and are left out.
    pub(crate) fn entries(&mut self, key: &'static str) -> Option<At<Entries>> {
        let section = self.optional(key, Value::section)?;
        Some(section.map(Section::into_entries))
    }

    /// The same, where a table that is not there is as good as an empty one.
    pub(crate) fn texts(&mut self, key: &'static str) -> Entries {
        self.entries(key).map_or_else(Vec::new, |at| at.value)
    }

    /// This table as names that the person chose, each with a text.
    pub(crate) fn into_entries(self) -> Entries {
        let file = self.file();
        let entries = self.table.iter().filter_map(|(name, item)| {
            let name = At::new(name.get_ref().to_string(), file.mark(name.span()));
            Some((name, At::new(file.value(item, self.mistakes).text()?, file.mark(item.span()))))
        });
        entries.collect()
    }

    /// Where mistakes are reported.
    pub(crate) fn mistakes(&self) -> &'a Collector {
        self.mistakes
    }

    /// Reads an array of tables (`[[key]]`).
    pub(crate) fn each<T>(&mut self, key: &'static str, read: impl FnMut(Section<'a>) -> T) -> Vec<T> {
        let sections = self.optional(key, |value| value.list(Value::section));
        sections.map_or_else(Vec::new, |sections| sections.value.into_iter().map(|at| at.value).map(read).collect())
    }

    /// Reports what is unknown and what is missing.
    pub(crate) fn finish(mut self) {
        for (key, item) in self.table.iter() {
            let name: &str = key.get_ref();
            if self.known.contains(name) || (self.names_tables && is_table(item)) {
                continue;
            }
            let absent: Vec<&str> = self.known.iter().copied().filter(|known| self.value(known).is_none()).collect();
            let mark = self.file().mark(key.span());
            // A table may have been written in pieces.
            let is_table = |key: &&str| self.table.get(*key).is_some_and(|item| item.get_ref().is_table());
            let tables = || self.known.iter().copied().filter(is_table).collect::<Vec<_>>();
            let near = nearest(name, &absent).or_else(|| if is_table(&name) { nearest(name, &tables()) } else { None });
            let sentence = match near {
                Some(meant) => {
                    self.missing.retain(|(missing, _)| *missing != meant);
                    format!("There is no key `{name}`; did you mean `{meant}`?")
                }
                None => format!("There is no key `{name}` here{}", self.choices()),
            };
            self.mistakes.blame(&mark, sentence);
        }
        for (key, hint) in &self.missing {
            self.mistakes.blame(&self.mark, format!("`{key}` is missing: {hint}."));
        }
    }

    /// Every key, if they are few, as the end of a sentence.
    fn choices(&self) -> String {
        let known: Vec<&str> = self.known.iter().copied().collect();
        match known.len() {
            0..=12 => format!("; there is {}.", super::text::listed(&known)),
            count => format!("; none of the {count} that there are is near."),
        }
    }

    fn value(&self, key: &str) -> Option<Value<'a>> {
        self.table.get(key).map(|item| self.file().value(item, self.mistakes))
    }

    fn file(&self) -> &Arc<File> {
        &self.mark.file
    }
}

fn is_table(item: &Spanned<DeValue<'_>>) -> bool {
    item.get_ref().is_table()
}
