//! The OpenAPI document of this service, and the examples in it.

use problem::{ProblemDocument, ProblemError};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::{
    domain::Role,
    relations::{AccountExport, AccountRow, BlockExport, BlockRow, FollowExport, FollowRow, Relationship},
    revocations::{Revocation, RevocationList},
    routes,
    sessions::{Closed, Opened, Session, SessionItem},
    users::{User, UserBatch},
};
use service::{Document, clock::rfc3339, page::Page};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "users",
        description = "Accounts, their credentials and their refresh sessions. Every request carries the assertion of the \
                       gateway about who the caller is; operations marked `x-internal` are for the gateway and other services.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Users", description = "Accounts and their profiles."),
        (name = "Relations", description = "Who follows whom, and who has blocked whom."),
        (name = "Sessions", description = "Where an account is signed in."),
        (name = "Internal", description = "For the gateway and other services only."),
    ),
    components(schemas(ProblemDocument, ProblemError)),
)]
pub(crate) struct Head;

/// The document of this service.
#[must_use]
pub fn openapi() -> OpenApi {
    let about = Document {
        pages: &[("Page_User", "UserPage", "User"), ("Page_SessionItem", "SessionPage", "SessionItem")],
        example,
        // These are never stored, and change all the time.
        unstored: &["list_revocations", "export_users", "export_follows", "export_blocks"],
        overloaded: "`overloaded`: the database is not available, or too many passwords are being checked.",
    };
    about.complete(routes::operations().1)
}

/// Examples are values of the very types that are answered, so they cannot be out of date.
fn example(schema: &str) -> Option<Value> {
    let json = match schema {
        "User" => serde_json::to_value(user(true)),
        "Page_User" => serde_json::to_value(page(user(false))),
        "Page_SessionItem" => serde_json::to_value(page(session_item())),
        "UserBatch" => serde_json::to_value(UserBatch { items: vec![user(false)] }),
        "Relationship" => serde_json::to_value(Relationship { following: true, followed_by: false, blocking: false }),
        "AccountExport" => serde_json::to_value(AccountExport { items: vec![account_row()] }),
        "FollowExport" => serde_json::to_value(FollowExport { items: vec![follow_row()] }),
        "BlockExport" => {
            let row = BlockRow { id: 2, version: 1, blocker_id: 7, blocked_id: 9, active: true };
            serde_json::to_value(BlockExport { items: vec![row] })
        }
        "Opened" => serde_json::to_value(Opened { user: user(true), session: session(), as_of_ms: JOINED_AT }),
        "Closed" => serde_json::to_value(Closed { revoked: vec![revocation()] }),
        "RevocationList" => serde_json::to_value(RevocationList { items: vec![revocation()], next_after: 12 }),
        _ => return None,
    };
    json.ok()
}

const JOINED_AT: i64 = 1_735_689_600_000;
const SID: &str = "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11";

fn user(private: bool) -> User {
    User {
        id: 7,
        username: "ada".to_owned(),
        display_name: "Ada Lovelace".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        description: "Writes programs for machines that do not exist yet.".to_owned(),
        avatar: None,
        status: "computing".to_owned(),
        roles: vec![Role::Seller],
        followers_count: 12,
        following_count: 3,
        joined_at: rfc3339(JOINED_AT),
        email: private.then(|| Some("ada@example.org".to_owned())),
        is_active: private.then_some(true),
    }
}

fn account_row() -> AccountRow {
    let User { id, username, display_name, avatar, .. } = user(false);
    AccountRow { id, version: 3, username, display_name, avatar, is_active: true, deleted: false }
}

fn follow_row() -> FollowRow {
    FollowRow { id: 5, version: 1, follower_id: 7, followed_id: 8, active: true, since: JOINED_AT }
}

fn page<T>(item: T) -> Page<T> {
    let cursor = "AAABlB_fEAA3Q2FudCByZWFkIHRoaXM".to_owned();
    Page { items: vec![item], next_cursor: Some(cursor), has_more: true, total: None }
}

fn session() -> Session {
    Session { id: SID.to_owned(), created_at: rfc3339(JOINED_AT), expires_at: rfc3339(JOINED_AT + 1_209_600_000) }
}

fn session_item() -> SessionItem {
    SessionItem {
        id: SID.to_owned(),
        client: Some("Firefox on Linux".to_owned()),
        created_at: rfc3339(JOINED_AT),
        last_used_at: rfc3339(JOINED_AT + 600_000),
        expires_at: rfc3339(JOINED_AT + 1_210_200_000),
        current: true,
    }
}

fn revocation() -> Revocation {
    let (kind, subject) = ("sid".to_owned(), SID.to_owned());
    Revocation { id: 12, kind, subject, not_before: JOINED_AT, created_at: rfc3339(JOINED_AT) }
}
