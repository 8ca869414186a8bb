//! The cache groups of this service (`service::groups` says what they are for):
//!
//! | group | belongs to it | changed by |
//! | --- | --- | --- |
//! | `post:7` | post 7, alone or in a batch, and whether the caller likes it | every change of it, likes and comments too |
//! | `posts` | lists of posts, and batches of many | every change of any post |
//! | `posts-of:7` | the list of posts by account 7, and their number | every change of any of them |
//! | `comments-of:7` | the comments under post 7 | every change of one of them |
//! | `likes-of:7` | who likes post 7 | a like, and its end |
//! | `media:7` | picture 7, as its owner sees it | every change of it |
//! | `viewer:7` | what depends on who account 7 is | `users`, when it blocks or is blocked; its likes |
//!
//! What happens because `users` tells of it is answered to nobody, and found out when a cache's entry ends.

use std::fmt;

pub(crate) use service::groups::{Changed, Of};

/// The most groups of single things that one answer names.
const MOST: usize = 50;

/// What changes as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// One post.
    Post(i64),
    /// All of them.
    Posts,
    /// The posts of an account.
    PostsOf(i64),
    /// The comments under a post.
    CommentsOf(i64),
    /// The likes of a post.
    LikesOf(i64),
    /// A picture, as its owner sees it.
    Media(i64),
    /// What an account sees.
    Viewer(i64),
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(id) => write!(f, "post:{id}"),
            Self::Posts => f.write_str("posts"),
            Self::PostsOf(id) => write!(f, "posts-of:{id}"),
            Self::CommentsOf(id) => write!(f, "comments-of:{id}"),
            Self::LikesOf(id) => write!(f, "likes-of:{id}"),
            Self::Media(id) => write!(f, "media:{id}"),
            Self::Viewer(id) => write!(f, "viewer:{id}"),
        }
    }
}

/// What answers belong to.
pub(crate) mod of {
    use principal::Principal;
    use service::groups::Of;

    use super::{Group, MOST};

    /// One thing or list, as this caller sees it.
    pub(crate) fn seen(group: Group, caller: &Principal) -> Of {
        seen_all([group], caller)
    }

    /// These posts, as this caller sees them; one that does not exist yet is among them when it does.
    pub(crate) fn posts(ids: &[i64], caller: &Principal) -> Of {
        seen_all(each(ids, Group::Post), caller)
    }

    /// The numbers of posts of these accounts.
    pub(crate) fn counts(authors: &[i64]) -> Of {
        Of::new(each(authors, Group::PostsOf))
    }

    fn seen_all(groups: impl IntoIterator<Item = Group>, caller: &Principal) -> Of {
        Of::new(groups.into_iter().chain(caller.user_id().map(Group::Viewer)))
    }

    fn each(ids: &[i64], group: impl Fn(i64) -> Group) -> Vec<Group> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MOST { vec![Group::Posts] } else { ids.into_iter().map(group).collect() }
    }
}

/// What writes change.
pub(crate) mod changed {
    use service::groups::Changed;

    use super::Group;

    /// A post: it is itself, and in lists.
    pub(crate) fn post(id: i64, author: i64) -> Changed {
        Changed::new([Group::Post(id), Group::Posts, Group::PostsOf(author)])
    }

    /// A picture that is in no post.
    pub(crate) fn media(id: i64) -> Changed {
        Changed::new([Group::Media(id)])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use principal::Principal;
    use service::groups::Of;

    use super::*;

    fn person(id: &str) -> Principal {
        Principal { sub: Some(id.to_owned()), ..Principal::anonymous() }
    }

    #[test]
    fn a_change_names_what_it_concerns() {
        let all = changed::post(7, 8).and(Group::CommentsOf(7)).and(Group::LikesOf(7)).and(Group::Viewer(9));
        let named = "\"post:7\", \"posts\", \"posts-of:8\", \"comments-of:7\", \"likes-of:7\", \"viewer:9\"";
        assert_eq!(all.value().unwrap(), named);
    }

    #[test]
    fn what_a_signed_in_caller_sees_belongs_to_them_too() {
        assert_eq!(of::seen(Group::Posts, &Principal::anonymous()), Of::new([Group::Posts]));
        assert_eq!(of::seen(Group::Posts, &Principal::service("feed")), Of::new([Group::Posts]));
        assert_eq!(of::seen(Group::Post(7), &person("8")), Of::new([Group::Post(7), Group::Viewer(8)]));
    }

    #[test]
    fn a_large_batch_belongs_to_all_posts_at_once() {
        assert_eq!(of::counts(&[2, 1, 2]), Of::new([Group::PostsOf(1), Group::PostsOf(2)]));
        let many: Vec<i64> = (1..=51).collect();
        assert_eq!(of::posts(&many, &person("8")), Of::new([Group::Posts, Group::Viewer(8)]));
    }
}
