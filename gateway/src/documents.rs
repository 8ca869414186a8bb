//! What the public surface looks like, derived from the plan: nobody writes the public document, so it cannot lie.
//!
//! [`public_document`] merges the contracts of all services into one OpenAPI 3.1 document; [`Documents`] are its bytes, ready to be
//! sent; the pages show it in a browser without asking any other host for anything.

pub(crate) mod answers;
pub(crate) mod bytes;
pub(crate) mod components;
pub(crate) mod frame;
pub(crate) mod merge;
pub(crate) mod operation;
pub(crate) mod pages;

use serde_json::Value;

use self::{
    bytes::Fixed,
    merge::Surface,
    operation::{Caller, Published},
};
use crate::{
    beside::{contract, describe},
    plan::{Access, Plan, Route, Target, TokenRule},
};

/// The prefix of the components of what stands beside the plan.
const BESIDE: &str = "about";
/// Where *Authorize* asks for a token, if the plan has no route to the operation that gives one.
const TOKEN_PATH: &str = "/api/v1/auth/token";

/// The public OpenAPI 3.1 document: every route of the plan as its contract describes it, with what the gateway adds, and
/// what stands beside the plan. Routes to an origin without a contract are not in it.
///
/// # Errors
///
/// A [`DocumentError`] if the contracts do not fit together.
pub fn public_document(plan: &Plan) -> Result<Value, DocumentError> {
    let own = contract::document();
    let token_url = plan.routes.iter().find(|route| is_token_route(plan, route)).map_or(TOKEN_PATH, |r| &r.template);
    let mut published = routes(plan);
    published.extend(beside(&own));
    merge::merge(&Surface {
        name: describe::NAME,
        version: describe::VERSION,
        token_url,
        timeout_status: plan.settings.timeout_status.as_u16(),
        published,
        shared_schemas: contract::shared_schemas(&own),
    })
}

fn is_token_route(plan: &Plan, route: &Route) -> bool {
    let names_token = matches!(&route.target, Target::Operation { operation, .. } if operation == "token");
    names_token && route.deprecated.is_none() && plan.service(route.target.service()).name == "gateway"
}

/// The operations that the plan's routes lead to, in the plan's order.
fn routes(plan: &Plan) -> Vec<Published<'_>> {
    let described: Vec<(&Route, &str, &str)> = plan
        .routes
        .iter()
        .filter_map(|route| match &route.target {
            Target::Operation { service, operation, .. } => {
                Some((route, plan.service(*service).name.as_str(), operation.as_str()))
            }
            Target::Proxy { .. } => None,
        })
        .collect();
    let at = |route: &Route| format!("{} {}", route.method_name(), route.template);
    let homes: Vec<_> = described.iter().map(|(r, s, o)| (*s, *o, at(r), r.deprecated.is_some())).collect();
    described
        .into_iter()
        .zip(merge::ids(&homes))
        .map(|((route, service, operation), id)| Published {
            method: route.method_name().to_lowercase(),
            template: &route.template,
            service,
            document: &plan.service(route.target.service()).contract.document,
            operation,
            id,
            caller: caller(route),
            upstream: true,
            successor: route.deprecated.as_ref().map(|successor| successor.path.as_str()),
        })
        .collect()
}

fn caller(route: &Route) -> Caller<'_> {
    match (&route.access, route.token) {
        (_, TokenRule::Ignore) => Caller::Ignored,
        (Access::Anyone, TokenRule::Check) => Caller::Anyone,
        (Access::SignedIn, TokenRule::Check) => Caller::SignedIn,
        (Access::Role(role), TokenRule::Check) => Caller::Role(role),
    }
}

fn beside(own: &Value) -> Vec<Published<'_>> {
    let operations = contract::operations(own).into_iter();
    let published = operations.map(|(method, template, operation)| Published {
        method: method.to_owned(),
        template,
        service: BESIDE,
        document: own,
        operation,
        id: operation.to_owned(),
        caller: Caller::Ignored,
        upstream: false,
        successor: None,
    });
    published.collect()
}

/// A document as it is checked in: indented, with a newline at its end.
#[must_use]
pub fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// The public document as it is sent: JSON and YAML, each with its strong validator.
#[derive(Clone, Debug)]
pub struct Documents {
    pub(crate) json: Fixed,
    pub(crate) yaml: Fixed,
}

impl Documents {
    /// Writes the document in both forms.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Unwritable`], for a document that YAML cannot hold.
    pub fn new(document: &Value) -> Result<Self, DocumentError> {
        let yaml = serde_norway::to_string(document).map_err(|error| DocumentError::Unwritable(error.to_string()))?;
        Ok(Self {
            json: Fixed::new("application/json", document.to_string()),
            yaml: Fixed::new("application/yaml", yaml),
        })
    }
}

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

#[cfg(test)]
pub(crate) mod tests;
