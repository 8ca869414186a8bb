//! Reads a document into a value, if that will not take too much memory.
//!
//! jaq's own reader takes more than JSON, recurses as deep as the document nests, and takes time that is quadratic in
//! the digits of a number; and a megabyte of `{"":0}` becomes fifty in memory. So it is read here, in one pass that
//! adds up what its values take.

use std::borrow::Cow;

use bytes::Bytes;
use jaq_core::ValT;
use jaq_json::{Map, Num, Rc, Val};

use crate::cursor::{Cursor, admit, unescape};
use crate::{MAX_DEPTH, TransformError};

/// The memory that a document may become, about.
const MOST_BYTES: usize = 12 << 20;

/// What an array takes beside its items.
const ARRAY: usize = 96;

/// What a value takes in an array.
const ITEM: usize = 32;

/// What an object takes beside its fields.
const OBJECT: usize = 176;

/// What a field takes beside its name and its value.
const FIELD: usize = 80;

/// What a text takes: it is a part of the document.
const TEXT: usize = 48;

/// What a text takes that is spelled with escapes, or a number that is kept in its digits, beside its length.
const OWNED: usize = 80;

/// What a digit counts in an integer of more than 128 bits: less for its memory than for the time that it takes.
const LONG: usize = 20;

/// The most digits of a number.
const MOST_DIGITS: usize = 128;

/// The value of a JSON text.
pub(super) fn parse(text: &[u8]) -> Result<Val, TransformError> {
    admit(text)?;
    let document = Bytes::copy_from_slice(text);
    let mut reader = Reader { document: &document, bytes: 0, items: Vec::new(), fields: Vec::new() };
    let mut cursor = Cursor::new(&document);
    let value = reader.value(&mut cursor)?;
    cursor.end()?;
    Ok(value)
}

struct Reader<'t> {
    /// All texts are parts of it.
    document: &'t Bytes,
    /// What was read takes so much.
    bytes: usize,
    /// The items of all arrays that have begun.
    items: Vec<Val>,
    /// The fields of all objects that have begun.
    fields: Vec<(Val, Val)>,
}

impl<'t> Reader<'t> {
    fn value(&mut self, cursor: &mut Cursor<'t>) -> Result<Val, TransformError> {
        match cursor.kind()? {
            b'[' => self.array(cursor),
            b'{' => self.object(cursor),
            b'"' => {
                let raw = cursor.value()?;
                self.text(raw)
            }
            b'-' | b'0'..=b'9' => self.number(cursor.value()?),
            first => {
                cursor.pass()?;
                Ok(if first == b'n' { Val::Null } else { Val::Bool(first == b't') })
            }
        }
    }

    fn array(&mut self, cursor: &mut Cursor<'t>) -> Result<Val, TransformError> {
        self.add(ARRAY)?;
        let from = self.items.len();
        cursor.items(|cursor| {
            self.add(ITEM)?;
            let item = self.value(cursor)?;
            self.items.push(item);
            Ok::<_, TransformError>(())
        })?;
        Ok(Val::Arr(Rc::new(self.items.split_off(from))))
    }

    fn object(&mut self, cursor: &mut Cursor<'t>) -> Result<Val, TransformError> {
        self.add(OBJECT)?;
        let from = self.fields.len();
        cursor.fields(|cursor, name| {
            self.add(FIELD)?;
            let name = self.text(name)?;
            let field = self.value(cursor)?;
            self.fields.push((name, field));
            Ok::<_, TransformError>(())
        })?;
        let fields = self.fields.drain(from..);
        let mut object = Map::with_capacity_and_hasher(fields.len(), Default::default());
        object.extend(fields);
        Ok(Val::obj(object))
    }

    fn text(&mut self, raw: &'t [u8]) -> Result<Val, TransformError> {
        match unescape(raw) {
            Cow::Borrowed(text) => {
                self.add(TEXT)?;
                Ok(Val::utf8_str(self.document.slice_ref(text)))
            }
            Cow::Owned(text) => {
                self.add(TEXT + OWNED + raw.len())?;
                Ok(Val::utf8_str(text))
            }
        }
    }

    fn number(&mut self, raw: &[u8]) -> Result<Val, TransformError> {
        let whole = raw.strip_prefix(b"-").unwrap_or(raw);
        let is_whole = whole.iter().all(u8::is_ascii_digit);
        if is_whole && whole.len() <= 18 {
            let size = whole.iter().fold(0, |size, digit| size * 10 + isize::from(digit - b'0'));
            return Ok(Val::Num(match (whole.len() < raw.len(), size) {
                (false, size) => Num::Int(size),
                // It stays what it is, as in a form that copies it.
                (true, 0) => Num::Float(-0.0),
                (true, size) => Num::Int(-size),
            }));
        }
        let digits = std::str::from_utf8(raw).map_err(|_| TransformError::NotJson)?;
        if raw.len() > MOST_DIGITS {
            return Err(TransformError::TooComplex("a number has too many digits"));
        }
        self.add(OWNED + raw.len())?;
        if !is_whole {
            return Ok(Val::Num(Num::Dec(Rc::new(digits.to_owned()))));
        }
        match digits.parse::<i128>() {
            Ok(integer) => Ok(Val::Num(Num::from_integral(integer))),
            Err(_) => {
                self.add(LONG * raw.len())?;
                Val::from_num(digits).map_err(|_| TransformError::NotJson)
            }
        }
    }

    fn add(&mut self, bytes: usize) -> Result<(), TransformError> {
        self.bytes += bytes;
        if self.bytes > MOST_BYTES { Err(TransformError::TooComplex("it has too many values")) } else { Ok(()) }
    }
}

const _: () = assert!(MAX_DEPTH <= 128, "the printer and the destructor of values recurse");
