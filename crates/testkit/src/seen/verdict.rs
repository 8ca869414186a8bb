//! The comparison after the tests: everything seen is documented, and everything documented has been seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::Document;

/// What the comparison found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many answers were compared.
    pub answers: usize,
    /// How many operations the document has.
    pub operations: usize,
    /// What does not fit, one sentence each.
    pub mistakes: BTreeSet<String>,
}

/// Compares the lines of the list with the document.
#[must_use]
pub fn judge(document: &Document, lines: &str) -> Verdict {
    let mut verdict = Verdict::default();
    let mut seen: BTreeMap<(String, String), BTreeSet<u16>> = BTreeMap::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("a line in JSON");
        verdict.answers += 1;
        verdict.mistakes.extend(mistake(&line));
        let Some(template) = line["template"].as_str() else { continue };
        let status = line["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let method = line["method"].as_str().unwrap_or_default().to_owned();
        seen.entry((method, template.to_owned())).or_default().extend(status);
    }
    for operation in document.operations() {
        verdict.operations += 1;
        let name = format!("{} {}", operation.method, operation.template);
        let statuses = seen.remove(&(operation.method, operation.template)).unwrap_or_default();
        if !statuses.iter().any(|status| *status < 400) {
            verdict.mistakes.insert(format!("{name}: the suite has seen no success"));
        }
        let declares_errors = operation.statuses.iter().any(|status| status.as_str() >= "400");
        if declares_errors && !statuses.iter().any(|status| *status >= 400) {
            verdict.mistakes.insert(format!("{name}: the suite has seen no error"));
        }
    }
    verdict
}

/// What is wrong with one line. A path or method that the document does not have may only be refused.
fn mistake(line: &Value) -> Option<String> {
    let (method, status) = (line["method"].as_str()?, line["status"].as_u64()?);
    let place = line["template"].as_str().or_else(|| line["path"].as_str())?;
    if line["held"] == false {
        return Some(format!("{method} {place}: a body of {status} does not fit its schema"));
    }
    let refused = match line["template"].as_str() {
        None => status == 404 || status == 400 || status == 414,
        Some(_) => status == 405 || method == "OPTIONS",
    };
    if line["documented"] == true || refused {
        return None;
    }
    let media_type = line["media_type"].as_str().unwrap_or_default();
    Some(format!("{method} {place}: {status} {media_type} is not documented"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(lines: &[Value]) -> Vec<String> {
        let document = Document::new(&json!({"paths": {"/a": {"get": {"responses": {"200": {}, "404": {}}}}}}));
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        judge(&document, &lines.join("\n")).mistakes.into_iter().collect()
    }

    fn line(template: Option<&str>, status: u16, documented: bool) -> Value {
        json!({"method": "GET", "path": "/a", "template": template, "status": status, "documented": documented, "held": true, "media_type": ""})
    }

    #[test]
    fn an_operation_needs_a_success_and_an_error() {
        let success = line(Some("/a"), 200, true);
        let error = line(Some("/a"), 404, true);
        assert_eq!(verdict(&[success.clone(), error.clone()]), [""; 0]);
        assert_eq!(verdict(&[success]), ["GET /a: the suite has seen no error"]);
        assert_eq!(verdict(&[error]), ["GET /a: the suite has seen no success"]);
    }

    #[test]
    fn what_is_not_documented_is_named() {
        let lines = [line(Some("/a"), 200, true), line(Some("/a"), 404, true), line(Some("/a"), 418, false)];
        assert_eq!(verdict(&lines), ["GET /a: 418  is not documented"]);
        let lines = [line(Some("/a"), 200, true), line(Some("/a"), 404, true), line(None, 200, false)];
        assert_eq!(verdict(&lines), ["GET /a: 200  is not documented"]);
    }
}
