#![allow(clippy::unwrap_used)]

use principal::Principal;

use super::*;
use crate::auth::LONGEST_TTL;
use crate::auth::verify::is_over;

const NOW_MS: i64 = 1_800_000_000_000;

fn token(sub: &str, sid: &str, issued_at_ms: i64) -> AccessToken {
    let principal = Principal { sub: Some(sub.to_owned()), sid: Some(sid.to_owned()), roles: Vec::new() };
    AccessToken { principal, issued_at_ms, expires_at: NOW_MS / 1000 + 600 }
}

fn revocation(kind: Kind, subject: &str, not_before: i64) -> Revocation {
    Revocation { kind, subject: subject.to_owned(), not_before }
}

#[test]
fn a_session_is_revoked_whenever_its_tokens_were_issued() {
    let revocations = Revocations::new();
    assert!(revocations.apply([revocation(Kind::Sid, "s", NOW_MS)], NOW_MS));
    for issued in [NOW_MS - 1000, NOW_MS, NOW_MS + 1000] {
        assert!(revocations.is_revoked(&token("1", "s", issued)));
        assert!(!revocations.is_revoked(&token("1", "other", issued)));
        assert!(!revocations.is_revoked(&token("s", "other", issued)), "a user is no session");
    }
}

#[test]
fn a_user_is_revoked_up_to_a_moment() {
    let revocations = Revocations::new();
    revocations.apply([revocation(Kind::Sub, "1", NOW_MS)], NOW_MS);
    assert!(revocations.is_revoked(&token("1", "s", NOW_MS - 1)));
    assert!(!revocations.is_revoked(&token("1", "s", NOW_MS)));
    revocations.apply([revocation(Kind::Sub, "1", NOW_MS - 500)], NOW_MS);
    assert!(revocations.is_revoked(&token("1", "s", NOW_MS - 1)), "an older one takes nothing back");
}

#[test]
fn only_news_change_the_generation() {
    let revocations = Revocations::new();
    let before = revocations.generation();
    assert!(revocations.apply([revocation(Kind::Sid, "s", NOW_MS)], NOW_MS));
    let after = revocations.generation();
    assert_ne!(before, after);
    assert!(!revocations.apply([revocation(Kind::Sid, "s", NOW_MS)], NOW_MS));
    assert!(!revocations.apply([], NOW_MS));
    assert_eq!(revocations.generation(), after);
}

#[test]
fn a_revocation_is_kept_for_fifteen_minutes() {
    let revocations = Revocations::new();
    revocations.apply([revocation(Kind::Sid, "s", NOW_MS)], NOW_MS);
    assert_eq!(revocations.live(NOW_MS + KEPT_MS - 1).0.len(), 1);
    assert_eq!(revocations.live(NOW_MS + KEPT_MS).0.len(), 0);
    assert!(!revocations.apply([revocation(Kind::Sid, "old", NOW_MS - KEPT_MS)], NOW_MS), "too old to matter");
}

#[test]
fn the_longest_token_is_over_when_its_revocation_is_forgotten() {
    let expires_at = NOW_MS / 1000 + i64::try_from(LONGEST_TTL.as_secs()).unwrap();
    let forgotten_at = (NOW_MS + KEPT_MS) / 1000;
    assert!(is_over(expires_at, forgotten_at));
    assert!(!is_over(expires_at + 1, forgotten_at), "and no shorter than it has to be");
}

#[test]
fn a_full_set_refuses_too_much_rather_than_too_little() {
    let revocations = Revocations::with_capacity(100);
    for number in 0..1000 {
        let at = NOW_MS + number;
        revocations.apply([revocation(Kind::Sid, &format!("s{number}"), at)], at);
        let (live, _) = revocations.live(at);
        assert!(live.len() <= 100);
    }
    for number in 0..1000 {
        let issued_before = token("1", &format!("s{number}"), NOW_MS + number);
        assert!(revocations.is_revoked(&issued_before), "s{number}");
    }
    assert!(!revocations.is_revoked(&token("1", "fresh", NOW_MS + 1000)));
}

#[test]
fn the_file_is_replaced_whole_and_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys/revocations.json");
    assert!(file::read(&path).unwrap().is_none());
    for count in [1, 3] {
        let items = (0..count).map(|number| revocation(Kind::Sid, &format!("s{number}"), NOW_MS)).collect();
        let snapshot = file::Snapshot { floor_ms: 5, items };
        file::write(&path, &snapshot).unwrap();
        assert_eq!(file::read(&path).unwrap(), Some(snapshot));
    }
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing temporary is left");
    std::fs::write(&path, "[]").unwrap();
    assert!(file::read(&path).is_err());
}

#[test]
fn what_a_killed_writer_left_is_removed_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, age: u64| {
        let file = std::fs::File::create(directory.path().join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
    };
    let id = "0123456789abcdef0123456789abcdef";
    file(&format!(".123.{id}"), 120);
    file(&format!(".124.{id}"), 0);
    file("revocations.json", 120);
    file("signing.pem", 120);
    file(".hidden", 120);
    file::remove_leftovers(&directory.path().join("revocations.json"));
    let names =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    assert_eq!(names, [format!(".124.{id}"), ".hidden".into(), "revocations.json".into(), "signing.pem".into()]);
}
