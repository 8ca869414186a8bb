//! What must change together (RFC 9875), and what has changed since when.
//!
//! One number counts invalidations. It is read before an answer is asked for; a group remembers the number of its last
//! invalidation. An answer counts only if none of its groups was invalidated after it was asked for. So a slow answer that
//! was asked for before a write is neither kept nor served after it, whatever the order in which things arrive.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, List, ListEntry, Parser};

use crate::guard::target::plain;

/// The groups of an answer (RFC 9875, section 2).
pub(crate) const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
/// The groups that a change makes invalid (RFC 9875, section 3).
pub(crate) const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// Takes out of an answer what its service has said to this cache. Seldom is there anything: a look at each name costs less than
/// to search for two that are not there.
pub(crate) fn take_out(headers: &mut HeaderMap) {
    if headers.keys().any(|name| name.as_str().starts_with("cache-group")) {
        headers.remove(CACHE_GROUPS);
        headers.remove(CACHE_GROUP_INVALIDATION);
    }
}

/// The most groups of one answer: what has more is not kept.
pub(crate) const MOST: usize = 256;

/// The groups that are remembered one by one.
const REMEMBERED: usize = 1 << 16;

/// A group, as a number that another group has by a chance of one in 2⁶⁴; then more is invalidated than was asked, never less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Group(u64);

/// When each group was invalidated last.
#[derive(Debug)]
pub(crate) struct Groups {
    sequence: AtomicU64,
    marks: RwLock<Marks>,
    hasher: RandomState,
    remembered: usize,
}

#[derive(Debug, Default)]
struct Marks {
    last: HashMap<Group, u64>,
    /// The last invalidation of everything that is not remembered.
    floor: u64,
}

impl Default for Groups {
    fn default() -> Self {
        Self::remembering(REMEMBERED)
    }
}

impl Groups {
    fn remembering(remembered: usize) -> Self {
        Self { sequence: AtomicU64::new(1), marks: RwLock::default(), hasher: RandomState::new(), remembered }
    }

    /// The number to read before an answer is asked for.
    pub(crate) fn now(&self) -> u64 {
        self.sequence.load(Ordering::SeqCst)
    }

    /// The group that a service names.
    pub(crate) fn named(&self, name: &str) -> Group {
        Group(self.hasher.hash_one((0_u8, name)))
    }

    /// The group of everything at a path, with whatever query. A slash at the end makes no difference.
    pub(crate) fn of_path(&self, path: &str) -> Group {
        let path = canonical(path);
        Group(self.hasher.hash_one((1_u8, path.strip_suffix('/').unwrap_or(&path))))
    }

    /// Everything that belongs to one of these groups is over.
    pub(crate) fn invalidate(&self, groups: impl IntoIterator<Item = Group>) {
        let mut groups = groups.into_iter().peekable();
        if groups.peek().is_none() {
            return;
        }
        let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
        let next = self.now() + 1;
        marks.last.extend(groups.map(|group| (group, next)));
        if marks.last.len() > self.remembered {
            marks.forget(self.remembered / 2);
        }
        // Only now: whoever reads the number before has begun too early, and is held to be.
        self.sequence.store(next, Ordering::SeqCst);
    }

    /// Everything is over.
    pub(crate) fn invalidate_all(&self) {
        let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
        let next = self.now() + 1;
        *marks = Marks { last: HashMap::new(), floor: next };
        self.sequence.store(next, Ordering::SeqCst);
    }

    /// Whether none of these groups was invalidated after `began`. `checked` remembers the number for which this was found
    /// to be so, so that an answer is looked at once for each invalidation and not for each request.
    pub(crate) fn hold(&self, groups: &[Group], began: u64, checked: &AtomicU64) -> bool {
        let now = self.now();
        if checked.load(Ordering::Relaxed) == now {
            return true;
        }
        let marks = self.marks.read().unwrap_or_else(PoisonError::into_inner);
        let holds =
            began >= marks.floor && groups.iter().all(|group| marks.last.get(group).is_none_or(|last| *last <= began));
        if holds {
            checked.store(now, Ordering::Relaxed);
        }
        holds
    }
}

impl Marks {
    /// Forgets all but the last `keep`, and from then on holds that everything was invalidated when the last of those was.
    fn forget(&mut self, keep: usize) {
        let mut numbers: Vec<u64> = self.last.values().copied().collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        let floor = numbers.get(keep).copied().unwrap_or(0);
        self.last.retain(|_, last| *last > floor);
        self.floor = self.floor.max(floor);
    }
}

/// A path in the form that all have that mean the same (RFC 3986, sections 6.2.2.1 and 6.2.2.2): other escapes than those have capital
/// digits, and what may not stand in a path is one of them.
pub(super) fn canonical(path: &str) -> String {
    let mut canonical = String::with_capacity(path.len());
    let mut digits = 0;
    for byte in plain(path).bytes() {
        match byte {
            b'%' => digits = 2,
            byte if digits > 0 => {
                digits -= 1;
                canonical.push(char::from(byte.to_ascii_uppercase()));
                continue;
            }
            byte if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) => {}
            byte => {
                // Writing to a String cannot fail.
                let _infallible = write!(canonical, "%{byte:02X}");
                continue;
            }
        }
        canonical.push(char::from(byte));
    }
    canonical
}

/// The strings of such a field; parameters mean nothing here (RFC 9875, section 2). None where it is no list.
pub(crate) fn listed(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    if !headers.contains_key(name) {
        return Some(Vec::new());
    }
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    let Ok(list) = Parser::new(&lines.join(&b", "[..])).parse::<List>() else {
        tracing::warn!(field = %name, "a service named groups in a field that is no list of strings");
        return None;
    };
    let string = |entry: ListEntry| match entry {
        ListEntry::Item(item) => match item.bare_item {
            BareItem::String(text) => Some(text.into()),
            _ => None,
        },
        ListEntry::InnerList(_) => None,
    };
    Some(list.into_iter().filter_map(string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(groups: &Groups, of: &[Group], began: u64) -> bool {
        groups.hold(of, began, &AtomicU64::new(0))
    }

    #[test]
    fn what_was_asked_for_before_a_change_is_over_and_what_was_after_is_not() {
        let groups = Groups::default();
        let (user, other) = (groups.named("user:7"), groups.named("user:8"));
        let before = groups.now();
        assert!(holds(&groups, &[user, other], before));
        groups.invalidate([user]);
        assert!(!holds(&groups, &[other, user], before));
        assert!(holds(&groups, &[other], before));
        assert!(holds(&groups, &[user], groups.now()));
    }

    #[test]
    fn what_holds_is_asked_again_after_the_next_change_only() {
        let groups = Groups::default();
        let (user, checked) = (groups.named("user:7"), AtomicU64::new(0));
        let began = groups.now();
        assert!(groups.hold(&[user], began, &checked));
        assert_eq!(checked.load(Ordering::Relaxed), groups.now());
        groups.invalidate([user]);
        assert!(!groups.hold(&[user], began, &checked));
    }

    #[test]
    fn what_is_forgotten_is_held_to_be_over() {
        let groups = Groups::remembering(8);
        let old = groups.now();
        for number in 0..9 {
            groups.invalidate([groups.named(&format!("user:{number}"))]);
        }
        assert!(!holds(&groups, &[groups.named("user:0")], old));
        assert!(!holds(&groups, &[groups.named("somebody else")], old), "more is over than was asked, never less");
        assert!(holds(&groups, &[groups.named("user:0")], groups.now()));
        let marks = groups.marks.read().unwrap_or_else(PoisonError::into_inner);
        assert!(marks.last.len() <= 8, "{}", marks.last.len());
    }

    #[test]
    fn a_name_is_no_path() {
        let groups = Groups::default();
        assert_ne!(groups.named("/a"), groups.of_path("/a"));
        assert_eq!(groups.of_path("/a/"), groups.of_path("/a"));
    }

    #[test]
    fn escapes_that_mean_nothing_make_no_difference() {
        assert_eq!(plain("/things/%31%7e%2D"), "/things/1~-");
        assert_eq!(plain("/a%2Fb%20%c3%a4%"), "/a%2Fb%20%c3%a4%", "these mean something, or nothing at all");
        assert_eq!(plain("/plain"), "/plain");
        for (path, expected) in [
            ("/a%2fb%20%c3%a4", "/a%2Fb%20%C3%A4"),
            ("/things/%31%7e/", "/things/1~/"),
            ("/a|b[1]\"", "/a%7Cb%5B1%5D%22"),
            ("/a!$&'()*+,;=:@b", "/a!$&'()*+,;=:@b"),
            ("/%4", "/%4"),
        ] {
            assert_eq!(canonical(path), expected);
            assert_eq!(canonical(&canonical(path)), expected, "once is enough");
        }
    }

    #[test]
    fn all_strings_are_taken_whatever_their_parameters() {
        let of = |lines: &[&'static str]| {
            let fields = lines.iter().map(|line| (CACHE_GROUPS, HeaderValue::from_static(line)));
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(name, value);
            }
            listed(&headers, &CACHE_GROUPS)
        };
        let names = of(&["\"user:7\";x=1, \"a \\\"b\\\"\", token, 5", "\"posts-of:7\""]);
        assert_eq!(names, Some(vec!["user:7".to_owned(), "a \"b\"".to_owned(), "posts-of:7".to_owned()]));
        assert_eq!(of(&[]), Some(Vec::new()));
        assert_eq!(of(&["\"user:7"]), None);
    }
}
