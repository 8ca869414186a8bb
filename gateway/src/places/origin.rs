//! What an origin without a contract says of places: it knows neither the public host nor what was taken off its paths.

use std::borrow::Cow;

use http::uri::Authority;
use http::{HeaderMap, Uri};

use crate::plan::{Plan, Target};

/// The own places of the origin of one route, and where clients find them.
#[derive(Debug)]
pub(crate) struct OriginPlaces {
    /// By what it may be known, host and port: its targets are asked with these in `Host`.
    known_as: Vec<(String, u16)>,
    /// What clients put before its paths; empty where it is asked for the public ones.
    prefix: String,
}

impl OriginPlaces {
    /// Of the origin that a route goes to; none for a route to a service with a contract.
    pub(crate) fn new(plan: &Plan, target: &Target) -> Option<Self> {
        let Target::Proxy { service, prefix, strip_prefix } = target else { return None };
        let known_as = plan.service(*service).urls.iter().filter_map(Uri::authority).map(host_and_port).collect();
        let prefix = if *strip_prefix { prefix.trim_end_matches('/').to_owned() } else { String::new() };
        Some(Self { known_as, prefix })
    }

    /// Makes the places that the origin names those that clients know. A relative reference means the same to both.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        super::tell(headers, |reference| self.public(reference));
    }

    /// The public reference for the origin's own; none for one that leads elsewhere, or that is relative.
    fn public(&self, reference: &str) -> Option<String> {
        let path = match self.without_origin(reference) {
            Some(rest) if rest.starts_with('/') => Cow::Borrowed(rest),
            Some(rest) => Cow::Owned(format!("/{rest}")),
            None if reference.starts_with('/') && !reference.starts_with("//") => Cow::Borrowed(reference),
            None => return None,
        };
        let public = format!("{}{path}", self.prefix);
        // That would begin with a host.
        (!public.starts_with("//")).then_some(public)
    }

    /// What stands behind the origin's own scheme and host, if a reference begins with them.
    fn without_origin<'r>(&self, reference: &'r str) -> Option<&'r str> {
        let (scheme, rest) = reference.split_once("//")?;
        if !scheme.is_empty() && !scheme.eq_ignore_ascii_case("http:") {
            return None;
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let named = host_and_port(&authority.parse().ok()?);
        self.known_as.contains(&named).then_some(rest)
    }
}

fn host_and_port(authority: &Authority) -> (String, u16) {
    (authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(80))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(prefix: &str, reference: &str) -> String {
        let origin = OriginPlaces { known_as: vec![("origin.test".to_owned(), 8000)], prefix: prefix.to_owned() };
        origin.public(reference).unwrap_or_else(|| reference.to_owned())
    }

    #[test]
    fn a_place_of_the_origin_is_told_without_its_host_and_with_what_was_taken_off() {
        for (told, whole, stripped) in [
            ("/login?next=/a#b", "/login?next=/a#b", "/legacy/login?next=/a#b"),
            ("http://origin.test:8000/login", "/login", "/legacy/login"),
            ("HTTP://Origin.Test:8000/login", "/login", "/legacy/login"),
            ("//origin.test:8000/login", "/login", "/legacy/login"),
            ("http://origin.test:8000", "/", "/legacy/"),
            ("http://origin.test:8000?a=1", "/?a=1", "/legacy/?a=1"),
            ("http://origin.test:8000//two", "http://origin.test:8000//two", "/legacy//two"),
        ] {
            assert_eq!((public("", told).as_str(), public("/legacy", told).as_str()), (whole, stripped), "{told}");
        }
    }

    #[test]
    fn what_leads_elsewhere_and_what_is_relative_stays_as_it_is() {
        for told in [
            "login",
            "?page=2",
            "#top",
            "",
            "../login",
            "http://origin.test/login",
            "https://origin.test:8000/login",
            "http://elsewhere.test:8000/http://origin.test:8000/",
            "//elsewhere.test/login",
            "mailto:ada@origin.test",
            "http://[not a host/",
        ] {
            assert_eq!((public("", told).as_str(), public("/legacy", told).as_str()), (told, told), "{told}");
        }
    }
}
