//! Values that were parsed once and are valid for ever.
//!
//! A request's strings become these types at the edge; everything behind it takes them and checks nothing again.

mod email;
mod role;
mod secret;
mod session_id;
mod text;
mod username;

use std::borrow::Cow;

use problem::Invalid;

pub(crate) use email::Email;
pub(crate) use role::Roles;
pub use role::{Role, UnknownRole};
pub(crate) use secret::{Client, Password, TokenHash};
pub(crate) use session_id::SessionId;
pub(crate) use text::{Description, DisplayName, Name, Status};
pub(crate) use username::{Username, base32};

/// Why a text is not a value of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    code: &'static str,
    message: Cow<'static, str>,
}

impl Mistake {
    pub(crate) fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Invalid for Mistake {
    fn code(&self) -> &str {
        self.code
    }
}
