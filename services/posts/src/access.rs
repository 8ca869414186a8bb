//! Who may do what: one table, and everything that is not in it is refused. Blocks are another matter: `blocks`.

use principal::Principal;

use crate::error::Error;

/// The role that may delete what others wrote.
const ADMIN: &str = "admin";

/// What can be asked of this service, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// List and read posts, comments and likes.
    Read,
    /// Write a post or a comment, like a post.
    Write,
    /// Change a post or a comment.
    Edit,
    /// Delete a post or a comment. A comment belongs to its author and to the author of the post.
    Delete,
    /// What only the gateway and other services call; the assertion has been verified.
    Internal,
}

/// Whom an action is permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Anyone,
    SignedIn,
    Owner,
    OwnerOrAdmin,
}

/// The whole authorisation of this service.
const TABLE: [(Action, Rule); 5] = [
    (Action::Read, Rule::Anyone),
    (Action::Write, Rule::SignedIn),
    (Action::Edit, Rule::Owner),
    (Action::Delete, Rule::OwnerOrAdmin),
    (Action::Internal, Rule::Anyone),
];

/// Whether `caller` may do this to what belongs to `owners`.
pub(crate) fn may(action: Action, caller: &Principal, owners: &[i64]) -> bool {
    let id = caller.user_id();
    let owner = id.is_some_and(|id| owners.contains(&id));
    // A service with a role of this name is no administrator.
    let admin = id.is_some() && caller.has_role(ADMIN);
    TABLE.iter().find(|(listed, _)| *listed == action).is_some_and(|(_, rule)| match rule {
        Rule::Anyone => true,
        Rule::SignedIn => id.is_some(),
        Rule::Owner => owner,
        Rule::OwnerOrAdmin => owner || admin,
    })
}

/// Refuses what [`may`] denies: 401 to a caller who is not signed in, 403 to others.
pub(crate) fn check(action: Action, caller: &Principal, owners: &[i64]) -> Result<(), Error> {
    if may(action, caller, owners) {
        return Ok(());
    }
    if caller.user_id().is_none() {
        return Err(Error::Unauthenticated);
    }
    Err(Error::Forbidden(match action {
        Action::Delete => "Only its author or an administrator may delete this.",
        _ => "Only its author may change this.",
    }))
}

/// The id of the signed-in caller, who may [`Action::Write`].
pub(crate) fn writer(caller: &Principal) -> Result<i64, Error> {
    check(Action::Write, caller, &[])?;
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
            person("8", &[]),
            person("9", &["seller"]),
            person("9", &["admin"]),
            Principal { roles: vec![ADMIN.to_owned()], ..Principal::service("feed") },
        ];
        for (action, expected) in [
            (Action::Read, [true; 6]),
            (Action::Write, [false, true, true, true, true, false]),
            (Action::Edit, [false, true, true, false, false, false]),
            (Action::Delete, [false, true, true, false, true, false]),
            (Action::Internal, [true; 6]),
        ] {
            let found: Vec<bool> = callers.iter().map(|caller| may(action, caller, &[7, 8])).collect();
            assert_eq!(found, expected, "{action:?}");
        }
    }
}
