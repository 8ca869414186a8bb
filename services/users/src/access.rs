//! Who may do what: one table, and everything that is not in it is refused.

use principal::Principal;

use crate::{domain::Role, error::Error};

/// What can be asked of this service, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// List and search accounts; read one.
    Read,
    /// See the parts of an account that are not public, and that it is disabled.
    ReadPrivate,
    /// Change the profile of an account, or delete it.
    Write,
    /// Change the roles of an account, disable and enable it.
    Administer,
    /// See and end the sessions of an account, change its password.
    OwnSessions,
    /// Follow others, and block them.
    Relate,
    /// What only the gateway and other services call; the assertion has been verified.
    Internal,
}

/// Whom an action is permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Anyone,
    Oneself,
    OneselfOrAdmin,
    /// Never oneself: nobody can give themselves a role, or take away the last administrator's.
    AdminOfOthers,
}

/// The whole authorisation of this service.
const TABLE: [(Action, Rule); 7] = [
    (Action::Read, Rule::Anyone),
    (Action::ReadPrivate, Rule::OneselfOrAdmin),
    (Action::Write, Rule::OneselfOrAdmin),
    (Action::Administer, Rule::AdminOfOthers),
    (Action::OwnSessions, Rule::Oneself),
    (Action::Relate, Rule::Oneself),
    (Action::Internal, Rule::Anyone),
];

/// Whether `caller` may do this to the account `owner`.
pub(crate) fn may(action: Action, caller: &Principal, owner: i64) -> bool {
    let itself = caller.user_id() == Some(owner);
    let admin = is_admin(caller);
    TABLE.iter().find(|(listed, _)| *listed == action).is_some_and(|(_, rule)| match rule {
        Rule::Anyone => true,
        Rule::Oneself => itself,
        Rule::OneselfOrAdmin => itself || admin,
        Rule::AdminOfOthers => admin && !itself,
    })
}

/// Refuses what [`may`] denies: 401 to a caller who is not signed in, 403 to others.
pub(crate) fn check(action: Action, caller: &Principal, owner: i64) -> Result<(), Error> {
    if may(action, caller, owner) {
        return Ok(());
    }
    if caller.user_id().is_none() {
        return Err(Error::Unauthenticated);
    }
    Err(Error::Forbidden(match action {
        Action::Administer => "Roles and `is_active` are changed by an administrator, and never one's own.",
        _ => "Only the account itself or an administrator may do this.",
    }))
}

/// Whether the caller is a signed-in administrator; a service with a role of this name is not.
pub(crate) fn is_admin(caller: &Principal) -> bool {
    caller.user_id().is_some() && caller.has_role(Role::Admin.as_str())
}

/// The signed-in caller's id.
pub(crate) fn signed_in(caller: &Principal) -> Result<i64, Error> {
    caller.user_id().ok_or(Error::Unauthenticated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_this() {
        let person = |id: &str, roles: &[&str]| Principal {
            sub: Some(id.to_owned()),
            sid: None,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        let callers = [
            Principal::anonymous(),
            person("7", &[]),
            person("8", &["seller"]),
            person("9", &["admin"]),
            person("7", &["admin"]),
            Principal { roles: vec!["admin".to_owned()], ..Principal::service("feed") },
        ];
        for (action, expected) in [
            (Action::Read, [true; 6]),
            (Action::ReadPrivate, [false, true, false, true, true, false]),
            (Action::Write, [false, true, false, true, true, false]),
            (Action::Administer, [false, false, false, true, false, false]),
            (Action::OwnSessions, [false, true, false, false, true, false]),
            (Action::Relate, [false, true, false, false, true, false]),
            (Action::Internal, [true; 6]),
        ] {
            let found: Vec<bool> = callers.iter().map(|caller| may(action, caller, 7)).collect();
            assert_eq!(found, expected, "{action:?}");
        }
    }
}
