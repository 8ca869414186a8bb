//! What is written, by whom, and when: drawn from the seed.

use service::{
    Random,
    demo::{ACCOUNTS, SEED},
};

use super::words::{CLOSINGS, COMMENTS, SUBJECTS, Subject};

/// How many posts there are.
const POSTS: usize = 240;
/// Between two posts, in milliseconds: 240 of them are thirty days.
const APART: i64 = 3 * 60 * MINUTE;
const MINUTE: i64 = 60_000;
/// Everything that follows a post does so within this many minutes, which is before now.
const MINUTES_AFTER: usize = 50;

/// A post, and what others think of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) author: i64,
    pub(super) text: String,
    /// How long ago it was written, in milliseconds.
    pub(super) age: i64,
    /// Which of the pictures it has.
    pub(super) pictures: Vec<usize>,
    /// What is to be seen on each.
    pub(super) alt: &'static str,
    /// By whom, what, and how many milliseconds after the post.
    pub(super) comments: Vec<(i64, &'static str, i64)>,
    /// By whom, and how many milliseconds after the post.
    pub(super) likes: Vec<(i64, i64)>,
}

/// The posts from the oldest to the newest, which have some of so many pictures.
pub(super) fn posts(pictures: usize) -> Vec<Planned> {
    let mut random = Random::new(SEED + 2);
    (0..POSTS).map(|number| post(&mut random, number, pictures)).collect()
}

fn post(random: &mut Random, number: usize, pictures: usize) -> Planned {
    let subject = SUBJECTS.get(random.below(SUBJECTS.len())).unwrap_or(&SUBJECTS[0]);
    // Some write much and most write little.
    let author = account(random.below(ACCOUNTS).min(random.below(ACCOUNTS)));
    let before = i64::try_from(POSTS - number).unwrap_or(0) * APART;
    Planned {
        author,
        text: text(random, subject),
        age: before - minutes(random, 120),
        pictures: pick_pictures(random, number, pictures),
        alt: subject.alt,
        comments: comments(random, author),
        likes: likes(random, author),
    }
}

fn text(random: &mut Random, subject: &Subject) -> String {
    let tags = if random.below(3) == 0 {
        format!("#{}", subject.tag)
    } else {
        format!("#{} #{}", subject.tag, subject.other_tag)
    };
    format!("{} {} {tags}", random.pick(&subject.openings), random.pick(&CLOSINGS))
}

/// Every other post has one picture, and every twelfth three. All are in use.
fn pick_pictures(random: &mut Random, number: usize, pictures: usize) -> Vec<usize> {
    let first = number / 2 % pictures;
    match number % 12 {
        0 => vec![first, (first + 1 + random.below(pictures - 3)) % pictures, (first + pictures - 1) % pictures],
        2 | 4 | 6 | 8 | 10 => vec![first],
        _ => Vec::new(),
    }
}

fn comments(random: &mut Random, author: i64) -> Vec<(i64, &'static str, i64)> {
    let number = random.below(5).min(random.below(5));
    let mut comments: Vec<_> =
        (0..number).map(|_| (other(random, author), random.pick(&COMMENTS), minutes(random, MINUTES_AFTER))).collect();
    comments.sort_by_key(|(_, _, after)| *after);
    comments
}

/// Nobody likes a post twice.
fn likes(random: &mut Random, author: i64) -> Vec<(i64, i64)> {
    let mut likes: Vec<(i64, i64)> = Vec::new();
    for _ in 0..random.below(13) {
        let user = other(random, author);
        let after = minutes(random, MINUTES_AFTER);
        if likes.iter().all(|(known, _)| *known != user) {
            likes.push((user, after));
        }
    }
    likes
}

/// Somebody else.
fn other(random: &mut Random, author: i64) -> i64 {
    let user = account(random.below(ACCOUNTS - 1));
    if user < author { user } else { user + 1 }
}

fn account(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(0) + 1
}

fn minutes(random: &mut Random, most: usize) -> i64 {
    (i64::try_from(random.below(most)).unwrap_or(0) + 1) * MINUTE
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_posts_are_the_same_every_time_and_in_order() {
        let all = posts(24);
        assert_eq!(all, posts(24));
        assert_eq!(all.len(), POSTS);
        assert!(all.is_sorted_by(|one, next| one.age > next.age));
        let last = all.last().unwrap();
        assert!(
            last.age > i64::try_from(MINUTES_AFTER).unwrap() * MINUTE,
            "what follows the newest has happened: {last:?}"
        );
        assert_eq!(all[0].text, "Same scale, same sheet, a hundred years between them. No complaints. #maps #history");
    }

    #[test]
    fn everybody_is_a_demo_account_and_does_not_applaud_themselves() {
        for post in posts(24) {
            let others = post.comments.iter().map(|(user, ..)| *user).chain(post.likes.iter().map(|(user, _)| *user));
            let others: Vec<i64> = others.collect();
            assert!(!others.contains(&post.author), "{post:?}");
            assert!(others.iter().chain([&post.author]).all(|user| (1..=40).contains(user)), "{post:?}");
            let likers: BTreeSet<i64> = post.likes.iter().map(|(user, _)| *user).collect();
            assert_eq!(likers.len(), post.likes.len(), "{post:?}");
        }
    }

    #[test]
    fn all_pictures_are_in_use_and_none_twice_in_a_post() {
        let all = posts(24);
        let used: BTreeSet<usize> = all.iter().flat_map(|post| post.pictures.iter().copied()).collect();
        assert_eq!(used, (0..24).collect());
        for post in all {
            let different: BTreeSet<usize> = post.pictures.iter().copied().collect();
            assert_eq!(different.len(), post.pictures.len(), "{post:?}");
        }
    }
}
