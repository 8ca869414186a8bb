//! The header fields of a message on its way through a proxy (RFC 9110, sections 7.6 and 11.2).

mod names;

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT,
    FORWARDED, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SERVER, SET_COOKIE, TE, TRANSFER_ENCODING, UPGRADE, VARY,
    VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use upstream::Field;

use crate::context::ForwardedFields;

pub(crate) use self::names::Names;

/// The most fields that are added to an answer afterwards: room for them is made once.
pub(crate) const ADDED: usize = 10;

/// What this proxy calls itself in `Via`, `Proxy-Status` and the like.
pub(crate) const PSEUDONYM: &str = "agora";
/// What this gateway says in `Via` of a message of HTTP/1.1.
pub(crate) const OWN_VIA: &str = "1.1 agora";
static VIA_HTTP11: HeaderValue = HeaderValue::from_static(OWN_VIA);
static VIA_HTTP10: HeaderValue = HeaderValue::from_static("1.0 agora");
static HTTP: HeaderValue = HeaderValue::from_static("http");

/// The longest value that is put together in place.
const LONGEST_VALUE: usize = 256;

/// A value that is these pieces, one after the other; none where they are too long or contain what no value may. With each answer
/// some are made anew, so they are put together on the stack: formatting costs ten times as much.
pub(crate) fn value<const N: usize>(pieces: [&str; N]) -> Option<HeaderValue> {
    let mut text = [0; LONGEST_VALUE];
    let mut length = 0;
    for piece in pieces {
        text.get_mut(length..length + piece.len())?.copy_from_slice(piece.as_bytes());
        length += piece.len();
    }
    HeaderValue::from_bytes(text.get(..length)?).ok()
}

/// Who receives a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// A service: it learns the caller from the assertion, never from credentials.
    Service,
    /// The gateway's own operations and pages: they read credentials and cookies.
    Own,
    /// An origin without a contract: its cookies are its own, but the bearer token is this gateway's.
    Origin,
}

/// Takes out of the fields of a client's request what is not for `receiver`. What [`on_the_way`] adds is not in them.
pub(crate) fn to_upstream(headers: &mut HeaderMap, receiver: Receiver, trusted: bool) {
    let trailers = takes_trailers(headers);
    remove_where(headers, |name| is_hop_by_hop(name) || is_private(name, trusted) || is_withheld(name, receiver));
    if trailers {
        // What this gateway hands on it may ask for: in its own name, for this connection (RFC 9110, section 10.1.4).
        append(headers, TE, HeaderValue::from_static("trailers"));
        append(headers, CONNECTION, HeaderValue::from_static("te"));
    }
}

/// What a request gets on its way, behind its own fields: who has asked whom. `host` is the client's.
pub(crate) fn on_the_way<'a>(
    version: Version,
    client: &'a ForwardedFields,
    trusted: bool,
    host: Option<&'a HeaderValue>,
) -> [Option<Field<'a>>; 5] {
    static VIA_NAME: HeaderName = VIA;
    static FORWARDED_NAME: HeaderName = FORWARDED;
    static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
    static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
    [
        Some((&VIA_NAME, via(version))),
        Some((&X_FORWARDED_FOR, &client.x_for)),
        Some((&FORWARDED_NAME, &client.forwarded)),
        // A trusted proxy has said both of its own client.
        (!trusted).then_some((&X_FORWARDED_PROTO, &HTTP)),
        host.filter(|_| !trusted).map(|host| (&X_FORWARDED_HOST, host)),
    ]
}

/// Puts fields behind those of a map.
pub(crate) fn append_all<'a>(headers: &mut HeaderMap, fields: impl IntoIterator<Item = Field<'a>>) {
    for (name, value) in fields {
        append(headers, name.clone(), value.clone());
    }
}

/// Makes the fields of an upstream's answer those of the answer to the client.
pub(crate) fn to_client(headers: &mut HeaderMap, receiver: Receiver) {
    if headers.contains_key(TRANSFER_ENCODING) {
        // The body is chunked, whatever else is announced (RFC 9112, section 6.3).
        headers.remove(CONTENT_LENGTH);
    }
    let told_by_service = |name: &HeaderName| {
        receiver == Receiver::Service && (*name == SERVER || name.as_str().starts_with("access-control-"))
    };
    remove_where(headers, |name| {
        is_hop_by_hop(name) || name.as_str().starts_with("x-internal-") || told_by_service(name)
    });
    headers.reserve(ADDED);
    append(headers, VIA, VIA_HTTP11.clone());
}

/// Takes out of trailers what must not come after the head: what frames and routes a message, who calls, and what only
/// this gateway may say (RFC 9110, section 6.5.1).
pub(crate) fn clean_trailers(trailers: &mut HeaderMap) {
    let of_the_head = [HOST, CONTENT_LENGTH, AUTHORIZATION, COOKIE, SET_COOKIE, CONTENT_TYPE, CONTENT_ENCODING, VIA];
    remove_where(trailers, |name| is_hop_by_hop(name) || is_private(name, false) || of_the_head.contains(name));
}

/// Whether the client can read trailers, which are handed on to it.
fn takes_trailers(headers: &HeaderMap) -> bool {
    let codings = headers.get(TE).and_then(|value| value.to_str().ok());
    codings.is_some_and(|codings| codings.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("trailers")))
}

/// The fields that concern one connection only.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == CONNECTION
        || *name == TRANSFER_ENCODING
        || *name == UPGRADE
        || *name == TE
        || *name == PROXY_AUTHENTICATE
        || *name == PROXY_AUTHORIZATION
        || *name == EXPECT
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// What only this gateway may say. A trusted proxy in front keeps its forwarding fields.
fn is_private(name: &HeaderName, trusted: bool) -> bool {
    let text = name.as_str();
    match text.as_bytes().first() {
        // Servers behind CGI-like interfaces take '_' for '-'; no proxy has a reason to write it.
        Some(b'x' | b'f') if text.contains('_') => is_ours(&text.replace('_', "-"), false),
        Some(b'x' | b'f') => is_ours(text, trusted),
        Some(b'c' | b't') => !trusted && names_client(text),
        _ => false,
    }
}

fn is_ours(name: &str, trusted: bool) -> bool {
    name.starts_with("x-internal-")
        || name.starts_with("x-user-")
        // What the client calls its request was heard, or was no name.
        || name == problem::REQUEST_ID
        || (!trusted && (name.starts_with("x-forwarded-") || name == FORWARDED || names_client(name)))
}

/// Whether servers believe it about a client's address or the host that was asked, though only a proxy in front can know either.
fn names_client(name: &str) -> bool {
    matches!(
        name,
        "x-real-ip"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "x-originating-ip"
            | "x-remote-ip"
            | "x-remote-addr"
            | "x-host"
            | "forwarded-for"
            | "client-ip"
            | "cf-connecting-ip"
            | "true-client-ip"
    )
}

/// Credentials that the receiver has no business with.
fn is_withheld(name: &HeaderName, receiver: Receiver) -> bool {
    match receiver {
        Receiver::Own => false,
        Receiver::Origin => *name == AUTHORIZATION,
        Receiver::Service => *name == AUTHORIZATION || *name == COOKIE || means_another(name),
    }
}

/// Whether the field tells some servers that another method or another target is meant than the route has allowed.
fn means_another(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "x-http-method" | "x-http-method-override" | "x-method-override" | "x-original-url" | "x-rewrite-url"
    )
}

/// Takes the cookie `refresh` (with or without `__Host-`) out of what an origin without a contract is sent, and out of
/// what it may set: browsers send it to every path of this host, but it is the gateway's own.
pub(crate) fn withhold_cookie(headers: &mut HeaderMap, refresh: &str) {
    let is_foreign = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        name.strip_prefix("__Host-").unwrap_or(name) != refresh
    };
    rewrite(headers, COOKIE, |pairs| pairs.split(';').map(str::trim).filter(is_foreign).collect::<Vec<_>>().join("; "));
    rewrite(headers, SET_COOKIE, |cookie| if is_foreign(&cookie) { cookie.to_owned() } else { String::new() });
}

/// Writes every value of a field anew; what becomes empty goes.
fn rewrite(headers: &mut HeaderMap, name: HeaderName, anew: impl Fn(&str) -> String) {
    if !headers.contains_key(&name) {
        return;
    }
    let values: Vec<HeaderValue> = headers.get_all(&name).iter().cloned().collect();
    headers.remove(&name);
    for value in values {
        let text = anew(&String::from_utf8_lossy(value.as_bytes()));
        if let Some(value) = HeaderValue::from_str(&text).ok().filter(|value| !value.is_empty()) {
            append(headers, name.clone(), value);
        }
    }
}

/// Removes the fields that `matches`, and what `Connection` names. Each that is found costs another look at the names, of which
/// most messages have few.
fn remove_where(headers: &mut HeaderMap, matches: impl Fn(&HeaderName) -> bool) {
    while let Some(name) = headers.keys().find(|name| matches(name)).cloned() {
        if name == CONNECTION {
            remove_named(headers);
        }
        headers.remove(name);
    }
}

/// Removes what `Connection` names, which is for this hop alone and reaches no service (RFC 9110, section 7.6.1). It may not name
/// what the message itself needs: a client must not be able to strip those fields. What `TE` asks for is seen to elsewhere.
pub(crate) fn remove_named(headers: &mut HeaderMap) {
    // The last two are meant for everybody on the way: without them more would be kept than a service allows.
    const KEPT: [HeaderName; 6] = [HOST, CONTENT_LENGTH, AUTHORIZATION, TE, CACHE_CONTROL, VARY];
    if !headers.contains_key(CONNECTION) {
        return;
    }
    let named: Vec<HeaderName> = named_by_connection(headers).filter_map(|name| name.parse().ok()).collect();
    for name in named.iter().filter(|name| !KEPT.contains(name)) {
        headers.remove(name);
    }
}

/// Whether `Connection` names this option or field.
pub(crate) fn connection_names(headers: &HeaderMap, name: &str) -> bool {
    named_by_connection(headers).any(|named| named.eq_ignore_ascii_case(name))
}

fn named_by_connection(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    // A map holds at most 32,768 fields; a message here has at most a few hundred.
    let _full = headers.try_append(name, value);
}

fn via(version: Version) -> &'static HeaderValue {
    if version == Version::HTTP_10 { &VIA_HTTP10 } else { &VIA_HTTP11 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn client() -> ForwardedFields {
        ForwardedFields::of([192, 0, 2, 1].into())
    }

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    /// All that a receiver gets.
    fn sent(headers: &mut HeaderMap, receiver: Receiver, trusted: bool) {
        let (host, client) = (headers.get(HOST).cloned(), client());
        to_upstream(headers, receiver, trusted);
        append_all(headers, on_the_way(Version::HTTP_11, &client, trusted, host.as_ref()).into_iter().flatten());
    }

    #[test]
    fn what_connection_names_is_removed() {
        let mut headers =
            map(&[("connection", "close, X-Private"), ("x-private", "1"), ("x-kept", "1"), ("te", "gzip")]);
        sent(&mut headers, Receiver::Service, false);
        assert!(
            !headers.contains_key("x-private") && !headers.contains_key("connection") && !headers.contains_key("te")
        );
        assert!(headers.contains_key("x-kept"));
    }

    #[test]
    fn a_client_that_reads_trailers_is_asked_for_in_this_gateways_name() {
        let mut headers = map(&[("connection", "te, close"), ("te", "gzip, trailers")]);
        sent(&mut headers, Receiver::Service, false);
        assert_eq!((&headers["te"], &headers["connection"]), (&"trailers".parse().unwrap(), &"te".parse().unwrap()));
    }

    #[test]
    fn connection_cannot_strip_the_host_or_the_framing() {
        let mut headers = map(&[("connection", "host, content-length"), ("host", "a"), ("content-length", "3")]);
        sent(&mut headers, Receiver::Service, false);
        assert_eq!(headers.get("content-length").unwrap(), "3");
        assert_eq!(headers.get("x-forwarded-host").unwrap(), "a");
    }

    #[test]
    fn a_client_cannot_speak_for_the_gateway() {
        let forged = [
            ("x-internal-assertion", "x"),
            ("x-user-id", "1"),
            ("x-forwarded-for", "6.6.6.6"),
            ("forwarded", "for=6.6.6.6"),
        ];
        let mut headers = map(&forged);
        sent(&mut headers, Receiver::Service, false);
        assert!(!headers.contains_key("x-internal-assertion") && !headers.contains_key("x-user-id"));
        assert_eq!(headers.get_all("x-forwarded-for").iter().collect::<Vec<_>>(), ["192.0.2.1"]);
        assert_eq!(headers.get("forwarded").unwrap(), "for=192.0.2.1;proto=http");
    }

    #[test]
    fn a_trusted_proxy_is_continued() {
        let mut headers =
            map(&[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-proto", "https"), ("x-internal-assertion", "x")]);
        sent(&mut headers, Receiver::Service, true);
        assert_eq!(headers.get_all("x-forwarded-for").iter().collect::<Vec<_>>(), ["6.6.6.6", "192.0.2.1"]);
        assert_eq!(headers.get("x-forwarded-proto").unwrap(), "https");
        assert!(!headers.contains_key("x-internal-assertion"));
    }

    #[test]
    fn services_never_see_credentials() {
        let fields = [("authorization", "Bearer x"), ("cookie", "a=b")];
        let (mut service, mut own) = (map(&fields), map(&fields));
        sent(&mut service, Receiver::Service, false);
        sent(&mut own, Receiver::Own, false);
        assert!(!service.contains_key("authorization") && !service.contains_key("cookie"));
        assert!(own.contains_key("authorization") && own.contains_key("cookie"));
    }

    #[test]
    fn an_answer_loses_its_hop_by_hop_and_internal_fields() {
        let mut headers = map(&[("keep-alive", "timeout=5"), ("x-internal-debug", "1"), ("etag", "\"1\"")]);
        to_client(&mut headers, Receiver::Service);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["etag", "via"]);
    }

    #[test]
    fn a_field_with_underscores_speaks_for_the_gateway_no_more_than_one_without() {
        let mut headers =
            map(&[("x_internal-assertion", "x"), ("x-user_id", "1"), ("x_request_id", "forged"), ("x_kept", "1")]);
        sent(&mut headers, Receiver::Service, false);
        assert!(!headers.contains_key("x_internal-assertion") && !headers.contains_key("x-user_id"));
        assert!(!headers.contains_key("x_request_id") && headers.contains_key("x_kept"));
    }

    #[test]
    fn trailers_cannot_say_what_belongs_into_the_head() {
        let mut trailers =
            map(&[("x-internal-assertion", "x"), ("x-forwarded-for", "1"), ("host", "a"), ("x-sum", "9")]);
        clean_trailers(&mut trailers);
        assert_eq!(trailers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-sum"]);
    }

    #[test]
    fn a_chunked_answer_announces_no_length() {
        let mut headers = map(&[("transfer-encoding", "chunked"), ("content-length", "5")]);
        to_client(&mut headers, Receiver::Origin);
        assert!(!headers.contains_key("content-length"));
    }

    #[test]
    fn a_service_does_not_decide_who_may_read_its_answers() {
        let mut headers = map(&[("access-control-allow-origin", "*"), ("server", "users/1")]);
        to_client(&mut headers, Receiver::Service);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["via"]);
    }

    #[test]
    fn an_origin_neither_sees_nor_sets_the_refresh_cookie() {
        let mut headers = map(&[
            ("cookie", "a=1; __Host-agora_refresh=secret; b=2"),
            ("set-cookie", "agora_refresh=forged; Path=/"),
            ("set-cookie", "c=3; Path=/"),
        ]);
        withhold_cookie(&mut headers, "agora_refresh");
        assert_eq!(headers.get("cookie").unwrap(), "a=1; b=2");
        assert_eq!(headers.get_all("set-cookie").iter().collect::<Vec<_>>(), ["c=3; Path=/"]);
    }
}
