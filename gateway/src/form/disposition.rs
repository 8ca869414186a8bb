//! The head of a part: which field of the form it is, and where its name stands.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use httparse::Status;
use percent_encoding::percent_decode;

use super::parameters::{self, Parameter};
use super::{FormError, Renames};

/// The largest head of a part, its boundary's line included.
pub(super) const HEAD_LIMIT: usize = 16 * 1024;

/// The most header fields of a part; RFC 7578 knows three.
const FIELDS_LIMIT: usize = 32;

/// What stands between a boundary and the content behind it: the end of the boundary's line, header fields and the empty
/// line.
#[derive(Debug)]
pub(super) struct Head {
    bytes: Bytes,
    /// The name as it is written, quotes included.
    written: Range<usize>,
    name: Vec<u8>,
    /// Whether it is a file.
    pub(super) file: bool,
}

impl Head {
    /// Reads a head; `bytes` ends with the first empty line.
    pub(super) fn read(bytes: Bytes) -> Result<Self, FormError> {
        let padding = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let block = bytes.get(padding..).and_then(|rest| rest.strip_prefix(b"\r\n")).ok_or(FormError::Delimiter)?;
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_LIMIT];
        let fields = match httparse::parse_headers(block, &mut fields) {
            // httparse takes a bare line feed for the end of a line, which not every service does.
            Ok(Status::Complete((_, fields))) if has_whole_line_ends(block) => fields,
            _ => return Err(FormError::Head),
        };
        let mut found = fields.iter().filter(|field| field.name.eq_ignore_ascii_case("content-disposition"));
        let (Some(field), None) = (found.next(), found.next()) else { return Err(FormError::Disposition) };
        let (parameter, file) = name(field.value).ok_or(FormError::Disposition)?;
        let start = field.value.as_ptr().addr() - bytes.as_ptr().addr();
        let written = start + parameter.written.start..start + parameter.written.end;
        let name = parameter.value(field.value).into_owned();
        Ok(Self { written, name, file, bytes })
    }

    /// The name of the field, as the client meant it.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Writes the head behind its delimiter, with the name that the operation knows.
    pub(super) fn write(&self, delimiter: &[u8], renames: &Renames) -> Result<Bytes, FormError> {
        let field = renames.field_for(&self.name)?;
        self.refuse_other_readings(renames)?;
        let mut written = BytesMut::with_capacity(delimiter.len() + self.bytes.len() + field.map_or(0, str::len) + 2);
        written.extend_from_slice(delimiter);
        match field {
            None => written.extend_from_slice(&self.bytes),
            Some(field) => {
                written.extend_from_slice(self.bytes.get(..self.written.start).unwrap_or_default());
                for part in ["\"", field, "\""] {
                    written.extend_from_slice(part.as_bytes());
                }
                written.extend_from_slice(self.bytes.get(self.written.end..).unwrap_or_default());
            }
        }
        Ok(written.freeze())
    }

    /// Servers disagree about backslashes and percent signs in names: a name must not be the operation's own in any of
    /// their readings.
    pub(super) fn refuse_other_readings(&self, renames: &Renames) -> Result<(), FormError> {
        let written = self.bytes.get(self.written.clone()).unwrap_or_default();
        if memchr::memchr2(b'\\', b'%', written).is_none() {
            return Ok(());
        }
        let inner = written.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(written);
        renames.keeps(inner)?;
        renames.keeps(&percent_decode(&self.name).collect::<Vec<u8>>())
    }
}

/// The one `name` of a `form-data`, and whether there is a file name.
fn name(disposition: &[u8]) -> Option<(Parameter, bool)> {
    let (kind, parameters) = parameters::parse(disposition)?;
    if !kind.eq_ignore_ascii_case(b"form-data") || parameters.iter().any(|one| one.is_named("name*")) {
        return None;
    }
    let file = parameters.iter().any(|one| one.is_named("filename") || one.is_named("filename*"));
    let mut names = parameters.into_iter().filter(|one| one.is_named("name"));
    let name = names.next()?;
    names.next().is_none().then_some((name, file))
}

fn has_whole_line_ends(block: &[u8]) -> bool {
    let before = |at: usize| at.checked_sub(1).and_then(|at| block.get(at));
    memchr::memchr_iter(b'\n', block).all(|at| before(at) == Some(&b'\r'))
}
