//! What a service says about itself: its OpenAPI document, indexed by operation.

mod parse;

use http::{Method, StatusCode};
use serde_json::{Map, Value};

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

impl Operation {
    /// Whether the contract says that the operation may answer with this status.
    #[must_use]
    pub fn declares(&self, status: StatusCode) -> bool {
        let in_range = |range: &String| {
            range.eq_ignore_ascii_case("default") || range.as_bytes().first() == status.as_str().as_bytes().first()
        };
        self.statuses.contains(&status) || self.status_ranges.iter().any(in_range)
    }

    /// Whether it takes files: its body may be larger than JSON's.
    #[must_use]
    pub fn takes_upload(&self) -> bool {
        self.request_media_types.iter().any(|media_type| media_type.starts_with("multipart/"))
    }
}
