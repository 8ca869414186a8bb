//! Forms whose fields a route renames: `multipart/form-data` and `application/x-www-form-urlencoded`, rewritten while
//! they stream.
//!
//! Only the names that a route renames change; what a field holds is handed on as it came, without a copy. What is no
//! well-formed form is refused, and a call that has begun by then is cut, so that no service takes half of one. What is
//! held at a time is one name, or the head of one part.

mod body;
mod disposition;
mod error;
mod media;
mod multipart;
mod object;
mod parameters;
mod renames;
mod rewriter;
mod urlencoded;

pub(crate) use body::Rewritten;
pub(crate) use error::FormError;
pub(crate) use media::is_form;
pub(crate) use object::to_object;
pub(crate) use renames::Renames;
pub(crate) use rewriter::Rewriter;

#[cfg(test)]
mod tests;
