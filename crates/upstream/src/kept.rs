//! A request that may have to be sent once more.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use crate::body::RequestBody;

/// Larger bodies are not kept.
const BODY_LIMIT: usize = 64 * 1024;
/// Heads are rarely longer; one allocation does for nearly all.
const USUAL_HEAD: usize = 1024;

/// All that is needed to make a request a second time.
///
/// Every call that may be repeated pays for this, and hardly one needs it. So the fields are kept as one flat piece of
/// text: an allocation and a copy of some hundred bytes. Cloning the map would take two tables, and count a reference of
/// every name and value up and down again. Whoever needs it parses it.
#[derive(Debug)]
pub(crate) struct Kept {
    method: Method,
    uri: Uri,
    /// `name:value`, each ended by a line feed, which is in no name and no value.
    fields: Vec<u8>,
    body: Bytes,
}

impl Kept {
    /// Keeps a request, if its body is in memory and small.
    pub(crate) fn of(request: &Request<RequestBody>) -> Option<Self> {
        let body = request.body().in_memory().filter(|body| body.len() <= BODY_LIMIT)?;
        let mut fields = Vec::with_capacity(USUAL_HEAD);
        for (name, value) in request.headers() {
            fields.extend_from_slice(name.as_str().as_bytes());
            fields.push(b':');
            fields.extend_from_slice(value.as_bytes());
            fields.push(b'\n');
        }
        Some(Self { method: request.method().clone(), uri: request.uri().clone(), fields, body })
    }

    /// The request again.
    pub(crate) fn into_request(self) -> Request<RequestBody> {
        let mut request = Request::new(RequestBody::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = read(&self.fields);
        request
    }
}

fn read(fields: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in fields.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        // What was a name and a value is one again.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(&value[1..])) {
            map.append(name, value);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

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
            let again = Kept::of(&request).unwrap().into_request();
            prop_assert_eq!(again.method(), request.method());
            prop_assert_eq!(again.uri(), request.uri());
            prop_assert_eq!(again.headers(), request.headers());
            prop_assert_eq!(again.body().in_memory(), Some(body));
        }
    }

    #[test]
    fn what_streams_or_is_large_is_not_kept() {
        let large = Request::new(RequestBody::from(Bytes::from(vec![b'x'; BODY_LIMIT + 1])));
        assert!(Kept::of(&large).is_none());
        let empty = http_body_util::Empty::new().map_err(|never| match never {});
        assert!(Kept::of(&Request::new(RequestBody::stream(empty))).is_none());
    }

    use http_body_util::BodyExt as _;
}
