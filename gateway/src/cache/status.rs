//! What the cache did, for clients and operators (RFC 9211).

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::fields::{self, PSEUDONYM};

/// The field of RFC 9211.
pub(crate) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// From what is kept, fresh.
    Hit,
    /// From what is kept, stale, while a fresh one is asked for or because none is to be had.
    Stale,
    /// A service said that what is kept still holds.
    Revalidated,
    /// A service was asked.
    Miss,
    /// Another request had asked already.
    Collapsed,
    /// A service was asked, and nothing of it is kept or shared.
    Pass,
}

impl Outcome {
    /// All of them, in the order of the metrics.
    pub(crate) const ALL: [Self; 6] =
        [Self::Hit, Self::Stale, Self::Revalidated, Self::Miss, Self::Collapsed, Self::Pass];

    /// As metrics and the log have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Revalidated => "revalidated",
            Self::Miss => "miss",
            Self::Collapsed => "collapsed",
            Self::Pass => "pass",
        }
    }
}

/// Why a request went on to a service (RFC 9211, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    UriMiss,
    VaryMiss,
    Stale,
    /// The client asked for it.
    Request,
    Bypass,
}

impl Forwarded {
    fn name(self) -> &'static str {
        match self {
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Stale => "stale",
            Self::Request => "request",
            Self::Bypass => "bypass",
        }
    }
}

/// Given from what is kept; a stale one has a negative `ttl`.
pub(crate) fn hit(ttl: i64, detail: Option<&str>) -> HeaderValue {
    let (naming, detail) = detail.map_or(("", ""), |detail| ("; detail=", detail));
    let value = fields::value([PSEUDONYM, "; hit; ttl=", itoa::Buffer::new().format(ttl), naming, detail]);
    value.unwrap_or(HeaderValue::from_static(PSEUDONYM))
}

/// Asked of a service.
pub(crate) fn forwarded(why: Forwarded, status: Option<StatusCode>, stored: bool, collapsed: bool) -> HeaderValue {
    let mut text = format!("{PSEUDONYM}; fwd={}", why.name());
    if let Some(status) = status {
        text.push_str(&format!("; fwd-status={}", status.as_u16()));
    }
    if stored {
        text.push_str("; stored");
    }
    if collapsed {
        text.push_str("; collapsed");
    }
    value(&text)
}

/// Asked of a service, and not kept for this reason.
pub(crate) fn not_kept(why: Forwarded, reason: &str) -> HeaderValue {
    value(&format!("{PSEUDONYM}; fwd={}; detail=\"{reason}\"", why.name()))
}

/// What the caches before this one have said of an answer that is kept, in one line; empty where none has.
pub(crate) fn earlier(headers: &HeaderMap) -> HeaderValue {
    let lines: Vec<&[u8]> = headers.get_all(CACHE_STATUS).iter().map(HeaderValue::as_bytes).collect();
    HeaderValue::from_bytes(&lines.join(&b", "[..])).unwrap_or(HeaderValue::from_static(""))
}

/// Says what this cache did, behind what those before it have said: they are listed in the order from the origin to the client
/// (RFC 9211, section 2).
pub(crate) fn say(headers: &mut HeaderMap, own: HeaderValue) {
    let place = headers.insert(CACHE_STATUS, own);
    if let (Some(earlier), Some(own)) = (place.filter(|earlier| !earlier.is_empty()), headers.get_mut(CACHE_STATUS)) {
        let all = [earlier.as_bytes(), own.as_bytes()].join(&b", "[..]);
        *own = HeaderValue::from_bytes(&all).unwrap_or(earlier);
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(PSEUDONYM))
}
