//! Values that were parsed once and are valid for ever.
//!
//! A request's strings become these types at the edge; everything behind it takes them and checks nothing again.

mod email;
mod role;
mod secret;
mod session_id;
mod text;
mod username;

use service::Mistake;

pub(crate) use email::Email;
pub(crate) use role::Roles;
pub use role::{Role, UnknownRole};
pub(crate) use secret::{Client, Password, TokenHash};
pub(crate) use session_id::SessionId;
pub(crate) use text::{Description, DisplayName, Name, Status};
pub(crate) use username::{Username, base32};
