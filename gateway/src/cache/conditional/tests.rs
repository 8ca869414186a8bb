#![allow(clippy::unwrap_used)]

use super::*;
use crate::fields::Names;

fn fields(list: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

const MODIFIED: (&str, &str) = ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");

fn of(request: &[(&'static str, &'static str)]) -> Given {
    given(
        &fields(request),
        &fields(&[("etag", "\"a\""), MODIFIED, ("date", "Sun, 06 Nov 1994 08:49:38 GMT")]),
        10,
        false,
    )
}

#[test]
fn a_client_that_names_the_tag_has_the_answer_already() {
    for list in [
        "\"a\"",
        "W/\"a\"",
        "\"x\", \"a\"",
        "W/\"x\",W/\"a\"",
        "\"x,y\" , \"a\"",
        ", ,\"a\"",
        "\"x\",,\t, \"a\",",
        "*",
        " * ",
    ] {
        assert_eq!(of(&[("if-none-match", list)]), Given::NotModified, "{list}");
    }
    for list in ["\"b\"", "a", "\"A\"", "\"x\" \"a\"", "", "\"a", "**", ",", ",\"b\",", "\"x\" , * "] {
        assert_eq!(of(&[("if-none-match", list)]), Given::Whole, "{list}");
    }
    assert_eq!(of(&[("if-none-match", "\"x\""), ("if-none-match", "\"a\"")]), Given::NotModified);
}

#[test]
fn a_weak_tag_names_itself() {
    let answer = fields(&[("etag", "W/\"a\"")]);
    assert_eq!(given(&fields(&[("if-none-match", "\"a\"")]), &answer, 10, false), Given::NotModified);
    assert_eq!(given(&fields(&[("if-none-match", "*")]), &HeaderMap::new(), 10, false), Given::NotModified);
    assert_eq!(given(&fields(&[("if-none-match", "\"a\"")]), &HeaderMap::new(), 10, false), Given::Whole);
}

#[test]
fn a_date_counts_only_without_a_tag_and_only_if_it_is_one() {
    let same = ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(of(&[same]), Given::NotModified);
    assert_eq!(of(&[("if-modified-since", "Sunday, 06-Nov-94 08:49:38 GMT")]), Given::NotModified);
    assert_eq!(of(&[("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")]), Given::Whole);
    assert_eq!(of(&[("if-modified-since", "yesterday")]), Given::Whole);
    assert_eq!(of(&[same, ("if-none-match", "\"b\"")]), Given::Whole);
    assert_eq!(given(&fields(&[same]), &HeaderMap::new(), 10, false), Given::Whole, "nobody knows when it changed");
}

#[test]
fn one_piece_is_given_and_anything_else_is_the_whole() {
    let cases = [
        ("bytes=0-0", Given::Piece(0, 1)),
        ("bytes=2-5", Given::Piece(2, 6)),
        ("bytes=2-", Given::Piece(2, 10)),
        ("bytes=2-99", Given::Piece(2, 10)),
        ("bytes=-3", Given::Piece(7, 10)),
        ("bytes=-99", Given::Piece(0, 10)),
        ("bytes=10-", Given::Unsatisfiable),
        ("bytes=-0", Given::Unsatisfiable),
        ("bytes=5-2", Given::Whole),
        ("bytes=0-1,3-4", Given::Whole),
        ("bytes=-", Given::Whole),
        ("bytes=a-b", Given::Whole),
        ("bytes=+1-+3", Given::Whole),
        ("lines=0-1", Given::Whole),
        ("0-1", Given::Whole),
        ("bytes=18446744073709551616-", Given::Whole),
        ("bytes=0-18446744073709551615", Given::Piece(0, 10)),
    ];
    for (range, expected) in cases {
        assert_eq!(of(&[("range", range)]), expected, "{range}");
    }
    let answer = fields(&[]);
    assert_eq!(given(&fields(&[("range", "bytes=-1")]), &answer, 0, false), Given::Unsatisfiable);
    assert_eq!(given(&fields(&[("range", "bytes=0-1")]), &answer, 10, true), Given::Whole);
}

#[test]
fn a_piece_of_another_version_is_not_given() {
    let range = ("range", "bytes=0-1");
    for condition in ["\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        assert_eq!(of(&[range, ("if-range", condition)]), Given::Piece(0, 2), "{condition}");
    }
    for condition in ["\"b\"", "W/\"a\"", "Sun, 06 Nov 1994 08:49:38 GMT", "never"] {
        assert_eq!(of(&[range, ("if-range", condition)]), Given::Whole, "{condition}");
    }
    let same_second = fields(&[MODIFIED, ("date", MODIFIED.1)]);
    for answer in [same_second, fields(&[MODIFIED])] {
        let asked = fields(&[range, ("if-range", MODIFIED.1)]);
        assert_eq!(given(&asked, &answer, 10, false), Given::Whole, "it may have changed since");
    }
}

#[test]
fn what_is_not_sent_is_not_described() {
    let mut headers = fields(&[("etag", "\"a\""), ("content-type", "text/plain"), ("vary", "accept")]);
    let body = Bytes::from_static(b"0123456789");
    assert_eq!(apply(&Given::NotModified, &mut headers, &body), (StatusCode::NOT_MODIFIED, Bytes::new()));
    assert_eq!(headers, fields(&[("etag", "\"a\""), ("vary", "accept")]));
    let (status, piece) = apply(&Given::Piece(2, 5), &mut headers, &body);
    assert_eq!((status, &piece[..]), (StatusCode::PARTIAL_CONTENT, &b"234"[..]));
    assert_eq!(headers.get("content-range").unwrap(), "bytes 2-4/10");
}

#[test]
fn every_condition_is_noticed() {
    for name in CONDITIONS {
        let asked = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("x"))]);
        assert!(is_conditional(&asked) && Names::of(&asked).has(Names::ABOUT_ANSWERS), "{name}");
    }
}
