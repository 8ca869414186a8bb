#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plan;

use std::collections::BTreeSet;

use super::*;

/// The public document of a gateway that has nothing but what stands beside the plan.
pub(crate) fn bare_document() -> Value {
    let own = contract::document();
    merge::merge(&Surface {
        name: describe::NAME,
        version: describe::VERSION,
        token_url: TOKEN_PATH,
        timeout_status: 503,
        published: beside(&own),
        shared_schemas: contract::shared_schemas(&own),
    })
    .unwrap()
}

/// Everything that OpenAPI 3.1 asks of a document and that can be seen without its schema.
pub(crate) fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    references(document, document, "#", &mut faults);
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap_or_default();
            if id.is_empty() || !ids.insert(id) {
                faults.push(format!("{at}: operationId `{id}` is missing or not unique"));
            }
            operation_faults(document, path, &at, operation, &mut faults);
        }
    }
    for kind in document["components"].as_object().unwrap().values() {
        for name in kind.as_object().unwrap().keys() {
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
                faults.push(format!("component name {name}"));
            }
        }
    }
    faults
}

fn operation_faults(document: &Value, path: &str, at: &str, operation: &Value, faults: &mut Vec<String>) {
    if operation["summary"].as_str().unwrap_or_default().is_empty() {
        faults.push(format!("{at}: no summary"));
    }
    let tags = document["tags"].as_array().unwrap();
    let used = operation["tags"].as_array().cloned().unwrap_or_default();
    if used.is_empty() || !used.iter().all(|tag| tags.iter().any(|t| t["name"] == *tag)) {
        faults.push(format!("{at}: tags {used:?}"));
    }
    let responses = operation["responses"].as_object().unwrap();
    for (status, response) in responses {
        let response = resolve(document, response);
        if response["description"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("{at}: {status} without a description"));
        }
        let problem = &response["content"]["application/problem+json"]["schema"];
        if status.as_str() >= "400" && problem["$ref"] != "#/components/schemas/Problem" {
            faults.push(format!("{at}: {status} is not a problem document"));
        }
    }
    if !responses.keys().any(|status| status.starts_with('2')) {
        faults.push(format!("{at}: no success"));
    }
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let in_path: BTreeSet<String> = parameters
        .iter()
        .map(|p| resolve(document, p))
        .filter(|p| p["in"] == "path")
        .inspect(|p| assert_eq!(p["required"], true, "{at}"))
        .map(|p| p["name"].as_str().unwrap().to_owned())
        .collect();
    let wanted: BTreeSet<String> = operation::template_names(path).map(str::to_owned).collect();
    if in_path != wanted {
        faults.push(format!("{at}: path parameters {in_path:?}, wanted {wanted:?}"));
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|p| document.pointer(p)).unwrap_or(value)
}

fn references(document: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(document, item, at, faults)),
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                if found.is_none_or(Value::is_null) {
                    faults.push(format!("{at}: {reference} leads nowhere"));
                }
            }
            for (key, child) in map {
                references(document, child, &format!("{at}/{key}"), faults);
            }
        }
        _ => {}
    }
}

#[test]
fn the_document_of_what_stands_beside_the_plan_is_without_faults() {
    assert_eq!(faults(&bare_document()), Vec::<String>::new());
}

#[test]
fn everything_that_stands_beside_the_plan_is_documented_but_the_assets_of_pages() {
    let document = bare_document();
    let documented: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let served: BTreeSet<&str> = crate::beside::PATHS.iter().copied().filter(|p| !p.ends_with("/{asset}")).collect();
    assert_eq!(documented, served);
}

#[test]
fn a_fault_is_seen() {
    let mut document = bare_document();
    document["components"]["schemas"].as_object_mut().unwrap().remove("about.Health");
    document["paths"]["/livez"]["get"]["operationId"] = "readyz".into();
    let faults = faults(&document).join("\n");
    assert!(faults.contains("about.Health leads nowhere") && faults.contains("`readyz`"), "{faults}");
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let (first, second) = (bare_document(), bare_document());
    assert_eq!(pretty(&first), pretty(&second));
    assert!(pretty(&first).ends_with("}\n"));
}

#[test]
fn yaml_and_json_say_the_same() {
    let document = bare_document();
    let documents = Documents::new(&document).unwrap();
    let from_json: Value = serde_json::from_slice(documents.json.body()).unwrap();
    let from_yaml: Value = serde_norway::from_slice(documents.yaml.body()).unwrap();
    assert_eq!(from_json, document);
    assert_eq!(from_yaml, document);
}
