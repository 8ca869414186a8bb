//! The call of the main part: it has the client's body, and its errors are the answer.

use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::run::{Asked, Done, Run};
use super::values::{self, Aim, Given, Unbound};
use super::{Outcome, PartFailure, answer, ask, scan};
use crate::body::Source;
use crate::error::GatewayError;
use crate::forward::{self, Call, Intake};
use crate::plan::{Parameter, Part, Shape};

impl Run<'_> {
    /// Where the call of `to` goes. Without what it needs of another part there is no answer.
    pub(super) fn main_aim(&self, part: &Part, given: &Given<'_>) -> Result<Aim, GatewayError> {
        let kept = values::remaining(self.query.as_deref(), &self.asked.prepared.taken);
        let missing = || GatewayError::PartNotFound { part: part.name.as_str().into() };
        values::aim(part, given, &kept).map_err(|unbound| match unbound {
            Unbound::Request(error) => error,
            Unbound::Dependency(needed) => match given.outcomes.get(needed) {
                Some(Outcome::Failed(failure)) => self.required(needed, failure),
                _ => missing(),
            },
            Unbound::Nothing | Unbound::Unasked | Unbound::NotUsable => missing(),
        })
    }

    /// The call of `to`, with the client's body.
    pub(super) async fn main(&self, request: Request<Intake>, aim: Aim) -> Done {
        let Asked { route, compiled, composition, prepared, caller, .. } = self.asked;
        let (mut head, body) = request.into_parts();
        if prepared.reads_answer || self.selection.fields.is_some() {
            let whole: Vec<_> =
                head.headers.keys().filter(|name| answer::is_conditional(name, compiled.writes())).cloned().collect();
            for name in whole {
                head.headers.remove(name);
            }
        }
        // What the client sends under the name of a bound field is not what the field is bound to.
        for binding in composition.main().iter().flat_map(|main| &main.bindings) {
            if let Parameter::Header(name) = &binding.parameter {
                head.headers.remove(name);
            }
        }
        for (name, value) in aim.headers {
            head.headers.insert(name, value);
        }
        let (Some(part), Some(method)) = (composition.main(), compiled.method()) else {
            return Done::Refused(GatewayError::RouteNotFound);
        };
        head.method = method;
        let Some(upstream) = self.plane.surface().upstreams.get(usize::from(part.service.0)) else {
            return Done::Refused(GatewayError::RouteNotFound);
        };
        let now = i64::try_from(self.context.wall_ms).unwrap_or(i64::MAX);
        let call = Call {
            upstream,
            service: usize::from(part.service.0),
            receiver: compiled.receiver,
            target: aim.target,
            timeout: part.timeout.min(route.timeout),
            body_limit: route.body_limit,
            assertion: self.plane.assertion(caller, part.service, &route.assert_roles, now),
            websocket: false,
            route: Some(compiled),
            witness: self.asked.write.map(|write| write as _),
            has_place: true,
        };
        let mut request = Request::from_parts(head, body);
        match forward::forward(self.plane, self.connection, self.context, &call, &mut request).await {
            Ok(response) => self.read(response).await,
            Err(error) => Done::Refused(error),
        }
    }

    /// Takes the main answer in, if it is a success that something is made of.
    async fn read(&self, response: Response<Source>) -> Done {
        let status = response.status();
        let reads = self.asked.prepared.reads_answer || self.selection.fields.is_some();
        if status == StatusCode::NO_CONTENT && self.makes_something_of_nothing() {
            return Done::Main(response.into_parts().0, Bytes::from_static(b"null"));
        }
        if !status.is_success() || status == StatusCode::NO_CONTENT || !reads {
            return Done::Passed(response);
        }
        let (head, source) = response.into_parts();
        if !ask::is_json(&head.headers) {
            return Done::Refused(self.main_failed(&PartFailure::NotUsable));
        }
        let deadline = self.deadline.unwrap_or_else(|| Instant::now() + self.asked.route.timeout);
        match source.collected(deadline, self.plane.settings().limits.part_bytes).await {
            Ok(body) => Done::Main(head, body),
            Err(failure) => Done::Refused(self.main_failed(&failure)),
        }
    }

    /// Whether the route has a status and a program for an operation that answers nothing.
    fn makes_something_of_nothing(&self) -> bool {
        let composition = self.asked.composition;
        composition.status.is_some() && matches!(composition.shape, Some(Shape::Program(_)))
    }

    fn main_failed(&self, failure: &PartFailure) -> GatewayError {
        self.required(0, failure)
    }

    pub(super) fn main_document(&self, body: Bytes) -> Result<Outcome, GatewayError> {
        let shapes_only = !self.asked.prepared.asks_parts && self.asked.composition.shape.is_some();
        if shapes_only {
            return Ok(Outcome::Document(body, Vec::new()));
        }
        match scan::sites(&body, &self.asked.prepared.wanted[0], &self.selection) {
            Ok(sites) => Ok(Outcome::Document(body, sites)),
            Err(trouble) => {
                tracing::warn!(%trouble, "the answer of the main part cannot be added to");
                Err(self.main_failed(&PartFailure::NotUsable))
            }
        }
    }
}
