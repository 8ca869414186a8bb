//! `GET /files/{hash}/{name}`
//!
//! What is at an address never changes, so whoever has it needs not ask again. It is answered from the store alone.

use std::ops::Range;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use object_store::GetRange;
use principal::Principal;
use problem::Path;
use service::etag;

use crate::{
    Service,
    access::{self, Action},
    error::Error,
    files::is_hash,
};

/// The files that there can be, each with what it is served as.
const NAMES: [(&str, &str); 5] = [
    ("144.jpg", "image/jpeg"),
    ("240.jpg", "image/jpeg"),
    ("720.jpg", "image/jpeg"),
    ("original.jpg", "image/jpeg"),
    ("original.png", "image/png"),
];

/// For everybody, for a year.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For those between us and everybody (RFC 9213): a picture that was deleted is to be gone within some hours.
const CDN_CACHE_CONTROL: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cdn-cache-control"), HeaderValue::from_static("max-age=3600"));

/// Read the file of a picture
///
/// A JPEG, or a PNG where something is transparent. `variants` of a picture says where its files are; what is there never changes.
#[utoipa::path(
    get,
    path = "/files/{hash}/{name}",
    tag = "Media",
    params(
        ("hash" = String, Path, description = "The content of the picture.", example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("name" = String, Path, description = "The variant.", example = "720.jpg"),
        ("If-None-Match" = Option<String>, Header, description = "The version that the caller has.", nullable = false),
        ("Range" = Option<String>, Header, description = "One piece of it, in bytes.", nullable = false),
        ("If-Range" = Option<String>, Header, description = "The version of which a piece is wanted; otherwise all of it.", nullable = false),
    ),
    responses(
        (status = 200, description = "The file.", headers(("ETag" = String, description = "The content.")), content(
            (String = "image/jpeg", example = json!("…")), (String = "image/png", example = json!("…")),
        )),
        (status = 206, description = "A piece of the file.", headers(("Content-Range" = String, description = "Which.")), content(
            (String = "image/jpeg", example = json!("…")), (String = "image/png", example = json!("…")),
        )),
        (status = 304, description = "The caller has it already."),
        (status = 404, description = "There is no such file, or no longer."),
        (status = 416, description = "`invalid_parameter`: the file has no such piece."),
    )
)]
pub(crate) async fn show_file(
    State(service): State<Service>,
    caller: Principal,
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    access::check(Action::Read, &caller, &[])?;
    let known = NAMES.iter().find(|(known, _)| is_hash(&hash) && *known == name);
    let (name, media_type) = known.ok_or(Error::NoSuchFile)?;
    let tag = format!("{hash}-{}", name.trim_end_matches(".jpg").trim_end_matches(".png"));
    let fields = [
        (ETAG, etag::value(&tag)),
        (CACHE_CONTROL, IMMUTABLE),
        CDN_CACHE_CONTROL,
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    if etag::is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, fields).into_response());
    }
    let piece = match range(&headers, &tag) {
        Some(wanted) => Some(piece(&wanted, service.files.size(&hash, name).await?).ok_or(Error::NoSuchPiece)?),
        None => None,
    };
    let is_piece = piece.is_some();
    let found = service.files.get(&hash, name, piece.map(GetRange::Bounded)).await?;
    let (first, end, whole) = (found.range.start, found.range.end, found.meta.size);
    let about = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CONTENT_LENGTH, HeaderValue::from(end - first)),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ];
    let mut response = (fields, about, Body::from_stream(found.into_stream())).into_response();
    if is_piece {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let piece = format!("bytes {first}-{}/{whole}", end.saturating_sub(1));
        HeaderValue::try_from(piece).map(|piece| response.headers_mut().insert(CONTENT_RANGE, piece)).ok();
    }
    Ok(response)
}

/// The one piece that is wanted. What is no range, or several, is not heard (RFC 9110, section 14.2).
fn range(headers: &HeaderMap, tag: &str) -> Option<GetRange> {
    if headers.get(IF_RANGE).is_some_and(|known| *known != etag::value(tag)) {
        return None;
    }
    let (first, last) = headers.get(RANGE)?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (first, last) {
        ("", last) => number(last).map(GetRange::Suffix),
        (first, "") => number(first).map(GetRange::Offset),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| GetRange::Bounded(first..last.saturating_add(1)))
        }
    }
}

/// What of it a file of this size has; none if that is nothing.
fn piece(wanted: &GetRange, size: u64) -> Option<Range<u64>> {
    let piece = match wanted {
        GetRange::Bounded(range) => range.start..range.end.min(size),
        GetRange::Offset(first) => *first..size,
        GetRange::Suffix(length) => size.saturating_sub(*length)..size,
    };
    (piece.start < piece.end).then_some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_heard_and_nothing_else() {
        let of = |text: &'static str| range(&HeaderMap::from_iter([(RANGE, HeaderValue::from_static(text))]), "x-720");
        assert_eq!(of("bytes=0-9"), Some(GetRange::Bounded(0..10)));
        assert_eq!(of("bytes=5-"), Some(GetRange::Offset(5)));
        assert_eq!(of("bytes=-5"), Some(GetRange::Suffix(5)));
        for text in ["bytes=9-0", "bytes=0-1,3-4", "bytes=-", "bytes=+1-2", "lines=0-1", "0-1"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_piece_ends_where_the_file_does() {
        let of = |wanted: GetRange| piece(&wanted, 10);
        assert_eq!(of(GetRange::Bounded(5..50)), Some(5..10));
        assert_eq!(of(GetRange::Offset(9)), Some(9..10));
        assert_eq!(of(GetRange::Suffix(50)), Some(0..10));
        for nothing in [GetRange::Bounded(10..11), GetRange::Offset(10), GetRange::Suffix(0)] {
            assert_eq!(of(nothing.clone()), None, "{nothing:?}");
        }
    }
}
