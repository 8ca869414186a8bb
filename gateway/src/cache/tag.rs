//! Names that are made here: groups of a route, and tags of answers that came without one.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method};
use principal::Principal;

use crate::plan::{Tag, TagPiece};
use crate::plane::Plane;
use crate::routes::Found;

/// Stands between the tag of a part and the digest of the whole.
const WHOLE: char = '~';

/// How long a digest is in a tag.
const DIGEST: usize = 22;

/// A strong validator of a body (RFC 9110, section 8.8.1): half of its SHA-256, so that nobody finds two bodies of one tag.
pub(super) fn of(body: &[u8]) -> HeaderValue {
    let digest = digest::digest(&digest::SHA256, body);
    let half = digest.as_ref().get(..16).unwrap_or_default();
    HeaderValue::from_str(&format!("\"{}\"", URL_SAFE_NO_PAD.encode(half))).unwrap_or(HeaderValue::from_static("\"\""))
}

/// A strong validator of an answer that was put together around a part with the tag `part`. It begins as that does, because it is
/// also the version that writes want ([`of_parts`]). None if that is no strong tag.
pub(super) fn of_whole(part: &HeaderValue, body: &[u8]) -> Option<HeaderValue> {
    let part = part.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
    let whole = of(body);
    HeaderValue::from_str(&format!("\"{part}{WHOLE}{}", whole.to_str().ok()?.strip_prefix('"')?)).ok()
}

/// Makes the tags in a request's conditions those of the parts, which are all that a service knows.
pub(crate) fn of_parts(headers: &mut HeaderMap) {
    let of_part = |value: &HeaderValue| {
        let text = value.to_str().ok().filter(|text| text.contains(WHOLE))?;
        HeaderValue::from_str(&text.split_inclusive('"').map(without_whole).collect::<String>()).ok()
    };
    for (name, value) in headers.iter_mut() {
        if (*name == IF_MATCH || *name == IF_NONE_MATCH)
            && let Some(of_part) = of_part(value)
        {
            *value = of_part;
        }
    }
}

/// A tag, which ends in its quote, without what was added to that of a part.
fn without_whole(piece: &str) -> String {
    let is_digest = |text: &str| {
        text.len() == DIGEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let part = piece.strip_suffix('"').and_then(|tag| tag.rsplit_once(WHOLE));
    part.filter(|(_, digest)| is_digest(digest)).map_or(piece.to_owned(), |(part, _)| format!("{part}\""))
}

/// The names of `tags` for a request to `path` by `caller`.
pub(super) fn names(tags: &[Tag], plane: &Plane, method: &Method, path: &str, caller: &Principal) -> Vec<String> {
    if tags.is_empty() {
        return Vec::new();
    }
    let Found::Route { parameters, .. } = plane.surface().plan.table.find(method, path) else { return Vec::new() };
    let piece = |piece: &TagPiece| match piece {
        TagPiece::Text(text) => text.clone(),
        TagPiece::Path(index) => super::groups::canonical(parameters.get(*index).unwrap_or_default()),
        TagPiece::Sub => caller.sub.clone().unwrap_or_default(),
    };
    tags.iter().map(|Tag(pieces)| pieces.iter().map(piece).collect()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_a_whole_is_another_one_for_another_body_and_that_of_its_part_for_a_service() {
        let part = HeaderValue::from_static("\"7-1.2~x\"");
        let (one, other) = (of_whole(&part, b"one").unwrap(), of_whole(&part, b"other").unwrap());
        assert_ne!(one, other);
        let mut headers = HeaderMap::new();
        let both = format!("{}, \"a~b\", {}", one.to_str().unwrap(), other.to_str().unwrap());
        headers.insert(IF_MATCH, HeaderValue::try_from(both).unwrap());
        headers.append(IF_MATCH, HeaderValue::from_static("*"));
        of_parts(&mut headers);
        let values: Vec<&HeaderValue> = headers.get_all(IF_MATCH).iter().collect();
        assert_eq!(values, ["\"7-1.2~x\", \"a~b\", \"7-1.2~x\"", "*"]);
        assert_eq!(of_whole(&HeaderValue::from_static("W/\"7\""), b"one"), None);
    }
}
