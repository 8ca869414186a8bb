//! Whether an answer is as the public document says.

use serde_json::Value;
use testkit::Answer;
use testkit::seen::{Document, Shape};

/// Fails the test if `document` does not know this answer, or if its body does not fit.
pub(crate) fn fits(document: &Value, answer: &Answer) {
    let document = Document::new(document);
    let template = document.template(&answer.path).unwrap_or_else(|| panic!("{} is not documented", answer.path));
    match document.shape(template, answer) {
        Shape::Unknown => panic!("not documented: {}", answer.sentence()),
        Shape::Free => {}
        Shape::Schema(_, schema) => {
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            let body = answer.json();
            let faults: Vec<String> =
                validator.iter_errors(&body).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert_eq!(faults, Vec::<String>::new(), "{}", answer.sentence());
        }
    }
}
