//! The compiled route table: which route a method and a path belong to.
//!
//! Bytes are matched as they were received: a literal segment equals only itself, a parameter takes one segment that is
//! not empty, whatever is encoded in it. A literal goes before a parameter, segment by segment from the left; a pattern
//! without the method gives way to the next one that matches, so 405 means that no pattern has the method. A trailing
//! slash is accepted, `HEAD` falls back to `GET`, and the prefix of a proxy takes what no pattern takes. Finding a route
//! allocates nothing.

mod pattern;
mod trie;

#[cfg(test)]
mod tests;

use hashbrown::HashMap;
use http::{HeaderValue, Method};

use crate::plan::RouteId;

pub(crate) use pattern::{Pattern, Segment};
use trie::{Methods, Trie};

/// The most parameters that one path may have.
pub const MAX_PARAMETERS: usize = 8;

/// Routes, compiled for being found.
#[derive(Debug, Default)]
pub struct Table {
    /// Paths without parameters, by the whole path. Nothing goes before them, so one look-up settles most requests.
    literal: HashMap<Box<str>, Methods>,
    /// Paths with parameters.
    parametric: Trie,
    /// The prefixes of proxies without the slash at their end, the longest first.
    prefixes: Vec<(Box<str>, RouteId)>,
}

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

    fn push(&mut self, value: &'p str) {
        self.values[self.count] = value;
        self.count += 1;
    }
}

impl Table {
    /// Adds a route, or says which one has that method and shape already: parameter names make no difference.
    pub(crate) fn add(&mut self, method: &Method, pattern: &Pattern, id: RouteId) -> Result<(), RouteId> {
        match pattern.as_literal() {
            Some(path) => self.literal.entry(path.into()).or_default().add(method, id),
            None => self.parametric.methods_of(pattern).add(method, id),
        }
    }

    /// Adds a proxy, or says which one has that prefix already. The slash at the end of the prefix makes no difference.
    pub(crate) fn add_prefix(&mut self, prefix: &str, id: RouteId) -> Result<(), RouteId> {
        let prefix = without_slash(prefix);
        if let Some((_, first)) = self.prefixes.iter().find(|(known, _)| **known == *prefix) {
            return Err(*first);
        }
        let shorter = self.prefixes.partition_point(|(known, _)| known.len() >= prefix.len());
        self.prefixes.insert(shorter, (prefix.into(), id));
        Ok(())
    }

    /// Finds the route of a request. `path` is the path of its target, without the query.
    #[must_use]
    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'p> {
        if !path.starts_with('/') {
            return Found::Nothing;
        }
        let path = without_slash(path);
        let literal = self.literal.get(path);
        if let Some(id) = literal.and_then(|methods| methods.find(method)) {
            return Found::Route { id, parameters: Parameters::default() };
        }
        let mut parameters = Parameters::default();
        if let Some(id) = self.parametric.find(method, path, &mut parameters).or_else(|| self.prefixed(path)) {
            return Found::Route { id, parameters };
        }
        self.allowed(literal, path).map_or(Found::Nothing, |allow| Found::MethodNotAllowed { allow })
    }

    fn prefixed(&self, path: &str) -> Option<RouteId> {
        let within =
            |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.prefixes.iter().find(|(prefix, _)| within(prefix)).map(|(_, id)| *id)
    }

    /// The methods of every pattern that matches, as a field value.
    #[cold]
    fn allowed(&self, literal: Option<&Methods>, path: &str) -> Option<HeaderValue> {
        let mut names: Vec<&str> = literal.into_iter().flat_map(Methods::names).map(Method::as_str).collect();
        self.parametric.each(path, |methods| names.extend(methods.names().map(Method::as_str)));
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { None } else { HeaderValue::from_str(&names.join(", ")).ok() }
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
