//! Who follows whom and who has blocked whom, and the operations on that, one per file.
//!
//! Whatever changes a pair first locks both accounts, always in the order of their ids: two who follow each other at once wait for each
//! other and do not deadlock, and the counters are those of the rows. A block ends the follows between the two, in both directions.

mod avatar;
mod blocks;
mod change;
mod export;
mod follow;
mod follows;
mod pair;
mod show;

use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use avatar::avatar;
pub(crate) use blocks::{
    __path_block_user, __path_list_blocks, __path_unblock_user, block_user, list_blocks, unblock_user,
};
pub(crate) use change::{end_of, end_of_deleted};
pub(crate) use export::{
    __path_export_blocks, __path_export_follows, __path_export_users, AccountExport, AccountRow, BlockExport, BlockRow,
    FollowExport, FollowRow, export_blocks, export_follows, export_users,
};
pub(crate) use follow::{__path_follow_user, __path_unfollow_user, follow_user, unfollow_user};
pub(crate) use follows::{__path_list_followers, __path_list_following, hidden_from, list_followers, list_following};
pub(crate) use pair::{blockers_of, has_blocked};
pub(crate) use show::{__path_show_relationship, show_relationship};

/// What there is between the caller and an account. Who has blocked the caller is not told: to them that account is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Relationship {
    /// The caller follows the account.
    pub(crate) following: bool,
    /// The account follows the caller.
    pub(crate) followed_by: bool,
    /// The caller has blocked the account.
    pub(crate) blocking: bool,
}
