//! The older answer of a part that stands in where the service does not answer.

use std::sync::OnceLock;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::PartFailure;
use super::ask::{self, Question};
use super::run::Run;
use crate::cache::{self, Spare};
use crate::plan::{CacheClaim, Scope};

impl Run<'_> {
    /// One call, and where it fails what it answered last, if the route lets that stand in.
    pub(super) async fn fresh_or_stale(&self, index: usize, question: Question) -> Result<Option<Bytes>, PartFailure> {
        if let Some((spare, request)) = self.spare(index, &question) {
            return Box::pin(self.or_stale(index, question, spare, request)).await;
        }
        let asked = Instant::now();
        let learn = |status: StatusCode, head: &HeaderMap| self.learn(status, head, asked);
        ask::ask(self.plane, &self.held(index), question, learn).await
    }

    async fn or_stale(
        &self,
        index: usize,
        question: Question,
        spare: Spare,
        request: HeaderMap,
    ) -> Result<Option<Bytes>, PartFailure> {
        let asked = Instant::now();
        let place = self.plane.surface().places.shown(question.service, question.target.path());
        let answered = OnceLock::new();
        let learn = |status: StatusCode, head: &HeaderMap| {
            self.learn(status, head, asked);
            let _once = answered.set(head.clone());
        };
        let answer = ask::ask(self.plane, &self.held(index), question, learn).await;
        let cache = &self.plane.shared.cache;
        match (answer, answered.get()) {
            (Ok(Some(body)), Some(head)) => {
                spare.keep(cache, &request, head, (place.as_deref(), &body));
                Ok(Some(body))
            }
            (Err(failure), _) if failure.is_no_answer() => match spare.instead(cache, &request) {
                Some(body) => {
                    self.stands_in(index, failure);
                    Ok(Some(body))
                }
                None => Err(failure),
            },
            (answer, _) => {
                spare.forget(cache);
                answer
            }
        }
    }

    /// The place of a part's last answer, and the fields of the call that may select it.
    fn spare(&self, index: usize, question: &Question) -> Option<(Spare, HeaderMap)> {
        let part = &self.asked.composition.parts[index];
        if part.stale_if_error.is_zero() {
            return None;
        }
        let caller = self.asked.caller.principal();
        let service = self.plane.surface().plan.service(part.service);
        let mut key = format!("part\0{}\0{:?}\0{}\0{}\0", service.name, service.urls, part.operation, question.target);
        for (name, value) in &question.own {
            key.push_str(&format!("{name}\0{}\0", value.to_str().unwrap_or_default()));
        }
        // Services are told everything of the caller here, so all of it tells answers apart.
        let everything = Scope::Claims(CacheClaim::NAMES.map(|(_, claim)| claim).to_vec());
        let mut key = key.into_bytes();
        cache::partition(&mut key, &everything, caller);
        let spare = Spare::new(&self.plane.shared.cache, key.into(), part.stale_if_error, caller.sub.is_some());
        Some((spare, question.headers.clone()))
    }
}
