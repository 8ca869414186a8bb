#![allow(clippy::unwrap_used)]

use http::Request;

use super::*;
use crate::plan::query::sent_query;

fn caching(scope: Scope, query: Option<&[&str]>) -> Caching {
    Caching {
        scope,
        ttl: None,
        stale_while_revalidate: std::time::Duration::ZERO,
        stale_if_error: std::time::Duration::ZERO,
        query: query.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
        fields: Vec::new(),
        tags: Vec::new(),
        validates: true,
        composed: false,
        generation: 1,
    }
}

fn principal(sub: Option<&str>, sid: &str, roles: &[&str]) -> Principal {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    Principal { sub: sub.map(str::to_owned), sid: Some(sid.to_owned()), roles }
}

fn key(caching: &Caching, caller: &Principal, target: &str, host: &str) -> Vec<u8> {
    let mut key = Vec::new();
    let (head, ()) = Request::get(target).header("host", host).body(()).unwrap().into_parts();
    write(&mut key, caching, caller, (&head.uri, &head.headers), false);
    key
}

#[test]
fn the_order_of_the_query_and_what_is_not_declared_make_no_difference() {
    let (caching, caller) = (caching(Scope::Public, Some(&["a", "b c"])), Principal::anonymous());
    let of = |target: &str| key(&caching, &caller, target, "a.example");
    assert_eq!(of("/x?a=1&b+c=2"), of("/x?b+c=2&_=9&a=1"));
    assert_ne!(of("/x?a=1&a=2"), of("/x?a=2&a=1"), "a list has an order");
    assert_ne!(of("/x?a=1"), of("/x?a=2"));
    assert_ne!(of("/x"), of("/x?a="));
    assert_eq!(of("/x?%61=1").len(), of("/x?a=1").len() + 2, "a name is known however it is written");
    assert_eq!(sent_query("a=1&%61=2&a=3", caching.query.as_deref().unwrap()), "a=1&%61=2&a=3");
    assert_eq!(sent_query("b+c=2&_=9&a=1", caching.query.as_deref().unwrap()), "a=1&b+c=2");
}

#[test]
fn no_path_is_written_as_another_one_with_a_query() {
    let (caching, caller) = (caching(Scope::Public, Some(&["a", "b"])), Principal::anonymous());
    let of = |target: &str| key(&caching, &caller, target, "a.example");
    for path in ["/x&a=1", "/x%3Fa=1", "/x;a=1", "/xa=1", "/x%00a=1"] {
        assert_ne!(of(path), of("/x?a=1"), "{path}");
    }
    assert_ne!(of("/x&a=1?b=2"), of("/x?a=1&b=2"));
}

#[test]
fn without_a_contract_all_of_the_query_counts() {
    let (caching, caller) = (caching(Scope::Public, None), Principal::anonymous());
    let of = |target: &str| key(&caching, &caller, target, "a.example");
    assert_ne!(of("/x?a=1&b=2"), of("/x?b=2&a=1"));
}

#[test]
fn hosts_and_generations_are_kept_apart() {
    let one = caching(Scope::Public, None);
    let other = Caching { generation: 2, ..one.clone() };
    let caller = Principal::anonymous();
    assert_eq!(key(&one, &caller, "/x", "A.example"), key(&one, &caller, "/x", "a.EXAMPLE"));
    assert_ne!(key(&one, &caller, "/x", "a.example"), key(&one, &caller, "/x", "b.example"));
    assert_ne!(key(&one, &caller, "/x", "a.example"), key(&other, &caller, "/x", "a.example"));
}

#[test]
fn callers_share_what_their_scope_says() {
    let callers = [
        Principal { sid: None, ..principal(None, "", &[]) },
        principal(Some("7"), "s1", &[]),
        principal(Some("7"), "s2", &[]),
        principal(Some("7"), "s1", &["admin"]),
        principal(Some("8"), "s3", &[]),
    ];
    let same = |scope: Scope, one: usize, other: usize| {
        let caching = caching(scope, None);
        key(&caching, &callers[one], "/x", "a") == key(&caching, &callers[other], "/x", "a")
    };
    for (one, other) in [(0, 1), (1, 2), (1, 3), (1, 4)] {
        assert!(same(Scope::Public, one, other));
    }
    for scope in [Scope::Viewer, Scope::User] {
        assert!(same(scope.clone(), 1, 2), "a session more is no other user");
        assert!(!same(scope.clone(), 0, 1) && !same(scope.clone(), 1, 3) && !same(scope, 1, 4));
    }
    let roles = Scope::Claims(vec![CacheClaim::Roles]);
    assert!(same(roles.clone(), 1, 4) && !same(roles, 1, 3));
    assert!(!same(Scope::Claims(vec![CacheClaim::Sid]), 1, 2));
}

#[test]
fn no_two_callers_are_written_alike() {
    let caching = caching(Scope::Viewer, None);
    let of = |sub: Option<&str>, roles: &[&str]| key(&caching, &principal(sub, "s", roles), "/x", "a");
    assert_ne!(of(Some("7"), &["a", "b"]), of(Some("7"), &["ab"]));
    assert_ne!(of(Some("7"), &["a", "b"]), of(Some("7"), &["b", "a"]));
    assert_ne!(of(Some(""), &[]), of(None, &[]));
}

#[test]
fn a_service_learns_what_the_key_knows_and_nothing_else() {
    let caller = principal(Some("7"), "s", &["admin"]);
    assert_eq!(visible(&Scope::Public, &caller), Principal::anonymous());
    assert_eq!(visible(&Scope::Viewer, &caller), Principal { sid: None, ..caller.clone() });
    let roles = Scope::Claims(vec![CacheClaim::Roles]);
    assert_eq!(visible(&roles, &caller), Principal { sub: None, sid: None, ..caller });
}
