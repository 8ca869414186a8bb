//! What the public surface looks like, derived from the plan: nobody writes the public document, so it cannot lie.
//!
//! [`public_document`] merges the contracts of all services into one OpenAPI 3.1 document; [`Documents`] are its bytes, ready to be
//! sent; the pages show it in a browser without asking any other host for anything.

pub(crate) mod answers;
pub(crate) mod bytes;
pub(crate) mod components;
pub(crate) mod composed;
mod error;
mod form;
pub(crate) mod frame;
pub(crate) mod merge;
pub(crate) mod operation;
pub(crate) mod pages;

use std::borrow::Cow;

use serde_json::Value;

pub use self::error::DocumentError;
use self::{
    bytes::Fixed,
    composed::Composed,
    merge::Surface,
    operation::{Caller, Published},
};
use crate::{
    beside::{contract, describe},
    plan::{Access, Doc, Plan, Route, ServiceKind, Target, TokenRule},
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
    names_token && route.deprecated.is_none() && plan.service(route.target.service()).kind == ServiceKind::BuiltIn
}

/// The operations that the plan's routes lead to, in the plan's order.
fn routes(plan: &Plan) -> Vec<Published<'_>> {
    let described: Vec<(&Route, &str, &str)> = plan.routes.iter().filter_map(|route| named(plan, route)).collect();
    let at = |route: &Route| format!("{} {}", route.method_name(), route.template);
    let homes: Vec<_> = described
        .iter()
        .map(|(route, service, operation)| {
            let (owner, id) = doc(route).map_or((*service, *operation), |doc| (composed::OWNER, doc.id.as_str()));
            (owner, id, at(route), route.deprecated.is_some())
        })
        .collect();
    let ids = merge::ids(&homes);
    described
        .into_iter()
        .zip(ids)
        .map(|((route, service, operation), id)| published(plan, route, service, operation, id))
        .collect()
}

/// The service and the operation that describe a route; one that has only parts describes itself.
fn named<'p>(plan: &'p Plan, route: &'p Route) -> Option<(&'p Route, &'p str, &'p str)> {
    match &route.target {
        Target::Operation { service, operation, .. } => {
            Some((route, plan.service(*service).name.as_str(), operation.as_str()))
        }
        Target::Parts => Some((route, composed::OWNER, doc(route)?.id.as_str())),
        Target::Proxy { .. } => None,
    }
}

/// How a route describes itself.
fn doc(route: &Route) -> Option<&Doc> {
    route.composition.as_ref()?.doc.as_ref()
}

fn published<'p>(plan: &'p Plan, route: &'p Route, service: &'p str, operation: &'p str, id: String) -> Published<'p> {
    let alone = route.composition.as_deref().filter(|_| route.target == Target::Parts);
    let document = match alone.and_then(|composition| composed::alone(route, composition)) {
        Some(document) => Cow::Owned(document),
        None => Cow::Borrowed(&plan.service(route.target.service()).contract.document),
    };
    let built_in = route.target != Target::Parts && plan.service(route.target.service()).kind == ServiceKind::BuiltIn;
    Published {
        method: route.method_name().to_lowercase(),
        template: &route.template,
        service,
        document,
        operation,
        id,
        caller: caller(route),
        upstream: true,
        built_in,
        successor: route.deprecated.as_ref().map(|successor| successor.path.as_str()),
        form: route.form.as_ref(),
        composed: route.composition.as_deref().map(|composition| Composed { plan, route, composition }),
        limited: route.limit.is_some(),
        kept: route.cache.is_some(),
        errors: &route.errors,
    }
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
        document: Cow::Borrowed(own),
        operation,
        id: operation.to_owned(),
        caller: Caller::Ignored,
        upstream: false,
        built_in: true,
        successor: None,
        form: None,
        composed: None,
        limited: false,
        kept: false,
        errors: &[],
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

#[cfg(test)]
pub(crate) mod tests;
