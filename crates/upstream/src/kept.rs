//! A request to a router of this process that may have to be sent once more.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use crate::body::RequestBody;

/// Heads are rarely longer; one allocation does for nearly all.
const USUAL_HEAD: usize = 1024;

/// All that is needed to make a request a second time.
///
/// A router takes its request, so every call of one that may be repeated pays for this, and hardly one needs it. (A connection
/// leaves the request where it is.) So the head is kept as one flat piece of text:
/// an allocation and a copy of some hundred bytes. Cloning the map of its fields would take two tables, and count a
/// reference of every name and value up and down again. Whoever needs it parses it.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Method, URI, and each field as `name:value`: lines, since a line feed is in none of them.
    head: Vec<u8>,
    body: Bytes,
}

impl Kept {
    /// Keeps a request, if its body is in memory and small.
    pub(crate) fn of(request: &Request<RequestBody>) -> Option<Self> {
        let body = request.body().in_memory().filter(|_| request.body().is_kept())?;
        let mut head = Vec::with_capacity(USUAL_HEAD);
        let mut put = |pieces: [&[u8]; 3]| pieces.iter().for_each(|piece| head.extend_from_slice(piece));
        put([request.method().as_str().as_bytes(), b"\n", b""]);
        // A request to a service has a path and a query, and nothing before them.
        put([request.uri().path_and_query().map_or("/", PathAndQuery::as_str).as_bytes(), b"\n", b""]);
        for (name, value) in request.headers() {
            put([name.as_str().as_bytes(), b":", value.as_bytes()]);
            put([b"\n", b"", b""]);
        }
        Some(Self { head, body })
    }

    /// The request again; none only if it was no request.
    pub(crate) fn into_request(self) -> Option<Request<RequestBody>> {
        let mut lines = self.head.split(|byte| *byte == b'\n');
        let mut request = Request::new(RequestBody::from(self.body));
        *request.method_mut() = Method::from_bytes(lines.next()?).ok()?;
        *request.uri_mut() = Uri::from(PathAndQuery::try_from(lines.next()?).ok()?);
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            let name = HeaderName::from_bytes(name).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value.get(1..)?).ok()?);
        }
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http_body_util::BodyExt as _;
    use proptest::prelude::*;

    use super::*;
    use crate::body::KEPT;

    fn value() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![Just(b'\t'), 32_u8..127, 128_u8..=255];
        proptest::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn what_is_kept_is_the_same_request(
            fields in proptest::collection::vec(("[a-z][a-z0-9-]{0,20}", value()), 0..20),
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let body = Bytes::from(body);
            let mut request = Request::put("/a%20b?c=d").body(RequestBody::from(body.clone())).unwrap();
            for (name, value) in fields {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                request.headers_mut().append(name, HeaderValue::from_bytes(&value).unwrap());
            }
            let again = Kept::of(&request).unwrap().into_request().unwrap();
            prop_assert_eq!(again.method(), request.method());
            prop_assert_eq!(again.uri(), request.uri());
            prop_assert_eq!(again.headers(), request.headers());
            prop_assert_eq!(again.body().in_memory(), Some(body));
        }
    }

    #[test]
    fn what_streams_or_is_large_is_not_kept() {
        let large = Request::new(RequestBody::from(Bytes::from(vec![b'x'; KEPT + 1])));
        assert!(Kept::of(&large).is_none());
        let empty = http_body_util::Empty::new().map_err(|never| match never {});
        assert!(Kept::of(&Request::new(RequestBody::stream(empty))).is_none());
    }
}
