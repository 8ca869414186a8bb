//! Several targets, and how many calls there may be at once.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use upstream::{Failure, Policy, Pool, RequestBody, Terms, Upstream};

use crate::server::{Does, Server, ok, status};
use crate::soon;

fn over(servers: &[&Server], policy: Policy) -> Upstream {
    let urls: Vec<Uri> = servers.iter().map(|server| server.url()).collect();
    Upstream::remote("stub", &urls).unwrap().with_policy(policy)
}

async fn call(upstream: &Upstream, pool: &Pool, method: &str) -> Result<StatusCode, Failure> {
    let mut request = Request::builder().method(method).uri("/").body(RequestBody::from(Bytes::from("x"))).unwrap();
    let answered = upstream.send(pool, &mut request, Terms::until(soon()).collecting(1024)).await;
    answered.map(|response| response.status())
}

#[tokio::test]
async fn no_idempotent_request_fails_when_one_of_two_targets_is_killed_under_load() {
    let (dies, lives) = (Server::start(vec![ok()]).await, Server::start(vec![ok()]).await);
    let upstream = over(&[&dies, &lives], Policy::default());
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..16 {
        let upstream = upstream.clone();
        workers.spawn(async move {
            let pool = Pool::new();
            for at in 0..200 {
                let method = if (worker + at) % 2 == 0 { "GET" } else { "PUT" };
                assert_eq!(call(&upstream, &pool, method).await, Ok(StatusCode::OK));
            }
        });
    }
    while dies.seen() < 200 {
        tokio::task::yield_now().await;
    }
    dies.kill();
    workers.join_all().await;
    assert_eq!(upstream.state().targets[0].ejections, 1);
    assert!(lives.seen() > dies.seen(), "{} and {}", lives.seen(), dies.seen());
}

#[tokio::test]
async fn a_target_that_fails_is_ejected_and_probed_only_by_what_could_be_repeated() {
    let (bad, good) = (Server::start(vec![Does::Closes]).await, Server::start(vec![ok()]).await);
    let upstream = over(&[&bad, &good], Policy { breaker_pause: Duration::from_millis(50), ..Policy::default() });
    let pool = Pool::new();
    while upstream.state().targets[0].ejections == 0 {
        assert_eq!(call(&upstream, &pool, "GET").await, Ok(StatusCode::OK));
    }
    let seen = bad.seen();
    let later = Instant::now() + Duration::from_millis(150);
    while Instant::now() < later {
        assert_eq!(call(&upstream, &pool, "POST").await, Ok(StatusCode::OK));
    }
    assert_eq!(bad.seen(), seen, "a write is no probe");
    bad.set(ok());
    // The pause is over, so the next read is the probe.
    assert_eq!(call(&upstream, &pool, "GET").await, Ok(StatusCode::OK));
    assert_eq!(bad.seen(), seen + 1);
}

#[tokio::test]
async fn a_busy_answer_of_one_target_is_asked_for_at_the_other() {
    let (busy, free) = (Server::start(vec![status(503)]).await, Server::start(vec![ok()]).await);
    let upstream = over(&[&busy, &free], Policy { breaker: false, ..Policy::default() });
    for _ in 0..20 {
        assert_eq!(call(&upstream, &Pool::new(), "GET").await, Ok(StatusCode::OK));
    }
    assert!(busy.seen() > 0 && free.seen() == 20);
}

#[tokio::test]
async fn when_every_target_is_open_nothing_is_called() {
    let servers = [Server::start(vec![Does::Closes]).await, Server::start(vec![Does::Closes]).await];
    let upstream = over(&[&servers[0], &servers[1]], Policy::default());
    let pool = Pool::new();
    let wait = loop {
        match call(&upstream, &pool, "GET").await.unwrap_err() {
            Failure::CircuitOpen(wait) => break wait,
            other => assert_eq!(other, Failure::ConnectionTerminated),
        }
    };
    assert!(wait > Duration::from_secs(1) && wait <= Duration::from_secs(5), "{wait:?}");
    let seen = servers[0].seen() + servers[1].seen();
    assert!(matches!(call(&upstream, &pool, "GET").await, Err(Failure::CircuitOpen(_))));
    assert_eq!(servers[0].seen() + servers[1].seen(), seen);
}

#[tokio::test]
async fn a_target_that_says_that_it_is_not_well_gets_no_calls_while_another_one_is() {
    let servers = [Server::start(vec![status(503)]).await, Server::start(vec![ok()]).await];
    let upstream = over(&[&servers[0], &servers[1]], Policy::default());
    let (pool, path) = (Pool::new(), Uri::from_static("/readyz"));
    for _ in 0..2 {
        for target in 0..2 {
            upstream.check(&pool, target, &path, soon()).await;
        }
    }
    assert_eq!(upstream.state().targets.iter().map(|target| target.healthy).collect::<Vec<_>>(), [false, true]);
    assert!(servers[0].requests()[0].starts_with("GET /readyz HTTP/1.1\r\n"));
    for _ in 0..20 {
        assert_eq!(call(&upstream, &pool, "GET").await, Ok(StatusCode::OK));
    }
    assert_eq!(servers[0].seen(), 2);
    servers[0].set(ok());
    upstream.check(&pool, 0, &path, soon()).await;
    while servers[0].seen() == 3 {
        assert_eq!(call(&upstream, &pool, "GET").await, Ok(StatusCode::OK));
    }
}

#[tokio::test]
async fn a_service_that_hangs_holds_so_many_calls_and_no_more() {
    let server = Server::start(vec![Does::Hangs]).await;
    let upstream = server.upstream(Policy { max_in_flight: 3, ..Policy::default() });
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let upstream = upstream.clone();
        hanging.spawn(async move { call(&upstream, &Pool::new(), "GET").await });
    }
    while server.seen() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(call(&upstream, &Pool::new(), "GET").await, Err(Failure::BulkheadFull));
    assert_eq!((server.seen(), upstream.state().in_flight), (3, 3));
    hanging.shutdown().await;
    server.set(ok());
    assert_eq!(call(&upstream, &Pool::new(), "GET").await, Ok(StatusCode::OK));
}

#[tokio::test]
async fn a_slow_reader_of_an_answer_holds_no_place() {
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}", "x".repeat(100_000));
    let server = Server::start(vec![Does::Answers(large)]).await;
    let upstream = server.upstream(Policy { max_in_flight: 1, ..Policy::default() });
    let request = || Request::new(RequestBody::Empty);
    let mut unread = Vec::new();
    for _ in 0..3 {
        unread.push(upstream.send(&Pool::new(), &mut request(), Terms::until(soon())).await.unwrap());
    }
    assert_eq!(upstream.state().in_flight, 0);
}
