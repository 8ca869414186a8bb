//! Swagger UI at `/docs` and ReDoc at `/redoc`. Everything that they load comes from this process, under a content security policy
//! that would stop them from loading anything else.

pub(crate) mod redoc;
pub(crate) mod swagger;

use axum::{
    extract::{Path, RawQuery},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use problem::{Code, Problem};

use super::bytes::{FOREVER, Fixed, REVALIDATE};

/// A file that a page loads, by its name below the page.
pub(crate) type Asset = (&'static str, Fixed);

/// The address of an asset with the hash of its content, so that it may be kept for ever and still is never stale.
fn address(page: &str, asset: &Asset) -> String {
    format!("{page}/{}?v={}", asset.0, asset.1.hash())
}

fn serve(assets: &[Asset], name: &str, query: Option<&str>, request: &HeaderMap) -> Response {
    let Some((_, asset)) = assets.iter().find(|(known, _)| *known == name) else {
        return Problem::new(Code::RouteNotFound).into_response();
    };
    let current = query.and_then(|q| q.strip_prefix("v=")) == Some(asset.hash());
    asset.answer(request, if current { FOREVER } else { REVALIDATE })
}

/// `GET /docs/{asset}`
pub(crate) async fn docs_asset(Path(name): Path<String>, RawQuery(query): RawQuery, request: HeaderMap) -> Response {
    serve(&swagger::PAGE.assets, &name, query.as_deref(), &request)
}

/// `GET /redoc/{asset}`
pub(crate) async fn redoc_asset(Path(name): Path<String>, RawQuery(query): RawQuery, request: HeaderMap) -> Response {
    serve(&redoc::PAGE.assets, &name, query.as_deref(), &request)
}

/// The headers of every HTML page: what it may load, and that nobody may frame it.
pub(crate) fn page_headers(policy: &str) -> Vec<(HeaderName, HeaderValue)> {
    let policy = format!("{policy}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    // A policy is made of plain ASCII; should one ever not be, the page may load nothing at all.
    let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    vec![
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
}

/// Text that may stand in HTML, also between double quotes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
