//! What the gateway says about itself: the index of the API, its limits, the documents, the keys.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::Beside;
use crate::documents::bytes::REVALIDATE;

/// The name that the gateway gives itself.
pub(crate) const NAME: &str = "Agora";
/// The version of the gateway, which is that of the public document.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What answers here, and in which version.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    #[schema(example = "Agora")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// Where everything is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Index {
    #[schema(example = "Agora")]
    pub(crate) name: &'static str,
    #[schema(example = "0.1.0")]
    pub(crate) version: &'static str,
    /// Every operation of the API, by its operationId.
    pub(crate) links: BTreeMap<String, Link>,
    /// Where it is documented.
    pub(crate) documents: DocumentLinks,
}

/// One operation.
#[derive(Serialize, ToSchema, Clone)]
pub(crate) struct Link {
    #[schema(example = "GET")]
    pub(crate) method: String,
    /// The path; with `{name}` in it, a template.
    #[schema(example = "/api/v1/users/{username}")]
    pub(crate) href: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Show a user")]
    pub(crate) title: Option<String>,
    /// Whether `href` has parameters in it.
    pub(crate) templated: bool,
}

/// The documents of the API.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentLinks {
    #[schema(example = "/openapi.json")]
    openapi: &'static str,
    #[schema(example = "/docs")]
    docs: &'static str,
    #[schema(example = "/redoc")]
    redoc: &'static str,
    #[schema(example = "/problems")]
    problems: &'static str,
}

/// They are always there.
pub(crate) const DOCUMENTS: DocumentLinks =
    DocumentLinks { openapi: "/openapi.json", docs: "/docs", redoc: "/redoc", problems: "/problems" };

/// What the API can do, and how much of it at once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Meta {
    #[schema(example = "Agora")]
    pub(crate) name: &'static str,
    #[schema(example = "0.1.0")]
    pub(crate) version: &'static str,
    /// The areas of the API that this installation has.
    #[schema(example = json!(["auth", "users"]))]
    pub(crate) features: Vec<String>,
    pub(crate) limits: Limits,
    /// Operations that will go away, and what to use instead.
    pub(crate) deprecated: Vec<Deprecated>,
}

/// What a request may have at most.
#[derive(Serialize, ToSchema, Clone)]
pub(crate) struct Limits {
    /// Bytes of the request target.
    #[schema(example = 8192)]
    pub(crate) uri_bytes: u64,
    /// Bytes of the request line and all fields.
    #[schema(example = 16384)]
    pub(crate) head_bytes: u64,
    /// Fields of a request.
    #[schema(example = 100)]
    pub(crate) head_fields: u64,
    /// Bytes of a JSON body.
    #[schema(example = 1_048_576)]
    pub(crate) body_bytes: u64,
    /// Bytes of an upload.
    #[schema(example = 10_485_760)]
    pub(crate) upload_bytes: u64,
}

/// An operation that will go away.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deprecated {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) successor: String,
}

/// What a web front end needs to know before it can do anything.
#[derive(Serialize, ToSchema)]
pub(crate) struct FrontConfig {
    #[schema(example = "Agora")]
    pub(crate) name: &'static str,
    #[schema(example = "0.1.0")]
    pub(crate) version: &'static str,
    /// What every path of the API starts with.
    #[schema(example = "/api/v1")]
    pub(crate) api: &'static str,
    /// The areas of the API that this installation has.
    #[schema(example = json!(["auth", "users"]))]
    pub(crate) features: Vec<String>,
    pub(crate) session: SessionConfig,
    pub(crate) limits: Limits,
    pub(crate) documents: DocumentLinks,
}

/// How a browser signs in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionConfig {
    /// The value of `session` that a browser sends with its login: the refresh token is then a cookie that no script can read.
    #[schema(example = "cookie")]
    pub(crate) mode: &'static str,
    /// How long an access token is good for.
    #[schema(example = 600)]
    pub(crate) access_token_seconds: u64,
}

/// Where everything is
///
/// A link to every operation of the API, by its operationId.
#[utoipa::path(get, path = "/api/v1", tag = "Meta", operation_id = "index",
    responses((status = 200, description = "The index.", body = Index), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn index(State(beside): State<Beside>, request: HeaderMap) -> Response {
    beside.site.load().index.answer(&request, REVALIDATE)
}

/// What the API can do
///
/// Version, features and limits of this installation, and what is deprecated in it.
#[utoipa::path(get, path = "/api/v1/meta", tag = "Meta", operation_id = "show_meta",
    responses((status = 200, description = "What it can do.", body = Meta), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn meta(State(beside): State<Beside>, request: HeaderMap) -> Response {
    beside.site.load().meta.answer(&request, REVALIDATE)
}

/// What a web front end needs to know
#[utoipa::path(get, path = "/config.json", tag = "Meta", operation_id = "show_config",
    responses((status = 200, description = "The configuration.", body = FrontConfig), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn config(State(beside): State<Beside>, request: HeaderMap) -> Response {
    beside.site.load().config.answer(&request, REVALIDATE)
}

/// What answers here, and in which version
#[utoipa::path(get, path = "/version", tag = "Operations", operation_id = "show_version",
    responses((status = 200, description = "Name and version.", body = Version)))]
pub(crate) async fn version() -> Response {
    ([(CACHE_CONTROL, REVALIDATE)], Json(Version { name: NAME, version: VERSION })).into_response()
}

/// This document as JSON
#[utoipa::path(get, path = "/openapi.json", tag = "Documents", operation_id = "openapi_json",
    responses((status = 200, description = "OpenAPI 3.1, with a strong `ETag`.", content_type = "application/json", body = Object), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn openapi_json(State(beside): State<Beside>, request: HeaderMap) -> Response {
    beside.site.load().documents.json.answer(&request, REVALIDATE)
}

/// This document as YAML
#[utoipa::path(get, path = "/openapi.yaml", tag = "Documents", operation_id = "openapi_yaml",
    responses((status = 200, description = "OpenAPI 3.1, with a strong `ETag`.", content_type = "application/yaml", body = String), (status = 304, description = "The caller has this version already (`If-None-Match`).")))]
pub(crate) async fn openapi_yaml(State(beside): State<Beside>, request: HeaderMap) -> Response {
    beside.site.load().documents.yaml.answer(&request, REVALIDATE)
}

/// One public key.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what the keys' owner writes")]
pub(crate) struct Jwk {
    #[schema(example = "OKP")]
    kty: String,
    #[schema(example = "Ed25519")]
    crv: String,
    #[schema(example = "EdDSA")]
    alg: String,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: String,
    kid: String,
    x: String,
}

/// The public keys.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what the keys' owner writes")]
pub(crate) struct Jwks {
    keys: Vec<Jwk>,
}

/// The keys that access tokens are signed with
///
/// A JSON Web Key Set (RFC 7517). Keys rotate with overlap: find the one that a token's `kid` names.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "Operations", operation_id = "show_jwks",
    responses((status = 200, description = "The public keys.", content_type = "application/jwk-set+json", body = Jwks)))]
pub(crate) async fn jwks(State(beside): State<Beside>) -> Response {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, (beside.jwks)()).into_response()
}
