//! `gateway check --live`: whether the services that run are the ones that were pinned.
//!
//! A service answers nobody without the gateway's assertion, its contract included: what is not needed by a stranger is not
//! shown to one. So this needs the deployment's key, and a wrong key is found as well.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use boot::Vars;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use principal::{ASSERTION, InternalKey, Principal, Signer};
use upstream::{Failure, Pool, Upstream};

use super::{Answer, FAILED, inspect, keys, load};
use crate::conformance::drift;
use crate::plan::{Contract, Plan, Service, ServiceKind, Sources};

const PATIENCE: Duration = Duration::from_secs(5);

/// Checks the files, then asks each process of each service with a contract for the one that it has.
pub(super) fn check(sources: &Sources, vars: &mut Vars) -> Answer {
    let mut text = inspect::check(sources)?;
    let plan = load(sources)?;
    let key = keys::internal_key(vars)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| (FAILED, error.to_string()))?;
    let mut differs = false;
    for answer in runtime.block_on(ask_all(&plan, &key)) {
        let (Ok(line) | Err(line)) = &answer;
        differs |= answer.is_err();
        text.push_str(line);
        text.push('\n');
    }
    if differs { Err((FAILED, text.trim_end().to_owned())) } else { Ok(text) }
}

/// What to say of each process: what is as it should be, or what is not.
async fn ask_all(plan: &Plan, key: &InternalKey) -> Vec<Result<String, String>> {
    let mut answers = Vec::new();
    for service in plan.services.iter().filter(|service| service.kind == ServiceKind::Contracted) {
        for url in &service.urls {
            let place = format!("`{}` at {url}", service.name);
            answers.push(match contract(service, url, key).await {
                Err(reason) => Err(format!("{place} {reason}.")),
                Ok(running) => match drift::between(&service.contract, &running) {
                    none if none.is_empty() => Ok(format!("{place} has the contract that is pinned.")),
                    found => {
                        Err(format!("{place} has another contract than the pinned one:\n  {}", found.join("\n  ")))
                    }
                },
            });
        }
    }
    answers
}

/// The contract that a process has, or why it cannot be had, as the end of a sentence.
async fn contract(service: &Service, url: &Uri, key: &InternalKey) -> Result<Contract, String> {
    let upstream = Upstream::remote(service.name.as_str(), std::slice::from_ref(url))
        .map_err(|error| format!("cannot be asked: {error}"))?;
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = Uri::from_static(boot::CONTRACT_PATH);
    let signer = Signer::new(Service::GATEWAY, &service.name, key.derive(Service::GATEWAY, &service.name));
    request.headers_mut().insert(ASSERTION, signer.assert(&Principal::anonymous(), epoch_seconds()));
    let answer = upstream.call(&Pool::new(), request, Instant::now() + PATIENCE).await;
    let answer = answer.map_err(|failure: Failure| format!("does not answer: {}", failure.proxy_status()))?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err("does not believe this key: is AGORA_INTERNAL_KEY its own?".to_owned()),
        status => return Err(format!("has no contract at {}: it answers {status}", boot::CONTRACT_PATH)),
    }
    let document = serde_json::from_slice(answer.body()).map_err(|error| format!("serves no JSON: {error}"))?;
    Contract::parse(document).map_err(|reasons| format!("serves no contract: {}", reasons.join("; ")))
}

fn epoch_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
