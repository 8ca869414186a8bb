//! The error document that every HTTP surface of this system speaks (RFC 9457), and the axum
//! extractors that reject with it.
//!
//! A [`Problem`] is built from a [`Code`] of a closed list; the code decides the status, the title
//! and whether a retry is sensible. It becomes a response through [`axum::response::IntoResponse`]
//! or, without axum, through [`Problem::into_http`]. The middleware [`complete()`] adds what only the
//! request knows (path and request id) and turns bare error responses into problem documents.
//!
//! ```
//! use problem::{Code, Problem};
//!
//! let problem = Problem::new(Code::NotFound).with_detail("There is no user `zoe`.");
//! assert_eq!(problem.status(), 404);
//! let body = problem.render(Some("/users/zoe"), Some("req-1"));
//! let document: serde_json::Value = serde_json::from_slice(&body)?;
//! assert_eq!(document["type"], "/problems/not_found");
//! assert_eq!(document["request_id"], "req-1");
//! # Ok::<(), serde_json::Error>(())
//! ```

mod code;
mod complete;
mod document;
mod extract;
mod fields;
mod schema;

pub use code::{Code, UnknownCode};
pub use complete::{FORWARDED_PREFIX, REQUEST_ID, complete, method_not_allowed, not_found};
pub use document::{FieldError, MEDIA_TYPE, Problem};
pub use extract::{BodyLimit, Form, JSON_LIMIT, Json, Path, Query};
pub use fields::{Fields, Invalid, suggestion};
pub use schema::{ProblemDocument, ProblemError, describe};
