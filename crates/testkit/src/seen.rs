//! What the suite has seen of the public API: one line per answer in `target/seen.jsonl`, checked against `openapi/public.json`.
//!
//! The file is only appended to, in single writes, so that any number of test processes may share it.
//! After the tests the program `seen` of this crate compares it with the document, both ways.

mod document;
mod verdict;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

pub use document::{Document, Shape};
pub use verdict::{Verdict, judge};

use crate::client::Answer;

static SEEN: LazyLock<Seen> = LazyLock::new(Seen::open);

struct Seen {
    document: Document,
    file: Mutex<File>,
    validators: Mutex<HashMap<String, Option<Arc<Validator>>>>,
}

/// Appends this answer to the list, and fails the test if the document knows the answer but its body does not fit.
pub fn record(answer: &Answer) {
    SEEN.record(answer);
}

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("a root").to_owned()
}

/// Where the list is kept.
#[must_use]
pub fn file() -> PathBuf {
    root().join("target").join("seen.jsonl")
}

impl Seen {
    fn open() -> Self {
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(file());
        Self {
            document: Document::read(&root().join("openapi").join("public.json")),
            file: Mutex::new(file.expect("target/seen.jsonl can be written")),
            validators: Mutex::default(),
        }
    }

    fn record(&self, answer: &Answer) {
        let template = self.document.template(&answer.path);
        let shape = template.map_or(Shape::Unknown, |template| self.document.shape(template, answer));
        let mistake = match &shape {
            Shape::Schema(key, schema) => self.mistake(key, schema, answer),
            Shape::Unknown | Shape::Free => None,
        };
        let line = json!({
            "method": answer.method.as_str(),
            "template": template,
            "path": answer.path,
            "status": answer.status.as_u16(),
            "media_type": answer.media_type(),
            "documented": !matches!(shape, Shape::Unknown),
            "held": mistake.is_none(),
        });
        let line = format!("{line}\n");
        self.file.lock().unwrap().write_all(line.as_bytes()).expect("target/seen.jsonl");
        if let Some(mistake) = mistake {
            panic!("the body does not fit openapi/public.json: {mistake}\n{}", answer.sentence());
        }
    }

    fn mistake(&self, key: &str, schema: &Value, answer: &Answer) -> Option<String> {
        let body: Value = match serde_json::from_slice(&answer.body) {
            Ok(body) => body,
            Err(error) => return Some(format!("not JSON: {error}")),
        };
        let mut validators = self.validators.lock().unwrap();
        let validator = validators
            .entry(key.to_owned())
            .or_insert_with(|| jsonschema::draft202012::new(schema).ok().map(Arc::new))
            .clone();
        drop(validators);
        let Some(validator) = validator else {
            return Some(format!("the schema of {key} is none"));
        };
        let mistakes: Vec<_> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        (!mistakes.is_empty()).then(|| mistakes.join("; "))
    }
}
