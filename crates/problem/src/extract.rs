//! Axum extractors that reject with a [`crate::Problem`].

mod form;
mod json;
mod parameters;
mod reason;

pub use form::Form;
pub use json::{BodyLimit, JSON_LIMIT, Json};
pub use parameters::{Path, Query};
