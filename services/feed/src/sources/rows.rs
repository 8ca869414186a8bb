//! Rows as they are exported, in the form in which they are kept: what is equal is the same.

use sea_orm::FromQueryResult;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;

/// Who exports something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Users,
    Posts,
}

/// What is exported in rows.
pub(crate) trait Exported: DeserializeOwned + Send {
    const OWNER: Owner;
    const PATH: &'static str;
    /// The most rows of one answer.
    const MOST: usize;

    fn id(&self) -> i64;
}

macro_rules! exported {
    ($($row:ident: $owner:ident $path:literal by $most:literal),* $(,)?) => {$(
        impl Exported for $row {
            const OWNER: Owner = Owner::$owner;
            const PATH: &'static str = $path;
            const MOST: usize = $most;

            fn id(&self) -> i64 {
                self.id
            }
        }
    )*};
}

exported! {
    Author: Users "/internal/accounts-export" by 1000,
    Follow: Users "/internal/follows" by 1000,
    Block: Users "/internal/blocks" by 1000,
    Post: Posts "/internal/posts-export" by 500,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, FromQueryResult)]
#[serde(from = "Account")]
pub(crate) struct Author {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) display_name: String,
    /// By which it is found.
    pub(crate) search_name: String,
    pub(crate) avatar: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) deleted: bool,
    pub(crate) version: i64,
}

#[derive(Deserialize)]
struct Account {
    id: i64,
    version: i64,
    username: String,
    display_name: String,
    avatar: Option<String>,
    is_active: bool,
    deleted: bool,
}

impl From<Account> for Author {
    fn from(account: Account) -> Self {
        let Account { id, version, username, display_name, avatar, is_active, deleted } = account;
        let search_name = display_name.to_lowercase();
        Self { id, username, display_name, search_name, avatar, is_active, deleted, version }
    }
}

/// Who follows, or followed, whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, FromQueryResult)]
pub(crate) struct Follow {
    pub(crate) id: i64,
    pub(crate) follower_id: i64,
    pub(crate) followed_id: i64,
    pub(crate) active: bool,
    pub(crate) since: i64,
    pub(crate) version: i64,
}

/// Who has, or had, blocked whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, FromQueryResult)]
pub(crate) struct Block {
    pub(crate) id: i64,
    pub(crate) blocker_id: i64,
    pub(crate) blocked_id: i64,
    pub(crate) active: bool,
    pub(crate) version: i64,
}

/// A post. One that is deleted is not exported.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, FromQueryResult)]
pub(crate) struct Post {
    pub(crate) id: i64,
    pub(crate) author_id: i64,
    pub(crate) text: String,
    #[serde(deserialize_with = "tags")]
    pub(crate) tags: String,
    #[serde(deserialize_with = "media")]
    pub(crate) media: String,
    pub(crate) like_count: i64,
    pub(crate) comment_count: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i64,
    pub(crate) seq: i64,
    #[serde(skip)]
    pub(crate) deleted: bool,
}

fn tags<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let tags = Vec::<String>::deserialize(from)?;
    serde_json::to_string(&tags).map_err(D::Error::custom)
}

fn media<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let media = Vec::<Value>::deserialize(from)?;
    serde_json::to_string(&media).map_err(D::Error::custom)
}
