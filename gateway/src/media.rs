//! What a `Content-Type` and a `Content-Encoding` say of a body (RFC 9110, sections 8.3 and 8.4).

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// The media type of a `Content-Type` without its parameters; empty where it is no text.
pub(crate) fn essence(content_type: &[u8]) -> &str {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    str::from_utf8(essence.trim_ascii()).unwrap_or_default()
}

/// The media type of a message, without its parameters; empty where there is none.
pub(crate) fn of(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).map_or("", |value| essence(value.as_bytes()))
}

/// Whether a media type is one of JSON (RFC 6839, section 3.1).
pub(crate) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type.as_bytes());
    let suffix = essence.len().checked_sub("+json".len()).and_then(|at| essence.get(at..));
    essence.eq_ignore_ascii_case("application/json") || suffix.is_some_and(|end| end.eq_ignore_ascii_case("+json"))
}

/// Whether a media type is that of problem documents (RFC 9457).
pub(crate) fn is_problem(media_type: &str) -> bool {
    essence(media_type.as_bytes()).eq_ignore_ascii_case(problem::MEDIA_TYPE)
}

/// Whether a body has to be decoded to be read.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        assert_eq!(essence(b" Application/JSON ; charset=\xff"), "Application/JSON");
        assert_eq!((essence(b"\xff/json"), essence(b"")), ("", ""));
        assert!(
            is_json("Application/JSON; q=1")
                && is_json("application/vnd.a+JSON")
                && is_problem("Application/Problem+JSON")
        );
        assert!(!is_json("application/jsonl") && !is_json("json") && !is_json("é+jso"));
    }

    #[test]
    fn identity_is_no_coding() {
        let coded = |coding| is_encoded(&HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(coding))]));
        assert!(!coded("Identity") && coded("gzip") && !is_encoded(&HeaderMap::new()));
    }
}
