//! Accounts as clients see them, and the operations on them, one per file.

mod batch;
mod change;
mod delete;
mod fields;
mod find;
mod list;
mod me;
mod register;
mod replace;
mod show;
mod update;

use axum::response::{IntoResponse, IntoResponseParts, Response};
use http::{HeaderMap, StatusCode, header::ETAG};
use principal::Principal;
use problem::Json;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use batch::{__path_batch_users, UserBatch, batch_users};
pub(crate) use change::search_text;
pub(crate) use delete::{__path_delete_user, delete_user};
pub(crate) use find::{__path_find_user, find_user};
pub(crate) use list::{__path_list_users, list_users};
pub(crate) use me::{__path_delete_me, __path_show_me, __path_update_me, delete_me, show_me, update_me};
pub(crate) use register::{__path_register_user, NewAccount, insert, register_user};
pub(crate) use replace::{__path_replace_user, replace_user};
pub(crate) use show::{__path_show_user, show_user};
pub(crate) use update::{__path_update_user, update_user};

use crate::{
    access::{self, Action},
    domain::{Role, Roles, Username},
    entity::user,
    error::Error,
    etag::tag,
};
use service::{clock::rfc3339, etag};

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct User {
    /// Never given to another account.
    #[schema(example = 7, minimum = 1)]
    pub(crate) id: i64,
    /// The name in addresses.
    #[schema(example = "ada")]
    pub(crate) username: String,
    /// The name on pages.
    #[schema(example = "Ada Lovelace")]
    pub(crate) display_name: String,
    /// First name; may be empty.
    pub(crate) first_name: String,
    /// Last name; may be empty.
    pub(crate) last_name: String,
    /// What the person says about themselves, in lines; may be empty.
    pub(crate) description: String,
    /// The address of the picture, if there is one.
    #[schema(required)]
    pub(crate) avatar: Option<String>,
    /// What the person is up to; may be empty.
    pub(crate) status: String,
    /// What the account may do besides being itself.
    pub(crate) roles: Vec<Role>,
    /// How many accounts follow this one.
    #[schema(minimum = 0)]
    pub(crate) followers_count: i64,
    /// How many accounts this one follows.
    #[schema(minimum = 0)]
    pub(crate) following_count: i64,
    /// When the account was created.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    pub(crate) joined_at: String,
    /// The e-mail address, `null` if there is none. Only shown to the account itself and to administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ada@example.org", value_type = Option<String>)]
    pub(crate) email: Option<Option<String>>,
    /// Whether the account can be used. Only shown to the account itself and to administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, required = false)]
    pub(crate) is_active: Option<bool>,
}

impl User {
    /// What everybody may see.
    pub(crate) fn public(user: user::Model) -> Self {
        Self {
            roles: roles(&user).list(),
            joined_at: rfc3339(user.joined_at),
            id: user.id,
            username: user.username,
            display_name: user.display_name,
            first_name: user.first_name,
            last_name: user.last_name,
            description: user.description,
            avatar: user.avatar,
            status: user.status,
            followers_count: user.followers_count,
            following_count: user.following_count,
            email: None,
            is_active: None,
        }
    }

    /// What the account itself and administrators see.
    pub(crate) fn private(user: user::Model) -> Self {
        let (email, is_active) = (Some(user.email.clone()), Some(user.is_active));
        Self { email, is_active, ..Self::public(user) }
    }

    /// What this caller sees.
    pub(crate) fn seen_by(caller: &Principal, user: user::Model) -> Self {
        if access::may(Action::ReadPrivate, caller, user.id) { Self::private(user) } else { Self::public(user) }
    }
}

pub(crate) fn roles(user: &user::Model) -> Roles {
    Roles { admin: user.is_admin, seller: user.is_seller }
}

/// One account as the answer to `caller`, with its tag; 304 if the caller has it already. `groups` are those that the answer
/// belongs to, or that have changed.
fn respond(caller: &Principal, headers: &HeaderMap, user: user::Model, groups: impl IntoResponseParts) -> Response {
    let private = access::may(Action::ReadPrivate, caller, user.id);
    let tag = tag(&user, private);
    let field = [(ETAG, etag::value(&tag))];
    if etag::is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, groups, field).into_response();
    }
    (groups, field, Json(User::seen_by(caller, user))).into_response()
}

/// The account with this name, unless it was deleted.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    username: &Username,
    lock: bool,
) -> Result<Option<user::Model>, DbErr> {
    let query = user::Entity::find()
        .filter(user::COLUMN.username.eq(username.as_str()))
        .filter(user::COLUMN.deleted_at.is_null());
    if lock { query.lock_exclusive().one(db).await } else { query.one(db).await }
}

/// The account with this id, unless it was deleted.
pub(crate) async fn find_by_id(db: &impl ConnectionTrait, id: i64, lock: bool) -> Result<Option<user::Model>, DbErr> {
    let query = user::Entity::find_by_id(id).filter(user::COLUMN.deleted_at.is_null());
    if lock { query.lock_exclusive().one(db).await } else { query.one(db).await }
}

/// A name from a path. One that no account can have is not found, like one that none has.
pub(crate) fn named(username: &str) -> Result<Username, Error> {
    Username::parse(username).map_err(|_| Error::NoSuchUser)
}
