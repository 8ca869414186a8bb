//! What has to be there, by what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};

/// Everything that writers have done. Writers are known by their numbers.
#[derive(Clone, Default)]
pub(super) struct Model {
    /// Writes that were acknowledged.
    pub(super) acknowledged: usize,
    pub(super) posts: BTreeMap<i64, Post>,
    /// Who follows whom.
    pub(super) follows: BTreeSet<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) author: usize,
    pub(super) text: String,
    pub(super) likes: BTreeSet<usize>,
    pub(super) comments: i64,
}

impl Model {
    /// The posts in a writer's timeline, their own among them.
    pub(super) fn timeline(&self, reader: usize) -> BTreeSet<i64> {
        let follows = |author| author == reader || self.follows.contains(&(reader, author));
        self.posts.iter().filter(|(_, post)| follows(post.author)).map(|(id, _)| *id).collect()
    }

    /// What the lists of posts and of the public feed say of each post: text, likes, comments.
    pub(super) fn shown(&self) -> BTreeMap<i64, (String, i64, i64)> {
        let likes = |post: &Post| i64::try_from(post.likes.len()).unwrap();
        self.posts.iter().map(|(id, post)| (*id, (post.text.clone(), likes(post), post.comments))).collect()
    }

    /// The names of whom a writer follows.
    pub(super) fn followed(&self, by: usize, names: &[String]) -> BTreeSet<String> {
        self.follows
            .iter()
            .filter(|(follower, _)| *follower == by)
            .map(|(_, followed)| names[*followed].clone())
            .collect()
    }
}
