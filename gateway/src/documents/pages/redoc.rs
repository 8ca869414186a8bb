//! ReDoc: the bundle that the `aide` crate carries, with the one address of another host in it replaced.

use std::sync::LazyLock;

use aide::redoc::Redoc;
use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, header};
use problem::{Code, Problem};

use super::{Asset, address, page_headers};
use crate::documents::bytes::Fixed;

/// ReDoc shows its maker's logo from a content network; an empty picture stands there instead.
const FOREIGN: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NOTHING: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// Its style sheets take their nonce from the bundler, which is told only after they have been written; ours is there before.
const NO_NONCE: &str = "r.nc=void 0";
const NONCE: &str = "r.nc=window.__webpack_nonce__";

/// The page's assets; made when they are first asked for.
pub(crate) static PAGE: LazyLock<Page> = LazyLock::new(Page::new);

/// What the page loads. The page itself has a nonce in it and is written for each request.
pub(crate) struct Page {
    pub(crate) assets: Vec<Asset>,
}

/// `GET /redoc`
#[utoipa::path(get, path = "/redoc", tag = "Documents", operation_id = "redoc_page",
    summary = "Read the API (ReDoc)",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String)))]
pub(crate) async fn page() -> Response {
    let Some(nonce) = nonce() else {
        return Problem::new(Code::Internal).into_response();
    };
    let mut response = html(&PAGE.assets, &nonce).into_response();
    let headers = response.headers_mut();
    for (name, value) in page_headers(&policy(&nonce)) {
        headers.insert(name, value);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// ReDoc writes style elements (they carry the nonce) and searches in a worker made from a blob.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; \
         worker-src 'self' blob:; form-action 'none'"
    )
}

fn nonce() -> Option<String> {
    let mut random = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut random).ok()?;
    Some(BASE64_STANDARD.encode(random))
}

impl Page {
    fn new() -> Self {
        Self {
            assets: vec![
                ("redoc.css", Fixed::new("text/css; charset=utf-8", include_str!("../assets/redoc.css"))),
                ("redoc.standalone.js", Fixed::new("text/javascript; charset=utf-8", bundle())),
                ("redoc.js", Fixed::new("text/javascript; charset=utf-8", include_str!("../assets/redoc.js"))),
            ],
        }
    }
}

/// The bundle stands in `aide`'s page between its opening script tag and its call.
fn bundle() -> String {
    let page = Redoc::new("/").html();
    let script = page.split_once("<script>").map_or("", |(_, rest)| rest);
    let bundle = script.rsplit_once("Redoc.init(").map_or("", |(bundle, _)| bundle);
    bundle.trim().replace(FOREIGN, NOTHING).replace(NO_NONCE, NONCE)
}

fn html(assets: &[Asset], nonce: &str) -> String {
    let at = |name: &str| assets.iter().find(|(n, _)| *n == name).map(|a| address("/redoc", a)).unwrap_or_default();
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Agora API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<script src="{bundle}" defer></script>
<script src="{start}" nonce="{nonce}"></script>
</head>
<body>
<div id="redoc" data-document="/openapi.json"></div>
<noscript>This page needs JavaScript. The document itself: <a href="/openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"#,
        style = at("redoc.css"),
        bundle = at("redoc.standalone.js"),
        start = at("redoc.js"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_whole_and_names_no_foreign_picture() {
        let bundle = bundle();
        assert!(bundle.starts_with("/*! For license information"), "{:.80}", bundle);
        assert!(bundle.len() > 1_000_000, "{}", bundle.len());
        assert!(!bundle.contains("cdn.redoc.ly"));
        assert!(bundle.contains(NOTHING));
        assert!(bundle.contains(NONCE) && !bundle.contains(NO_NONCE));
    }
}
