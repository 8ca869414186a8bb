//! The answer of a part of a composed route, which is there as a whole.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::Conformance;
use super::inspector::{Copied, Job};
use super::tally::Outcome;
use super::violation::{Kind, Violation};
use crate::media;
use crate::plan::{ContractMode, ServiceId};

impl Conformance {
    /// Holds the answer of an operation to its contract, as `mode` says: `enforce` judges it here, everything else hands a copy
    /// to the inspector. What is wrong is counted and logged. Which answers a sample takes is for the caller to say.
    ///
    /// # Errors
    ///
    /// If the contract is enforced and the answer is not as it says.
    pub(crate) async fn hold(
        &self,
        mode: ContractMode,
        (service, operation): (ServiceId, &str),
        answer: &Response<Bytes>,
        request_id: &HeaderValue,
    ) -> Result<(), Violation> {
        let Some(watched) = self.watched(service, operation).filter(|_| mode != ContractMode::Off) else {
            return Ok(());
        };
        let enforced = mode == ContractMode::Enforce;
        let (status, body) = (answer.status(), answer.body());
        let bodiless = status == StatusCode::NO_CONTENT;
        let found = match watched.rules.head(status, media::of(answer.headers()), bodiless, body.is_empty()) {
            Err(violation) => Err(violation),
            Ok(None) => Ok(()),
            Ok(Some(_)) if media::is_encoded(answer.headers()) && enforced => Err(Violation::encoded()),
            Ok(Some(_)) if media::is_encoded(answer.headers()) || body.len() > super::LIMIT && !enforced => {
                watched.count(Outcome::Skipped);
                return Ok(());
            }
            Ok(Some(_)) if body.len() > super::LIMIT => Err(Violation::too_large()),
            Ok(Some(shape)) if enforced => self.judged(watched, shape, body.clone()).await,
            Ok(Some(shape)) => {
                let (watched, request_id) = (Arc::clone(watched), request_id.clone());
                self.inspector.submit(Job { watched, shape, request_id, body: Copied::Whole(body.clone()) });
                return Ok(());
            }
        };
        watched.record(&found, request_id, enforced);
        if enforced { found } else { Ok(()) }
    }
}

impl Conformance {
    /// Notes an answer of which only the head counts, because it is an error that the part has failed by anyway.
    pub(crate) fn note(
        &self,
        mode: ContractMode,
        (service, operation): (ServiceId, &str),
        (status, headers): (StatusCode, &HeaderMap),
        request_id: &HeaderValue,
    ) {
        if let Some(watched) = self.watched(service, operation).filter(|_| mode != ContractMode::Off) {
            let found = watched.rules.head(status, media::of(headers), false, true).map(drop);
            watched.record(&found, request_id, mode == ContractMode::Enforce);
        }
    }
}

impl Violation {
    pub(super) fn encoded() -> Self {
        Self::of_answer(Kind::Other, "the body is encoded, which nobody asked for")
    }

    pub(super) fn too_large() -> Self {
        Self::of_answer(Kind::Other, "the body is larger than what is inspected")
    }
}
