//! What this service tells the others: `user.registered`, `user.changed` and `user.deleted`, each with the account as everybody may
//! see it. No e-mail address is ever in an event.

use ::events::{Aggregate, Event};
use serde_json::json;

use crate::entity::user;

/// An account was made.
pub(crate) fn registered(user: &user::Model) -> Event {
    of("user.registered", user, user.joined_at)
}

/// An account is different.
pub(crate) fn changed(user: &user::Model, now: i64) -> Event {
    of("user.changed", user, now)
}

/// An account is gone; its username is never given out again.
pub(crate) fn deleted(user: &user::Model, now: i64) -> Event {
    of("user.deleted", user, now)
}

fn of(kind: &str, user: &user::Model, occurred_at: i64) -> Event {
    let data = json!({
        "username": user.username, "display_name": user.display_name, "avatar": user.avatar, "is_active": user.is_active,
    });
    Event::new(kind, Aggregate::new("user", user.id), user.version, occurred_at, data)
}
