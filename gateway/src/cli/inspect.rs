//! Commands that look at the configuration: `check`, `routes`, `explain` and `openapi`.

use std::path::PathBuf;

use http::Method;

use super::{Answer, FAILED, MISCONFIGURED, load};
use crate::documents;
use crate::plan::Sources;

pub(super) fn check(sources: &Sources) -> Answer {
    let plan = load(sources)?;
    documents::public_document(&plan).map_err(|error| (MISCONFIGURED, error.to_string()))?;
    Ok(format!("The configuration is right: {}.\n", plan.summary()))
}

pub(super) fn routes(sources: &Sources) -> Answer {
    Ok(load(sources)?.listing())
}

pub(super) fn explain(sources: &Sources, method: &Method, path: &str) -> Answer {
    load(sources)?.explain(method, path).map_err(|sentence| (FAILED, sentence))
}

pub(super) fn openapi(sources: &Sources, contracts: Option<PathBuf>) -> Answer {
    let sources = contracts.map_or_else(|| sources.clone(), |directory| sources.clone().with_contracts(directory));
    let document = documents::public_document(&load(&sources)?).map_err(|error| (MISCONFIGURED, error.to_string()))?;
    pretty(&document)
}

pub(super) fn own_contract() -> Answer {
    pretty(&crate::auth::openapi())
}

fn pretty(document: &impl serde::Serialize) -> Answer {
    let text = serde_json::to_string_pretty(document).map_err(|error| (FAILED, error.to_string()))?;
    Ok(text + "\n")
}
