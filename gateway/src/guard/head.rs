//! One complete raw head of a request: is it unambiguous, and how long is the body that follows?

use std::fmt;

use http::Uri;

use super::{HeadLimits, Refusal};

/// The framing of the body behind a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes follow.
    Length(u64),
    /// A chunked body follows.
    Chunked,
}

/// The longest fields that are remembered.
const REMEMBERED: usize = 1024;

/// The fields of the last head of a connection: most clients send the same ones each time, and then there is nothing new to find in
/// them.
#[derive(Default)]
pub(crate) struct Last {
    /// From the first field to the empty line.
    fields: Vec<u8>,
    http10: bool,
    /// What follows them; nothing where there are none.
    framing: Option<Framing>,
}

impl fmt::Debug for Last {
    /// Without the fields: tokens and cookies are among them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Last").field("framing", &self.framing).finish_non_exhaustive()
    }
}

impl Last {
    /// How long the fields are with which `bytes` begin, and what follows them, if they are the same.
    fn again(&self, bytes: &[u8], http10: bool) -> Option<(usize, Framing)> {
        let framing = self.framing.filter(|_| self.http10 == http10 && bytes.starts_with(&self.fields))?;
        Some((self.fields.len(), framing))
    }

    fn remember(&mut self, fields: &[u8], http10: bool, framing: Framing) {
        if fields.len() <= REMEMBERED {
            self.fields.clear();
            self.fields.extend_from_slice(fields);
            (self.http10, self.framing) = (http10, Some(framing));
        }
    }
}

/// Checks the head at the start of `bytes`, from the request line to the empty line. Answers how long it is and what
/// follows it; `None` where its end has not arrived.
pub(crate) fn check(bytes: &[u8], limits: HeadLimits, last: &mut Last) -> Result<Option<(usize, Framing)>, Refusal> {
    let mut lines = Lines { bytes, at: 0 };
    let Some(first) = lines.next()? else { return Ok(None) };
    let http10 = request_line(first, limits)?;
    let begin = lines.at;
    if let Some((length, framing)) = last.again(bytes.get(begin..).unwrap_or_default(), http10) {
        return Ok(Some((begin + length, framing)));
    }
    let mut seen = Seen::default();
    let mut fields = 0;
    while let Some(line) = lines.next()? {
        if line.is_empty() {
            // In the request line there is none: all of it is known by now.
            let all = bytes.get(begin..lines.at).unwrap_or_default();
            if has_control(all) {
                return Err(Refusal::LineEnding);
            }
            let framing = seen.framing(http10)?;
            last.remember(all, http10, framing);
            return Ok(Some((lines.at, framing)));
        }
        fields += 1;
        if fields > limits.fields {
            return Err(Refusal::TooManyFields);
        }
        seen.field(line)?;
    }
    Ok(None)
}

/// The lines of a head without their CR LF.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next line that is complete. The first CR, LF or NUL has to be the CR of its end.
    fn next(&mut self) -> Result<Option<&'a [u8]>, Refusal> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(end) = memchr::memchr3(b'\r', b'\n', 0, rest) else { return Ok(None) };
        match (rest.get(end), rest.get(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => {
                self.at += end + 2;
                Ok(rest.get(..end))
            }
            (Some(b'\r'), None) => Ok(None),
            _ => Err(Refusal::LineEnding),
        }
    }
}

/// Checks `METHOD SP target SP HTTP/1.x`; answers whether the version is 1.0.
fn request_line(line: &[u8], limits: HeadLimits) -> Result<bool, Refusal> {
    let (Some(first), Some(last)) = (memchr::memchr(b' ', line), memchr::memrchr(b' ', line)) else {
        return Err(Refusal::RequestLine);
    };
    let (Some(method), Some(target), Some(version)) =
        (line.get(..first), line.get(first + 1..last), line.get(last + 1..))
    else {
        return Err(Refusal::RequestLine);
    };
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return Err(Refusal::RequestLine);
    }
    if target.len() > limits.target {
        return Err(Refusal::TargetTooLong);
    }
    if method == b"CONNECT" {
        return Err(Refusal::Connect);
    }
    if !is_target(target) {
        return Err(if target.contains(&b' ') { Refusal::RequestLine } else { Refusal::Target });
    }
    match version {
        b"HTTP/1.1" => Ok(false),
        b"HTTP/1.0" => Ok(true),
        _ => Err(Refusal::RequestLine),
    }
}

/// Whether hyper takes it for a target. Most are a path and a query of characters that may stand there (RFC 3986, section 3.3); the
/// others are parsed as hyper does it.
///
/// A fragment never travels (RFC 9112, section 3.2): a server that drops it would see another path.
fn is_target(target: &[u8]) -> bool {
    const USUAL: [bool; 256] = table(b"/-._~?=&%!$'()*+,;:@");
    let is_usual = target.first() == Some(&b'/') && target.iter().all(|byte| USUAL[usize::from(*byte)]);
    is_usual || (target.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#') && Uri::try_from(target).is_ok())
}

/// Whether there is a control character beside tabs and the ends of lines. Without a branch, many bytes are looked at in one step.
fn has_control(head: &[u8]) -> bool {
    head.iter()
        .fold(false, |found, byte| found | ((*byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n')) | (*byte == 0x7f)))
}

/// A field value without the white space around it, which is spaces and tabs only (RFC 9110, section 5.5).
fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// What the fields said about framing and host.
#[derive(Default)]
struct Seen {
    host: bool,
    length: Option<u64>,
    chunked: bool,
}

impl Seen {
    fn field(&mut self, line: &[u8]) -> Result<(), Refusal> {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(Refusal::ObsoleteFolding);
        }
        // The name ends where its characters do; what ends it has to be the colon.
        let colon = line.iter().position(|byte| !is_token(*byte)).ok_or(Refusal::FieldName)?;
        let (name, value) = line.split_at(colon);
        if value.first() != Some(&b':') {
            return Err(Refusal::FieldName);
        }
        let value = value.get(1..).unwrap_or_default();
        // Only three names matter here, and their lengths are distinct: most fields cost one comparison.
        match name.len() {
            0 => Err(Refusal::FieldName),
            4 if name.eq_ignore_ascii_case(b"host") => self.host(trimmed(value)),
            14 if name.eq_ignore_ascii_case(b"content-length") => self.length(trimmed(value)),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.encoding(trimmed(value)),
            _ => Ok(()),
        }
    }

    fn host(&mut self, value: &[u8]) -> Result<(), Refusal> {
        const USUAL: [bool; 256] = table(b"-._~:[]%!$&'()*+,;=");
        let valid = !value.is_empty() && value.iter().all(|byte| USUAL[usize::from(*byte)]);
        if self.host || !valid {
            return Err(Refusal::Host);
        }
        self.host = true;
        Ok(())
    }

    fn length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let length = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
        match (self.length, length) {
            (None, Some(length)) if digits => {
                self.length = Some(length);
                Ok(())
            }
            _ => Err(Refusal::ContentLength),
        }
    }

    fn encoding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Refusal::TransferEncoding);
        }
        self.chunked = true;
        Ok(())
    }

    fn framing(self, http10: bool) -> Result<Framing, Refusal> {
        if !self.host && !http10 {
            return Err(Refusal::Host);
        }
        match (self.chunked, self.length) {
            (true, Some(_)) => Err(Refusal::Ambiguous),
            (true, None) if http10 => Err(Refusal::TransferEncoding),
            (true, None) => Ok(Framing::Chunked),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    const TOKEN: [bool; 256] = table(b"!#$%&'*+-.^_`|~");
    TOKEN[usize::from(byte)]
}

/// Whether each byte is a letter, a digit or one of `others`.
const fn table(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut other = 0;
    while other < others.len() {
        table[others[other] as usize] = true;
        other += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { bytes: 16 * 1024, fields: 3, target: 40 };

    fn checked(head: &str) -> Result<Framing, Refusal> {
        check(head.as_bytes(), LIMITS, &mut Last::default())
            .map(|checked| checked.map_or(Framing::Length(u64::MAX), |(_, framing)| framing))
    }

    #[test]
    fn a_head_ends_with_its_empty_line() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let more = [head.as_slice(), b"GET /"].concat();
        assert_eq!(check(&more, LIMITS, &mut Last::default()), Ok(Some((head.len(), Framing::Length(0)))));
        for end in 0..head.len() {
            assert_eq!(check(&head[..end], LIMITS, &mut Last::default()), Ok(None), "{end}");
        }
    }

    #[test]
    fn a_plain_head_has_no_body() {
        assert_eq!(checked("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"), Ok(Framing::Length(0)));
        assert_eq!(checked("GET / HTTP/1.0\r\n\r\n"), Ok(Framing::Length(0)));
    }

    #[test]
    fn the_framing_of_the_body_is_read() {
        assert_eq!(checked("POST / HTTP/1.1\r\nhost:x\r\nContent-Length: 12\r\n\r\n"), Ok(Framing::Length(12)));
        assert_eq!(checked("POST / HTTP/1.1\r\nhost:x\r\ntransfer-encoding: Chunked \r\n\r\n"), Ok(Framing::Chunked));
    }

    #[test]
    fn what_hyper_takes_is_taken() {
        for target in ["/a?b={c}|d", "/a[1]?b[]=c", "/a^b", "http://x:80/a?b", "*", "/%3Ca%3E"] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\nA:\tb\r\n\r\n");
            assert_eq!(checked(&head), Ok(Framing::Length(0)), "{target}");
        }
    }

    #[test]
    fn each_ambiguity_is_refused() {
        let table = [
            ("GET / HTTP/1.1\nHost: x\r\n\r\n", Refusal::LineEnding),
            ("GET / HTTP/1.1\r\nHost: x\ry\r\n\r\n", Refusal::LineEnding),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", Refusal::LineEnding),
            ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::RequestLine),
            ("GET HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::RequestLine),
            ("GET / a HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::RequestLine),
            ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", Refusal::RequestLine),
            ("G\u{e9}T / HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::RequestLine),
            ("CONNECT /a HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Connect),
            ("CONNECT a:443 HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Connect),
            ("GET /a?q=<b> HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Target),
            ("GET /`a` HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Target),
            ("GET http://[::1/a HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Target),
            ("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Target),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", Refusal::LineEnding),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n", Refusal::LineEnding),
            ("GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Target),
            ("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", Refusal::ObsoleteFolding),
            ("GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", Refusal::FieldName),
            ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\n", Refusal::FieldName),
            ("GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n", Refusal::FieldName),
            ("GET / HTTP/1.1\r\nA: b\r\n\r\n", Refusal::Host),
            ("GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", Refusal::Host),
            ("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", Refusal::Host),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", Refusal::ContentLength),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", Refusal::ContentLength),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n", Refusal::ContentLength),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Refusal::TransferEncoding),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", Refusal::TransferEncoding),
            ("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", Refusal::TransferEncoding),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
                Refusal::Ambiguous,
            ),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n", Refusal::TooManyFields),
            ("GET /0123456789012345678901234567890123456789 HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::TargetTooLong),
        ];
        for (head, refusal) in table {
            assert_eq!(checked(head), Err(refusal), "{head:?}");
        }
    }
}
