//! Values with parameters, `form-data; name="caption"` (RFC 9110, section 5.6.6), and where each of them stands.

use std::borrow::Cow;
use std::ops::Range;

/// One parameter. Its places are those in the value that was parsed.
#[derive(Debug)]
pub(super) struct Parameter {
    name: String,
    /// The whole value, quotes included.
    pub(super) written: Range<usize>,
    /// What is between the quotes, or the value itself.
    inner: Range<usize>,
    quoted: bool,
}

impl Parameter {
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    /// What is written, without the quotes.
    pub(super) fn inner<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        value.get(self.inner.clone()).unwrap_or_default()
    }

    /// What is meant: in quotes a backslash stands for the character after it.
    pub(super) fn value<'v>(&self, value: &'v [u8]) -> Cow<'v, [u8]> {
        let inner = self.inner(value);
        if !self.quoted || !inner.contains(&b'\\') {
            return Cow::Borrowed(inner);
        }
        let mut bytes = inner.iter();
        let mut unescaped = Vec::with_capacity(inner.len());
        while let Some(byte) = bytes.next() {
            unescaped.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
        }
        Cow::Owned(unescaped)
    }
}

/// The value before its parameters, and those; none if that is not how it is written.
pub(super) fn parse(value: &[u8]) -> Option<(&[u8], Vec<Parameter>)> {
    let first = memchr::memchr(b';', value).unwrap_or(value.len());
    let mut parameters = Vec::new();
    let mut at = first;
    while at < value.len() {
        if value.get(at) != Some(&b';') {
            return None;
        }
        at = after_space(value, at + 1);
        if matches!(value.get(at), None | Some(b';')) {
            continue;
        }
        let parameter = parameter(value, at)?;
        at = after_space(value, parameter.written.end);
        parameters.push(parameter);
    }
    Some((value.get(..first)?.trim_ascii(), parameters))
}

fn after_space(value: &[u8], at: usize) -> usize {
    let rest = value.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn parameter(value: &[u8], at: usize) -> Option<Parameter> {
    let equals = at + memchr::memchr(b'=', value.get(at..)?)?;
    let name = value.get(at..equals)?;
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_*.!#$&+^`|~".contains(byte)) {
        return None;
    }
    let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
    let start = equals + 1;
    if value.get(start) == Some(&b'"') {
        let end = closing_quote(value, start + 1)?;
        return Some(Parameter { name, written: start..end + 1, inner: start + 1..end, quoted: true });
    }
    // More than the characters of a token: boundaries such as `----=_Part_1` are often sent without quotes.
    let plain = |byte: &&u8| byte.is_ascii_graphic() && !b"\";,\\".contains(byte);
    let end = start + value.get(start..)?.iter().take_while(plain).count();
    (end > start).then_some(Parameter { name, written: start..end, inner: start..end, quoted: false })
}

fn closing_quote(value: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match value.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, String)>> {
        let (_, parameters) = parse(text.as_bytes())?;
        let value = |one: &Parameter| String::from_utf8(one.value(text.as_bytes()).into_owned()).unwrap();
        Some(parameters.iter().map(|one| (one.name.clone(), value(one))).collect())
    }

    #[test]
    fn parameters_are_tokens_or_quoted_with_escapes() {
        let read = read(r#"form-data ; Name="a\"b;c" ;filename=x.png; "#).unwrap();
        let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, [("name", "a\"b;c"), ("filename", "x.png")]);
    }

    #[test]
    fn what_is_not_written_so_is_refused() {
        for wrong in ["a; b", "a; b=", "a; =b", "a; b=\"c", "a; b=\"c\\\"", "a; b=\"c\"d", "a; b=c d=e", "a; b =c"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
