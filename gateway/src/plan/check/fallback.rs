//! What stands in the place of a part that failed must look like the part.

use serde_json::Value;

use super::super::Contract;

/// Whether `value` fits `schema`, a schema of `contract`; otherwise what is wrong, with its place.
pub(super) fn holds(contract: &Contract, schema: &Value, value: &Value) -> Result<(), String> {
    let components = contract.document.get("components").cloned().unwrap_or_default();
    let whole = serde_json::json!({ "allOf": [schema], "components": components });
    let Ok(validator) = jsonschema::draft202012::new(&whole) else { return Ok(()) };
    let first = validator.iter_errors(value).next().map(|error| {
        let place = error.instance_path().to_string();
        if place.is_empty() { error.to_string() } else { format!("`{place}`: {error}") }
    });
    first.map_or(Ok(()), Err)
}
