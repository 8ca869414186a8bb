//! The page behind the `type` of every problem document: what a code means and what to do about it.

use axum::{
    Json,
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, VARY},
};
use problem::{Code, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::page;
use crate::documents::{bytes::REVALIDATE, pages::escape};

/// What a problem code means.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemCode {
    /// The `type` of its documents: this page.
    #[serde(rename = "type")]
    #[schema(example = "/problems/upstream_unavailable", format = "uri-reference")]
    kind: &'static str,
    /// The stable name.
    #[schema(example = "upstream_unavailable")]
    code: &'static str,
    /// One sentence.
    #[schema(example = "The service does not respond")]
    title: &'static str,
    /// The status that usually goes with it.
    #[schema(example = 503, minimum = 400, maximum = 599)]
    status: u16,
    /// What happened and what to do.
    explanation: &'static str,
    /// Whether the same request may succeed later.
    retryable: bool,
}

/// All problem codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemCodes {
    items: Vec<ProblemCode>,
}

impl From<Code> for ProblemCode {
    fn from(code: Code) -> Self {
        Self {
            kind: code.page(),
            code: code.as_str(),
            title: code.title(),
            status: code.status().as_u16(),
            explanation: code.explanation(),
            retryable: code.retryable(),
        }
    }
}

/// List the problem codes
///
/// The list is closed: a client may handle all of it. A page for browsers, JSON for everyone else.
#[utoipa::path(get, path = "/problems", tag = "Documents", operation_id = "list_problems", responses(
    (status = 200, description = "Every code.", content((ProblemCodes = "application/json"), (String = "text/html"))), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn index(request: HeaderMap) -> Response {
    if page::wants_html(&request) {
        return page::page("Problem codes", &table()).answer(&request, REVALIDATE);
    }
    data(ProblemCodes { items: Code::ALL.iter().map(|code| (*code).into()).collect() })
}

/// Explain a problem code
///
/// The `type` of every problem document leads here. A page for browsers, JSON for everyone else.
#[utoipa::path(get, path = "/problems/{code}", tag = "Documents", operation_id = "show_problem",
    params(("code" = String, Path, description = "The `code` of a problem document.", example = "upstream_unavailable")),
    responses(
        (status = 200, description = "What it means.", content((ProblemCode = "application/json"), (String = "text/html"))), (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        (status = 404, description = "`not_found`: there is no such code.")))]
pub(crate) async fn show(Path(code): Path<String>, request: HeaderMap) -> Response {
    let Ok(code) = code.parse::<Code>() else {
        return Problem::new(Code::NotFound).with_detail("There is no such problem code.").into_response();
    };
    if page::wants_html(&request) {
        return page::page(code.title(), &explained(code)).answer(&request, REVALIDATE);
    }
    data(ProblemCode::from(code))
}

fn data(body: impl Serialize) -> Response {
    let headers =
        [(VARY, HeaderValue::from_static("accept")), (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"))];
    (headers, Json(body)).into_response()
}

fn table() -> String {
    let row = |code: &Code| {
        format!(
            "<tr><td><a href=\"{page}\"><code>{name}</code></a></td><td>{status}</td><td>{title}</td></tr>\n",
            page = code.page(),
            name = code.as_str(),
            status = code.status().as_u16(),
            title = escape(code.title()),
        )
    };
    let rows: String = Code::ALL.iter().map(row).collect();
    format!(
        "<p class=\"small\"><a href=\"/\">Agora</a> <a href=\"/docs\">Docs</a></p>\n<h1>Problem codes</h1>\n\
         <p>Every error answer is a problem document (RFC 9457) with one of these codes.</p>\n\
         <table><thead><tr><th>code</th><th>status</th><th>meaning</th></tr></thead><tbody>\n{rows}</tbody></table>"
    )
}

fn explained(code: Code) -> String {
    format!(
        "<p class=\"small\"><a href=\"/\">Agora</a> <a href=\"/problems\">All problem codes</a></p>\n<h1>{title}</h1>\n<p>{text}</p>\n\
         <dl><dt>Code</dt><dd><code>{name}</code></dd><dt>Status</dt><dd>{status}</dd><dt>Worth repeating</dt><dd>{retry}</dd></dl>",
        title = escape(code.title()),
        text = prose(code.explanation()),
        name = code.as_str(),
        status = escape(&code.status().to_string()),
        retry = if code.retryable() { "yes, unchanged, a little later" } else { "no, not unchanged" },
    )
}

/// Escaped text, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(i, piece)| if i % 2 == 1 { format!("<code>{}</code>", escape(piece)) } else { escape(piece) })
        .collect()
}
