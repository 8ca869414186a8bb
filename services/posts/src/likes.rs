//! Likes: who likes which post. A like is there or not, so to like twice is to like once.

mod like;
mod list;
mod viewer;

pub(crate) use like::{__path_like_post, __path_unlike_post, Liked, insert, like_post, unlike_post};
pub(crate) use list::{__path_list_likes, Like, list_likes};
pub(crate) use viewer::{__path_batch_post_viewer, PostViewer, PostViewers, batch_post_viewer};
