//! Why a body is not taken as a form, in sentences that are safe to show.

use problem::{Code, Problem};

use super::disposition::HEAD_LIMIT;
use super::multipart::PARTS_LIMIT;
use super::object::OBJECT_LIMIT;
use super::urlencoded::NAME_LIMIT;

/// Why a body is not taken as a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormError {
    #[error("The request has more than one `Content-Type`.")]
    ContentType,
    #[error("A form is not read here with a `Content-Encoding`; send it as it is.")]
    ContentEncoding,
    #[error("The body is not a form; send `multipart/form-data` or `application/x-www-form-urlencoded`.")]
    NoForm,
    #[error("The `Content-Type` of the form names no boundary, or one that is none (RFC 2046: 1 to 70 characters).")]
    Boundary,
    #[error("The form ends before its last boundary.")]
    Cut,
    #[error("The form is malformed: a boundary has something else than a part before or behind it.")]
    Delimiter,
    #[error("The form is malformed: the header fields of a part cannot be read.")]
    Head,
    #[error("The form is malformed: a part has no `Content-Disposition: form-data` with one `name`.")]
    Disposition,
    #[error("The header fields of a part of the form are larger than {HEAD_LIMIT} bytes.")]
    HeadTooLarge,
    #[error("The form has more than {PARTS_LIMIT} fields.")]
    TooManyFields,
    #[error("The name of a field of the form is longer than {NAME_LIMIT} bytes.")]
    NameTooLong,
    #[error("The form has no field `{field}`; here it is called `{public}`.")]
    Renamed { field: String, public: String },
    #[error("The field `{0}` of the form is a file; here a form has text only.")]
    File(String),
    #[error("The form has a name or a value that is not UTF-8.")]
    NoText,
    #[error("The form is larger than {OBJECT_LIMIT} bytes.")]
    TooLarge,
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        let code = match &error {
            FormError::ContentEncoding | FormError::NoForm => Code::UnsupportedMediaType,
            FormError::TooLarge => Code::PayloadTooLarge,
            FormError::ContentType
            | FormError::Boundary
            | FormError::Cut
            | FormError::Delimiter
            | FormError::Head
            | FormError::Disposition
            | FormError::HeadTooLarge
            | FormError::TooManyFields
            | FormError::NameTooLong
            | FormError::Renamed { .. }
            | FormError::File(_)
            | FormError::NoText => Code::InvalidParameter,
        };
        let problem = Self::new(code).with_detail(error.to_string());
        match error {
            FormError::Renamed { field, public } => {
                problem.with_error(field, "unknown_field", format!("Here it is called `{public}`."))
            }
            _ => problem,
        }
    }
}
