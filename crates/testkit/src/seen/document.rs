//! The public document, as far as the suite asks it: which template a path belongs to, and what an answer should look like.

use std::path::Path;

use http::Method;
use serde_json::{Map, Value, json};

use crate::client::Answer;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// An OpenAPI document that has been read.
#[derive(Debug)]
pub struct Document {
    paths: Map<String, Value>,
    components: Value,
}

/// What the document says about an answer.
#[derive(Debug)]
pub enum Shape {
    /// Nothing: no such operation, status or media type.
    Unknown,
    /// It may be there, and its body is not JSON or has no schema.
    Free,
    /// Its body fits this schema; the key is the same for the same schema.
    Schema(String, Value),
}

/// One operation of the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// Its method, in capitals.
    pub method: String,
    /// Its path template.
    pub template: String,
    /// The statuses it declares.
    pub statuses: Vec<String>,
}

impl Document {
    /// Reads a document; fails the test if there is none.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::new(&serde_json::from_slice(&text).expect("a document in JSON"))
    }

    /// Takes a document that has been parsed.
    #[must_use]
    pub fn new(document: &Value) -> Self {
        Self {
            paths: document["paths"].as_object().cloned().unwrap_or_default(),
            components: document["components"].clone(),
        }
    }

    /// The template that this path belongs to; literal segments win over parameters.
    #[must_use]
    pub fn template(&self, path: &str) -> Option<&str> {
        let fits = |template: &&String| fits(template, path);
        let parameters = |template: &&String| template.matches('{').count();
        let found = self.paths.keys().filter(fits).min_by_key(parameters);
        found.map(String::as_str)
    }

    /// What this answer should look like.
    #[must_use]
    pub fn shape(&self, template: &str, answer: &Answer) -> Shape {
        let head = answer.method == Method::HEAD;
        let method = if head { "get" } else { answer.method.as_str() }.to_ascii_lowercase();
        let responses = &self.paths[template][&method]["responses"];
        let status = answer.status.as_u16().to_string();
        let Some(response) = responses.get(&status).or_else(|| responses.get("default")) else {
            return Shape::Unknown;
        };
        let response = self.resolve(response);
        let content = response["content"].as_object();
        let Some(content) = content.filter(|content| !content.is_empty()) else {
            return if answer.body.is_empty() { Shape::Free } else { Shape::Unknown };
        };
        let Some(media) = content.get(answer.media_type()) else {
            return Shape::Unknown;
        };
        if head || !answer.media_type().ends_with("json") || media["schema"].is_null() {
            return Shape::Free;
        }
        let key = format!("{method} {template} {status} {}", answer.media_type());
        let mut schema = json!({ "allOf": [media["schema"]] });
        schema["components"] = self.components.clone();
        Shape::Schema(key, schema)
    }

    /// Every operation, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        self.paths.iter().flat_map(|(template, item)| {
            let item = item.as_object().into_iter().flatten();
            item.filter(|(method, _)| METHODS.contains(&method.as_str())).map(move |(method, operation)| {
                let responses = operation["responses"].as_object().into_iter().flatten();
                Operation {
                    method: method.to_ascii_uppercase(),
                    template: template.clone(),
                    statuses: responses.map(|(status, _)| status.clone()).collect(),
                }
            })
        })
    }

    fn resolve<'d>(&'d self, value: &'d Value) -> &'d Value {
        let reference = value["$ref"].as_str();
        let pointer = reference.and_then(|reference| reference.strip_prefix("#/components"));
        pointer.and_then(|pointer| self.components.pointer(pointer)).unwrap_or(value)
    }
}

fn fits(template: &str, path: &str) -> bool {
    let path = match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter,
        _ => path,
    };
    let mut segments = path.split('/');
    let all = template.split('/').all(|expected| {
        let segment = segments.next();
        segment.is_some_and(|segment| segment == expected || (expected.starts_with('{') && !segment.is_empty()))
    });
    all && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_segment_wins_over_a_parameter_and_a_trailing_slash_is_nothing() {
        let document = Document::new(&json!({"paths": {"/users/{username}": {}, "/users/me": {}}}));
        assert_eq!(document.template("/users/me"), Some("/users/me"));
        assert_eq!(document.template("/users/ada/"), Some("/users/{username}"));
        assert_eq!(document.template("/users/ada/posts"), None);
        assert_eq!(document.template("/users/"), None);
    }
}
