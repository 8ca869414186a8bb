//! A strict reader of JSON (RFC 8259) that hands out slices of the text instead of values.
//!
//! What it passes over it has checked, whether anybody wants it or not: a document that it walked through is JSON.

mod text;

pub(super) use self::text::unescape;
use self::text::{character, plain};
use super::{MAX_DEPTH, MAX_INPUT, TransformError};

/// Why a text is not walked through: as small as it can be, because it is handed on for each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotJson,
    TooDeep,
}

impl From<Refusal> for TransformError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotJson => Self::NotJson,
            Refusal::TooDeep => Self::TooComplex("its arrays and objects nest too deep"),
        }
    }
}

/// A place in a text.
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
}

/// Refuses what is too long or not UTF-8: what the readers of documents begin with.
pub(super) fn admit(input: &[u8]) -> Result<(), TransformError> {
    if input.len() > MAX_INPUT {
        return Err(TransformError::TooLarge);
    }
    std::str::from_utf8(input).map_or(Err(TransformError::NotJson), |_| Ok(()))
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The first byte of the next value.
    pub(super) fn kind(&mut self) -> Result<u8, Refusal> {
        self.space();
        self.text.get(self.at).copied().ok_or(Refusal::NotJson)
    }

    /// Fails unless nothing but white space follows.
    pub(super) fn end(&mut self) -> Result<(), Refusal> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(Refusal::NotJson) }
    }

    /// Passes over one value and returns its text.
    pub(super) fn value(&mut self) -> Result<&'t [u8], Refusal> {
        self.space();
        let from = self.at;
        self.pass()?;
        Ok(self.since(from))
    }

    /// Passes over one value.
    pub(super) fn pass(&mut self) -> Result<(), Refusal> {
        match self.kind()? {
            b'{' => self.fields(|cursor, _| cursor.pass()),
            b'[' => self.items(Self::pass),
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// Passes over an array; `item` passes over each value in it.
    #[inline]
    pub(super) fn items<E: From<Refusal>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'[')?;
        if self.kind()? != b']' {
            loop {
                self.space();
                item(self)?;
                match self.kind()? {
                    b',' => self.at += 1,
                    b']' => break,
                    _ => return Err(Refusal::NotJson.into()),
                }
            }
        }
        self.close();
        Ok(())
    }

    /// Passes over an object; `field` is given each name with its quotes and passes over the value.
    #[inline]
    pub(super) fn fields<E: From<Refusal>>(
        &mut self,
        mut field: impl FnMut(&mut Self, &'t [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'{')?;
        if self.kind()? != b'}' {
            loop {
                self.space();
                let from = self.at;
                self.string()?;
                let name = self.since(from);
                self.take(b':')?;
                self.space();
                field(self, name)?;
                match self.kind()? {
                    b',' => self.at += 1,
                    b'}' => break,
                    _ => return Err(Refusal::NotJson.into()),
                }
            }
        }
        self.close();
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> Result<(), Refusal> {
        self.take(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Refusal::TooDeep) } else { Ok(()) }
    }

    /// Behind the bracket that was just seen.
    fn close(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    fn take(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.kind()? != byte {
            return Err(Refusal::NotJson);
        }
        self.at += 1;
        Ok(())
    }

    fn since(&self, from: usize) -> &'t [u8] {
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// All that was not passed over yet.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Refusal> {
        if !self.rest().starts_with(word) {
            return Err(Refusal::NotJson);
        }
        self.at += word.len();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Refusal> {
        self.take(b'"')?;
        loop {
            let rest = self.rest();
            let plain = plain(rest);
            self.at += plain + 1;
            match rest.get(plain) {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {}
                _ => return Err(Refusal::NotJson),
            }
            match rest.get(plain + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                // Halves of characters alone are refused: they are no text, and readers disagree about them.
                Some(b'u') => {
                    let escape = rest.get(plain..).unwrap_or_default();
                    self.at += character(escape).ok_or(Refusal::NotJson)?.1 - 1;
                }
                _ => return Err(Refusal::NotJson),
            }
        }
    }

    fn number(&mut self) -> Result<(), Refusal> {
        self.skip(b"-");
        if self.skip(b"0") == 0 && self.digits() == 0 {
            return Err(Refusal::NotJson);
        }
        if self.skip(b".") == 1 && self.digits() == 0 {
            return Err(Refusal::NotJson);
        }
        if self.skip(b"eE") == 1 {
            self.skip(b"+-");
            if self.digits() == 0 {
                return Err(Refusal::NotJson);
            }
        }
        Ok(())
    }

    /// Passes over one of these bytes; returns how many that were.
    fn skip(&mut self, one_of: &[u8]) -> usize {
        let found = usize::from(self.text.get(self.at).is_some_and(|byte| one_of.contains(byte)));
        self.at += found;
        found
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.text.get(self.at) {
            self.at += 1;
        }
        self.at - from
    }
}

#[cfg(test)]
mod tests;
