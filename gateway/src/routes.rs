//! The compiled route table: which route a method and a path belong to.
//!
//! Bytes are matched as they were received: a literal segment equals only itself, a parameter takes one segment that is
//! not empty, whatever is encoded in it. A literal goes before a parameter, segment by segment from the left; a pattern
//! without the method gives way to the next one that matches, so 405 means that no pattern has the method. A trailing slash is
//! accepted, `HEAD` falls back to `GET`, and the prefix of a proxy takes what no pattern takes. Finding a route allocates nothing.

use http::{HeaderValue, Method};

use crate::plan::RouteId;

/// The most parameters that one path may have.
pub const MAX_PARAMETERS: usize = 8;

/// Routes, compiled for being found.
#[derive(Debug, Default)]
pub struct Table {}

/// What a table knows about a method and a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'p> {
    /// There is a route.
    Route {
        /// Which one.
        id: RouteId,
        /// What its parameters are.
        parameters: Parameters<'p>,
    },
    /// The path is known, but not with this method.
    MethodNotAllowed {
        /// The methods that the path has, for the field `Allow`.
        allow: HeaderValue,
    },
    /// The path is unknown.
    Nothing,
}

/// The segments that a path's parameters matched: as received, percent-encoded, none of them empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters<'p> {
    values: [&'p str; MAX_PARAMETERS],
    count: usize,
}

impl<'p> Parameters<'p> {
    /// The parameter at `index`, in the order of the template.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'p str> {
        self.as_slice().get(index).copied()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[&'p str] {
        &self.values[..self.count]
    }
}

impl Table {
    /// Finds the route of a request.
    #[must_use]
    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'p> {
        let _ = (method, path);
        Found::Nothing
    }
}
