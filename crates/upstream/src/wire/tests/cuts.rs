//! An answer is the same wherever the network has cut it, and whatever it is, reading it ends.

use http::Method;
use proptest::prelude::*;

use super::{Outcome, get, read};

/// Every way of cutting in two, and byte by byte.
fn same_however_it_is_cut(method: &Method, bytes: &[u8]) -> Outcome {
    let whole = read(method, [bytes]);
    for at in 0..=bytes.len() {
        let (front, back) = bytes.split_at(at);
        assert_eq!(read(method, [front, back]), whole, "cut at {at}: {:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(read(method, bytes.chunks(1)), whole, "byte by byte: {:?}", String::from_utf8_lossy(bytes));
    whole
}

fn interim() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        1 => Just("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 P\r\n\r\n".to_owned()),
    ]
}

fn fields() -> impl Strategy<Value = String> {
    let field = ("[A-Za-z][A-Za-z0-9-]{0,8}", "[ -~]{0,12}").prop_map(|(name, value)| format!("X-{name}: {value}\r\n"));
    proptest::collection::vec(field, 0..5).prop_map(|fields| fields.concat())
}

/// A body with its framing: the fields, the bytes, and what they mean.
fn framed() -> impl Strategy<Value = (String, Vec<u8>, Vec<u8>)> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    let known = bytes().prop_map(|body| (format!("Content-Length: {}\r\n", body.len()), body.clone(), body));
    let closed = bytes().prop_map(|body| (String::new(), body.clone(), body));
    let chunk = (proptest::collection::vec(any::<u8>(), 1..20), "(;[a-z]{1,5}=[a-z]{1,5})?");
    let chunked =
        (proptest::collection::vec(chunk, 0..4), "(X-Sum: [0-9]{1,5}\r\n)?").prop_map(|(chunks, trailers)| {
            let (mut coded, mut meant) = (Vec::new(), Vec::new());
            for (data, extension) in chunks {
                coded.extend_from_slice(format!("{:x}{extension}\r\n", data.len()).as_bytes());
                coded.extend_from_slice(&data);
                coded.extend_from_slice(b"\r\n");
                meant.extend_from_slice(&data);
            }
            coded.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
            ("Transfer-Encoding: chunked\r\n".to_owned(), coded, meant)
        });
    prop_oneof![known, closed, chunked]
}

fn answer() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (interim(), fields(), framed()).prop_map(|(interim, fields, (framing, coded, meant))| {
        let mut bytes = format!("{interim}HTTP/1.1 200 OK\r\n{fields}{framing}\r\n").into_bytes();
        bytes.extend_from_slice(&coded);
        (bytes, meant)
    })
}

/// What looks like parts of an answer, in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 200 OK\r\n",
        "HTTP/1.1 100 C\r\n\r\n",
        "content-length: 3\r\n",
        "content-length: 4\r\n",
        "transfer-encoding: chunked\r\n",
        "connection: close\r\n",
        "\r\n",
        "\n",
        "\r",
        "3\r\nabc\r\n",
        "0\r\n",
        "x: y\r\n",
        " ",
        ";",
    ]);
    let piece = prop_oneof![
        5 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn an_answer_is_what_was_meant_however_it_is_cut((bytes, meant) in answer()) {
        let Outcome::Answer(answer) = same_however_it_is_cut(&Method::GET, &bytes) else {
            return Err(TestCaseError::fail("no answer"));
        };
        prop_assert_eq!(answer.body, meant);
        prop_assert!(answer.rest.is_empty());
    }

    #[test]
    fn what_is_cut_short_never_looks_complete((bytes, _) in answer(), cut in any::<prop::sample::Index>()) {
        let whole = get(&bytes);
        let Outcome::Answer(answer) = &whole else { return Err(TestCaseError::fail("no answer")) };
        let is_measured = answer.headers.contains_key("content-length") || answer.headers.contains_key("transfer-encoding");
        let end = cut.index(bytes.len());
        if is_measured {
            prop_assert_eq!(get(&bytes[..end]), Outcome::Incomplete);
        }
    }

    #[test]
    fn one_wrong_byte_does_no_harm((bytes, _) in answer(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = bytes;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        same_however_it_is_cut(&Method::GET, &bytes);
    }

    #[test]
    fn fragments_of_answers_are_read_to_one_end(bytes in fragments()) {
        same_however_it_is_cut(&Method::GET, &bytes);
        same_however_it_is_cut(&Method::HEAD, &bytes);
    }

    #[test]
    fn any_bytes_are_read_to_one_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        same_however_it_is_cut(&Method::GET, &bytes);
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        same_however_it_is_cut(&Method::GET, &[&head[..], &bytes].concat());
    }
}
