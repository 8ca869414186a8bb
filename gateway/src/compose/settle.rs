//! What the end of a part means: for the part, and for the whole answer.

use std::sync::PoisonError;

use bytes::Bytes;
use http::StatusCode;

use super::batch::Batch;
use super::failure::{self, Lack};
use super::run::Run;
use super::{Outcome, PartFailure, made, scan};
use crate::error::GatewayError;
use crate::plan::{Need, Part, Place};

impl Run<'_> {
    /// What the answer of a part comes to.
    pub(super) fn document(&self, index: usize, answer: Result<Option<Bytes>, PartFailure>) -> Outcome {
        let body = match answer {
            Ok(Some(body)) => body,
            Ok(None) => return Outcome::Absent,
            Err(failure) => return Outcome::Failed(failure),
        };
        self.scanned(index, body).unwrap_or_else(Outcome::Failed)
    }

    fn scanned(&self, index: usize, body: Bytes) -> Result<Outcome, PartFailure> {
        let sites = scan::sites(&body, &self.asked.prepared.wanted[index], &self.selection)
            .map_err(|_| PartFailure::NotUsable)?;
        Ok(Outcome::Document(body, sites))
    }

    /// The answer of a part in the form that the route gives it.
    pub(super) async fn shaped(&self, index: usize, body: Bytes) -> Result<Bytes, PartFailure> {
        let part = &self.asked.composition.parts[index];
        let Some(shape) = &part.shape else { return Ok(body) };
        made::by_shape(shape, body, self.plane.base()).await.map_err(|error| {
            tracing::warn!(part = part.name, %error, "a part could not be reshaped");
            PartFailure::Transform
        })
    }

    pub(super) fn batch(&self, index: usize, answer: Result<Vec<Bytes>, PartFailure>) -> Outcome {
        let Place::Joined(join) = &self.asked.composition.parts[index].place else { return Outcome::Absent };
        let gathered = answer.and_then(|documents| {
            let mut batch = Batch::default();
            for document in documents {
                batch
                    .add(document, join, &self.asked.prepared.wanted[index], &self.selection)
                    .map_err(|_| PartFailure::NotUsable)?;
            }
            Ok(batch)
        });
        gathered.map_or_else(Outcome::Failed, Outcome::Batch)
    }

    /// What a part's own end means: a required one that failed ends the request, any other is lost and has something in its
    /// place. What is not found is no failure, where it may be missing.
    pub(super) fn settled(
        &self,
        index: usize,
        outcome: Outcome,
        lost: &mut Vec<(usize, PartFailure)>,
    ) -> Result<Outcome, GatewayError> {
        let part = &self.asked.composition.parts[index];
        let is_alone = matches!(part.place, Place::Member | Place::Aside);
        if matches!(outcome, Outcome::Absent) && part.need == Need::Required && is_alone {
            return Err(GatewayError::PartNotFound { part: part.name.as_str().into() });
        }
        let Outcome::Failed(failure) = outcome else { return Ok(outcome) };
        self.tell(part, &failure);
        if part.need == Need::Required {
            return Err(self.required(index, &failure));
        }
        if matches!(failure, PartFailure::Status(StatusCode::NOT_FOUND, _)) && is_alone {
            return Ok(Outcome::Absent);
        }
        lost.push((index, failure.clone()));
        match &part.need {
            Need::Fallback(json) if part.place == Place::Member => {
                Ok(self.scanned(index, json.clone()).unwrap_or(Outcome::Failed(failure)))
            }
            _ => Ok(Outcome::Failed(failure)),
        }
    }

    /// A part that fails is told once, with the request that it failed: the answer may be a success.
    fn tell(&self, part: &Part, failure: &PartFailure) {
        if matches!(failure, PartFailure::Status(StatusCode::NOT_FOUND, _) | PartFailure::Refused(_)) {
            return;
        }
        let service = self.plane.surface().plan.service(part.service).name.as_str();
        let request_id = self.context.request_id.to_str().unwrap_or_default();
        let (operation, code) = (part.operation.as_str(), failure.code().as_str());
        tracing::warn!(part = part.name, service, operation, code, ?failure, request_id, "a part failed");
    }

    /// A refusal is the client's mistake if it is about what the client has sent; otherwise the part has failed.
    pub(super) fn blamed(&self, index: usize, failure: PartFailure) -> PartFailure {
        let PartFailure::Refused(refusal) = failure else { return failure };
        let part = &self.asked.composition.parts[index];
        let of_client = refusal.of_client(part, self.query.as_deref());
        of_client.map_or(PartFailure::Status(StatusCode::BAD_REQUEST, None), |refusal| {
            PartFailure::Refused(Box::new(refusal))
        })
    }

    /// An older answer stands in for that of a part.
    pub(super) fn stands_in(&self, index: usize, failure: PartFailure) {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).push((index, failure));
    }

    /// What the answer lacks that is shown, in the order of the file: parts that failed, and those for which an older answer
    /// stands in.
    pub(super) fn lacks(&self, lost: &[(usize, PartFailure)]) -> Vec<Lack> {
        let lack = |state: Option<&'static str>, (index, failure): &(usize, PartFailure)| Lack {
            index: *index,
            failure: failure.clone(),
            state: state.unwrap_or_else(|| self.asked.composition.parts[*index].need.state()),
        };
        let stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lacks: Vec<Lack> = lost.iter().map(|one| lack(None, one)).collect();
        lacks.extend(stale.iter().map(|one| lack(Some(Lack::STALE), one)));
        drop(stale);
        lacks.retain(|lack| self.selection.shows(lack.index));
        // What failed comes first, and says it all: of two calls of one part the other may have had something older.
        lacks.sort_by_key(|lack| (lack.index, lack.is_stale()));
        lacks.dedup_by_key(|lack| lack.index);
        lacks
    }

    /// The error of the whole answer for want of a part.
    pub(super) fn required(&self, index: usize, failure: &PartFailure) -> GatewayError {
        let index = if let PartFailure::Dependency(first, _) = failure { *first } else { index };
        let part = &self.asked.composition.parts[index];
        let service = &self.plane.surface().plan.service(part.service).name;
        failure::of_required(&part.name, service, failure, self.plane.settings().timeout_status)
    }
}
