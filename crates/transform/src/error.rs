//! Why a program is refused, and why a document could not be reshaped. Neither quotes a document.

use std::borrow::Cow;
use std::ops::Range;

use super::{MAX_INPUT, MAX_OUTPUT};

/// Why a program is refused, and the part of it that is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProgramError {
    /// A sentence for the author, with what to write instead where that is known.
    pub message: String,
    /// The bytes of the program that are to blame; all of it if nothing smaller is.
    pub at: Range<usize>,
}

/// Why a document was not reshaped; there is no output then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// The input or a variable is not one JSON text in UTF-8.
    #[error("what was to be reshaped is not JSON")]
    NotJson,
    /// The input is longer than [`MAX_INPUT`].
    #[error("a document to be reshaped has at most {MAX_INPUT} bytes")]
    TooLarge,
    /// The input nests too deep, has too many values or a number too long, for its size.
    #[error("the document is too complex to be reshaped: {0}")]
    TooComplex(&'static str),
    /// The output would be longer than [`MAX_OUTPUT`].
    #[error("a reshaped document has at most {MAX_OUTPUT} bytes")]
    OutputTooLarge,
    /// The program ran into its limit of work or memory.
    #[error("the program needs more steps or memory for this document than one transform may take")]
    TooMuchWork,
    /// The document does not have the shape that the program expects.
    #[error("the program failed on this document: {0}")]
    Program(Cow<'static, str>),
    /// The output cannot be written as JSON.
    #[error("the result cannot be written as JSON: {0}")]
    Unwritable(&'static str),
    /// The program has so many outputs (2 means more than one), and a document is exactly one.
    #[error("a program has exactly one output, this one has {}", if *.0 == 0 { "none" } else { "more" })]
    Outputs(usize),
    /// The program has a different number of variables.
    #[error("the program was compiled with {expected} variables and is run with {given}")]
    Variables {
        /// As many as it was compiled with.
        expected: usize,
        /// As many as were handed in.
        given: usize,
    },
}
