//! The chunked coding: what it may be, and what it may not.

use http::HeaderMap;

use super::{Outcome, get};
use crate::wire::malformed::Malformed;

fn chunked(body: &str) -> Outcome {
    get(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}"))
}

fn body(text: &str) -> (String, Option<HeaderMap>, String) {
    match chunked(text) {
        Outcome::Answer(answer) => {
            let rest = String::from_utf8(answer.rest.to_vec()).unwrap();
            (String::from_utf8(answer.body).unwrap(), answer.trailers, rest)
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn chunks_are_put_together_and_what_follows_the_last_is_left() {
    for text in [
        "5\r\nhello\r\n0\r\n\r\n",
        "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "00005\r\nhello\r\n000\r\n\r\n",
        "5;a=b\r\nhello\r\n0;c=\"d\"\r\n\r\n",
        "5 \t ;a\r\nhello\r\n0 \r\n\r\n",
    ] {
        assert_eq!(body(text), ("hello".to_owned(), None, String::new()), "{text:?}");
        assert_eq!(body(&format!("{text}rest")).2, "rest");
    }
    let large = "x".repeat(0xABC);
    assert_eq!(body(&format!("AbC\r\n{large}\r\n0\r\n\r\n")).0, large);
}

#[test]
fn trailers_follow_the_last_chunk() {
    let (text, trailers, rest) = body("2\r\nok\r\n0\r\nX-Sum: 9\r\nx-sum: 8\r\nempty:\r\n\r\nrest");
    let trailers = trailers.unwrap();
    assert_eq!(trailers.get_all("x-sum").iter().collect::<Vec<_>>(), ["9", "8"]);
    assert_eq!((trailers.len(), text.as_str(), rest.as_str()), (3, "ok", "rest"));
}

#[test]
fn what_is_no_chunk_is_refused() {
    for text in [
        "\r\nhello\r\n",
        "g\r\n",
        "-1\r\n",
        "+5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5\nhello\r\n",
        "5 5\r\nhello\r\n",
        "5\rhello\r\n",
        "5\r\rhello\r\n",
        "5;a\nhello",
        "5;a\rb\r\nhello",
        "5\r\nhelloo\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello\r\n\r\n",
        "00000000000000005\r\nhello\r\n",
        "10000000000000000\r\n",
    ] {
        assert_eq!(chunked(text), Outcome::Malformed(Malformed::Chunk), "{text:?}");
    }
    assert_eq!(chunked("ffffffffffffffff\r\nhello"), Outcome::Incomplete, "the largest size is one");
}

#[test]
fn what_is_no_trailer_is_refused() {
    for text in [
        "no colon\r\n\r\n",
        "a : 1\r\n\r\n",
        " a: 1\r\n\r\n",
        "a: 1\r\n folded\r\n\r\n",
        "a: 1\n\r\n",
        "\n",
        "\rx",
        "a: 1\rb: 2\r\n\r\n",
        "a: \0\r\n\r\n",
    ] {
        assert_eq!(chunked(&format!("0\r\n{text}")), Outcome::Malformed(Malformed::Trailers), "{text:?}");
    }
}

#[test]
fn extensions_and_trailers_have_an_end() {
    let extended = |length: usize| format!("1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(length));
    assert_eq!(body(&extended(16_000)).0, "x");
    assert_eq!(chunked(&extended(17_000)), Outcome::Malformed(Malformed::Extensions));
    let many = |chunks: usize| format!("{}0\r\n\r\n", "1;ee\r\nx\r\n".repeat(chunks));
    assert_eq!(body(&many(5_000)).0.len(), 5_000);
    assert_eq!(chunked(&many(6_000)), Outcome::Malformed(Malformed::Extensions), "all of a body together");
    let trailing = |length: usize| format!("0\r\na: {}\r\n\r\n", "t".repeat(length));
    assert!(body(&trailing(16_000)).1.is_some());
    assert_eq!(chunked(&trailing(17_000)), Outcome::Malformed(Malformed::Trailers));
    let lines = |count: usize| format!("0\r\n{}\r\n", "a: 1\r\n".repeat(count));
    assert_eq!(body(&lines(100)).1.unwrap().len(), 100);
    assert_eq!(chunked(&lines(101)), Outcome::Malformed(Malformed::Trailers));
}

#[test]
fn a_body_that_is_cut_is_incomplete_wherever_that_is() {
    let text = "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nx-sum: 9\r\n\r\n";
    for end in 0..text.len() {
        assert_eq!(chunked(&text[..end]), Outcome::Incomplete, "{:?}", &text[..end]);
    }
}
