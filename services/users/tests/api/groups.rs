//! What the service tells caches: groups of its reads, groups that its writes change, and what is never stored.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::alone::{Answer, Call};

use crate::harness::{PASSWORD, Person, Service, on_both_engines, token};

const GROUPS: &str = "cache-groups";
const CHANGED: &str = "cache-group-invalidation";

/// The groups that a field names; it is a list of strings, or not there.
fn named(answer: &Answer, field: &str) -> BTreeSet<String> {
    let Some(value) = answer.headers.get(field) else { return BTreeSet::new() };
    let strings = value.to_str().unwrap().split(", ");
    strings.map(|text| text.strip_prefix('"').unwrap().strip_suffix('"').unwrap().to_owned()).collect()
}

/// A write that is possible after the ones before it, and the groups that it names.
type Write<'a> = (&'static str, Call<'a>, Vec<String>);

struct People {
    ada: Person,
    bob: Person,
    boss: Person,
}

/// Every read that has a body which could be kept, as different callers ask for it.
fn reads<'a>(service: &'a Service, People { ada, bob, boss }: &People) -> Vec<Call<'a>> {
    let ids = |most: i64| (1..=most).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    vec![
        service.get("/users"),
        service.get("/users?count=true&limit=1"),
        service.get("/users?q=new"),
        service.get("/users").by(ada),
        service.get("/users").by_admin(boss),
        service.get("/users/ada"),
        service.get("/users/ada").by(ada),
        service.get("/users/ada").by(bob),
        service.get("/users/ada").by_admin(boss),
        service.get("/users/bob"),
        service.get("/users/me").by(ada),
        service.get("/users/me").by(bob),
        service.get("/users/ada/followers"),
        service.get("/users/ada/following").by(bob),
        service.get("/users/bob/relationship").by(ada),
        service.get("/users/ada/relationship").by(bob),
        service.get("/users/me/blocks").by(bob),
        service.get("/sessions").by(ada),
        service.get("/sessions").by(bob),
        service.get(&format!("/internal/users?ids={},{}", ada.id, boss.id)),
        service.get(&format!("/internal/users?ids={}", ids(9))),
        service.get(&format!("/internal/users?ids={}", ids(51))),
    ]
}

/// Every write of the service, in an order in which each changes something.
fn writes<'a>(service: &'a Service, People { ada, bob, boss }: &People, second: &str) -> Vec<Write<'a>> {
    let account = |person: &Person| vec![format!("user:{}", person.id), "users".to_owned()];
    let sessions = |person: &Person| format!("sessions-of:{}", person.id);
    let and = |mut groups: Vec<String>, more: &str| {
        groups.push(more.to_owned());
        groups
    };
    let pair = |one: &Person, other: &Person, viewers: &[&Person]| {
        let mut groups = account(one);
        groups.push(format!("user:{}", other.id));
        groups.extend(viewers.iter().map(|viewer| format!("viewer:{}", viewer.id)));
        groups
    };
    let hash = token();
    let new = json!({"username": "new", "password": PASSWORD, "token_hash": token()});
    let login = json!({"login": "ada", "password": PASSWORD, "token_hash": hash});
    let password = json!({"current_password": PASSWORD, "new_password": "battery staple", "token_hash": token()});
    let next = token();
    let rotation = json!({"presented": hash, "successor": next});
    let viewer = format!("viewer:{}", bob.id);
    vec![
        ("register_user", service.post("/internal/accounts", new), new_account(boss.id + 1)),
        ("update_me", service.patch("/users/me", json!({"status": "busy"})).by(ada), account(ada)),
        ("update_user", service.patch("/users/ada", json!({"email": null})).by_admin(boss), account(ada)),
        ("replace_user", service.put("/users/ada", json!({"display_name": "A"})).by(ada), account(ada)),
        ("open_session", service.post("/internal/sessions", login), vec![sessions(ada)]),
        ("rotate_session", service.post("/internal/sessions/rotate", rotation), vec![sessions(ada)]),
        ("revoke_session", service.delete(&format!("/sessions/{second}")).by(ada), vec![sessions(ada)]),
        ("close_session", service.post("/internal/sessions/close", json!({"presented": next})), vec![sessions(ada)]),
        ("change_password", service.put("/internal/password", password).by(ada), vec![sessions(ada)]),
        ("follow_user", service.put("/users/bob/follow", Value::Null).by(ada), pair(ada, bob, &[ada])),
        ("unfollow_user", service.delete("/users/bob/follow").by(ada), pair(ada, bob, &[ada])),
        ("block_user", service.put("/users/ada/block", Value::Null).by(bob), pair(bob, ada, &[bob, ada])),
        (
            "unblock_user",
            service.delete("/users/ada/block").by(bob),
            vec![viewer.clone(), format!("viewer:{}", ada.id)],
        ),
        ("roles", service.patch("/users/bob", json!({"roles": ["seller"]})).by_admin(boss), and(account(bob), &viewer)),
        (
            "disable",
            service.patch("/users/bob", json!({"is_active": false})).by_admin(boss),
            and(account(bob), &sessions(bob)),
        ),
        ("enable", service.patch("/users/bob", json!({"is_active": true})).by_admin(boss), account(bob)),
        ("delete_user", service.delete("/users/bob").by_admin(boss), and(account(bob), &sessions(bob))),
        ("delete_me", service.delete("/users/me").by(ada), and(account(ada), &sessions(ada))),
    ]
}

fn new_account(id: i64) -> Vec<String> {
    vec![format!("user:{id}"), "users".to_owned(), format!("sessions-of:{id}")]
}

on_both_engines! {
    async fn every_write_names_a_group_of_every_read_that_it_changes(service) {
        let ada = service.register("ada").await;
        let bob = service.register("bob").await;
        let boss = service.register_admin("boss").await;
        let second = service.login("ada", PASSWORD).await.1.expect(201)["session"]["id"].as_str().unwrap().to_owned();
        let people = People { ada, bob, boss };
        for (name, write, groups) in writes(&service, &people, &second) {
            let mut before = Vec::new();
            for read in reads(&service, &people) {
                before.push(read.send().await);
            }
            // Times in answers are in milliseconds.
            service.clock.advance(std::time::Duration::from_secs(1));
            let written = write.send().await;
            assert!(written.status.is_success(), "{name}: {}", written.text);
            let changed = named(&written, CHANGED);
            assert_eq!(changed, groups.into_iter().collect(), "{name}");
            assert!(written.headers.get(GROUPS).is_none(), "{name}");
            let mut different = 0;
            for (before, read) in before.iter().zip(reads(&service, &people)) {
                let after = read.send().await;
                // An error is never stored.
                if before.status.is_success() && before.text != after.text {
                    let belongs = named(before, GROUPS);
                    assert!(!belongs.is_disjoint(&changed), "{name}: {changed:?}, read: {belongs:?} {}", before.text);
                    different += 1;
                }
            }
            assert!(different > 0, "{name} changed nothing that is read here");
        }
    }

    async fn who_is_no_longer_an_administrator_is_not_shown_what_they_saw(service) {
        let ada = service.register("ada").await;
        let deputy = service.register_admin("deputy").await;
        let boss = service.register_admin("boss").await;
        let seen = service.get("/users/ada").by_admin(&deputy).send().await.expect(200);
        let list = service.get("/users").by_admin(&deputy).send().await.expect(200);
        let demoted = service.patch("/users/deputy", json!({"roles": []})).by_admin(&boss).send().await.expect(200);
        let now = service.get("/users/ada").by(&deputy).send().await.expect(200);
        assert!(seen.json.get("email").is_some() && now.json.get("email").is_none());
        let viewer = format!("viewer:{}", deputy.id);
        for answer in [&seen, &list] {
            assert!(named(answer, GROUPS).contains(&viewer));
        }
        assert!(named(&demoted, CHANGED).contains(&viewer));
        assert_eq!(named(&now, GROUPS), BTreeSet::from([format!("user:{}", ada.id), viewer]));
    }

    async fn a_304_belongs_to_the_groups_of_what_it_stands_for(service) {
        service.register("ada").await;
        let full = service.get("/users/ada").send().await.expect(200);
        let known = service.get("/users/ada").header("if-none-match", full.header("etag")).send().await.expect(304);
        assert_eq!(known.header(GROUPS), full.header(GROUPS));
        assert!(full.headers.get("cache-control").is_none() && known.headers.get("cache-control").is_none());
    }

    async fn a_large_batch_belongs_to_all_accounts_at_once(service) {
        let ada = service.register("ada").await;
        let small = service.get(&format!("/internal/users?ids={},{},{}", ada.id, ada.id + 1, ada.id)).send().await;
        assert_eq!(small.header(GROUPS), format!("\"user:{}\", \"user:{}\"", ada.id, ada.id + 1));
        let ids = (1..=51).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(service.get(&format!("/internal/users?ids={ids}")).send().await.header(GROUPS), "\"users\"");
    }

    async fn a_write_that_is_repeated_names_its_groups_again(service) {
        let ada = service.register("ada").await;
        let next = token();
        for _ in 0..2 {
            let status = service.patch("/users/me", json!({"status": "x"})).by(&ada).send().await.expect(200);
            assert_eq!(status.header(CHANGED), format!("\"user:{}\", \"users\"", ada.id));
            let rotated = service.rotate(&ada.token, &next).await.expect(200);
            assert_eq!(rotated.header(CHANGED), format!("\"sessions-of:{}\"", ada.id));
        }
        for _ in 0..2 {
            let closed = service.post("/internal/sessions/close", json!({"presented": next})).send().await.expect(200);
            assert_eq!(closed.header(CHANGED), format!("\"sessions-of:{}\"", ada.id));
        }
        let unknown = service.post("/internal/sessions/close", json!({"presented": token()})).send().await.expect(200);
        assert!(unknown.headers.get(CHANGED).is_none());
    }

    async fn a_refusal_names_no_group_unless_it_ends_a_session(service) {
        let ada = service.register("ada").await;
        let bob = service.register("bob").await;
        for call in [
            service.patch("/users/ada", json!({"status": "x"})).by(&bob),
            service.patch("/users/me", json!({"email": "bob@example.org"})).by(&ada),
            service.patch("/users/me", json!({"status": "x"})).header("if-match", "\"0-0\"").by(&ada),
            service.delete("/users/nobody").by(&ada),
            service.get("/users/nobody"),
        ] {
            let answer = call.send().await;
            assert!(answer.status.is_client_error());
            assert!(answer.headers.get(CHANGED).is_none() && answer.headers.get(GROUPS).is_none());
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        service.rotate(&ada.token, &token()).await.expect(200);
        service.clock.advance(users::GRACE + std::time::Duration::from_secs(1));
        let stolen = service.rotate(&ada.token, &token()).await.refused(400, "invalid_grant");
        assert_eq!(stolen.header(CHANGED), format!("\"sessions-of:{}\"", ada.id));
    }

    async fn what_is_about_credentials_and_sessions_is_never_stored(service) {
        let ada = service.register("ada").await;
        let (second, opened) = service.login("ada", PASSWORD).await;
        let third = service.login("ada", PASSWORD).await.1["session"]["id"].as_str().unwrap().to_owned();
        let account = json!({"username": "eve", "password": PASSWORD, "token_hash": token()});
        let change = json!({"current_password": PASSWORD, "new_password": "battery staple", "token_hash": token()});
        let close: Value = json!({"sid": ada.sid});
        let mut answers = vec![opened.expect(201), service.rotate(&second, &token()).await.expect(200)];
        for (status, call) in [
            (201, service.post("/internal/accounts", account)),
            (200, service.get("/sessions").by(&ada)),
            (204, service.delete(&format!("/sessions/{third}")).by(&ada)),
            (200, service.post("/internal/sessions/close", close).by(&ada)),
            (200, service.put("/internal/password", change).by(&ada)),
            (200, service.get("/internal/revocations")),
        ] {
            answers.push(call.send().await.expect(status));
        }
        for answer in answers {
            assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        }
    }
}
