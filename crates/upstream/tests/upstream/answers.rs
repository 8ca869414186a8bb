//! Answers as a server may send them, and what becomes of their connections.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use upstream::{Answer, Failure, Pool, RequestBody, Terms, Upstream};

use crate::line::{HEAD, Line, Step, says};
use crate::soon;

async fn send(upstream: &Upstream, pool: &Pool, method: Method) -> Result<Answer, Failure> {
    let mut request = Request::new(RequestBody::Empty);
    *request.method_mut() = method;
    upstream.send(pool, &mut request, Terms::until(soon())).await
}

async fn get(upstream: &Upstream, pool: &Pool) -> Result<Answer, Failure> {
    send(upstream, pool, Method::GET).await
}

async fn text(response: Answer) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_the_same() {
    let answers = [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-a: 1\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nx-t: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-a: 1\r\n\r\nhello",
    ];
    for answer in answers {
        let line = Line::start(vec![HEAD, Step::Drips(answer.into())]).await;
        let response = get(&line.upstream, &Pool::new()).await.unwrap();
        assert_eq!(response.headers()["x-a"], "1");
        assert_eq!(text(response).await, "hello", "{answer}");
    }
}

#[tokio::test]
async fn the_version_of_an_answer_stays_on_its_connection() {
    let line = Line::start(vec![HEAD, says("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok")]).await;
    assert_eq!(get(&line.upstream, &Pool::new()).await.unwrap().version(), http::Version::HTTP_11);
}

#[tokio::test]
async fn a_connection_is_used_again_only_after_an_answer_that_leaves_no_doubt() {
    let table = [
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", true),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", true),
        ("GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", true),
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", true),
        ("GET", "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", true),
        ("GET", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", false),
        ("GET", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", false),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok!", false),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged",
            false,
        ),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n", false),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            false,
        ),
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", false),
        ("GET", "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n", false),
    ];
    for (method, answer, reused) in table {
        let line = Line::start(vec![HEAD, says(answer), HEAD, says(answer)]).await;
        let pool = Pool::new();
        for connections in [1, if reused { 1 } else { 2 }] {
            let response = send(&line.upstream, &pool, method.parse().unwrap()).await.unwrap();
            let expected =
                if response.headers().is_empty() || method == "HEAD" || answer.contains("304") { "" } else { "ok" };
            let expected = if answer.contains("204") { "" } else { expected };
            assert_eq!(text(response).await, expected, "{answer:?}");
            assert_eq!((line.connections(), pool.idle()), (connections, usize::from(reused)), "{method} {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_a_server_says_unasked_is_the_answer_to_nothing() {
    let unasked = [
        HEAD,
        says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst"),
        says("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"),
        Step::Drains,
    ];
    let mut line = Line::start(unasked.to_vec()).await;
    let pool = Pool::new();
    for connections in 1..=3 {
        assert_eq!(text(get(&line.upstream, &pool).await.unwrap()).await, "first");
        assert_eq!(line.connections(), connections);
        // Until it is seen that more has come, and the connection is closed for it.
        while pool.idle() > 0 {
            pool.sweep();
            tokio::task::yield_now().await;
        }
        assert!(line.ended.recv().await.unwrap().starts_with("GET / HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn a_connection_that_its_server_closes_or_that_is_idle_for_long_is_not_kept() {
    let once = vec![HEAD, says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")];
    let held = [once.clone(), vec![Step::Drains]].concat();
    let (closes, mut holds, pool) = (Line::start(once).await, Line::start(held).await, Pool::new());
    get(&closes.upstream, &pool).await.unwrap();
    while pool.idle() > 0 {
        pool.sweep();
        tokio::task::yield_now().await;
    }
    let pool = Pool::new();
    get(&holds.upstream, &pool).await.unwrap();
    for _ in 0..9 {
        pool.sweep();
    }
    assert_eq!(pool.idle(), 1);
    pool.sweep();
    assert_eq!(pool.idle(), 0);
    assert!(holds.ended.recv().await.is_some());
}

#[tokio::test]
async fn an_answer_that_could_be_read_in_two_ways_is_none() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: gzip",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked",
        "HTTP/1.1 200 OK\r\na: 1\r\n b: 2",
    ] {
        let line = Line::start(vec![HEAD, says(&format!("{head}\r\n\r\nok")), Step::Drains]).await;
        let pool = Pool::new();
        assert_eq!(get(&line.upstream, &pool).await.unwrap_err(), Failure::ProtocolError, "{head}");
        assert_eq!(pool.idle(), 0);
    }
}

#[tokio::test]
async fn interim_answers_are_skipped_and_have_an_end() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    for (count, is_answered) in [(16, true), (17, false)] {
        let answer = format!("{}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", interim.repeat(count));
        let line = Line::start(vec![HEAD, says(&answer), Step::Drains]).await;
        match get(&line.upstream, &Pool::new()).await {
            Ok(response) => assert!(is_answered && !response.headers().contains_key("link")),
            Err(failure) => assert!(!is_answered && failure == Failure::ProtocolError),
        }
    }
}

#[tokio::test]
async fn a_body_that_is_cut_or_wrong_is_an_error_and_no_end() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok!\r\n0\r\n\r\n",
    ] {
        let line = Line::start(vec![HEAD, says(answer)]).await;
        let pool = Pool::new();
        let mut body = get(&line.upstream, &pool).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ok");
        assert!(body.frame().await.unwrap().is_err(), "{answer:?}");
        assert!(body.frame().await.is_none_or(|frame| frame.is_err()));
        assert_eq!(pool.idle(), 0);
    }
}

#[tokio::test]
async fn the_reason_of_a_status_and_the_order_of_equal_fields_are_handed_on() {
    let answer = "HTTP/1.1 200 Sure\r\nset-cookie: b\r\nset-cookie: a\r\ncontent-length: 0\r\n\r\n";
    let line = Line::start(vec![HEAD, says(answer)]).await;
    let response = get(&line.upstream, &Pool::new()).await.unwrap();
    assert_eq!(response.extensions().get::<hyper::ext::ReasonPhrase>().unwrap().as_bytes(), b"Sure");
    assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["b", "a"]);
}

#[tokio::test]
async fn whoever_gives_up_a_call_or_a_body_closes_the_connection() {
    let large = says("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nsome");
    let (mut silent, mut streams) =
        (Line::start(vec![HEAD, Step::Drains]).await, Line::start(vec![HEAD, large, Step::Drains]).await);
    let pool = Pool::new();
    let waiting = silent.upstream.clone();
    let call = tokio::spawn(async move { get(&waiting, &Pool::new()).await.is_ok() });
    while silent.connections() == 0 {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(silent.ended.recv().await.is_some());
    drop(get(&streams.upstream, &pool).await.unwrap());
    assert!(streams.ended.recv().await.is_some());
    assert_eq!(pool.idle(), 0);
}

#[tokio::test]
async fn each_call_on_a_connection_has_its_own_deadline() {
    let answer = says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let line = Line::start(vec![HEAD, answer.clone(), HEAD, answer.clone(), HEAD, Step::Drains]).await;
    let pool = Pool::new();
    let call = async |after: Duration| {
        let request = Request::get("/").body(Bytes::new()).unwrap();
        line.upstream.call(&pool, request, Instant::now() + after).await.map(|_| ())
    };
    assert_eq!(call(Duration::from_secs(60)).await, Ok(()));
    assert_eq!(call(Duration::from_secs(30)).await, Ok(()));
    assert_eq!(call(Duration::from_millis(50)).await, Err(Failure::ResponseTimeout));
    assert_eq!(line.connections(), 1);
}

#[tokio::test]
async fn after_a_101_the_connection_belongs_to_whoever_takes_it() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nearly";
    let mut line = Line::start(vec![HEAD, says(switch), Step::Until("ping"), says(" pong"), Step::Drains]).await;
    let pool = Pool::new();
    let response = get(&line.upstream, &pool).await.unwrap();
    assert_eq!((response.status().as_u16(), pool.idle()), (101, 0));
    let mut upgraded = response.into_body().into_upgraded().unwrap();
    upgraded.write_all(b"ping").await.unwrap();
    let mut heard = [0; 10];
    upgraded.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"early pong");
    drop(upgraded);
    assert!(line.ended.recv().await.unwrap().ends_with("ping"));
    assert!(get(&line.upstream, &pool).await.unwrap().into_body().into_bytes().unwrap().is_empty());
}
