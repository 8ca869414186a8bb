//! The two structures behind a table: the methods of one pattern, and patterns with parameters, segment by segment.

use http::Method;

use super::Parameters;
use super::pattern::{Pattern, Segment};
use crate::plan::RouteId;

/// The methods of one pattern. There are a handful at most, so they are searched from the front.
#[derive(Debug, Default)]
pub(super) struct Methods(Vec<(Method, RouteId)>);

impl Methods {
    /// The route of a method; `HEAD` falls back to `GET`.
    pub(super) fn find(&self, method: &Method) -> Option<RouteId> {
        match self.exactly(method) {
            None if *method == Method::HEAD => self.exactly(&Method::GET),
            found => found,
        }
    }

    fn exactly(&self, method: &Method) -> Option<RouteId> {
        self.0.iter().find(|(known, _)| known == method).map(|(_, id)| *id)
    }

    /// Adds a route, or says which one has the method already.
    pub(super) fn add(&mut self, method: &Method, id: RouteId) -> Result<(), RouteId> {
        match self.exactly(method) {
            Some(first) => Err(first),
            None => {
                self.0.push((method.clone(), id));
                Ok(())
            }
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Method> {
        self.0.iter().map(|(method, _)| method)
    }
}

/// Patterns with parameters.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    literals: Vec<(Box<str>, usize)>,
    parameter: Option<usize>,
    methods: Methods,
}

impl Default for Trie {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Trie {
    /// The methods of a pattern, which is added if it is new.
    pub(super) fn methods_of(&mut self, pattern: &Pattern) -> &mut Methods {
        let mut at = 0;
        for segment in pattern.segments() {
            at = self.child(at, segment);
        }
        &mut self.nodes[at].methods
    }

    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let next = self.nodes.len();
        let node = &mut self.nodes[at];
        let known = match segment {
            Segment::Parameter(_) => *node.parameter.get_or_insert(next),
            Segment::Literal(text) => match node.literals.iter().find(|(literal, _)| **literal == **text) {
                Some((_, child)) => *child,
                None => {
                    node.literals.push((text.as_str().into(), next));
                    next
                }
            },
        };
        if known == next {
            self.nodes.push(Node::default());
        }
        known
    }

    /// Finds the route of `path`, which has no slash at its end. Each node is visited at most once.
    pub(super) fn find<'p>(&self, method: &Method, path: &'p str, parameters: &mut Parameters<'p>) -> Option<RouteId> {
        self.descend(0, path, &mut |methods| methods.find(method), parameters)
    }

    /// Calls `see` with the methods of each pattern that matches `path`.
    pub(super) fn each<'t>(&'t self, path: &str, mut see: impl FnMut(&'t Methods)) {
        let mut ignored = Parameters::default();
        let none: Option<()> = self.descend(
            0,
            path,
            &mut |methods| {
                see(methods);
                None
            },
            &mut ignored,
        );
        debug_assert!(none.is_none(), "nothing ends this search early");
    }

    fn descend<'t, 'p, T>(
        &'t self,
        at: usize,
        path: &'p str,
        take: &mut impl FnMut(&'t Methods) -> Option<T>,
        parameters: &mut Parameters<'p>,
    ) -> Option<T> {
        let node = &self.nodes[at];
        let Some(path) = path.strip_prefix('/') else { return take(&node.methods) };
        let (segment, rest) = path.split_at(memchr::memchr(b'/', path.as_bytes()).unwrap_or(path.len()));
        if let Some((_, child)) = node.literals.iter().find(|(literal, _)| **literal == *segment)
            && let Some(taken) = self.descend(*child, rest, take, parameters)
        {
            return Some(taken);
        }
        let child = node.parameter.filter(|_| !segment.is_empty())?;
        let before = parameters.count;
        parameters.push(segment);
        let taken = self.descend(child, rest, take, parameters);
        if taken.is_none() {
            parameters.count = before;
        }
        taken
    }
}
