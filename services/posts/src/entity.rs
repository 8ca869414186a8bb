//! The rows of this service's tables. They are never serialised: what clients see are types of their own.
#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "SeaORM's derive makes public items, and convenience methods with plain transactions that nobody calls"
)]

pub(crate) mod account;
pub(crate) mod avatar;
pub(crate) mod block;
pub(crate) mod comment;
pub(crate) mod like;
pub(crate) mod media;
pub(crate) mod media_file;
pub(crate) mod post;
pub(crate) mod post_tag;
