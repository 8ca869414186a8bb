//! What a route does that asks more than one operation, or that reshapes what it asks and answers: decided when the plan is
//! built, so that a request only looks things up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use problem::Code;
use serde_json::Value;

use super::{Hold, PathPiece, ServiceId};
use transform::{Path, Program, Reshape, Step, TransformError};

/// The name of the part that a route's `to` is.
pub const MAIN: &str = "main";

/// The calls of a route and how their answers become one. The calls form a directed graph without cycles.
#[derive(Clone, Debug)]
pub struct Composition {
    /// The calls: the main one first if there is one, then `parts`, then `include`, each in the order of the file.
    pub parts: Vec<Part>,
    /// What a client may choose by `?include=`: names and the parts that they stand for.
    pub choices: Vec<(String, usize)>,
    /// What a client may choose by `?fields=`; none if it may not choose.
    pub fields: Option<Vec<String>>,
    /// What is made of the request's body.
    pub request: Option<Program>,
    /// What is made of the whole answer, before it could be stored.
    pub shape: Option<Shape>,
    /// What is made of it for this caller, after it could be stored.
    pub finish: Option<Finish>,
    /// The status of a success, if it is not the operation's own.
    pub status: Option<StatusCode>,
    /// Fields of the answer.
    pub headers: Vec<(HeaderName, FieldSource)>,
    /// The schema of the answer that the route declares, because it cannot be derived.
    pub response_schema: Option<Value>,
    /// How the route is documented, if no operation does that.
    pub doc: Option<Doc>,
    /// The calls that are made for the viewer alone, after anything that could be stored, in terms of the finished answer: its
    /// main part, which is not asked. None if there are no such parts.
    pub late: Option<Arc<Composition>>,
}

/// One call, and the place of its answer.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name, as `_parts` shows it.
    pub name: String,
    /// The service that is asked.
    pub service: ServiceId,
    /// The operation's id.
    pub operation: String,
    /// The path to call.
    pub path: Vec<PathPiece>,
    /// The parameters beside the path's own.
    pub bindings: Vec<Binding>,
    /// What the values have to be that it takes of the request, as far as its contract says.
    pub holds: Vec<Hold>,
    /// Where its answer goes.
    pub place: Place,
    /// What its failure means.
    pub need: Need,
    /// Whether only its viewer may see it, so that it is part of nothing that is kept.
    pub viewer: bool,
    /// The choice that asks for it; none if it is always asked.
    pub choice: Option<usize>,
    /// The parts whose answers it needs.
    pub after: Vec<usize>,
    /// What is made of its answer.
    pub shape: Option<Shape>,
    /// How long the call may take.
    pub timeout: Duration,
    /// For how long after it was made an older answer may stand in where the service does not answer; zero for never.
    pub stale_if_error: Duration,
    /// Where it is in the public answer: names of fields, lists left out.
    pub at: Vec<String>,
    /// The schema of its answer after shaping, in terms of its service's contract; none if nothing is known.
    pub schema: Option<Value>,
}

impl Part {
    /// The names of the client's query without which it is not asked, and nothing is missing.
    pub fn asked_by(&self) -> impl Iterator<Item = &str> {
        let is_free = self.place == Place::Aside && self.need != Need::Required;
        self.bindings.iter().filter(move |binding| is_free && binding.required).filter_map(|binding| {
            match &binding.source {
                Source::Query(name) => Some(name.as_str()),
                _ => None,
            }
        })
    }

    /// Whether it is not asked where the client does not send what it would be asked with.
    #[must_use]
    pub fn may_stay_unasked(&self) -> bool {
        self.asked_by().next().is_some()
    }
}

/// Where an answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the answer that the others are added to.
    Root,
    /// Under its name.
    Member,
    /// Beside keys in the answer of another part.
    Joined(Join),
    /// Nowhere: other calls take values of it.
    Aside,
}

/// A join: for each key in the host's answer the item of a batch answer that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The part whose answer has the keys.
    pub host: usize,
    /// Where they are in it; of a host that is joined itself, in one of its items.
    pub key: Path,
    /// The field that is added beside the key.
    pub field: String,
    /// The parameter that takes the keys.
    pub parameter: String,
    /// Whether the parameter is repeated for each key, or one list with commas.
    pub repeated: bool,
    /// Where an item of the batch answer has its key.
    pub on: Path,
    /// What of an item is added; the whole of it if this is empty.
    pub take: Path,
    /// The most keys of one call.
    pub max_batch: usize,
}

impl Join {
    /// The most calls of one join.
    pub const MOST_CHUNKS: usize = 32;

    /// Where in the batch answer that is what is added beside the keys.
    #[must_use]
    pub fn added(&self) -> Path {
        let items = [Step::Field("items".into()), Step::Each];
        items.into_iter().chain(self.take.steps().iter().cloned()).collect()
    }

    /// The most keys that are looked up, where a join may have `keys` in all.
    #[must_use]
    pub fn most_keys(&self, keys: usize) -> usize {
        keys.min(self.max_batch.saturating_mul(Self::MOST_CHUNKS))
    }
}

/// What the failure of a part means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// There is no answer without it.
    Required,
    /// `null` stands in its place.
    Optional,
    /// This JSON stands in its place.
    Fallback(Bytes),
}

impl Need {
    /// What `_parts` calls the state of a part that failed.
    #[must_use]
    pub fn state(&self) -> &'static str {
        if matches!(self, Self::Fallback(_)) { "default" } else { "error" }
    }
}

/// A parameter of a call and where its value comes from.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The parameter.
    pub parameter: Parameter,
    /// Whether the operation needs it.
    pub required: bool,
    /// Where its value comes from.
    pub source: Source,
}

/// Where a parameter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Into the path, at this piece.
    Path(usize),
    /// Into the query. A list is repeated or has commas.
    Query {
        /// Its name.
        name: String,
        /// Whether a list is written as the name repeated.
        repeated: bool,
    },
    /// Into a header field.
    Header(HeaderName),
}

/// Where the value of a parameter comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The route's path parameter at this index.
    Path(usize),
    /// The client's query parameter of this name.
    Query(String),
    /// The client's header field.
    Header(HeaderName),
    /// What a program makes of the request's body.
    Body(Program),
    /// What the access token says.
    Claim(Claim),
    /// What a program makes of another part's answer.
    Part(usize, Program),
    /// This text.
    Text(String),
}

/// What an access token says of its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Whom it is about.
    Sub,
    /// The session that it belongs to.
    Sid,
}

/// Where a field of the answer comes from.
#[derive(Clone, Debug)]
pub enum FieldSource {
    /// A field of the main part's answer; its old name goes.
    Header(HeaderName),
    /// What a program makes of the answer's body.
    Body(Program),
    /// This value.
    Text(HeaderValue),
}

/// What is made of an answer that may be stored: it cannot depend on who asks, because it is never told.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A program; it knows `$base`, the public origin.
    Program(Program),
    /// Fields renamed, picked or left out.
    Reshape(Reshape),
}

impl Shape {
    /// The variables that a program may use.
    pub(crate) const VARIABLES: [&'static str; 1] = ["base"];

    /// The answer's new body.
    ///
    /// # Errors
    ///
    /// A [`TransformError`] where the answer is not what the program expects.
    pub fn apply(&self, body: &[u8], base: &[u8]) -> Result<Bytes, TransformError> {
        match self {
            Self::Program(program) => program.run(body, &[base]),
            Self::Reshape(reshape) => reshape.apply(body),
        }
    }
}

/// What is made of an answer for one caller, after anything that could be stored.
#[derive(Clone, Debug)]
pub struct Finish(pub Program);

impl Finish {
    /// The variables that the program may use.
    pub(crate) const VARIABLES: [&'static str; 2] = ["base", "viewer"];

    /// The answer's new body; `viewer` is the JSON of who asks, or `null`.
    ///
    /// # Errors
    ///
    /// A [`TransformError`] where the answer is not what the program expects.
    pub fn apply(&self, body: &[u8], base: &[u8], viewer: &[u8]) -> Result<Bytes, TransformError> {
        self.0.run(body, &[base, viewer])
    }
}

/// How one problem code is answered on a route.
#[derive(Clone, Debug)]
pub struct ErrorRule {
    /// The code.
    pub code: Code,
    /// The status to answer with instead.
    pub status: Option<StatusCode>,
    /// A program over the problem document, which gives its new `detail`.
    pub detail: Option<Program>,
}

/// How a route is documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// The public operationId.
    pub id: String,
    /// What it does, in a few words.
    pub summary: String,
    /// More of that.
    pub description: Option<String>,
    /// The group that it belongs to.
    pub tag: String,
}

impl Composition {
    /// The most names of one `?include=`.
    pub const MOST_INCLUDES: usize = 6;
    /// How many words a name of `?include=` may have.
    pub const DEEPEST_INCLUDE: usize = 2;
    /// The most names of one `?fields=`.
    pub const MOST_FIELDS: usize = 32;
    /// How many words a name of `?fields=` may have.
    pub const DEEPEST_FIELD: usize = 2;

    /// The main part, if the route has one.
    #[must_use]
    pub fn main(&self) -> Option<&Part> {
        self.parts.first().filter(|part| part.place == Place::Root)
    }

    /// The parts that are joined to the answer of `host`.
    pub fn joined_to(&self, host: usize) -> impl Iterator<Item = (usize, &Join)> {
        self.parts.iter().enumerate().filter_map(move |(index, part)| match &part.place {
            Place::Joined(join) if join.host == host => Some((index, join)),
            _ => None,
        })
    }

    /// Whether anything may be missing from an answer that is a success.
    #[must_use]
    pub fn may_degrade(&self) -> bool {
        self.parts.iter().any(|part| part.need != Need::Required && part.place != Place::Aside)
    }

    /// Whether the answers of parts become one; otherwise one answer is only reshaped.
    #[must_use]
    pub fn is_composed(&self) -> bool {
        self.parts.len() > 1 || self.main().is_none()
    }
}
