//! What is in the bucket, and what is done with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::SystemTime,
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, StatusCode,
    header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, LAST_MODIFIED, RANGE},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    answer::{INVALID, MALFORMED_XML, NO_KEY, NO_RANGE, NOT_IMPLEMENTED, Refusal, document, element, texts},
    signature::hex,
};

/// The most objects that are removed at once.
const AT_ONCE: usize = 1_000;

#[derive(Debug)]
pub(super) struct Objects {
    pub(super) all: BTreeMap<String, Object>,
    /// How many entries a list has at a time.
    pub(super) page: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    changed: SystemTime,
}

impl Default for Objects {
    fn default() -> Self {
        Self { all: BTreeMap::new(), page: 1_000 }
    }
}

impl Object {
    fn etag(&self) -> String {
        format!("\"{}\"", hex(digest(&SHA256, &self.bytes).as_ref()))
    }
}

impl Objects {
    /// `PutObject`
    pub(super) fn put(&mut self, key: &str, bytes: Bytes) -> Response {
        let object = Object { bytes, changed: SystemTime::now() };
        let etag = object.etag();
        self.all.insert(key.to_owned(), object);
        [(ETAG, etag)].into_response()
    }

    /// `GetObject`, and `HeadObject`, of which the server leaves the body out.
    pub(super) fn get(&self, key: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
        let object = self.all.get(key).ok_or(NO_KEY)?;
        let about = [
            (ETAG, object.etag()),
            (LAST_MODIFIED, httpdate::fmt_http_date(object.changed)),
            (ACCEPT_RANGES, "bytes".to_owned()),
        ];
        let Some(wanted) = headers.get(RANGE) else { return Ok((about, object.bytes.clone()).into_response()) };
        let size = object.bytes.len();
        let piece = wanted.to_str().ok().and_then(|wanted| piece(wanted, size)).ok_or(NO_RANGE)?;
        let which = [(CONTENT_RANGE, format!("bytes {}-{}/{size}", piece.start, piece.end - 1))];
        Ok((StatusCode::PARTIAL_CONTENT, about, which, object.bytes.slice(piece)).into_response())
    }

    /// `DeleteObject`; what is not there is gone too.
    pub(super) fn remove(&mut self, key: &str) -> Response {
        self.all.remove(key);
        StatusCode::NO_CONTENT.into_response()
    }

    /// `DeleteObjects`
    pub(super) fn remove_all(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
        // S3 wants one of them.
        if !["content-md5", "x-amz-checksum-sha256"].iter().any(|name| headers.contains_key(*name)) {
            return Err(INVALID);
        }
        let keys = texts(std::str::from_utf8(body).map_err(|_| MALFORMED_XML)?, "Key");
        if keys.is_empty() || keys.len() > AT_ONCE {
            return Err(MALFORMED_XML);
        }
        let mut told = String::new();
        for key in &keys {
            self.all.remove(key);
            told += &format!("<Deleted>{}</Deleted>", element("Key", key));
        }
        Ok(document(&format!("<DeleteResult>{told}</DeleteResult>")))
    }

    /// `ListObjectsV2`
    pub(super) fn list(&self, query: &[(String, String)]) -> Result<Response, Refusal> {
        let of = |name: &str| query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        let known = ["list-type", "prefix", "delimiter", "continuation-token"];
        if of("list-type") != "2" || query.iter().any(|(name, _)| !known.contains(&name.as_str())) {
            return Err(NOT_IMPLEMENTED);
        }
        let entries = self.entries(of("prefix"), of("delimiter"));
        // Where a page goes on is after the last entry of that before.
        let mut rest = entries.iter().filter(|entry| entry.as_str() > of("continuation-token"));
        let page: Vec<_> = rest.by_ref().take(self.page).collect();
        let mut told = element("IsTruncated", if rest.next().is_some() { "true" } else { "false" });
        if let (true, Some(last)) = (told.contains("true"), page.last()) {
            told += &element("NextContinuationToken", last);
        }
        for entry in page {
            told += &self.all.get(entry).map_or_else(
                || format!("<CommonPrefixes>{}</CommonPrefixes>", element("Prefix", entry)),
                |object| contents(entry, object),
            );
        }
        Ok(document(&format!("<ListBucketResult>{told}</ListBucketResult>")))
    }

    /// The keys with this prefix, or what they have in common up to the delimiter.
    fn entries(&self, prefix: &str, delimiter: &str) -> BTreeSet<String> {
        let keys = self.all.keys().filter_map(|key| Some((key, key.strip_prefix(prefix)?)));
        keys.map(|(key, rest)| match rest.find(delimiter) {
            Some(at) if !delimiter.is_empty() => key[..prefix.len() + at + delimiter.len()].to_owned(),
            _ => key.clone(),
        })
        .collect()
    }
}

fn contents(key: &str, object: &Object) -> String {
    let changed = OffsetDateTime::from(object.changed).format(&Rfc3339).unwrap();
    let (key, changed) = (element("Key", key), element("LastModified", &changed));
    let (etag, size) = (element("ETag", &object.etag()), element("Size", &object.bytes.len().to_string()));
    format!("<Contents>{key}{changed}{etag}{size}</Contents>")
}

/// What an object of this size has of `bytes=…`; none if that is nothing.
fn piece(wanted: &str, size: usize) -> Option<Range<usize>> {
    let (first, last) = wanted.strip_prefix("bytes=")?.split_once('-')?;
    let piece = match (first, last) {
        ("", last) => size.saturating_sub(last.parse().ok()?)..size,
        (first, "") => first.parse().ok()?..size,
        (first, last) => first.parse().ok()?..last.parse::<usize>().ok()?.saturating_add(1).min(size),
    };
    (piece.start < piece.end).then_some(piece)
}
