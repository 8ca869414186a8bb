//! What one request carries through the phases.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::fields::Names;
use crate::listener::ms_at;

/// The peer as forwarding fields carry it.
#[derive(Clone, Debug)]
pub(crate) struct ForwardedFields {
    /// `X-Forwarded-For`
    pub(crate) x_for: HeaderValue,
    /// `Forwarded` (RFC 7239)
    pub(crate) forwarded: HeaderValue,
}

impl ForwardedFields {
    pub(crate) fn of(address: IpAddr) -> Self {
        let node = match address {
            IpAddr::V4(address) => format!("for={address};proto=http"),
            IpAddr::V6(address) => format!("for=\"[{address}]\";proto=http"),
        };
        Self { x_for: value(&address.to_string()), forwarded: value(&node) }
    }
}

/// An address in text is always a valid field value; should it not be, an unknown client is the honest answer.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

/// The identity of one request.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) request_id: HeaderValue,
    pub(crate) client: IpAddr,
    pub(crate) started: Instant,
    /// When it arrived, in milliseconds on the clock of connections and of what is kept ([`ms_at`]).
    pub(crate) arrived_ms: u64,
    /// The wall clock when it started, in milliseconds since the epoch.
    pub(crate) wall_ms: u64,
    /// Of the fields that few requests have, those that it came with.
    pub(crate) names: Names,
    /// The index of the route among the names of the metrics.
    pub(crate) route: usize,
}

impl Context {
    /// Names the request: by the client's own id where that is well-formed, otherwise by a new UUIDv7.
    pub(crate) fn identify(headers: &HeaderMap, peer: IpAddr, trusted: &[IpAddr], route: usize) -> Self {
        let (started, names) = (Instant::now(), Names::of(headers));
        let arrived_ms = ms_at(started);
        let wall_ms = wall_ms(arrived_ms);
        let given = if names.has(Names::REQUEST_ID) { headers.get(problem::REQUEST_ID) } else { None };
        Self {
            request_id: request_id(given, wall_ms),
            client: client(headers, peer, trusted),
            started,
            arrived_ms,
            wall_ms,
            names,
            route,
        }
    }
}

/// The wall clock at `now_ms`, in milliseconds since the epoch. It is read ten times a second: in between, the other clock says how far
/// it has gone.
fn wall_ms(now_ms: u64) -> u64 {
    const KEPT_MS: u64 = 100;
    thread_local! {
        static LAST: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
    }
    if let Some((read_ms, wall)) = LAST.get()
        && let since = now_ms.saturating_sub(read_ms)
        && since < KEPT_MS
    {
        return wall + since;
    }
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let wall = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
    LAST.set(Some((now_ms, wall)));
    wall
}

fn request_id(given: Option<&HeaderValue>, wall_ms: u64) -> HeaderValue {
    match given {
        Some(given) if is_well_formed(given.as_bytes()) => given.clone(),
        _ => {
            let mut text = [0; uuid::fmt::Simple::LENGTH];
            value(new_id(wall_ms).simple().encode_lower(&mut text))
        }
    }
}

/// A UUIDv7 (RFC 9562, section 6.2, method 1): the time, and a counter of this thread that starts at random. That is
/// unique, which is all that a request id promises; it is not a secret.
fn new_id(wall_ms: u64) -> Uuid {
    thread_local! {
        static NEXT: Cell<u128> = Cell::new(Uuid::new_v4().as_u128());
    }
    let count = NEXT.get().wrapping_add(1);
    NEXT.set(count);
    let [_, _, _, _, _, _, random @ ..] = count.to_be_bytes();
    uuid::Builder::from_unix_timestamp_millis(wall_ms, &random).into_uuid()
}

/// An id may be logged and sent on, so it is short and cannot be mistaken for anything else.
fn is_well_formed(id: &[u8]) -> bool {
    (8..=64).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the peer's, or what trusted proxies say, read from the right as far as they are trusted.
fn client(headers: &HeaderMap, peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !trusted.contains(&client) {
        return client;
    }
    let lines = headers.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    let hops: Vec<&[u8]> = lines.flat_map(|line| line.split(|byte| *byte == b',')).collect();
    // Members of a list may be empty (RFC 9110, section 5.6.1).
    for hop in hops.into_iter().rev().map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty()) {
        // What stands left of something that is no address is a claim of whoever sent it.
        let Some(address) = str::from_utf8(hop).ok().and_then(address) else { break };
        client = address.to_canonical();
        if !trusted.contains(&client) {
            break;
        }
    }
    client
}

/// The address of a hop. Some proxies write a port with it, and then IPv6 in brackets.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().or_else(|_| hop.parse().map(|socket: SocketAddr| socket.ip())).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::listener::now_ms;

    fn headers(name: &'static str, text: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(text).unwrap())])
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_well_formed_request_id_is_kept() {
        assert_eq!(request_id(Some(&HeaderValue::from_static("abc-123_x.y")), 0), "abc-123_x.y");
    }

    #[test]
    fn any_other_request_id_is_replaced() {
        for given in ["short", "with space in it", "{\"json\":1234}", &"x".repeat(65)] {
            let id = request_id(Some(&HeaderValue::from_str(given).unwrap()), 0);
            assert_ne!(id, given);
            assert_eq!(id.len(), 32);
        }
    }

    #[test]
    fn the_wall_clock_goes_on_between_two_looks_at_it() {
        let now = now_ms();
        let read = wall_ms(now);
        assert_eq!(wall_ms(now + 40), read + 40);
        let anew = wall_ms(now + 3_600_000);
        assert!((read..read + 600_000).contains(&anew), "read, not counted");
    }

    #[test]
    fn an_untrusted_peer_cannot_name_its_address() {
        let fields = headers("x-forwarded-for", "1.2.3.4");
        assert_eq!(client(&fields, address("9.9.9.9"), &[address("8.8.8.8")]), address("9.9.9.9"));
    }

    #[test]
    fn trusted_hops_are_skipped_from_the_right() {
        let fields = headers("x-forwarded-for", "6.6.6.6, 1.2.3.4, 8.8.4.4");
        let trusted = [address("8.8.8.8"), address("8.8.4.4")];
        assert_eq!(client(&fields, address("8.8.8.8"), &trusted), address("1.2.3.4"));
    }

    /// Who asks, when a trusted proxy at 8.8.8.8 says `lines`.
    fn named(lines: &[&[u8]]) -> IpAddr {
        let values = lines.iter().map(|line| HeaderValue::from_bytes(line).unwrap());
        let mut fields = HeaderMap::new();
        values.for_each(|value| _ = fields.append(X_FORWARDED_FOR, value));
        client(&fields, address("8.8.8.8"), &[address("8.8.8.8")])
    }

    #[test]
    fn what_is_no_text_hides_no_hop_after_it() {
        for lines in [&[&b"\xff, 1.2.3.4"[..]][..], &[b"6.6.6.6", b"\xff,1.2.3.4"], &[b"6.6.6.6", b"\xff", b"1.2.3.4"]]
        {
            assert_eq!(named(lines), address("1.2.3.4"), "{lines:?}");
        }
    }

    #[test]
    fn a_hop_may_have_a_port_and_brackets_and_nothing_may_stand_between_commas() {
        for line in ["1.2.3.4:1234", "6.6.6.6, 1.2.3.4,", "1.2.3.4, ,8.8.8.8:80"] {
            assert_eq!(named(&[line.as_bytes()]), address("1.2.3.4"), "{line}");
        }
        for line in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"] {
            assert_eq!(named(&[line.as_bytes()]), address("2001:db8::1"), "{line}");
        }
    }

    #[test]
    fn what_is_no_address_lets_nothing_before_it_count() {
        for lines in [
            &[&b"6.6.6.6, \xff"[..]][..],
            &[b"6.6.6.6, unknown, 8.8.8.8"],
            &[b"6.6.6.6, 1.2.3.4:a"],
            &[b"6.6.6.6, [1.2.3.4"],
        ] {
            assert_eq!(named(lines), address("8.8.8.8"), "{lines:?}");
        }
    }
}
