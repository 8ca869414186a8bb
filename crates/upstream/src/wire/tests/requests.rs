//! How the head of a request is written.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use proptest::prelude::*;

use crate::added::Added;
use crate::body::RequestBody;
use crate::wire::request::{Measure, write_head, write_size};

const HOST: HeaderValue = HeaderValue::from_static("target:80");

fn written(request: &Request<RequestBody>, timeout: Option<u64>) -> String {
    let mut head = Vec::new();
    write_head(request, (&HOST, Added { timeout, fields: &[] }), &Measure::of(request), &mut head);
    String::from_utf8(head).unwrap()
}

fn request(fields: &[(&str, &str)], body: RequestBody) -> Request<RequestBody> {
    let mut request = Request::put("/a%20b?c=d").body(body).unwrap();
    for (name, value) in fields {
        request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    request
}

/// A body that streams in, with or without a length of its own.
fn stream(is_sized: bool) -> RequestBody {
    let body = http_body_util::Full::new(Bytes::from("body")).map_err(|never| match never {});
    if is_sized {
        return RequestBody::stream(body);
    }
    let mut once = Some(Bytes::from("body"));
    let frames = std::iter::from_fn(move || once.take().map(|data| Ok(http_body::Frame::data(data))));
    RequestBody::stream(super::sending::Frames::of(frames))
}

#[test]
fn fields_go_out_in_their_order_and_the_host_is_the_targets() {
    let fields = [("x-b", "1"), ("host", "forged"), ("x-a", "2"), ("x-b", "3"), ("host", "twice")];
    assert_eq!(
        written(&request(&fields, RequestBody::Empty), None),
        "PUT /a%20b?c=d HTTP/1.1\r\nx-b: 1\r\nx-b: 3\r\nhost: target:80\r\nx-a: 2\r\n\r\n"
    );
    let told = written(&request(&[("x-internal-timeout-ms", "9")], RequestBody::Empty), Some(250));
    assert_eq!(told, "PUT /a%20b?c=d HTTP/1.1\r\nx-internal-timeout-ms: 250\r\nhost: target:80\r\n\r\n");
    let bare: Request<RequestBody> = Request::new(RequestBody::Empty);
    assert_eq!(written(&bare, None), "GET / HTTP/1.1\r\nhost: target:80\r\n\r\n");
}

#[test]
fn what_is_added_goes_out_last_and_on_the_wire_as_in_a_map() {
    let (name, value) = (HeaderName::from_static("x-b"), HeaderValue::from_static("2"));
    let added = Added { timeout: Some(250), fields: &[None, Some((&name, &value))] };
    let mut request = request(&[("x-b", "1"), ("x-internal-timeout-ms", "9")], RequestBody::Empty);
    let mut head = Vec::new();
    write_head(&request, (&HOST, added), &Measure::Nothing, &mut head);
    let lines = "x-b: 1\r\nx-internal-timeout-ms: 250\r\nx-b: 2\r\nhost: target:80\r\n\r\n";
    assert_eq!(String::from_utf8(head).unwrap(), format!("PUT /a%20b?c=d HTTP/1.1\r\n{lines}"));
    added.put(request.headers_mut());
    assert_eq!(request.headers().get_all("x-b").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(request.headers().get_all("x-internal-timeout-ms").iter().collect::<Vec<_>>(), ["250"]);
}

#[test]
fn a_head_says_where_its_body_ends_once_and_truly() {
    const LENGTH: &str = "content-length: 4\r\n";
    const CHUNKED: &str = "transfer-encoding: chunked\r\n";
    let full = || RequestBody::from(Bytes::from("body"));
    let lies: [&[(&str, &str)]; 6] = [
        &[],
        &[("content-length", "4")],
        &[("content-length", "9")],
        &[("content-length", "4"), ("content-length", "5")],
        &[("content-length", "4"), ("transfer-encoding", "chunked")],
        &[("transfer-encoding", "gzip"), ("content-length", "no")],
    ];
    let framing = |fields: &[(&str, &str)], body: RequestBody| {
        let text = written(&request(fields, body), None);
        let lines = text.split_inclusive("\r\n");
        lines.filter(|line| line.starts_with("content-length") || line.starts_with("transfer-enc")).collect::<String>()
    };
    for fields in lies {
        assert_eq!(framing(fields, full()), LENGTH, "{fields:?}");
        assert_eq!(framing(fields, RequestBody::Empty), "", "{fields:?}");
    }
    assert_eq!(framing(&[("content-length", "0")], RequestBody::Empty), "content-length: 0\r\n");
    assert_eq!(framing(&[], stream(true)), LENGTH);
    assert_eq!(framing(&[], stream(false)), CHUNKED);
    assert_eq!(framing(&[("content-length", "4")], stream(false)), LENGTH);
    assert_eq!(framing(&[("content-length", "+4")], stream(false)), CHUNKED);
    assert_eq!(framing(&[("content-length", "4"), ("transfer-encoding", "chunked")], stream(true)), CHUNKED);
    assert_eq!(framing(&[("transfer-encoding", "gzip")], stream(true)), CHUNKED);
}

proptest! {
    #[test]
    fn the_size_of_a_chunk_is_hexadecimal(size in any::<usize>(), shift in 0..64_u32) {
        let (size, mut written) = (size >> shift, Vec::new());
        write_size(size, &mut written);
        prop_assert_eq!(String::from_utf8(written).unwrap(), format!("{size:x}\r\n"));
    }
}
