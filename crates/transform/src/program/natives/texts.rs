//! Texts.

use jaq_core::native::v;
use jaq_json::{Num, Val};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::{Failure, Native, Value, array, expected, meter, one, with_argument, write};
use crate::program::value::weight;

/// What stands for itself in a URI (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn natives() -> [Native; 12] {
    [
        ("utf8bytelength", v(0), |cv| one(text(&cv.1.0).map(|text| Val::from(text.len())))),
        ("ascii_downcase", v(0), |cv| one(anew(&cv.1.0, <[u8]>::to_ascii_lowercase))),
        ("ascii_upcase", v(0), |cv| one(anew(&cv.1.0, <[u8]>::to_ascii_uppercase))),
        ("trim", v(0), |cv| {
            one(anew(&cv.1.0, |text| std::str::from_utf8(text).map_or(text, |text| text.trim().as_bytes()).to_vec()))
        }),
        ("uri", v(0), |cv| one(spelled(&cv.1.0, |text| percent_encode(text, RESERVED).to_string().into_bytes()))),
        ("base64", v(0), |cv| {
            use base64::Engine;
            one(spelled(&cv.1.0, |text| base64::engine::general_purpose::STANDARD.encode(text).into_bytes()))
        }),
        ("startswith", v(1), |cv| with_argument(cv, |whole, part| Ok(text(&whole)?.starts_with(text(&part)?).into()))),
        ("endswith", v(1), |cv| with_argument(cv, |whole, part| Ok(text(&whole)?.ends_with(text(&part)?).into()))),
        ("ltrimstr", v(1), |cv| with_argument(cv, |whole, part| without(whole, &part, <[u8]>::strip_prefix))),
        ("rtrimstr", v(1), |cv| with_argument(cv, |whole, part| without(whole, &part, <[u8]>::strip_suffix))),
        ("split", v(1), |cv| {
            with_argument(cv, |whole, separator| {
                text(&whole)?;
                text(&separator)?;
                Ok((Value(whole) / Value(separator))?.0)
            })
        }),
        ("join", v(1), |cv| with_argument(cv, |items, separator| join(&items, &separator))),
    ]
}

/// The bytes of a text, paid for as if all of them were looked at.
fn text(value: &Val) -> Result<&[u8], Failure> {
    let Val::TStr(text) = value else { return expected("a text was expected") };
    meter::look(text.len())?;
    Ok(text)
}

/// A new text, of up to three times the length.
fn anew(value: &Val, make: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<Val, Failure> {
    let text = text(value)?;
    meter::text(text.len() * 3)?;
    Ok(Val::utf8_str(make(text)))
}

/// A new text that is made byte by byte.
fn spelled(value: &Val, make: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<Val, Failure> {
    meter::spend(text(value)?.len() as u64 / 8, 0)?;
    anew(value, make)
}

fn without(whole: Val, part: &Val, strip: for<'t> fn(&'t [u8], &[u8]) -> Option<&'t [u8]>) -> Result<Val, Failure> {
    // As in jq, what is no text has nothing to be stripped.
    let (Val::TStr(text), Val::TStr(part)) = (&whole, part) else { return Ok(whole) };
    meter::look(part.len())?;
    let Some(rest) = strip(text, part) else { return Ok(whole) };
    meter::text(rest.len())?;
    Ok(Val::utf8_str(rest.to_vec()))
}

/// Texts one after the other; as in jq, null is nothing, and numbers and booleans are as they are written.
fn join(items: &Val, separator: &Val) -> Result<Val, Failure> {
    let Val::Arr(items) = items else { return expected("`join` takes an array") };
    let separator = text(separator)?;
    meter::spend(items.iter().map(|item| weight(item, 64)).sum(), 0)?;
    let length: usize = items.iter().map(|item| separator.len() + spelled_length(item)).sum();
    meter::text(length)?;
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            all.extend_from_slice(separator);
        }
        match item {
            Val::Null => {}
            Val::TStr(text) => all.extend_from_slice(text),
            Val::Bool(_) | Val::Num(_) => all.extend(write(item).unwrap_or_default()),
            _ => return expected("`join` takes texts, numbers and booleans"),
        }
    }
    Ok(Val::utf8_str(all))
}

fn spelled_length(item: &Val) -> usize {
    match item {
        Val::TStr(text) => text.len(),
        Val::Num(Num::BigInt(number)) => usize::try_from(number.bits()).unwrap_or(usize::MAX),
        Val::Num(Num::Dec(digits)) => digits.len(),
        _ => 24,
    }
}

/// The pieces of an array, as an array of its own.
pub(super) fn flatten(items: &[Val], depth: isize, out: &mut Vec<Val>) -> Result<(), Failure> {
    meter::spend(1 + items.len() as u64, meter::ITEM * items.len() as u64)?;
    for item in items {
        match item {
            Val::Arr(inner) if depth > 0 => flatten(inner, depth - 1, out)?,
            item => out.push(item.clone()),
        }
    }
    Ok(())
}

/// Adds up texts without copying the sum for each.
pub(super) fn concatenated(texts: &[Val]) -> Option<usize> {
    texts.iter().try_fold(0_usize, |sum, text| match text {
        Val::TStr(text) => Some(sum + text.len()),
        _ => None,
    })
}

/// An array of one text for each.
pub(super) fn names<'v>(names: impl Iterator<Item = &'v Val>) -> Val {
    array(names.cloned().collect())
}
