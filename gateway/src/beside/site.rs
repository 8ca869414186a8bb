//! What follows from the plan and is sent unchanged until the plan changes: the documents, the index, the meta data and
//! the front end's configuration, all written once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::describe::{DOCUMENTS, Deprecated, FrontConfig, Index, Limits, Link, Meta, NAME, SessionConfig, VERSION};
use crate::{
    documents::{DocumentError, Documents, bytes::Fixed, public_document},
    plan::Plan,
};

/// What every path of the API starts with.
const API: &str = "/api/v1";

/// Everything beside the plan that follows from the plan.
#[derive(Clone, Debug)]
pub struct Site {
    pub(crate) documents: Documents,
    pub(crate) index: Fixed,
    pub(crate) meta: Fixed,
    pub(crate) config: Fixed,
}

impl Site {
    /// Writes everything that this plan's gateway says about itself.
    ///
    /// # Errors
    ///
    /// A [`DocumentError`] if the plan's contracts do not fit together in one document.
    pub fn new(plan: &Plan) -> Result<Self, DocumentError> {
        let document = public_document(plan)?;
        let features = features(&document);
        let limits = limits(plan);
        let index = Index { name: NAME, version: VERSION, links: links(&document), documents: DOCUMENTS };
        let meta = Meta {
            name: NAME,
            version: VERSION,
            features: features.clone(),
            limits: limits.clone(),
            deprecated: deprecated(plan),
        };
        let config = FrontConfig {
            name: NAME,
            version: VERSION,
            api: API,
            features,
            session: SessionConfig {
                mode: "cookie",
                access_token_seconds: plan.settings.auth.access_token_ttl.as_secs(),
            },
            limits,
            documents: DOCUMENTS,
        };
        Ok(Self {
            documents: Documents::new(&document)?,
            index: json(&index)?,
            meta: json(&meta)?,
            config: json(&config)?,
        })
    }
}

fn json(value: &impl Serialize) -> Result<Fixed, DocumentError> {
    let text = serde_json::to_string(value).map_err(|error| DocumentError::Unwritable(error.to_string()))?;
    Ok(Fixed::new("application/json", text))
}

/// Every operation of the document below `/api/v1`, by its id.
fn links(document: &Value) -> BTreeMap<String, Link> {
    let operations = operations(document).filter(|(path, ..)| *path == API || path.starts_with("/api/v1/"));
    let links = operations.filter_map(|(path, method, operation)| {
        let id = operation.get("operationId")?.as_str()?.to_owned();
        let title = operation.get("summary").and_then(Value::as_str).map(str::to_owned);
        let link = Link { method: method.to_uppercase(), href: path.to_owned(), title, templated: path.contains('{') };
        Some((id, link))
    });
    links.collect()
}

/// The areas of the API: the first segment of each path below `/api/v1`.
fn features(document: &Value) -> Vec<String> {
    let areas = operations(document).filter_map(|(path, ..)| path.strip_prefix("/api/v1/")?.split('/').next());
    let mut areas: Vec<String> = areas.filter(|area| *area != "meta").map(str::to_owned).collect();
    areas.sort_unstable();
    areas.dedup();
    areas
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn limits(plan: &Plan) -> Limits {
    let limits = &plan.settings.limits;
    Limits {
        uri_bytes: limits.uri_bytes,
        head_bytes: limits.head_bytes,
        head_fields: u64::from(limits.head_fields),
        body_bytes: limits.body_bytes,
        upload_bytes: limits.upload_bytes,
    }
}

fn deprecated(plan: &Plan) -> Vec<Deprecated> {
    let routes = plan.routes.iter().filter_map(|route| {
        let successor = route.deprecated.as_ref()?.path.clone();
        Some(Deprecated { method: route.method_name().to_owned(), path: route.template.clone(), successor })
    });
    routes.collect()
}
