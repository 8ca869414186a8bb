//! Names that are made here: groups of a route, and tags of answers that came without one.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method};
use principal::Principal;

use crate::plan::{Tag, TagPiece};
use crate::plane::Plane;
use crate::routes::Found;

/// A strong validator of a body (RFC 9110, section 8.8.1): half of its SHA-256, so that nobody finds two bodies of one tag.
pub(super) fn of(body: &[u8]) -> HeaderValue {
    let digest = digest::digest(&digest::SHA256, body);
    let half = digest.as_ref().get(..16).unwrap_or_default();
    HeaderValue::from_str(&format!("\"{}\"", URL_SAFE_NO_PAD.encode(half))).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The names of `tags` for a request to `path` by `caller`.
pub(super) fn names(tags: &[Tag], plane: &Plane, method: &Method, path: &str, caller: &Principal) -> Vec<String> {
    if tags.is_empty() {
        return Vec::new();
    }
    let Found::Route { parameters, .. } = plane.surface().plan.table.find(method, path) else { return Vec::new() };
    let piece = |piece: &TagPiece| match piece {
        TagPiece::Text(text) => text.clone(),
        TagPiece::Path(index) => super::groups::plain(parameters.get(*index).unwrap_or_default()).into_owned(),
        TagPiece::Sub => caller.sub.clone().unwrap_or_default(),
    };
    tags.iter().map(|Tag(pieces)| pieces.iter().map(piece).collect()).collect()
}
