//! The few small HTML pages: one skeleton, one inline style sheet that the content security policy knows by its hash, no script.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, VARY},
};
use problem::{Code, Problem};

use crate::documents::{
    bytes::{Fixed, REVALIDATE},
    pages::{escape, page_headers},
};

const STYLE: &str = include_str!("page.css");

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'self'; style-src 'sha256-{hash}'; img-src 'self' data:; script-src 'none'; form-action 'none'"
    )
});

/// Whether the client says that it would rather have a page than data. A browser does; everything else gets data.
pub(crate) fn wants_html(request: &HeaderMap) -> bool {
    let accepted =
        request.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let (mut html, mut json) = (0.0_f32, 0.0_f32);
    for range in accepted {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality: f32 = parts.find_map(|p| p.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0);
        match kind.as_str() {
            "text/html" | "application/xhtml+xml" => html = f32::max(quality, html),
            "application/json" | "application/problem+json" => json = f32::max(quality, json),
            _ => {}
        }
    }
    html > json
}

/// A whole page around `body`, which is HTML already.
pub(crate) fn page(title: &str, body: &str) -> Fixed {
    let html = format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#,
        title = escape(title),
    );
    let page = Fixed::new("text/html; charset=utf-8", html).with(VARY, HeaderValue::from_static("accept"));
    page_headers(&POLICY).into_iter().fold(page, |page, (name, value)| page.with(name, value))
}

static FRONT: LazyLock<Fixed> = LazyLock::new(|| {
    page(
        "Agora",
        r#"<h1>Agora</h1>
<p>One HTTP API over several services. This is where it tells about itself.</p>
<ul class="cards">
<li><a href="/docs"><b>Try it</b><span>Swagger UI: sign in with <i>Authorize</i>, send requests, see answers.</span></a></li>
<li><a href="/redoc"><b>Read it</b><span>ReDoc: every operation, field and answer on one page.</span></a></li>
<li><a href="/openapi.json"><b>Generate from it</b><span>The OpenAPI 3.1 document as JSON; also as <i>openapi.yaml</i>.</span></a></li>
<li><a href="/problems"><b>Understand an error</b><span>A page for each problem code.</span></a></li>
</ul>
<p class="small"><a href="/api/v1">/api/v1</a> <a href="/api/v1/meta">/api/v1/meta</a> <a href="/openapi.yaml">/openapi.yaml</a>
<a href="/healthz">/healthz</a> <a href="/version">/version</a> <a href="/.well-known/jwks.json">/.well-known/jwks.json</a></p>"#,
    )
});

/// `GET /`: a small page for people; for anything else there is no such endpoint.
#[utoipa::path(get, path = "/", tag = "Documents", operation_id = "front_page",
    summary = "The front page", description = "A small page for people. Without `Accept: text/html` there is nothing here.",
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String), (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        (status = 404, description = "`route_not_found`: the client does not accept HTML.")))]
pub(crate) async fn front(request: HeaderMap) -> Response {
    if wants_html(&request) {
        FRONT.answer(&request, REVALIDATE)
    } else {
        let vary = HeaderValue::from_static("accept");
        Problem::new(Code::RouteNotFound).with_header(VARY, vary).into_response()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_browser_gets_a_page_and_a_program_gets_data() {
        let wants = |accept: &str| {
            let mut request = HeaderMap::new();
            request.insert(ACCEPT, accept.parse().unwrap());
            wants_html(&request)
        };
        assert!(wants("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
        assert!(wants("application/json;q=0.5, text/html"));
        assert!(!wants("*/*"));
        assert!(!wants("application/json"));
        assert!(!wants("application/json, text/html;q=0.9"));
        assert!(!wants("text/html;q=0"));
        assert!(!wants_html(&HeaderMap::new()));
    }
}
