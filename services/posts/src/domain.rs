//! Values that were parsed once and are valid for ever.

mod tag;
mod text;

pub(crate) use tag::{Tag, Tags};
pub(crate) use text::{AltText, CommentText, PostText};
