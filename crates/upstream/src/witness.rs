//! What a call comes to on its way.

use std::fmt;

use http::HeaderMap;

/// Is told of what the outcome of a call does not say: of several attempts only one is the answer, and an answer whose small body
/// is cut is none.
pub trait Witness: fmt::Debug + Sync {
    /// An attempt has begun: from here on it is not known whether the target has seen the request.
    fn begins(&self) {}

    /// The head of an answer is there, whatever becomes of the rest of it.
    fn head(&self, headers: &HeaderMap);

    /// The request is sent once more, and may have been carried out before.
    fn repeats(&self) {}
}
