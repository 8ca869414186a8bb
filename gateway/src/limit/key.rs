//! Who counts as one caller.

use std::net::{IpAddr, Ipv6Addr};

use crate::plan::Partition;

/// One caller of one policy. It is copied, never allocated, and it is exact: no two callers have one key by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A user, by id.
    User(i64),
    /// An IPv4 address.
    V4([u8; 4]),
    /// An IPv6 network of 64 bits.
    V6(u64),
}

impl Key {
    pub(super) fn of(per: Partition, user: Option<i64>, client: IpAddr) -> Self {
        match (per, user) {
            (Partition::User, Some(user)) => Self::User(user),
            (Partition::User, None) | (Partition::Address, _) => Self::of_address(client),
        }
    }

    fn of_address(client: IpAddr) -> Self {
        match client.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => Self::V6(network(address)),
        }
    }
}

fn network(address: Ipv6Addr) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = address.octets();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(per: Partition, user: Option<i64>, client: &str) -> Key {
        Key::of(per, user, client.parse().unwrap())
    }

    #[test]
    fn a_user_is_one_caller_from_wherever_and_an_address_is_another() {
        let of = |user, client| key(Partition::User, user, client);
        assert_eq!(of(Some(7), "10.0.0.1"), of(Some(7), "2001:db8::1"));
        assert_ne!(of(Some(7), "10.0.0.1"), of(Some(8), "10.0.0.1"));
        assert_ne!(of(Some(7), "10.0.0.1"), of(None, "10.0.0.1"));
        assert_ne!(of(None, "10.0.0.1"), of(None, "10.0.0.2"));
        assert_ne!(of(Some(7), "10.0.0.1"), of(None, "0.0.0.7"));
    }

    #[test]
    fn a_policy_per_address_does_not_ask_who_it_is() {
        let of = |user, client| key(Partition::Address, user, client);
        assert_eq!(of(Some(7), "10.0.0.1"), of(Some(8), "10.0.0.1"));
        assert_eq!(of(Some(7), "10.0.0.1"), of(None, "10.0.0.1"));
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_caller_and_a_mapped_address_is_the_ipv4_one() {
        let of = |client| key(Partition::Address, None, client);
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("::ffff:10.0.0.1"), of("::ffff:10.0.0.2"));
    }
}
