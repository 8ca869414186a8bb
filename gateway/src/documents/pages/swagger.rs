//! Swagger UI: the published distribution, our own start script, no top bar, no online validator.

use std::sync::{Arc, LazyLock};

use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use utoipa_swagger_ui::Config;

use super::{Asset, address, escape, page_headers};
use crate::documents::bytes::{Fixed, REVALIDATE};

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'";

/// The page and what it loads; made when it is first asked for, so a gateway whose documents nobody reads pays nothing.
pub(crate) static PAGE: LazyLock<Page> = LazyLock::new(Page::new);

/// The page and its assets.
pub(crate) struct Page {
    pub(crate) assets: Vec<Asset>,
    html: Fixed,
}

/// `GET /docs`
#[utoipa::path(get, path = "/docs", tag = "Documents", operation_id = "docs_page",
    summary = "Read and try the API (Swagger UI)",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn page(request: HeaderMap) -> Response {
    PAGE.html.answer(&request, REVALIDATE)
}

impl Page {
    fn new() -> Self {
        let config = Arc::new(config());
        let vendored = |name: &'static str, content_type| {
            let file = utoipa_swagger_ui::serve(name, Arc::clone(&config)).ok().flatten();
            let bytes = file.map(|file| match file.bytes {
                std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
            });
            (name, Fixed::new(content_type, bytes.unwrap_or_default()))
        };
        let assets = vec![
            vendored("swagger-ui.css", "text/css; charset=utf-8"),
            ("docs.css", Fixed::new("text/css; charset=utf-8", include_str!("../assets/docs.css"))),
            vendored("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
            ("docs.js", Fixed::new("text/javascript; charset=utf-8", include_str!("../assets/docs.js"))),
            vendored("favicon-32x32.png", "image/png"),
        ];
        let html = page_headers(POLICY)
            .into_iter()
            .fold(Fixed::new("text/html; charset=utf-8", html(&assets, &config)), |page, (n, v)| page.with(n, v));
        Self { assets, html }
    }
}

fn config() -> Config<'static> {
    Config::new(["/openapi.json"])
        .use_base_layout()
        .validator_url("none")
        .persist_authorization(true)
        .display_request_duration(true)
        .doc_expansion("list")
        .default_models_expand_depth(0)
        .filter(true)
}

fn html(assets: &[Asset], config: &Config<'static>) -> String {
    let at = |name: &str| assets.iter().find(|(n, _)| *n == name).map(|a| address("/docs", a)).unwrap_or_default();
    let config = serde_json::to_string(config).unwrap_or_default();
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Agora API</title>
<link rel="icon" type="image/png" href="{icon}">
<link rel="stylesheet" href="{theirs}">
<link rel="stylesheet" href="{ours}">
<script src="{bundle}" defer></script>
<script src="{start}" defer></script>
</head>
<body>
<nav class="pages"><a class="name" href="/">Agora</a><a href="/redoc">ReDoc</a><a href="/openapi.json">JSON</a><a href="/openapi.yaml">YAML</a><a href="/problems">Problems</a></nav>
<div id="swagger-ui" data-config="{config}"></div>
<noscript>This page needs JavaScript. The document itself: <a href="/openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"#,
        icon = at("favicon-32x32.png"),
        theirs = at("swagger-ui.css"),
        ours = at("docs.css"),
        bundle = at("swagger-ui-bundle.js"),
        start = at("docs.js"),
        config = escape(&config),
    )
}
