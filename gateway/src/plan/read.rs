//! Reads TOML for people: every key is known or a mistake, every mistake is collected with its place, and each value keeps
//! the place where it was written, so that a later check can still blame it.
//!
//! Reading a table is one line per key:
//!
//! ```text
//! let timeout = section.optional("timeout", Value::duration);
//! let access  = section.required("access", access);
//! section.finish();
//! ```
//!
//! `finish` reports the keys that nobody asked for and those that are missing; a missing `access` beside an unknown `acess`
//! is one mistake, not two.

mod section;
mod text;
mod units;
mod value;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::{Mistake, SourceSpan};

pub(super) use section::{Entries, Section};
pub(super) use text::{nearest, one_of};
pub(super) use units::{show_duration, show_size};
pub(super) use value::Value;

/// A file and its text.
#[derive(Debug)]
pub(super) struct File {
    name: Arc<str>,
    text: String,
}

/// A place in a file.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    file: Arc<File>,
    span: Range<usize>,
}

/// A value and the place where it is written.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) mark: Mark,
}

/// Collects mistakes while files are read and checked.
#[derive(Debug, Default)]
pub(super) struct Collector {
    mistakes: RefCell<Vec<Mistake>>,
    /// What `${NAME}` means.
    variables: BTreeMap<String, String>,
    /// The names that were expanded.
    asked: RefCell<BTreeSet<String>>,
}

impl Collector {
    pub(super) fn new(variables: BTreeMap<String, String>) -> Self {
        Self { variables, ..Self::default() }
    }

    /// Reports a mistake at a place.
    pub(super) fn blame(&self, mark: &Mark, sentence: impl Into<String>) {
        self.mistakes.borrow_mut().push(mark.mistake(sentence.into()));
    }

    /// Reports a mistake for which no line can be blamed.
    pub(super) fn blame_file(&self, name: &str, sentence: impl Into<String>) {
        let at = SourceSpan { file: name.into(), line: 0, column: 0 };
        self.mistakes.borrow_mut().push(Mistake { at, sentence: sentence.into(), line: String::new(), width: 0 });
    }

    /// How many mistakes there are so far.
    pub(super) fn count(&self) -> usize {
        self.mistakes.borrow().len()
    }

    /// The variables that the files refer to.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.borrow().iter().cloned().collect()
    }

    fn expand(&self, text: &str) -> Result<String, String> {
        text::expand(text, |name| {
            self.asked.borrow_mut().insert(name.to_owned());
            self.variables.get(name).map(String::as_str)
        })
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner()
    }
}

impl File {
    pub(super) fn new(name: &str, text: String) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text })
    }

    /// Parses the file and hands its root to `read`. Of a file that is no TOML only the first mistake is reported, because
    /// the rest of it is guesswork, and `read` is not called.
    pub(super) fn parse<T>(self: &Arc<Self>, mistakes: &Collector, read: impl FnOnce(Section<'_>) -> T) -> Option<T> {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        if let Some(first) = errors.iter().min_by_key(|error| error.span().map_or(usize::MAX, |span| span.start)) {
            mistakes.blame(&self.mark(first.span().unwrap_or(0..0)), format!("This is not TOML: {}.", first.message()));
            return None;
        }
        Some(read(Section::new(self.mark(0..0), root.get_ref(), mistakes)))
    }

    /// A place by its line and column, as a parser of another format names it.
    pub(super) fn mark_at(self: &Arc<Self>, line: usize, column: usize) -> Mark {
        let before: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let start = (before + column.saturating_sub(1)).min(self.text.len());
        self.mark(start..start)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn mark(self: &Arc<Self>, span: Range<usize>) -> Mark {
        Mark { file: Arc::clone(self), span }
    }

    /// The value of a spanned item.
    fn value<'a>(self: &Arc<Self>, item: &'a Spanned<DeValue<'a>>, mistakes: &'a Collector) -> Value<'a> {
        Value { mark: self.mark(item.span()), item: item.get_ref(), mistakes }
    }
}

impl Mark {
    /// The place of a piece of the text that stands here; all of it where the piece is not written as it is.
    pub(super) fn within(&self, text: &str, piece: Range<usize>) -> Self {
        let written = self.file.text.get(self.span.clone()).unwrap_or_default();
        let start = written.find(text).filter(|_| piece.end <= text.len()).map(|at| self.span.start + at);
        let span = start.map_or_else(|| self.span.clone(), |start| start + piece.start..start + piece.end);
        Self { file: Arc::clone(&self.file), span }
    }

    /// Where that is, for a person.
    pub(super) fn source_span(&self) -> SourceSpan {
        let (line_start, line) = self.line();
        let number = self.file.text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = line.get(..self.start() - line_start).unwrap_or(line).chars().count() + 1;
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        SourceSpan { file: Arc::clone(&self.file.name), line: small(number), column: small(column) }
    }

    fn mistake(&self, sentence: String) -> Mistake {
        let (line_start, line) = self.line();
        // A span may begin behind the end of its line, at what ends it.
        let end = self.span.end.min(line_start + line.len()).max(self.start());
        let width = self.file.text.get(self.start()..end).map_or(1, |text| text.chars().count().max(1));
        Mistake { at: self.source_span(), sentence, line: line.trim_end().to_owned(), width }
    }

    /// The byte at which the place starts; never inside a character.
    fn start(&self) -> usize {
        let text = &self.file.text;
        (0..=self.span.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// The line of the place, and the byte at which that starts.
    fn line(&self) -> (usize, &str) {
        let (before, after) = self.file.text.split_at(self.start());
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = after.find('\n').map_or(self.file.text.len(), |newline| before.len() + newline);
        (start, self.file.text[start..end].trim_end_matches('\r'))
    }
}

impl<T> At<T> {
    pub(super) fn new(value: T, mark: Mark) -> Self {
        Self { value, mark }
    }

    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> At<U> {
        At { value: map(self.value), mark: self.mark }
    }
}
