//! Why a public document cannot be made.

/// Why a public document cannot be made. Each is a mistake in a contract or a route file, found before anything starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A reference to a component that the contract does not have.
    #[error("the contract of `{service}` refers to `{reference}`, which it does not contain")]
    Dangling {
        /// Whose contract.
        service: String,
        /// What it refers to.
        reference: String,
    },
    /// A reference to something outside `components`.
    #[error(
        "the contract of `{service}` refers to `{reference}`; only `#/components/…` of the same document can be published"
    )]
    Foreign {
        /// Whose contract.
        service: String,
        /// What it refers to.
        reference: String,
    },
    /// Two services claim one public component name.
    #[error("`{first}` and `{second}` both have a component that would be published as `{name}`")]
    Collision {
        /// The name.
        name: String,
        /// Who had it first.
        first: String,
        /// Who wants it too.
        second: String,
    },
    /// A schema that all services share, but one of them describes differently.
    #[error(
        "the contract of `{service}` has its own idea of the shared schema `{name}`; generate it from the current `problem` crate"
    )]
    SharedDiffers {
        /// Whose contract.
        service: String,
        /// Which schema.
        name: String,
    },
    /// A route to an operation that the contract does not have.
    #[error("`{service}.{operation}` is not in the contract of `{service}`")]
    Missing {
        /// The service.
        service: String,
        /// The operation.
        operation: String,
    },
    /// A route to an operation that may not be public.
    #[error("`{service}.{operation}` is internal (`x-internal`) and cannot be published")]
    Internal {
        /// The service.
        service: String,
        /// The operation.
        operation: String,
    },
    /// A path parameter that the operation does not know.
    #[error("`{{{parameter}}}` in `{template}` is not a path parameter of `{service}.{operation}`")]
    Unbound {
        /// The public path.
        template: String,
        /// The parameter in it.
        parameter: String,
        /// The service.
        service: String,
        /// The operation.
        operation: String,
    },
    /// Two paths that differ only in what their parameters are called.
    #[error(
        "`{first}` and `{second}` are the same path with different parameter names; OpenAPI cannot tell them apart"
    )]
    SameShape {
        /// The first path.
        first: String,
        /// The second path.
        second: String,
    },
    /// Two operations at one path and method.
    #[error("two operations are published as `{path}`")]
    SamePath {
        /// Method and path.
        path: String,
    },
    /// Two operations with one id.
    #[error("`{first}` and `{second}` both have the operationId `{id}`")]
    SameId {
        /// The id.
        id: String,
        /// Method and path of the first.
        first: String,
        /// Method and path of the second.
        second: String,
    },
    /// Two services describe one tag differently.
    #[error("`{first}` and `{second}` describe the tag `{tag}` differently")]
    TagDiffers {
        /// The tag.
        tag: String,
        /// Who described it first.
        first: String,
        /// Who describes it differently.
        second: String,
    },
    /// The document could not be written.
    #[error("the public document cannot be written: {0}")]
    Unwritable(String),
}
