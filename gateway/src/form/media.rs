//! Which bodies are forms, and how the fields of a `Content-Type` say it.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::{FormError, parameters};
use crate::media;

const MULTIPART: &str = "multipart/form-data";
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The longest boundary (RFC 2046, section 5.1.1).
const BOUNDARY_LIMIT: usize = 70;

/// How a form is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Multipart { boundary: Vec<u8> },
    Urlencoded,
}

/// Whether a media type, as a request or a contract names it, is one of forms.
pub(crate) fn is_form(media_type: &str) -> bool {
    let essence = media::essence(media_type.as_bytes());
    essence.eq_ignore_ascii_case(MULTIPART) || essence.eq_ignore_ascii_case(URLENCODED)
}

impl Media {
    /// What kind of form a request says that its body is; none if it is another kind of body.
    ///
    /// # Errors
    ///
    /// Where two servers could read that differently, or the form could not be read at all.
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Option<Self>, FormError> {
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        let Some(value) = types.next() else { return Ok(None) };
        if types.next().is_some() {
            return Err(FormError::ContentType);
        }
        let media = Self::parse(value.as_bytes())?;
        if media.is_some() && media::is_encoded(headers) {
            return Err(FormError::ContentEncoding);
        }
        Ok(media)
    }

    /// Reads the value of a `Content-Type`.
    pub(super) fn parse(content_type: &[u8]) -> Result<Option<Self>, FormError> {
        let essence = media::essence(content_type);
        if essence.eq_ignore_ascii_case(URLENCODED) {
            return Ok(Some(Self::Urlencoded));
        }
        if !essence.eq_ignore_ascii_case(MULTIPART) {
            return Ok(None);
        }
        boundary(content_type).map(|boundary| Some(Self::Multipart { boundary })).ok_or(FormError::Boundary)
    }
}

/// The one boundary; none if there are two, or it has characters that none may have.
fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let (_, parameters) = parameters::parse(content_type)?;
    let mut boundaries = parameters.iter().filter(|parameter| parameter.is_named("boundary"));
    let boundary = boundaries.next()?.value(content_type).into_owned();
    let fits = (1..=BOUNDARY_LIMIT).contains(&boundary.len()) && !boundary.ends_with(b" ");
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
    (boundaries.next().is_none() && fits && boundary.iter().all(allowed)).then_some(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary_of(parameters: &str) -> Result<Option<Media>, FormError> {
        Media::parse(format!("multipart/form-data{parameters}").as_bytes())
    }

    #[test]
    fn a_boundary_may_be_quoted_and_has_up_to_seventy_characters() {
        let long = "b".repeat(70);
        for (parameters, boundary) in [
            ("; boundary=x", "x"),
            (";charset=utf-8; BOUNDARY=\"a b:c\" ;", "a b:c"),
            ("; boundary=----=_Part_1.2", "----=_Part_1.2"),
            (&format!("; boundary={long}"), &long),
        ] {
            let expected = Media::Multipart { boundary: boundary.into() };
            assert_eq!(boundary_of(parameters), Ok(Some(expected)), "{parameters}");
        }
    }

    #[test]
    fn a_boundary_that_could_be_read_in_two_ways_is_none() {
        let long = format!("; boundary={}", "b".repeat(71));
        for parameters in
            ["", "; boundary=", "; boundary=\"\"", "; boundary=\"a \"", "; boundary=a; boundary=b", "; boundary=\"a"]
        {
            assert_eq!(boundary_of(parameters), Err(FormError::Boundary), "{parameters}");
        }
        assert_eq!(boundary_of(&long), Err(FormError::Boundary));
        assert_eq!(boundary_of("; boundary=ä"), Err(FormError::Boundary));
    }

    #[test]
    fn media_types_have_no_case_and_others_are_no_forms() {
        assert!(is_form("Multipart/Form-Data") && is_form("application/x-www-form-urlencoded; charset=utf-8"));
        assert!(!is_form("application/json") && !is_form("multipart/mixed"));
        assert_eq!(Media::parse(b"multipart/mixed; boundary=x"), Ok(None));
    }
}
