//! A form as a JSON object, for what reads objects.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::disposition::Head;
use super::media::Media;
use super::multipart::{Multipart, PARTS_LIMIT, Parts};
use super::urlencoded::{NAME_LIMIT, decoded};
use super::{FormError, Renames};

/// The largest form that is made an object, and the largest object.
pub(super) const OBJECT_LIMIT: usize = 1024 * 1024;

/// The form as a JSON object with the operation's names, in their order: a text for each field, a list of texts for a field
/// that occurs more than once.
///
/// # Errors
///
/// Where the body is no form, has files or bytes that are no text, or is too large.
pub(crate) fn to_object(content_type: &[u8], body: &Bytes, renames: &Renames) -> Result<Bytes, FormError> {
    if body.len() > OBJECT_LIMIT {
        return Err(FormError::TooLarge);
    }
    let mut object = Object { renames, fields: Map::new(), count: 0, open: None };
    match Media::parse(content_type)?.ok_or(FormError::NoForm)? {
        Media::Multipart { boundary } => {
            let mut multipart = Multipart::new(&boundary);
            multipart.push(body.clone(), &mut object)?;
            multipart.finish()?;
            object.end_part()?;
        }
        Media::Urlencoded => object.add_pairs(body)?,
    }
    // Keys and texts can always be written; there is nothing else in it.
    let written = serde_json::to_vec(&object.fields).map_err(|_| FormError::NoText)?;
    if written.len() > OBJECT_LIMIT { Err(FormError::TooLarge) } else { Ok(written.into()) }
}

struct Object<'r> {
    renames: &'r Renames,
    fields: Map<String, Value>,
    count: usize,
    /// The part that is being read.
    open: Option<(Vec<u8>, Vec<u8>)>,
}

impl Object<'_> {
    fn add(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), FormError> {
        self.count += 1;
        if self.count > PARTS_LIMIT {
            return Err(FormError::TooManyFields);
        }
        if name.len() > NAME_LIMIT {
            return Err(FormError::NameTooLong);
        }
        let name = match self.renames.field_for(name)? {
            Some(field) => field,
            None => std::str::from_utf8(name).map_err(|_| FormError::NoText)?,
        };
        let value = Value::String(String::from_utf8(value).map_err(|_| FormError::NoText)?);
        match self.fields.get_mut(name) {
            None => _ = self.fields.insert(name.to_owned(), value),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
        Ok(())
    }

    fn add_pairs(&mut self, body: &[u8]) -> Result<(), FormError> {
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let (name, value) = pair.split_at(equals);
            let value = value.strip_prefix(b"=").unwrap_or_default();
            self.add(&decoded(name), decoded(value).into_owned())?;
        }
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), FormError> {
        match self.open.take() {
            Some((name, value)) => self.add(&name, value),
            None => Ok(()),
        }
    }
}

impl Parts for Object<'_> {
    fn part(&mut self, _delimiter: Bytes, head: Head) -> Result<(), FormError> {
        self.end_part()?;
        head.refuse_other_readings(self.renames)?;
        if head.file {
            let name: String = String::from_utf8_lossy(head.name()).chars().take(64).collect();
            return Err(FormError::File(name));
        }
        self.open = Some((head.name().to_vec(), Vec::new()));
        Ok(())
    }

    fn content(&mut self, piece: Bytes) {
        if let Some((_, value)) = &mut self.open {
            value.extend_from_slice(&piece);
        }
    }

    fn close(&mut self, _delimiter: Bytes) {}
}
