//! Who counts as one client where only an address is known, and how many of something one client may have.

mod caps;

use std::net::IpAddr;

pub(crate) use caps::{Caps, Place};

/// An IPv4 address, or an IPv6 network of 64 bits: one customer has at least all addresses of such a network (RFC 6177), and could
/// pass for as many clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
            }
            address => address,
        })
    }

    /// Whose a connection is: everybody comes through a trusted proxy, and of those there may be several in one network.
    pub(crate) fn of_peer(address: IpAddr, is_trusted: bool) -> Self {
        if is_trusted { Self(address.to_canonical()) } else { Self::of(address) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_and_a_mapped_address_is_the_ipv4_one() {
        let of = |address: &str| Network::of(address.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("::ffff:10.0.0.1"), of("::ffff:10.0.0.2"));
    }

    #[test]
    fn a_trusted_peer_is_told_from_its_neighbours_and_no_other_is() {
        let of_peer = |address: &str, is_trusted| Network::of_peer(address.parse().unwrap(), is_trusted);
        assert_ne!(of_peer("2001:db8:1:2::1", true), of_peer("2001:db8:1:2::2", true));
        assert_eq!(of_peer("2001:db8:1:2::1", false), of_peer("2001:db8:1:2::2", false));
        assert_eq!(of_peer("::ffff:10.0.0.1", true), of_peer("10.0.0.1", true));
    }
}
