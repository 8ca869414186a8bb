//! What an operation declares about its answers, compiled.

use std::sync::Arc;

use http::StatusCode;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value};

use super::violation::{Kind, Violation};
use crate::media;
use crate::plan::{Contract, Operation};

/// The declared answers of one operation.
#[derive(Debug)]
pub(crate) struct Rules {
    answers: Vec<(Declared, Vec<Content>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared {
    Status(StatusCode),
    /// `4XX`
    Class(u16),
    Default,
}

#[derive(Debug)]
struct Content {
    media_type: Box<str>,
    /// None where the contract says nothing of the document.
    validator: Option<Arc<Validator>>,
}

/// What the body of an answer has to be, found by its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    answer: usize,
    content: usize,
}

impl Rules {
    /// Compiles what the contract declares of an operation; references are looked up in the whole document.
    ///
    /// # Errors
    ///
    /// Each schema that cannot be used, as the end of a sentence.
    pub(crate) fn compile(contract: &Contract, operation: &Operation) -> Result<Self, Vec<String>> {
        let mut compiler = Compiler { contract, known: Vec::new(), reasons: Vec::new() };
        let answers = responses(contract, operation)
            .filter_map(|(status, answer)| Some((Declared::parse(status)?, compiler.contents(status, answer))))
            .collect();
        if compiler.reasons.is_empty() { Ok(Self { answers }) } else { Err(compiler.reasons) }
    }

    /// Judges a whole answer.
    #[cfg(test)]
    pub(crate) fn check(&self, status: StatusCode, media_type: &str, body: &[u8]) -> Result<(), Violation> {
        let bodiless = status == StatusCode::NO_CONTENT;
        self.head(status, media_type, bodiless, body.is_empty())?.map_or(Ok(()), |shape| self.body(shape, body))
    }

    /// Judges a head, and finds what the body has to be; none if there is nothing to say about it. `bodiless` is an answer
    /// that has no body by the protocol, `empty` one that might have one.
    pub(crate) fn head(
        &self,
        status: StatusCode,
        media_type: &str,
        bodiless: bool,
        empty: bool,
    ) -> Result<Option<Shape>, Violation> {
        if status == StatusCode::NOT_MODIFIED {
            // The protocol's answer to a condition of the client, whatever the operation.
            return Ok(None);
        }
        let Some(answer) = self.answer(status) else {
            return Err(Violation::of_answer(Kind::UndeclaredStatus, format!("the status {status} is not declared")));
        };
        let contents = &self.answers[answer].1;
        if bodiless || (empty && contents.is_empty()) {
            return Ok(None);
        }
        let Some(content) = Content::of(contents, media_type) else {
            let message = format!("the media type is not declared for the status {status}");
            return Err(Violation::of_answer(Kind::UndeclaredMediaType, message));
        };
        Ok(media::is_json(media_type).then_some(Shape { answer, content }))
    }

    /// Judges a body.
    pub(crate) fn body(&self, shape: Shape, body: &[u8]) -> Result<(), Violation> {
        let document: Value = serde_json::from_slice(body).map_err(|error| {
            let place = format!("is not JSON at line {}, column {}", error.line(), error.column());
            Violation::of_answer(Kind::NotJson, place)
        })?;
        let content = self.answers.get(shape.answer).and_then(|(_, contents)| contents.get(shape.content));
        match content.and_then(|content| content.validator.as_ref()) {
            Some(validator) => validator.validate(&document).map_err(|error| Violation::of_document(&error)),
            None => Ok(()),
        }
    }

    /// The closest declaration: the status itself, its range, or the default.
    fn answer(&self, status: StatusCode) -> Option<usize> {
        let wanted = [Declared::Status(status), Declared::Class(status.as_u16() / 100), Declared::Default];
        wanted.iter().find_map(|wanted| self.answers.iter().position(|(declared, _)| declared == wanted))
    }
}

impl Content {
    /// The closest declaration: the media type itself, its range, or anything.
    fn of(contents: &[Self], media_type: &str) -> Option<usize> {
        let essence = media::essence(media_type.as_bytes());
        let kind = essence.split('/').next().unwrap_or_default();
        let is = |declared: &str| declared.eq_ignore_ascii_case(essence);
        let covers = |declared: &str| declared.strip_suffix("/*").is_some_and(|d| d.eq_ignore_ascii_case(kind));
        let position = |fits: &dyn Fn(&str) -> bool| contents.iter().position(|content| fits(&content.media_type));
        position(&is).or_else(|| position(&covers)).or_else(|| position(&|declared| declared == "*/*"))
    }
}

impl Declared {
    fn parse(key: &str) -> Option<Self> {
        if key.eq_ignore_ascii_case("default") {
            return Some(Self::Default);
        }
        match key.as_bytes() {
            [class @ b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(Self::Class(u16::from(class - b'0'))),
            _ => key.parse().ok().map(Self::Status),
        }
    }
}

struct Compiler<'c> {
    contract: &'c Contract,
    /// Most operations declare the same problem document for many statuses.
    known: Vec<(&'c Value, Arc<Validator>)>,
    reasons: Vec<String>,
}

impl<'c> Compiler<'c> {
    fn contents(&mut self, status: &str, answer: &'c Value) -> Vec<Content> {
        let content = answer.get("content").and_then(Value::as_object);
        let compiled = content.into_iter().flatten().map(|(media_type, described)| {
            let schema = described.get("schema").filter(|_| media::is_json(media_type) || media_type.ends_with("/*"));
            let validator = schema.and_then(|schema| {
                self.validator(schema)
                    .map_err(|reason| {
                        self.reasons.push(format!("the schema of {status} `{media_type}` cannot be used: {reason}"));
                    })
                    .ok()
            });
            Content { media_type: media::essence(media_type.as_bytes()).into(), validator }
        });
        compiled.collect()
    }

    fn validator(&mut self, schema: &'c Value) -> Result<Arc<Validator>, String> {
        if let Some((_, known)) = self.known.iter().find(|(known, _)| *known == schema) {
            return Ok(Arc::clone(known));
        }
        // The schema with the contract around it, so that `#/components/…` is where the contract says it is.
        let mut root = self.contract.document.as_object().cloned().unwrap_or_default();
        root.insert("allOf".to_owned(), Value::Array(vec![schema.clone()]));
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        let validator = options.build(&Value::Object(root)).map_err(|error| error.to_string())?;
        let validator = Arc::new(validator);
        self.known.push((schema, Arc::clone(&validator)));
        Ok(validator)
    }
}

/// The media type of a success that is not JSON, if the operation declares one: such an answer is a stream.
pub(crate) fn streamed(contract: &Contract, operation: &Operation) -> Option<String> {
    let successes = responses(contract, operation).filter(|(status, _)| status.starts_with('2'));
    let contents = successes.filter_map(|(_, answer)| answer.get("content")?.as_object());
    contents.flat_map(Map::keys).find(|media_type| !media::is_json(media_type)).cloned()
}

/// The declared answers, references resolved.
fn responses<'c>(contract: &'c Contract, operation: &Operation) -> impl Iterator<Item = (&'c String, &'c Value)> {
    let declared = contract.value_of(operation).and_then(|value| value.get("responses")).and_then(Value::as_object);
    declared.into_iter().flatten().map(|(status, answer)| (status, contract.resolved(answer)))
}
