//! Whether a request was signed by whoever may come in: AWS Signature Version 4, in its header.

use std::fmt::Write as _;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use http::{HeaderMap, Method, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};

use super::{
    ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY,
    answer::{DENIED, MALFORMED, OTHER_BODY, Refusal, UNKNOWN_KEY, WRONG_SIGNATURE, WRONG_TIME},
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far the clock of a caller may be from this one.
const SKEW: Duration = Duration::minutes(15);
/// What is not written as it is: all but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// What `Authorization` says.
#[derive(Debug)]
struct Claim<'a> {
    key: &'a str,
    date: &'a str,
    region: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

/// Lets the request pass if it is signed, and nothing was changed since.
pub(super) fn check(head: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let of = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let claim = Claim::parse(of("authorization").ok_or(DENIED)?).ok_or(MALFORMED)?;
    let at = of("x-amz-date").ok_or(DENIED)?;
    let payload = of("x-amz-content-sha256").ok_or(DENIED)?;
    if claim.key != ACCESS_KEY_ID {
        return Err(UNKNOWN_KEY);
    }
    if claim.region != REGION || !at.starts_with(claim.date) {
        return Err(MALFORMED);
    }
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let sent = PrimitiveDateTime::parse(at, format).map_err(|_| DENIED)?.assume_utc();
    if (OffsetDateTime::now_utc() - sent).abs() > SKEW {
        return Err(WRONG_TIME);
    }
    let must = |name: &str| name == "host" || name.starts_with("x-amz-");
    if head.headers.keys().any(|name| must(name.as_str()) && !claim.headers.contains(&name.as_str())) {
        return Err(DENIED);
    }
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let canonical = canonical(&head.method, path, query, &head.headers, &claim.headers, payload);
    if signature(SECRET_ACCESS_KEY, at, claim.region, &canonical) != claim.signature {
        return Err(WRONG_SIGNATURE);
    }
    if hex(digest(&SHA256, body).as_ref()) == payload { Ok(()) } else { Err(OTHER_BODY) }
}

impl<'a> Claim<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix(ALGORITHM)?.split(',').map(str::trim);
        let (credential, headers, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let mut scope = credential.strip_prefix("Credential=")?.split('/');
        let (key, date, region) = (scope.next()?, scope.next()?, scope.next()?);
        if (scope.next()?, scope.next()?, scope.next(), parts.next()) != ("s3", "aws4_request", None, None) {
            return None;
        }
        let headers = headers.strip_prefix("SignedHeaders=")?.split(';').collect();
        Some(Self { key, date, region, headers, signature: signature.strip_prefix("Signature=")? })
    }
}

/// The request as both sides write it down.
fn canonical(method: &Method, path: &str, query: &str, fields: &HeaderMap, signed: &[&str], payload: &str) -> String {
    let path = utf8_percent_encode(&decoded(path), RESERVED_IN_PATH).to_string();
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pairs = pairs(query).into_iter();
    let mut query: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value))).collect();
    query.sort_unstable();
    let mut written = String::new();
    for name in signed {
        let values = fields.get_all(*name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let values: Vec<_> = values.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let _ = writeln!(written, "{name}:{}", values.join(","));
    }
    format!("{method}\n{path}\n{}\n{written}\n{}\n{payload}", query.join("&"), signed.join(";"))
}

/// The signature of a request that was sent at this time.
fn signature(secret: &str, at: &str, region: &str, canonical: &str) -> String {
    let date = at.get(..8).unwrap_or(at);
    let scope = format!("{date}/{region}/s3/aws4_request");
    let text = format!("{ALGORITHM}\n{at}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
    let sign = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let mut key = sign(format!("AWS4{secret}").as_bytes(), date);
    for part in [region, "s3", "aws4_request"] {
        key = sign(key.as_ref(), part);
    }
    hex(sign(key.as_ref(), &text).as_ref())
}

/// Names and values of a query.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(&value.replace('+', " ")))).collect()
}

/// What is percent-encoded.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// As two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of "Signature Calculations for the Authorization Header" in the S3 API reference.
    #[test]
    fn it_signs_as_the_reference_does() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let (at, secret) = ("20130524T000000Z", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let mut fields = HeaderMap::new();
        for (name, value) in [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", nothing),
            ("x-amz-date", at),
        ] {
            fields.insert(name, value.parse().unwrap());
        }
        let of = |path, query, signed: &[&str]| {
            let canonical = canonical(&Method::GET, path, query, &fields, signed, nothing);
            signature(secret, at, "us-east-1", &canonical)
        };
        assert_eq!(
            of("/test.txt", "", &["host", "range", "x-amz-content-sha256", "x-amz-date"]),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let signed = ["host", "x-amz-content-sha256", "x-amz-date"];
        assert_eq!(
            of("/", "max-keys=2&prefix=J", &signed),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
        assert_eq!(of("/", "lifecycle", &signed), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    }

    /// A request that is signed now, with this key and in this region.
    fn signed(key: &str, secret: &str, region: &str, age: Duration) -> Parts {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let at = (OffsetDateTime::now_utc() - age).format(format).unwrap();
        let payload = hex(digest(&SHA256, b"body").as_ref());
        let request = http::Request::builder().method("PUT").uri("/bucket/a%20b?x=1").header("host", "127.0.0.1:1");
        let request = request.header("x-amz-date", &at).header("x-amz-content-sha256", &payload);
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let names = ["host", "x-amz-content-sha256", "x-amz-date"];
        let text = canonical(&head.method, head.uri.path(), "x=1", &head.headers, &names, &payload);
        let claim = format!(
            "{ALGORITHM} Credential={key}/{}/{region}/s3/aws4_request, SignedHeaders={}, Signature={}",
            &at[..8],
            names.join(";"),
            signature(secret, &at, region, &text)
        );
        head.headers.insert("authorization", claim.parse().unwrap());
        head
    }

    #[test]
    fn only_what_was_signed_as_it_is_passes() {
        let (id, secret, now) = (ACCESS_KEY_ID, SECRET_ACCESS_KEY, Duration::ZERO);
        let right = || signed(id, secret, REGION, now);
        assert_eq!(check(&right(), b"body"), Ok(()));
        assert_eq!(check(&right(), b"another"), Err(OTHER_BODY));
        assert_eq!(check(&signed("another", secret, REGION, now), b"body"), Err(UNKNOWN_KEY));
        assert_eq!(check(&signed(id, "another", REGION, now), b"body"), Err(WRONG_SIGNATURE));
        assert_eq!(check(&signed(id, secret, "another", now), b"body"), Err(MALFORMED));
        assert_eq!(check(&signed(id, secret, REGION, Duration::hours(1)), b"body"), Err(WRONG_TIME));

        let changed = |change: fn(&mut Parts)| {
            let mut head = right();
            change(&mut head);
            check(&head, b"body")
        };
        assert_eq!(changed(|head| head.method = Method::DELETE), Err(WRONG_SIGNATURE));
        assert_eq!(changed(|head| head.uri = "/bucket/a%20c?x=1".parse().unwrap()), Err(WRONG_SIGNATURE));
        assert_eq!(changed(|head| head.uri = "/bucket/a%20b?x=2".parse().unwrap()), Err(WRONG_SIGNATURE));
        assert_eq!(changed(|head| drop(head.headers.insert("host", "b".parse().unwrap()))), Err(WRONG_SIGNATURE));
        assert_eq!(changed(|head| drop(head.headers.insert("x-amz-acl", "b".parse().unwrap()))), Err(DENIED));
        assert_eq!(changed(|head| drop(head.headers.remove("authorization"))), Err(DENIED));
    }
}
