//! The cache groups of this service (`service::groups` says what they are for):
//!
//! | group | belongs to it | changed by |
//! | --- | --- | --- |
//! | `user:7` | account 7, alone or in a batch | every change of it, its creation and deletion |
//! | `users` | every list, and batches of many | every change of any account |
//! | `sessions-of:7` | the sessions of account 7 | a login, a refresh, a logout, a new password, disabling, deletion |
//! | `viewer:7` | other accounts as account 7 sees them | other roles of account 7, its follows, and blocks in either direction |
//!
//! What an operator changes on the command line is answered to nobody, and found out when a cache's entry ends.

use std::fmt;

pub(crate) use service::groups::{Changed, INVALIDATION, Of};

/// The most groups of single accounts that one answer names.
const MOST: usize = 50;

/// What changes as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// One account.
    User(i64),
    /// All of them.
    Users,
    /// The sessions of an account.
    SessionsOf(i64),
    /// What an account may see of others.
    Viewer(i64),
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Users => f.write_str("users"),
            Self::SessionsOf(id) => write!(f, "sessions-of:{id}"),
            Self::Viewer(id) => write!(f, "viewer:{id}"),
        }
    }
}

/// What answers belong to.
pub(crate) mod of {
    use principal::Principal;
    use service::groups::Of;

    use super::{Group, MOST};

    /// One account, as this caller sees it. To everybody but itself it looks as their roles want it.
    pub(crate) fn user(id: i64, caller: &Principal) -> Of {
        let viewer = caller.user_id().filter(|viewer| *viewer != id);
        Of::new([Group::User(id)].into_iter().chain(viewer.map(Group::Viewer)))
    }

    /// A list of accounts, as this caller sees it. The accounts in it are not named: a change of one of them is a change of
    /// `users`, as is one that puts another account among them.
    pub(crate) fn users(caller: &Principal) -> Of {
        Of::new([Group::Users].into_iter().chain(caller.user_id().map(Group::Viewer)))
    }

    /// The public side of these accounts; one that does not exist yet is among them when it does.
    pub(crate) fn batch(ids: &[i64]) -> Of {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MOST { Of::new([Group::Users]) } else { Of::new(ids.into_iter().map(Group::User)) }
    }

    /// Whoever has a name; if nobody does, somebody may register.
    pub(crate) fn named(id: Option<i64>) -> Of {
        Of::new([id.map_or(Group::Users, Group::User)])
    }

    /// What is between an account and whoever looks.
    pub(crate) fn relation(id: i64, viewer: i64) -> Of {
        Of::new([Group::User(id), Group::Viewer(viewer)])
    }

    /// The sessions of an account.
    pub(crate) fn sessions_of(id: i64) -> Of {
        Of::new([Group::SessionsOf(id)])
    }
}

/// What writes change.
pub(crate) mod changed {
    use service::groups::Changed;

    use super::Group;

    /// An account: it is itself, and in lists.
    pub(crate) fn user(id: i64) -> Changed {
        Changed::new([Group::User(id), Group::Users])
    }

    /// The sessions of an account.
    pub(crate) fn sessions_of(id: i64) -> Changed {
        Changed::new([Group::SessionsOf(id)])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use principal::Principal;
    use service::groups::Of;

    use super::*;

    fn person(id: &str) -> Principal {
        Principal { sub: Some(id.to_owned()), ..Principal::anonymous() }
    }

    #[test]
    fn a_change_names_what_it_concerns() {
        let all = changed::user(7).and(Group::SessionsOf(7)).and(Group::Viewer(7));
        assert_eq!(all.value().unwrap(), "\"user:7\", \"users\", \"sessions-of:7\", \"viewer:7\"");
    }

    #[test]
    fn what_depends_on_roles_belongs_to_its_viewer() {
        assert_eq!(of::user(7, &Principal::anonymous()), Of::new([Group::User(7)]));
        assert_eq!(of::user(7, &person("7")), Of::new([Group::User(7)]));
        assert_eq!(of::user(7, &person("8")), Of::new([Group::User(7), Group::Viewer(8)]));
        assert_eq!(of::users(&Principal::service("feed")), Of::new([Group::Users]));
        assert_eq!(of::users(&person("8")), Of::new([Group::Users, Group::Viewer(8)]));
    }

    #[test]
    fn a_large_batch_belongs_to_all_accounts_at_once() {
        assert_eq!(of::batch(&[2, 1, 2]), Of::new([Group::User(1), Group::User(2)]));
        let many: Vec<i64> = (1..=51).collect();
        assert_eq!(of::batch(&many[..50]), Of::new(many[..50].iter().map(|id| Group::User(*id))));
        assert_eq!(of::batch(&many), Of::new([Group::Users]));
    }
}
