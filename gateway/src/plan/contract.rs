//! What a service says about itself: its OpenAPI document, indexed by operation.

mod mode;
mod parse;

use http::{Method, StatusCode};
use serde_json::{Map, Value};

pub use mode::ContractMode;

/// A service's OpenAPI document and its operations.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// The whole document.
    pub document: Value,
    operations: Vec<Operation>,
}

/// One operation of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    /// The method.
    pub method: Method,
    /// The path template at the service: `/users/{username}`.
    pub path: String,
    /// Whether it is marked `x-internal` and must not be public.
    pub internal: bool,
    /// The parameters in the path, in the order of the template.
    pub path_parameters: Vec<OperationParameter>,
    /// The parameters in the query, those of the path item included.
    pub query_parameters: Vec<OperationParameter>,
    /// The header fields that it reads.
    pub header_parameters: Vec<OperationParameter>,
    /// Whether it reads a body.
    pub has_body: bool,
    /// The media types that it reads.
    pub request_media_types: Vec<String>,
    /// The statuses that it says it answers with.
    pub statuses: Vec<StatusCode>,
    /// What is declared beside them: `default`, or a range such as `4XX`.
    pub status_ranges: Vec<String>,
    /// Where it is in the document, as a JSON pointer.
    pub pointer: String,
}

/// A parameter of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationParameter {
    /// Its name.
    pub name: String,
    /// Whether the operation needs it.
    pub required: bool,
    /// Its schema as it stands in the document, which may be a reference; null if there is none.
    pub schema: Value,
    /// Where it goes: `path`, `query` or `header`.
    pub place: &'static str,
    /// Whether a list is written as the name repeated (`explode`), and not as one value with commas.
    pub repeated: bool,
}

impl Contract {
    /// The operation of that id.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Every operation, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The status and the schema of an operation's success, if that is JSON. An operation that declares several is
    /// described by the first.
    #[must_use]
    pub fn success(&self, operation: &Operation) -> Option<(StatusCode, &Value)> {
        let responses = self.value_of(operation)?.get("responses")?.as_object()?;
        responses.iter().find_map(|(status, response)| {
            let status: StatusCode = status.parse().ok().filter(StatusCode::is_success)?;
            Some((status, json_content(self.resolved(response))?.get("schema").unwrap_or(&Value::Null)))
        })
    }

    /// The schema of the JSON body that an operation reads; null if it says nothing of it.
    #[must_use]
    pub fn request(&self, operation: &Operation) -> Option<&Value> {
        let body = self.resolved(self.value_of(operation)?.get("requestBody")?);
        Some(json_content(body)?.get("schema").unwrap_or(&Value::Null))
    }

    /// What a schema of this document is: the target of a reference, or the schema itself.
    #[must_use]
    pub fn resolved<'c>(&'c self, schema: &'c Value) -> &'c Value {
        parse::resolve(&self.document, schema)
    }

    /// The operation's own object in the document.
    #[must_use]
    pub fn value_of(&self, operation: &Operation) -> Option<&Map<String, Value>> {
        self.document.pointer(&operation.pointer)?.as_object()
    }
}

/// The media type object of what is JSON, problem documents aside.
fn json_content(described: &Value) -> Option<&Value> {
    let content = described.get("content")?.as_object()?;
    let is_json = |media_type: &str| media_type == "application/json" || media_type.ends_with("+json");
    let json = content.iter().find(|(media_type, _)| is_json(media_type) && *media_type != problem::MEDIA_TYPE);
    json.map(|(_, described)| described)
}

impl Operation {
    /// The parameter of that name, wherever it goes.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&OperationParameter> {
        let all = || self.path_parameters.iter().chain(&self.query_parameters).chain(&self.header_parameters);
        all()
            .find(|parameter| parameter.name == name)
            .or_else(|| all().find(|parameter| parameter.name.eq_ignore_ascii_case(name)))
    }

    /// Whether the contract says that the operation may answer with this status.
    #[must_use]
    pub fn declares(&self, status: StatusCode) -> bool {
        let in_range = |range: &String| {
            range.eq_ignore_ascii_case("default") || range.as_bytes().first() == status.as_str().as_bytes().first()
        };
        self.statuses.contains(&status) || self.status_ranges.iter().any(in_range)
    }

    /// Whether it cannot be asked without a body.
    #[must_use]
    pub fn needs_body(&self, contract: &Contract) -> bool {
        let body = contract.value_of(self).and_then(|operation| operation.get("requestBody"));
        body.is_some_and(|body| contract.resolved(body).get("required") == Some(&Value::Bool(true)))
    }

    /// Whether it takes files: its body may be larger than JSON's.
    #[must_use]
    pub fn takes_upload(&self) -> bool {
        self.request_media_types.iter().any(|media_type| media_type.starts_with("multipart/"))
    }
}
