//! A part that refuses what the client itself has sent: that is the client's mistake, and no failure of the part.

use std::time::Instant;

use http::{Response, StatusCode};
use problem::{Code, FieldError};
use serde_json::Value;
use upstream::ResponseBody;

use super::{ask, values};
use crate::media;
use crate::plan::{Binding, Parameter, Part, Source};

/// The words of a service in which it refuses a call are few.
const BYTES: u64 = 64 * 1024;

/// Why a service does not take a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    /// Each parameter that it does not take, under the name that the operation has for it.
    pub(crate) errors: Vec<FieldError>,
}

impl Refusal {
    /// What an answer refuses; none if it is not about parameters, or does not say what it is about.
    pub(super) async fn read(response: Response<ResponseBody>, deadline: Instant) -> Option<Self> {
        let is_problem = media::is_problem(media::of(response.headers()));
        if response.status() != StatusCode::BAD_REQUEST || !is_problem {
            return None;
        }
        let body = ask::of_upstream(response.into_body(), deadline, BYTES).await.ok()?;
        let document: Value = serde_json::from_slice(&body).ok()?;
        let code: Code = document.get("code")?.as_str()?.parse().ok()?;
        if !matches!(code, Code::InvalidParameter | Code::InvalidCursor) {
            return None;
        }
        let entries = document.get("errors").and_then(Value::as_array).into_iter().flatten();
        let errors = entries.map(entry).collect::<Option<Vec<_>>>()?;
        Some(Self { code, errors })
    }

    /// The same in the client's words, if all of it is about values that the client has sent for this part. What a route or
    /// another part has put there is not the client's mistake.
    pub(super) fn of_client(&self, part: &Part, query: Option<&str>) -> Option<Self> {
        if self.errors.is_empty() {
            let is_sent =
                |binding: &Binding| matches!(&binding.source, Source::Query(name) if values::is_sent(query, name));
            return part.bindings.iter().any(is_sent).then(|| self.clone());
        }
        let renamed = |error: &FieldError| {
            let public = part.bindings.iter().find_map(|binding| public(binding, &error.pointer))?;
            Some(FieldError { pointer: public.to_owned(), ..error.clone() })
        };
        Some(Self { code: self.code, errors: self.errors.iter().map(renamed).collect::<Option<Vec<_>>>()? })
    }
}

fn entry(value: &Value) -> Option<FieldError> {
    let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
    Some(FieldError { pointer: text("pointer")?, code: text("code")?, message: text("message")? })
}

/// What the client calls the parameter `name`, if this binding gives it a value of the client's.
fn public<'b>(binding: &'b Binding, name: &str) -> Option<&'b str> {
    let known = match &binding.parameter {
        Parameter::Query { name, .. } => name.as_str(),
        Parameter::Header(name) => name.as_str(),
        Parameter::Path(_) => return None,
    };
    let public = match &binding.source {
        Source::Query(name) => name.as_str(),
        Source::Header(name) => name.as_str(),
        Source::Path(_) | Source::Body(_) | Source::Claim(_) | Source::Part(..) | Source::Text(_) => return None,
    };
    known.eq_ignore_ascii_case(name).then_some(public)
}
