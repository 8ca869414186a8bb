//! One operation whose answers are inspected.

use http::HeaderValue;

use super::rules::Rules;
use super::tally::{Outcome, Tally};
use super::violation::Violation;
use crate::plan::{Plan, ServiceId, ServiceKind};

/// An operation: what it declares, and what was seen of it.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(super) service_id: ServiceId,
    pub(super) service: Box<str>,
    pub(super) operation: Box<str>,
    /// Whether the gateway itself answers, whose problem documents are not the contract's business.
    pub(super) is_own: bool,
    pub(super) rules: Rules,
    pub(super) tally: Tally,
}

impl Watched {
    pub(super) fn new(plan: &Plan, service_id: ServiceId, operation: &str) -> Result<Self, String> {
        let service = plan.service(service_id);
        let name = format!("{}.{operation}", service.name);
        let declared =
            service.contract.operation(operation).ok_or_else(|| format!("there is no operation `{name}`"))?;
        let rules =
            Rules::compile(&service.contract, declared).map_err(|why| format!("`{name}`: {}", why.join("; ")))?;
        Ok(Self {
            service_id,
            service: service.name.as_str().into(),
            operation: operation.into(),
            is_own: service.kind == ServiceKind::BuiltIn,
            rules,
            tally: Tally::default(),
        })
    }

    pub(super) fn count(&self, outcome: Outcome) {
        self.tally.count(outcome);
    }

    /// Counts what an inspection found; of what is wrong at most one line a second is logged.
    pub(super) fn record(&self, found: &Result<(), Violation>, request_id: &HeaderValue, enforced: bool) {
        let Err(violation) = found else { return self.count(Outcome::Ok) };
        let Some(left_out) = self.tally.violated(violation.kind) else { return };
        tracing::warn!(
            service = &*self.service,
            operation = &*self.operation,
            kind = violation.kind.name(),
            pointer = violation.pointer,
            message_of_contract = violation.message,
            request_id = request_id.to_str().unwrap_or_default(),
            enforced,
            left_out,
            "an answer is not as its contract says"
        );
    }
}
