//! Which heads are heads, and where their bodies end.

use http::Method;

use super::{Outcome, get, read};
use crate::wire::head::{FIELDS, HEAD};
use crate::wire::malformed::Malformed;

#[test]
fn what_is_no_head_of_http_is_refused() {
    let heads: [&[u8]; 17] = [
        b"SSH-2.0-nonsense\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na b: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n content-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na: folded\r\n value\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na: folded\r\n\tvalue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na: nul\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na: return\r b: 1\r\n\r\n",
    ];
    for head in heads {
        assert_eq!(get(head), Outcome::Malformed(Malformed::Head), "{}", String::from_utf8_lossy(head));
    }
}

#[test]
fn a_head_has_so_many_fields_and_bytes_and_no_more() {
    let fields = |count: usize| format!("HTTP/1.1 204 No Content\r\n{}\r\n", "a: 1\r\n".repeat(count));
    assert!(matches!(get(fields(FIELDS)), Outcome::Answer(_)));
    assert_eq!(get(fields(FIELDS + 1)), Outcome::Malformed(Malformed::HeadTooLarge));
    let sized = |size: usize| format!("HTTP/1.1 204 No Content\r\na: {}\r\n\r\n", "x".repeat(size - 32));
    assert_eq!(sized(HEAD).len(), HEAD);
    assert!(matches!(get(sized(HEAD)), Outcome::Answer(_)));
    assert_eq!(get(sized(HEAD + 1)), Outcome::Malformed(Malformed::HeadTooLarge));
    // One that never ends is not waited for.
    assert_eq!(get(&sized(2 * HEAD)[..HEAD]), Outcome::Malformed(Malformed::HeadTooLarge));
}

#[test]
fn fields_keep_their_values_and_the_order_of_those_with_one_name() {
    let head = "HTTP/1.1 204 No Content\r\nSet-Cookie: b=2\r\nX-Mixed:\t spaces  \r\nset-cookie: a=1\r\nempty:\r\n\r\n";
    let Outcome::Answer(answer) = get(head) else { panic!("an answer") };
    let fields: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let expected: [(&str, &[u8]); 4] =
        [("set-cookie", b"b=2"), ("set-cookie", b"a=1"), ("x-mixed", b"spaces"), ("empty", b"")];
    assert_eq!(fields, expected);
}

/// What comes of a body `0123456789` behind each head: how much of it belongs to the answer, and whether the connection
/// can be used again after it.
#[test]
fn each_body_ends_where_rfc_9112_says() {
    let table: [(&str, &str, usize, bool); 22] = [
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n", 4, true),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", 0, true),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 4\r\n", 4, true),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4, 4 ,04\r\n", 4, true),
        ("GET", "HTTP/1.1 200 OK\r\n", 10, false),
        ("GET", "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n", 10, false),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n", 4, false),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: keep-alive, Close\r\n", 4, false),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\nconnection: keep-alive\r\n", 4, false),
        ("GET", "HTTP/1.0 200 OK\r\ncontent-length: 4\r\n", 4, false),
        ("GET", "HTTP/1.0 200 OK\r\ncontent-length: 4\r\nconnection: Keep-Alive\r\n", 4, true),
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n", 0, true),
        ("HEAD", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n", 0, true),
        ("GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n", 0, true),
        ("GET", "HTTP/1.1 204 No Content\r\n", 0, true),
        ("GET", "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n", 0, true),
        ("GET", "HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n", 0, false),
        ("GET", "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n", 0, false),
        ("CONNECT", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n", 0, false),
        ("CONNECT", "HTTP/1.1 400 Bad\r\ncontent-length: 4\r\n", 4, true),
        ("GET", "HTTP/1.1 101 Switching Protocols\r\ncontent-length: 4\r\n", 0, false),
        ("GET", "HTTP/1.1 100 Continue\r\ncontent-length: 4\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n", 5, true),
    ];
    for (method, head, length, keeps) in table {
        let method: Method = method.parse().unwrap();
        let Outcome::Answer(answer) = read(&method, [format!("{head}\r\n0123456789").as_bytes()]) else {
            panic!("{head}")
        };
        assert_eq!((answer.body.len(), answer.keeps), (length, keeps), "{method} {head}");
        assert_eq!(answer.rest, &b"0123456789"[length..], "{head}");
    }
}

#[test]
fn an_answer_of_which_nobody_knows_where_it_ends_is_refused() {
    let lengths = ["", "-1", "+4", "4 4", "4,", ",4", "0x4", "4.0", "4, 5", "18446744073709551616", "4;4", "four"];
    for length in lengths {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(
                read(&method, [head.as_bytes()]),
                Outcome::Malformed(Malformed::ContentLength),
                "{method} {head}"
            );
        }
    }
    let two = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\n";
    assert_eq!(get(two), Outcome::Malformed(Malformed::ContentLength));
    let codings =
        ["gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "", "xchunked", "chunked;a=b"];
    for coding in codings {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: {coding}\r\n\r\n");
        assert_eq!(get(&head), Outcome::Malformed(Malformed::TransferCoding), "{head}");
    }
    let twice = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(get(twice), Outcome::Malformed(Malformed::TransferCoding));
    let old = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(get(old), Outcome::Malformed(Malformed::TransferCoding));
}

#[test]
fn what_is_said_twice_is_said_once_or_not_at_all_to_whoever_comes_next() {
    let Outcome::Answer(once) = get("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2, 2\r\n\r\nok") else {
        panic!("an answer")
    };
    assert_eq!(once.headers.get_all("content-length").iter().collect::<Vec<_>>(), ["2"]);
    let both = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let Outcome::Answer(chunked) = get(both) else { panic!("an answer") };
    assert_eq!((chunked.body.as_slice(), chunked.keeps), (&b"hello"[..], false));
    assert!(!chunked.headers.contains_key("content-length"));
}
