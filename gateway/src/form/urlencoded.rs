//! Renames the keys of `application/x-www-form-urlencoded` while it streams; values and other keys are slices of what came
//! in.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use percent_encoding::percent_decode;

use super::{FormError, Renames};

/// The longest name of a field, as it is written.
pub(super) const NAME_LIMIT: usize = 8 * 1024;

/// A form that is being rewritten.
#[derive(Debug, Default)]
pub(super) struct Urlencoded {
    /// The beginning of a name whose end has not come yet.
    name: BytesMut,
    in_value: bool,
}

impl Urlencoded {
    /// Takes the next chunk and hands on what is certain by now.
    pub(super) fn push(
        &mut self,
        chunk: &Bytes,
        renames: &Renames,
        out: &mut VecDeque<Bytes>,
    ) -> Result<(), FormError> {
        // What is before `at` has been looked at, what is before `kept` has been handed on.
        let (mut kept, mut at) = (0, 0);
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            if self.in_value {
                let end = memchr::memchr(b'&', rest);
                self.in_value = end.is_none();
                at += end.map_or(rest.len(), |end| end + 1);
                continue;
            }
            let Some(length) = memchr::memchr2(b'=', b'&', rest) else {
                hand_on(chunk.slice(kept..at), out);
                return self.hold(rest);
            };
            let (name, end) = (rest.get(..length).unwrap_or_default(), at + length);
            if !self.name.is_empty() {
                self.hold(name)?;
                self.finish(renames, out)?;
                kept = end;
            } else if name.len() > NAME_LIMIT {
                return Err(FormError::NameTooLong);
            } else if let Some(field) = renames.field_for(&decoded(name))? {
                hand_on(chunk.slice(kept..at), out);
                out.push_back(encoded(field));
                kept = end;
            }
            self.in_value = rest.get(length) == Some(&b'=');
            at = end + 1;
        }
        hand_on(chunk.slice(kept..), out);
        Ok(())
    }

    /// The name that was held is complete.
    pub(super) fn finish(&mut self, renames: &Renames, out: &mut VecDeque<Bytes>) -> Result<(), FormError> {
        let name = self.name.split().freeze();
        match renames.field_for(&decoded(&name))? {
            Some(field) => out.push_back(encoded(field)),
            None => hand_on(name, out),
        }
        Ok(())
    }

    fn hold(&mut self, piece: &[u8]) -> Result<(), FormError> {
        if self.name.len() + piece.len() > NAME_LIMIT {
            return Err(FormError::NameTooLong);
        }
        self.name.extend_from_slice(piece);
        Ok(())
    }
}

fn hand_on(piece: Bytes, out: &mut VecDeque<Bytes>) {
    if !piece.is_empty() {
        out.push_back(piece);
    }
}

/// What a name or a value means: a plus is a space, escapes are bytes.
pub(super) fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'+', b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

fn encoded(name: &str) -> Bytes {
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().into()
}
