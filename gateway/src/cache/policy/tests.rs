#![allow(clippy::unwrap_used)]

use std::time::Duration;

use http::HeaderValue;

use super::*;

const TIMES: Times = Times { arrived: 0, arrived_wall: 784_111_777_000, delay: 0 };

fn fields(list: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn caching(scope: Scope, ttl: Option<u64>) -> Caching {
    Caching {
        scope,
        ttl: ttl.map(Duration::from_secs),
        stale_while_revalidate: Duration::from_secs(30),
        stale_if_error: Duration::from_secs(300),
        query: None,
        fields: Vec::new(),
        tags: Vec::new(),
        validates: true,
        composed: false,
        generation: 0,
    }
}

fn judged(caching: &Caching, status: u16, list: &[(&'static str, &'static str)]) -> Result<Allowance, &'static str> {
    let headers = fields(list);
    let answered = Answered {
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        terms: None,
        signed_in: true,
        times: TIMES,
    };
    judge(caching, answered, &Directives::default()).map_err(|reason| reason.0)
}

/// With a service that says only this, on a route whose answers live for 60 seconds.
fn kept(status: u16, control: &'static str) -> Result<i64, &'static str> {
    judged(&caching(Scope::Public, Some(60)), status, &[("cache-control", control)]).map(|allowed| allowed.lifetime)
}

#[test]
fn only_statuses_that_are_understood_are_kept() {
    for status in [200, 203, 204, 301, 308] {
        assert_eq!(kept(status, ""), Ok(60_000), "{status}");
    }
    for status in [201, 202, 205, 206, 299, 300, 302, 303, 304, 307, 400, 401, 403, 405, 429, 500, 502, 503, 504] {
        assert_eq!(kept(status, "max-age=60"), Err("status"), "{status}");
    }
}

#[test]
fn what_is_not_there_is_kept_only_where_that_is_said_and_not_for_long() {
    for status in [404, 410] {
        assert_eq!(kept(status, ""), Err("no lifetime"), "{status}");
        assert_eq!(kept(status, "max-age=5"), Ok(5_000), "{status}");
        assert_eq!(kept(status, "max-age=500"), Ok(10_000), "{status}");
    }
}

#[test]
fn the_time_of_the_route_is_for_what_does_not_say_so_itself_and_never_for_what_forbids_it() {
    assert_eq!(kept(200, "max-age=5"), Ok(5_000));
    assert_eq!(kept(200, "max-age=0"), Ok(0));
    assert_eq!(kept(200, "no-store"), Err("no-store"));
    assert_eq!(kept(200, "no-store, max-age=60"), Err("no-store"));
    assert_eq!(kept(200, "private, max-age=60"), Err("private"));
    assert_eq!(kept(200, "private=\"x-a\""), Err("private"));
    assert_eq!(kept(200, "no-cache, max-age=60"), Ok(0), "it has to be asked each time");
    assert_eq!(judged(&caching(Scope::Public, None), 200, &[]), Err("no lifetime"));
    assert_eq!(judged(&caching(Scope::Public, Some(60)), 200, &[("expires", "0")]).unwrap().lifetime, 0);
}

#[test]
fn whoever_understands_the_status_heeds_what_is_said_with_it() {
    assert_eq!(kept(200, "must-understand, no-store, max-age=5"), Ok(5_000));
    assert_eq!(kept(299, "must-understand, no-store, max-age=5"), Err("status"));
}

#[test]
fn private_answers_are_kept_where_callers_are_kept_apart() {
    let control = [("cache-control", "private, max-age=5")];
    for scope in [Scope::Viewer, Scope::User] {
        assert_eq!(judged(&caching(scope, None), 200, &control).unwrap().lifetime, 5_000);
    }
    assert_eq!(judged(&caching(Scope::Claims(Vec::new()), None), 200, &control), Err("private"));
}

#[test]
fn cookies_and_what_depends_on_everything_are_never_kept() {
    let of = |field| judged(&caching(Scope::User, Some(60)), 200, &[field]).map(|_| ());
    assert_eq!(of(("set-cookie", "a=1")), Err("set-cookie"));
    assert_eq!(of(("vary", "*")), Err("vary"));
    assert_eq!(of(("vary", "accept, *")), Err("vary"));
    assert_eq!(of(("vary", "accept")), Ok(()));
}

#[test]
fn a_client_may_forbid_to_keep_its_answer() {
    let headers = HeaderMap::new();
    let answered = Answered { status: StatusCode::OK, headers: &headers, terms: None, signed_in: true, times: TIMES };
    let asked = Directives { no_store: true, ..Directives::default() };
    assert_eq!(judge(&caching(Scope::Public, Some(60)), answered, &asked), Err(Reason("request no-store")));
}

#[test]
fn what_must_be_revalidated_is_never_given_stale() {
    let stale = |control| {
        let allowed = judged(&caching(Scope::Public, None), 200, &[("cache-control", control)]).unwrap();
        (allowed.while_revalidate, allowed.if_error)
    };
    assert_eq!(stale("max-age=5"), (30_000, 300_000), "as the route says");
    assert_eq!(stale("max-age=5, stale-while-revalidate=1, stale-if-error=2"), (1_000, 2_000), "as the service says");
    for word in ["must-revalidate, max-age=5", "proxy-revalidate, max-age=5", "s-maxage=5", "no-cache"] {
        assert_eq!(stale(word), (0, 0), "{word}");
    }
}

#[test]
fn parts_allow_together_what_each_of_them_allows() {
    let parts = |list: &[&'static str]| {
        let mut terms = Terms::new();
        list.iter().for_each(|control| terms.add(&fields(&[("cache-control", control)]), TIMES));
        let headers = HeaderMap::new();
        let answered =
            Answered { status: StatusCode::OK, headers: &headers, terms: Some(&terms), signed_in: true, times: TIMES };
        judge(&caching(Scope::User, Some(60)), answered, &Directives::default())
            .map(|allowed| (allowed.lifetime, allowed.if_error))
            .map_err(|reason| reason.0)
    };
    assert_eq!(parts(&["max-age=5", "max-age=9"]), Ok((5_000, 300_000)), "the least");
    assert_eq!(parts(&["max-age=90", ""]), Ok((60_000, 300_000)), "what says nothing has the time of the route");
    assert_eq!(parts(&["max-age=5", "no-store"]), Err("no-store"), "the strictest");
    assert_eq!(parts(&["max-age=5", "no-cache"]), Ok((0, 0)));
    assert_eq!(parts(&["max-age=5", "must-revalidate"]), Ok((5_000, 0)));
    assert_eq!(parts(&["", ""]), Ok((60_000, 300_000)));
}

#[test]
fn the_groups_of_all_parts_are_those_of_the_whole() {
    let mut terms = Terms::new();
    terms.add(&fields(&[("cache-groups", "\"user:7\"")]), TIMES);
    terms.add(&fields(&[("cache-groups", "\"posts-of:7\", \"user:8\"")]), TIMES);
    assert_eq!(terms.groups.as_deref(), Some(&["user:7", "posts-of:7", "user:8"].map(str::to_owned)[..]));
    terms.add(&fields(&[("cache-groups", "\"broken")]), TIMES);
    assert_eq!(terms.groups, None, "what cannot be read could be any");
}
