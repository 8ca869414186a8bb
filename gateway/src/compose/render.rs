//! Writes the answer: documents as they came, with what is added to them in between. Large pieces are not copied.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::batch::Batch;
use super::scan::{Key, Site};
use super::{Outcome, Selection};
use crate::plan::{Composition, Need, Place};

/// Pieces from this size on are handed on instead of copied.
const SHARED: usize = 4096;

/// About what stands around a document: a name, quotes, a colon, a comma.
const AROUND: usize = 24;

/// An answer that is larger than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The pieces of an answer.
#[derive(Debug)]
pub(super) struct Writer {
    pieces: Vec<Bytes>,
    tail: BytesMut,
    /// What room is still to be made for.
    expected: usize,
    size: usize,
    limit: usize,
}

impl Writer {
    /// At most `limit` bytes; room is made for `expected` of them.
    pub(super) fn new(limit: u64, expected: usize) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { pieces: Vec::new(), tail: BytesMut::new(), expected: expected.min(limit), size: 0, limit }
    }

    fn text(&mut self, text: &[u8]) -> Result<(), TooLarge> {
        self.grow(text.len())?;
        self.tail.reserve(std::mem::take(&mut self.expected));
        self.tail.extend_from_slice(text);
        Ok(())
    }

    fn piece(&mut self, document: &Bytes, range: Range<usize>) -> Result<(), TooLarge> {
        if range.len() < SHARED {
            return self.text(document.get(range).unwrap_or_default());
        }
        self.shared(document.slice(range))
    }

    fn shared(&mut self, piece: Bytes) -> Result<(), TooLarge> {
        if piece.is_empty() {
            return Ok(());
        }
        self.grow(piece.len())?;
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
        self.pieces.push(piece);
        Ok(())
    }

    fn grow(&mut self, by: usize) -> Result<(), TooLarge> {
        self.size += by;
        if self.size > self.limit { Err(TooLarge) } else { Ok(()) }
    }

    /// The pieces in their order.
    pub(super) fn finish(mut self) -> Vec<Bytes> {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.freeze());
        }
        self.pieces
    }
}

/// An object that a program has made, with what is missing from it.
pub(super) fn with_missing(body: &Bytes, missing: &str) -> Bytes {
    let Some(inner) = body.trim_ascii().strip_prefix(b"{").and_then(|body| body.strip_suffix(b"}")) else {
        return body.clone();
    };
    let comma: &[u8] = if inner.trim_ascii().is_empty() { b"" } else { b"," };
    [b"{", inner, comma, b"\"_parts\":", missing.as_bytes(), b"}"].concat().into()
}

/// What an answer is made of.
pub(super) struct Answer<'a> {
    pub(super) composition: &'a Composition,
    pub(super) selection: &'a Selection,
    pub(super) outcomes: &'a [Outcome],
    /// The JSON of `_parts`, where something is missing.
    pub(super) missing: Option<&'a str>,
}

impl Answer<'_> {
    /// About how much of the whole answer is copied.
    pub(super) fn expected(&self) -> usize {
        let of_part = |outcome: &Outcome| match outcome {
            Outcome::Document(document, sites) if sites.is_empty() && document.len() >= SHARED => AROUND,
            Outcome::Document(document, sites) => AROUND + document.len() + self.inserted(sites),
            Outcome::Batch(batch) => batch.chunks.iter().map(|(_, sites)| self.inserted(sites)).sum(),
            _ => AROUND,
        };
        self.outcomes.iter().map(of_part).sum()
    }

    fn inserted(&self, sites: &[Site]) -> usize {
        let Some(first) = sites.first() else { return 0 };
        let item = match self.outcomes.get(first.join) {
            Some(Outcome::Batch(batch)) => batch.size_of_item(),
            _ => 0,
        };
        sites.len() * (AROUND + item)
    }

    /// The whole answer.
    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), TooLarge> {
        match (self.composition.main(), self.outcomes.first()) {
            (Some(_), Some(Outcome::Document(document, sites))) => self.onto(writer, document, sites),
            _ => self.alone(writer),
        }
    }

    /// The members alone.
    fn alone(&self, writer: &mut Writer) -> Result<(), TooLarge> {
        writer.text(b"{")?;
        self.members(writer, true)?;
        writer.text(b"}")
    }

    /// The members after those of the main document. One that is no object takes none.
    fn onto(&self, writer: &mut Writer, document: &Bytes, sites: &[Site]) -> Result<(), TooLarge> {
        let end = document.trim_ascii_end().len();
        let is_object = document.trim_ascii_start().first() == Some(&b'{') && end > 0;
        if !is_object || !self.adds() {
            if sites.is_empty() {
                // All of the answer, which is reshaped or goes out as it came.
                return writer.shared(document.clone());
            }
            return self.spliced(writer, document, sites, 0..document.len());
        }
        self.spliced(writer, document, sites, 0..end - 1)?;
        let inner = document.get(..end - 1).unwrap_or_default().trim_ascii_end();
        self.members(writer, inner.last() == Some(&b'{') && inner.trim_ascii_start().len() == 1)?;
        writer.text(b"}")
    }

    fn adds(&self) -> bool {
        let member =
            |(index, part): (usize, &crate::plan::Part)| part.place == Place::Member && self.selection.shows(index);
        self.missing.is_some() || self.composition.parts.iter().enumerate().any(member)
    }

    fn members(&self, writer: &mut Writer, mut first: bool) -> Result<(), TooLarge> {
        let mut comma = |writer: &mut Writer| if std::mem::take(&mut first) { Ok(()) } else { writer.text(b",") };
        for (index, part) in self.composition.parts.iter().enumerate() {
            if part.place != Place::Member || !self.selection.shows(index) {
                continue;
            }
            comma(writer)?;
            self.name(writer, &part.name)?;
            match self.outcomes.get(index) {
                Some(Outcome::Document(document, sites)) => self.spliced(writer, document, sites, 0..document.len())?,
                outcome => self.in_place_of(writer, index, outcome)?,
            }
        }
        if let Some(missing) = self.missing {
            comma(writer)?;
            self.name(writer, "_parts")?;
            writer.text(missing.as_bytes())?;
        }
        Ok(())
    }

    /// Names are words, which JSON writes as they are.
    fn name(&self, writer: &mut Writer, name: &str) -> Result<(), TooLarge> {
        writer.text(b"\"")?;
        writer.text(name.as_bytes())?;
        writer.text(b"\":")
    }

    /// A piece of a document with everything that is joined to it.
    fn spliced(
        &self,
        writer: &mut Writer,
        document: &Bytes,
        sites: &[Site],
        range: Range<usize>,
    ) -> Result<(), TooLarge> {
        let mut written = range.start;
        let first = sites.partition_point(|site| site.at <= range.start);
        for site in sites.get(first..).unwrap_or_default().iter().take_while(|site| site.at <= range.end) {
            let Some(Place::Joined(join)) = self.composition.parts.get(site.join).map(|part| &part.place) else {
                continue;
            };
            if !self.selection.shows(site.join) {
                continue;
            }
            writer.piece(document, written..site.at)?;
            writer.text(b",")?;
            self.name(writer, &join.field)?;
            self.joined(writer, site.join, site.key.as_ref())?;
            written = site.at;
        }
        writer.piece(document, written..range.end)
    }

    /// The item of a key, or what stands in its place.
    fn joined(&self, writer: &mut Writer, part: usize, key: Option<&Key>) -> Result<(), TooLarge> {
        let Some(key) = key else { return writer.text(b"null") };
        match self.outcomes.get(part) {
            Some(Outcome::Batch(batch)) => self.item(writer, batch, key),
            outcome => self.in_place_of(writer, part, outcome),
        }
    }

    fn item(&self, writer: &mut Writer, batch: &Batch, key: &Key) -> Result<(), TooLarge> {
        match batch.item(key) {
            Some((document, sites, range)) => self.spliced(writer, document, sites, range),
            None => writer.text(b"null"),
        }
    }

    fn in_place_of(&self, writer: &mut Writer, part: usize, outcome: Option<&Outcome>) -> Result<(), TooLarge> {
        match (outcome, self.composition.parts.get(part).map(|part| &part.need)) {
            (Some(Outcome::Failed(_)), Some(Need::Fallback(json))) => self.fallback(writer, part, json),
            _ => writer.text(b"null"),
        }
    }

    /// A fallback in the place of an item: what would be joined to the item is null.
    fn fallback(&self, writer: &mut Writer, part: usize, json: &Bytes) -> Result<(), TooLarge> {
        let joined = self.composition.joined_to(part).filter(|(inner, _)| self.selection.shows(*inner));
        let fields: Vec<&str> = joined.map(|(_, join)| join.field.as_str()).collect();
        let Some(inner) = json.trim_ascii().strip_suffix(b"}").filter(|_| !fields.is_empty()) else {
            return writer.text(json);
        };
        writer.text(inner)?;
        let mut first = inner.trim_ascii_end() == b"{";
        for field in fields {
            writer.text(if std::mem::take(&mut first) { b"" } else { b"," })?;
            self.name(writer, field)?;
            writer.text(b"null")?;
        }
        writer.text(b"}")
    }
}
