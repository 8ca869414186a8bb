//! What a difference is about, for a person.

/// `the query parameter `limit``
pub(super) fn parameter((place, name): &(&str, &str)) -> String {
    format!("the {place} parameter `{name}`")
}

/// `the schema `User``
pub(super) fn component(section: &str, name: &str) -> String {
    let kind = match section {
        "schemas" => "schema",
        "responses" => "response",
        "parameters" => "parameter",
        "requestBodies" => "request body",
        "headers" => "header",
        "securitySchemes" => "security scheme",
        other => other,
    };
    format!("the {kind} `{name}`")
}
