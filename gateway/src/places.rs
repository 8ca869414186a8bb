//! What services say of places (`Location`, `Content-Location`), as clients know them: the public path of the route that shows
//! what is at a service's own path. What leads elsewhere, and what no route shows, stays as it is.

mod origin;

use std::borrow::Cow;

use http::header::{CONTENT_LOCATION, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, percent_encode};

pub(crate) use self::origin::OriginPlaces;
use crate::plan::{PathPiece, Plan, Route, RouteId, ServiceId, Target};
use crate::routes::{Found, Pattern, Segment, Table};

/// The fields that name places of their service.
const FIELDS: [HeaderName; 2] = [LOCATION, CONTENT_LOCATION];

/// From the paths of services to public ones.
#[derive(Debug)]
pub(crate) struct Places {
    /// One for each service of the plan: which route shows what is at a path of the service's own.
    shown: Vec<Table>,
    /// For each route the pieces of its path; their parameters count in the order of the service's own path.
    public: Vec<Vec<PathPiece>>,
}

impl Places {
    /// Of several routes that show the same, the first is meant that is not deprecated.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut shown: Vec<Table> = plan.services.iter().map(|_| Table::default()).collect();
        let mut public = vec![Vec::new(); plan.routes.len()];
        let routes = || plan.routes.iter().enumerate();
        let current = routes().filter(|(_, route)| route.deprecated.is_none());
        for (index, route) in current.chain(routes().filter(|(_, route)| route.deprecated.is_some())) {
            let Some((service, own, pieces)) = turned(route) else { continue };
            let (Ok(id), Some(table)) = (u16::try_from(index), shown.get_mut(usize::from(service.0))) else { continue };
            if table.add(&Method::GET, &own, RouteId(id)).is_ok() {
                public[index] = pieces;
            }
        }
        Self { shown, public }
    }

    /// Makes the places that a service names those that clients know. `asked` is the path at which the service was asked, which
    /// a relative reference starts from.
    pub(crate) fn tell(&self, headers: &mut HeaderMap, service: usize, asked: &str) {
        tell(headers, |reference| self.public(service, asked, reference));
    }

    /// The public path of what is at a service's own; none where no route shows it.
    pub(crate) fn shown(&self, service: usize, own: &str) -> Option<String> {
        self.public(service, own, own)
    }

    /// The public reference for a service's own; none for one that leads elsewhere, or to what no route shows.
    fn public(&self, service: usize, asked: &str, reference: &str) -> Option<String> {
        let end = reference.find(['?', '#']).unwrap_or(reference.len());
        let (path, rest) = reference.split_at_checked(end)?;
        let own = resolved(asked, path)?;
        let Found::Route { id, parameters } = self.shown.get(service)?.find(&Method::GET, &own) else { return None };
        let mut public = String::with_capacity(reference.len() + 16);
        for piece in self.public.get(usize::from(id.0))? {
            public.push_str(match piece {
                PathPiece::Literal(text) => text,
                PathPiece::Parameter(index) => parameters.get(*index)?,
                PathPiece::Bound(_) => return None,
            });
        }
        public.push_str(rest);
        Some(public)
    }
}

/// The reference in a field. What is not ASCII is escaped, as whoever follows it does.
pub(crate) fn reference(value: &HeaderValue) -> Cow<'_, str> {
    // Without a set, what is not ASCII is all that is escaped.
    percent_encode(value.as_bytes(), &AsciiSet::EMPTY).into()
}

/// Replaces each reference for which there is a public one.
fn tell(headers: &mut HeaderMap, public: impl Fn(&str) -> Option<String>) {
    for name in FIELDS {
        let public = headers.get(&name).and_then(|value| public(&reference(value)));
        if let Some(value) = public.and_then(|public| HeaderValue::try_from(public).ok()) {
            headers.insert(name, value);
        }
    }
}

/// A route that shows what is at one path of a service: whose path, which one, and the public path in pieces. None if the public
/// path needs what the other one does not have.
fn turned(route: &Route) -> Option<(ServiceId, Pattern, Vec<PathPiece>)> {
    let Target::Operation { service, path, .. } = &route.target else { return None };
    if route.method != Some(Method::GET) {
        return None;
    }
    let (mut own, mut order) = (String::new(), Vec::new());
    for piece in path {
        match piece {
            PathPiece::Literal(text) => own.push_str(text),
            PathPiece::Parameter(index) => {
                own.push_str(&format!("{{p{index}}}"));
                order.push(*index);
            }
            PathPiece::Bound(_) => return None,
        }
    }
    let (mut pieces, mut number) = (Vec::new(), 0_usize);
    for segment in Pattern::parse(&route.template).ok()?.segments() {
        pieces.push(PathPiece::Literal("/".to_owned()));
        pieces.push(match segment {
            Segment::Literal(text) => PathPiece::Literal(text.clone()),
            Segment::Parameter(_) => {
                let at = order.iter().position(|index| *index == number)?;
                number += 1;
                PathPiece::Parameter(at)
            }
        });
    }
    Some((*service, Pattern::parse(&own).ok()?, pieces))
}

/// The path that a reference means (RFC 3986, section 5.2), if it is one of the same service.
fn resolved<'r>(asked: &str, path: &'r str) -> Option<Cow<'r, str>> {
    if path.starts_with("//") || path.split('/').next().is_some_and(|first| first.contains(':')) {
        return None;
    }
    let whole = match path {
        "" => return Some(Cow::Owned(asked.to_owned())),
        absolute if absolute.starts_with('/') => Cow::Borrowed(absolute),
        relative => Cow::Owned(format!("{}/{relative}", asked.rsplit_once('/')?.0)),
    };
    if !whole.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Some(whole);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in whole.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    Some(Cow::Owned(format!("/{}", segments.join("/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_starts_from_the_path_that_was_asked_for() {
        for (reference, expected) in [
            ("/posts/7", Some("/posts/7")),
            ("posts/7", Some("/users/posts/7")),
            ("", Some("/users/7")),
            ("../posts/./7", Some("/posts/7")),
            ("../../../posts", Some("/posts")),
            ("//elsewhere.example/posts/7", None),
            ("https://elsewhere.example/posts/7", None),
            ("mailto:ada@example.test", None),
        ] {
            assert_eq!(resolved("/users/7", reference).as_deref(), expected, "{reference}");
        }
    }
}
