//! Answers and requests in JSON are reshaped, by jq programs or by the plain words `rename`, `pick` and `omit`.
//!
//! Whatever a route's author writes and whatever a service answers: a transform ends soon, in bounded memory, with one
//! whole document or with a [`TransformError`], never with half an answer, and it reads nothing but its input and the
//! variables that it was given.
//!
//! * A [`Program`] is jq. It is compiled once, when the plan is built, and refused there unless all of it is on a list.
//!   It runs in jaq with every operation metered, or, if it only builds objects of plain paths (a [`Form`]), on the raw
//!   text of the document.
//! * A [`Reshape`] renames, picks and omits by [`Path`], in one pass over the raw text.
//!
//! ```
//! use transform::{Form, Path, Program, Reshape};
//!
//! let answer = br#"{"items":[{"id":1,"title":"Hello","author":{"name":"Zoe"}}],"next":null}"#;
//!
//! // A program, with a variable of the request.
//! let program = Program::compile(r#".items | map("\($from): \(.title)")"#, &["from"])?;
//! assert_eq!(program.run(answer, &[br#""posts""#])?, r#"["posts: Hello"]"#);
//!
//! // One that is a form: its answer has a shape that can be told from it.
//! let program = Program::compile("{posts: (.items | map({id, by: .author.name}))}", &[])?;
//! let Some(Form::Object(fields)) = program.form() else { unreachable!("it only builds an object") };
//! let Some((name, Form::Map(items, _))) = fields.first() else { unreachable!("it maps the items") };
//! assert_eq!((&**name, items), ("posts", &Path::parse("items")?));
//! assert_eq!(program.run(answer, &[])?, r#"{"posts":[{"id":1,"by":"Zoe"}]}"#);
//!
//! // Plain words.
//! let rename = [(Path::parse("items[].title")?, "name".to_owned())];
//! let words = Reshape::compile(&rename, None, &[Path::parse("items[].author")?])?;
//! assert_eq!(words.apply(answer)?, r#"{"items":[{"id":1,"name":"Hello"}],"next":null}"#);
//!
//! // What could run for long is refused when it is compiled.
//! let refused = Program::compile("[range(.n)]", &[]).unwrap_err();
//! assert!(refused.at.start < "[range(.n)]".len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cursor;
mod error;
mod form;
mod path;
mod program;
mod reshape;

pub use error::{ProgramError, TransformError};
pub use form::Form;
pub use path::{Path, Step};
pub use program::{Program, Read};
pub use reshape::Reshape;

/// The longest document that is reshaped.
pub const MAX_INPUT: usize = 1 << 20;

/// The longest document that comes out.
pub const MAX_OUTPUT: usize = 4 << 20;

/// How deep arrays and objects of a document may stand in each other.
pub const MAX_DEPTH: usize = 128;

#[cfg(test)]
mod tests;
