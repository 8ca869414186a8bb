//! `Cache-Control` in both directions (RFC 9111, section 5.2), and the field that speaks to gateways alone (RFC 9213).

use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

/// What a service tells gateways and content delivery networks, and nobody else (RFC 9213, section 3.1).
pub(super) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// The longest time that a directive can mean, in seconds (RFC 9111, section 1.2.2).
const LONGEST: u64 = 1 << 31;

/// The directives of a message. Times are seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    pub(crate) no_store: bool,
    pub(crate) no_cache: bool,
    pub(crate) private: bool,
    pub(crate) must_revalidate: bool,
    pub(crate) proxy_revalidate: bool,
    pub(crate) must_understand: bool,
    pub(crate) only_if_cached: bool,
    pub(crate) max_age: Option<u64>,
    pub(crate) s_maxage: Option<u64>,
    pub(crate) min_fresh: Option<u64>,
    pub(crate) max_stale: Option<u64>,
    pub(crate) stale_while_revalidate: Option<u64>,
    pub(crate) stale_if_error: Option<u64>,
}

impl Directives {
    /// What a client asks. Without `Cache-Control`, `Pragma: no-cache` means the same (RFC 9111, section 5.4).
    pub(crate) fn of_request(headers: &HeaderMap) -> Self {
        if headers.contains_key(CACHE_CONTROL) {
            return Self::listed(headers);
        }
        let pragma = headers.get(PRAGMA).map_or(&b""[..], HeaderValue::as_bytes);
        Self { no_cache: Members(pragma).any(|(name, _)| name.eq_ignore_ascii_case(b"no-cache")), ..Self::default() }
    }

    /// What a service allows, and whether it said so to gateways in particular: then `Expires` counts for nothing either.
    pub(crate) fn of_answer(headers: &HeaderMap) -> (Self, bool) {
        match targeted(headers) {
            Some(directives) => (directives, true),
            None => (Self::listed(headers), false),
        }
    }

    /// What `Cache-Control` says to everybody.
    pub(super) fn listed(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        for line in headers.get_all(CACHE_CONTROL) {
            for (name, value) in Members(line.as_bytes()) {
                directives.add(&name.to_ascii_lowercase(), value);
            }
        }
        directives
    }

    /// Whether an answer may not be used stale. `s-maxage` says so too (RFC 9111, section 5.2.2.10), but not where a field speaks to
    /// gateways alone: there it is no directive for some of them.
    pub(super) fn forbid_stale(&self, targeted: bool) -> bool {
        self.no_cache || self.must_revalidate || self.proxy_revalidate || (self.s_maxage.is_some() && !targeted)
    }

    /// Of two directives of one name the first counts (RFC 9111, section 4.2.1). A time that is none is no time at all.
    /// `private` and `no-cache` with field names are taken as if they had none: more is withheld than was asked.
    fn add(&mut self, name: &[u8], value: Option<&[u8]>) {
        let times = [
            (&b"max-age"[..], &mut self.max_age),
            (b"s-maxage", &mut self.s_maxage),
            (b"min-fresh", &mut self.min_fresh),
            (b"stale-while-revalidate", &mut self.stale_while_revalidate),
            (b"stale-if-error", &mut self.stale_if_error),
        ];
        for (known, time) in times {
            if name == known && time.is_none() {
                *time = Some(value.and_then(seconds).unwrap_or(0));
            }
        }
        match name {
            b"no-store" => self.no_store = true,
            b"no-cache" => self.no_cache = true,
            b"private" => self.private = true,
            b"must-revalidate" => self.must_revalidate = true,
            b"proxy-revalidate" => self.proxy_revalidate = true,
            b"must-understand" => self.must_understand = true,
            b"only-if-cached" => self.only_if_cached = true,
            // Without a time a client takes what is stale by any amount.
            b"max-stale" => self.max_stale = Some(value.map_or(LONGEST, |value| seconds(value).unwrap_or(0))),
            _ => {}
        }
    }
}

/// The members of a targeted field, if it is a dictionary that says anything (RFC 9213, section 2.2).
fn targeted(headers: &HeaderMap) -> Option<Directives> {
    headers.get(CDN_CACHE_CONTROL)?;
    let lines: Vec<&[u8]> = headers.get_all(CDN_CACHE_CONTROL).iter().map(HeaderValue::as_bytes).collect();
    let dictionary: Dictionary = Parser::new(&lines.join(&b", "[..])).parse().ok()?;
    let mut directives = Directives::default();
    for (key, member) in &dictionary {
        let ListEntry::Item(item) = member else { continue };
        match &item.bare_item {
            BareItem::Boolean(true) => directives.add(key.as_str().as_bytes(), None),
            BareItem::Integer(number) => directives.add(key.as_str().as_bytes(), Some(number.to_string().as_bytes())),
            BareItem::String(_) if ["private", "no-cache"].contains(&key.as_str()) => {
                directives.add(key.as_str().as_bytes(), None);
            }
            _ => {}
        }
    }
    (!dictionary.is_empty()).then_some(directives)
}

/// Whole seconds; what is longer than can be meant is the longest time (RFC 9111, section 1.2.2).
pub(super) fn seconds(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = str::from_utf8(text).ok()?;
    Some(digits.parse().unwrap_or(LONGEST).min(LONGEST))
}

/// The members of a list with optional values: `name`, `name=token`, `name="quoted, with commas"`.
struct Members<'a>(&'a [u8]);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (member, rest) = split_unquoted(self.0, b',')?;
            self.0 = rest;
            let member = member.trim_ascii();
            if member.is_empty() {
                continue;
            }
            let Some(equals) = memchr::memchr(b'=', member) else { return Some((member, None)) };
            let value = member[equals + 1..].trim_ascii();
            let bare = value.strip_prefix(b"\"").map_or(value, |value| value.strip_suffix(b"\"").unwrap_or(value));
            return Some((member[..equals].trim_ascii(), Some(bare)));
        }
    }
}

/// What comes before the first `mark` outside quotes, and what comes after it; none of an empty text.
fn split_unquoted(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            byte if *byte == mark && !quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    Some((text, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(fields: &[(&'static str, &'static str)]) -> (Directives, bool) {
        let fields =
            fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        Directives::of_answer(&headers)
    }

    fn control(value: &'static str) -> Directives {
        answer(&[("cache-control", value)]).0
    }

    #[test]
    fn names_are_read_in_any_case_with_any_space_and_on_any_line() {
        let expected = Directives { max_age: Some(5), private: true, ..Directives::default() };
        for value in ["max-age=5, private", "MAX-AGE=5,Private", " ,, max-age = 5 ,\tprivate,", "private,max-age=\"5\""]
        {
            assert_eq!(control(value), expected, "{value}");
        }
        assert_eq!(answer(&[("cache-control", "max-age=5"), ("cache-control", "private")]).0, expected);
    }

    #[test]
    fn a_quoted_list_is_one_value() {
        let directives = control("private=\"set-cookie, no-store, \\\" max-age=9\", max-age=3");
        assert_eq!(directives, Directives { private: true, max_age: Some(3), ..Directives::default() });
    }

    #[test]
    fn a_time_that_is_none_is_no_time_and_the_first_of_two_counts() {
        for value in ["max-age=abc", "max-age=-1", "max-age=1.5", "max-age=", "max-age", "max-age=\"", "max-age=0x5"] {
            assert_eq!(control(value).max_age, Some(0), "{value}");
        }
        assert_eq!(control("max-age=5, max-age=9").max_age, Some(5));
        assert_eq!(control("max-age=99999999999999999999999").max_age, Some(LONGEST));
    }

    #[test]
    fn what_is_not_known_means_nothing() {
        assert_eq!(control("x-no-store, no-storex, community=\"no-store\", nostore"), Directives::default());
    }

    #[test]
    fn what_is_said_to_gateways_goes_before_what_is_said_to_all() {
        let (directives, targeted) = answer(&[("cache-control", "no-store"), ("cdn-cache-control", "max-age=600")]);
        assert!(targeted);
        assert_eq!(directives, Directives { max_age: Some(600), ..Directives::default() });
        // What is no dictionary counts for nothing; what is of the wrong type neither.
        for broken in ["max-age=5,,", "=", "max-age=\"", ""] {
            let (directives, targeted) = answer(&[("cache-control", "no-store"), ("cdn-cache-control", broken)]);
            assert!(directives.no_store && !targeted, "{broken}");
        }
        assert_eq!(answer(&[("cdn-cache-control", "max-age=abc, no-store=?0, private")]).0, control("private"));
        assert_eq!(
            answer(&[("cdn-cache-control", "private=\"x-user\", no-cache=\"a\"")]).0,
            control("private, no-cache")
        );
    }

    #[test]
    fn a_client_without_cache_control_may_use_pragma() {
        let of = |name: &'static str, value: &'static str| {
            let fields = [(HeaderName::from_static(name), HeaderValue::from_static(value))];
            Directives::of_request(&HeaderMap::from_iter(fields))
        };
        assert!(of("pragma", "No-Cache").no_cache);
        for other in ["cache", "x-no-cache", "a=\"no-cache\""] {
            assert!(!of("pragma", other).no_cache, "{other}");
        }
        assert_eq!(of("cache-control", "max-stale").max_stale, Some(LONGEST));
        assert_eq!(of("cache-control", "max-stale=7, min-fresh=3").min_fresh, Some(3));
    }
}
