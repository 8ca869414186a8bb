//! Which of several answers to one target a request means: that whose selecting fields are the same (RFC 9111, section 4.1).

use http::header::{ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE, FORWARDED, VARY};
use http::{HeaderMap, HeaderName};

/// The fields that select an answer, each with its value in the request that it answered; none where it was missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selecting(Box<[(HeaderName, Value)]>);

/// A field of a request; none where it was missing.
type Value = Option<Box<[u8]>>;

impl Selecting {
    /// What selects an answer with these fields among those to requests like `request`. `bound` are fields of which the route
    /// itself takes values. None where no other request can be told to be like this one.
    pub(crate) fn new(answer: &HeaderMap, request: &HeaderMap, bound: &[HeaderName]) -> Option<Self> {
        let mut names: Vec<HeaderName> = bound.to_vec();
        names.extend(named(answer)?);
        names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup();
        if names.iter().any(is_of_one_request) {
            return None;
        }
        names.retain(|name| !is_credential(name));
        Some(Self(names.into_iter().map(|name| (name.clone(), value(request, &name))).collect()))
    }

    /// Whether an answer to such a request may be used for this one.
    pub(crate) fn matches(&self, request: &HeaderMap) -> bool {
        self.0.iter().all(|(name, expected)| value(request, name) == *expected)
    }

    /// Whether an answer with these fields depends on no other ones.
    pub(crate) fn covers(&self, answer: &HeaderMap) -> bool {
        let is_known = |name: &HeaderName| is_credential(name) || self.0.iter().any(|(known, _)| known == name);
        named(answer).is_some_and(|names| names.iter().all(is_known))
    }

    /// The values of the same fields in another request, in a form in which no two lists of values are written alike.
    pub(crate) fn variant(&self, request: &HeaderMap) -> Vec<u8> {
        let mut variant = Vec::new();
        for (name, _) in &self.0 {
            let value = value(request, name);
            variant.push(u8::from(value.is_some()));
            let value = value.unwrap_or_default();
            variant.extend_from_slice(&(value.len() as u64).to_be_bytes());
            variant.extend_from_slice(&value);
        }
        variant
    }

    /// The bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.0
            .iter()
            .map(|(name, value)| 64 + name.as_str().len() + value.as_ref().map_or(0, |value| value.len()))
            .sum()
    }
}

/// The fields that an answer names, `*` among them; none where one of them is no name.
fn named(answer: &HeaderMap) -> Option<Vec<HeaderName>> {
    let mut names = Vec::new();
    for line in answer.get_all(VARY) {
        for name in line.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            names.push(name.parse().ok()?);
        }
    }
    Some(names)
}

/// Credentials are never handed on: every request is without them, and callers are kept apart by the key.
fn is_credential(name: &HeaderName) -> bool {
    *name == AUTHORIZATION || *name == COOKIE
}

/// What this gateway says anew with each request: an answer that depends on it is the answer to that request alone.
fn is_of_one_request(name: &HeaderName) -> bool {
    let text = name.as_str();
    name == FORWARDED
        || text == "*"
        || text == "x-request-id"
        || text.starts_with("x-forwarded-")
        || text.starts_with("x-internal-")
}

/// A field in a form in which values that mean the same are the same: its lines joined, without the space around them; where
/// the field is known to be a list of words, in lower case and without any space. What is quoted is no word.
fn value(headers: &HeaderMap, name: &HeaderName) -> Value {
    headers.get(name)?;
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(|line| line.as_bytes().trim_ascii()).collect();
    let mut joined = lines.join(&b", "[..]);
    if [ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE].contains(name) && !joined.contains(&b'"') {
        joined.retain(|byte| !byte.is_ascii_whitespace());
        joined.make_ascii_lowercase();
    }
    Some(joined.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn fields(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn every_name_of_every_line_selects() {
        let request = fields(&[("accept-language", "de"), ("x-a", "1")]);
        let selecting =
            Selecting::new(&fields(&[("vary", "Accept-Language, X-A"), ("vary", "x-b")]), &request, &[]).unwrap();
        assert!(selecting.matches(&request));
        for other in [
            &[("accept-language", "en"), ("x-a", "1")][..],
            &[("accept-language", "de")],
            &[("accept-language", "de"), ("x-a", "1"), ("x-b", "")],
        ] {
            assert!(!selecting.matches(&fields(other)), "{other:?}");
        }
        assert!(selecting.matches(&fields(&[("accept-language", "de"), ("x-a", "1"), ("x-c", "2")])));
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        let vary = fields(&[("vary", "accept-encoding, x-a")]);
        let selecting =
            Selecting::new(&vary, &fields(&[("accept-encoding", "gzip, br"), ("x-a", "a, b")]), &[]).unwrap();
        assert!(selecting.matches(&fields(&[
            ("accept-encoding", "GZIP"),
            ("accept-encoding", "br"),
            ("x-a", " a, b")
        ])));
        assert!(selecting.matches(&fields(&[("accept-encoding", "gzip,br"), ("x-a", "a"), ("x-a", "b")])));
        assert!(
            !selecting.matches(&fields(&[("accept-encoding", "gzip, br"), ("x-a", "A, b")])),
            "not known to be the same"
        );
        let of = |accept| value(&fields(&[("accept", accept)]), &ACCEPT);
        assert_eq!(of("text/html;q=0.5, Text/Plain"), of("text/html; q=0.5,text/plain"));
        for (one, other) in [("a/b;v=\"X\"", "a/b;v=\"x\""), ("a/b;v=\"x y\"", "a/b;v=\"xy\"")] {
            assert_ne!(of(one), of(other), "what is quoted may mean something else");
        }
    }

    #[test]
    fn an_answer_that_names_no_other_fields_depends_on_no_other_ones() {
        let vary = |value: &'static str| fields(&[("vary", value)]);
        let selecting = Selecting::new(&vary("accept-encoding, origin, cookie"), &HeaderMap::new(), &[]).unwrap();
        for same in ["", "Origin", "origin, Accept-Encoding", "authorization"] {
            assert!(selecting.covers(&vary(same)), "{same}");
        }
        for other in ["x-a", "origin, x-a", "*", "a b"] {
            assert!(!selecting.covers(&vary(other)), "{other}");
        }
        assert!(selecting.covers(&HeaderMap::new()));
    }

    #[test]
    fn an_answer_to_one_request_alone_is_selected_by_nothing() {
        for name in ["*", "a b", "X-Request-Id", "x-forwarded-for", "accept, forwarded"] {
            let vary = HeaderMap::from_iter([(VARY, HeaderValue::from_static(name))]);
            let selecting = Selecting::new(&vary, &HeaderMap::new(), &[]);
            assert!(selecting.is_none(), "{name}");
        }
    }

    #[test]
    fn fields_of_which_a_route_takes_values_select_too() {
        let bound = [HeaderName::from_static("x-tenant")];
        let selecting = Selecting::new(&HeaderMap::new(), &fields(&[("x-tenant", "a")]), &bound).unwrap();
        assert!(!selecting.matches(&fields(&[("x-tenant", "b")])));
        assert!(!selecting.matches(&HeaderMap::new()));
    }
}
