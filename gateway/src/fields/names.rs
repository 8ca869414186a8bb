//! Which fields a request has of those that few have.

use http::HeaderMap;

/// A set of such fields. It is found by one look at each name of a request: to search for each field that is not there costs more. What
/// is taken out of the request afterwards stays in the set, and none of these fields is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Names(u8);

impl Names {
    pub(crate) const CONNECTION: Self = Self(1);
    pub(crate) const COOKIE: Self = Self(1 << 1);
    pub(crate) const REQUEST_ID: Self = Self(1 << 2);
    /// Whatever says which answer is wanted, how fresh, or how much of it.
    pub(crate) const ABOUT_ANSWERS: Self = Self(1 << 3);
    pub(crate) const AUTHORIZATION: Self = Self(1 << 4);
    pub(crate) const UPGRADE: Self = Self(1 << 5);

    /// Those of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(headers.keys().fold(0, |found, name| found | Self::named(name.as_str()).0))
    }

    fn named(name: &str) -> Self {
        match name {
            "authorization" => Self::AUTHORIZATION,
            "connection" => Self::CONNECTION,
            "cookie" => Self::COOKIE,
            "upgrade" => Self::UPGRADE,
            "x-request-id" => Self::REQUEST_ID,
            "cache-control"
            | "if-match"
            | "if-modified-since"
            | "if-none-match"
            | "if-range"
            | "if-unmodified-since"
            | "pragma"
            | "prefer"
            | "range" => Self::ABOUT_ANSWERS,
            _ => Self(0),
        }
    }

    /// Whether one of `others` is among them.
    pub(crate) fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(names: &[&'static str]) -> Names {
        let field = |name: &&'static str| (HeaderName::from_static(name), HeaderValue::from_static(""));
        Names::of(&names.iter().map(field).collect())
    }

    #[test]
    fn what_a_request_has_is_found_among_others() {
        let usual = ["host", "accept", "accept-encoding", "user-agent", "origin", "content-length"];
        for (name, is) in [
            ("authorization", Names::AUTHORIZATION),
            ("connection", Names::CONNECTION),
            ("cookie", Names::COOKIE),
            ("upgrade", Names::UPGRADE),
            ("x-request-id", Names::REQUEST_ID),
            ("if-none-match", Names::ABOUT_ANSWERS),
            ("pragma", Names::ABOUT_ANSWERS),
        ] {
            let names = of(&[&usual[..3], &[name], &usual[3..]].concat());
            assert!(names.has(is), "{name}");
            assert_eq!(names, is, "{name}");
        }
        let both = of(&["cookie", "range"]);
        assert!(both.has(Names::COOKIE) && both.has(Names::ABOUT_ANSWERS) && !both.has(Names::CONNECTION));
        assert_eq!(of(&usual), Names(0));
    }
}
