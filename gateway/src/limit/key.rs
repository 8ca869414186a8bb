//! Who counts as one caller.

use std::net::IpAddr;

use crate::network::Network;
use crate::plan::Partition;

/// One caller of one policy. It is copied, never allocated, and it is exact: no two callers have one key by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A user, by id.
    User(i64),
    /// Whoever is behind an address.
    Network(Network),
}

impl Key {
    pub(super) fn of(per: Partition, user: Option<i64>, client: IpAddr) -> Self {
        match (per, user) {
            (Partition::User, Some(user)) => Self::User(user),
            (Partition::User, None) | (Partition::Address, _) => Self::Network(Network::of(client)),
        }
    }
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
}
