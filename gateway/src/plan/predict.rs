//! What an answer comes to when parts of it are down: the engine's rules as a calculation, without a request.
//!
//! A part that is down refuses its call, as a service does that is not there. Every other part answers as its contract
//! says and has what others look for in it, and what the route makes of the answer does without what is missing. So a
//! prediction says what follows from the files alone, and for every set of parts that are down the running gateway answers
//! exactly so. One thing is left to chance: which of several required parts fails first. Calls that are refused all end the
//! request alike, with 503, and so does a part that waits for one which was refused; only a required part that finds what it
//! cannot use in the fallback of another makes another status possible ([`Prediction::or`]).

mod stand_in;

use http::StatusCode;
use problem::{Code, FieldError};

use self::stand_in::StandIn;
use super::composition::{Composition, Join, Need, Parameter, Part, Place, Source};
use super::{Plan, Route};
use crate::compose::{PartFailure, Selection, select};

/// What becomes of one request while some of its parts are down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The status.
    pub status: StatusCode,
    /// The code of the problem that is answered; none for a success.
    pub code: Option<Code>,
    /// What is answered instead if another required part is the first to fail.
    pub or: Option<(StatusCode, Code)>,
    /// What is missing from a success, in the order of the file: `_parts`.
    pub lost: Vec<Lost>,
    /// The parts that are asked, refused calls included, in the order of the file. A success asks all of them; a failure
    /// may come before some of them are.
    pub asked: Vec<usize>,
}

/// A part that is missing from an answer, as `_parts` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its name.
    pub name: String,
    /// `error` where null stands in its place, `default` where its fallback does.
    pub state: &'static str,
    /// Why it is missing.
    pub code: Code,
}

/// What has become of a part.
#[derive(Debug)]
enum State {
    /// It has not come to anything, and will not if what it waits for ends the request.
    Open,
    /// Its service has answered.
    Answered,
    /// Its fallback has the place of its answer, also for those that wait for it.
    StandIn(StandIn),
    /// The client has not sent what it would be asked with.
    Unasked,
    /// There was nothing to ask for.
    Absent,
    /// There is no answer.
    Failed(PartFailure),
}

/// What a part does once everything it waits for is there.
enum Turn {
    Ask,
    Nothing,
    /// This part, which it needs, has failed.
    Dependency(usize),
    /// What it needs of another part can be no parameter.
    NotUsable,
}

impl Plan {
    /// What `route` answers to a request with this query while the parts at the indexes `down` refuse their calls; a
    /// success has the status that the route or its operation declares.
    ///
    /// # Errors
    ///
    /// What `include` or `fields` of the query names that is not offered.
    pub fn predict(&self, route: &Route, query: Option<&str>, down: &[usize]) -> Result<Prediction, Vec<FieldError>> {
        let Some(composition) = &route.composition else { return Ok(self.predict_plain(route, down)) };
        let mut predicted = composition.predict(&select(composition, query)?, down);
        match predicted.code {
            Some(code) => predicted.status = route.status_of(code, predicted.status),
            None => predicted.status = composition.status.or_else(|| self.success(route)).unwrap_or(StatusCode::OK),
        }
        predicted.or = predicted.or.map(|(status, code)| (route.status_of(code, status), code));
        Ok(predicted)
    }

    /// A route with one call, which is handed on, has one part.
    fn predict_plain(&self, route: &Route, down: &[usize]) -> Prediction {
        let code = (!down.is_empty()).then_some(Code::UpstreamUnavailable);
        let success = || self.success(route).unwrap_or(StatusCode::OK);
        Prediction {
            status: code.map_or_else(success, |code| route.status_of(code, code.status())),
            code,
            or: None,
            lost: Vec::new(),
            asked: vec![0],
        }
    }

    fn success(&self, route: &Route) -> Option<StatusCode> {
        self.operation(route)?.statuses.iter().copied().find(StatusCode::is_success)
    }
}

impl Composition {
    /// What an answer with these parts comes to while the parts at the indexes `down` refuse their calls.
    pub(crate) fn predict(&self, selection: &Selection, down: &[usize]) -> Prediction {
        let mut course =
            Course { composition: self, states: Vec::new(), lost: Vec::new(), ends: Vec::new(), asked: Vec::new() };
        course.states.extend(
            self.parts
                .iter()
                .enumerate()
                .map(|(index, part)| if selection.leaves_out(index, part) { State::Unasked } else { State::Open }),
        );
        let mut waiting: Vec<usize> = (0..self.parts.len()).filter(|part| selection.asks(*part)).collect();
        while let Some(at) = waiting.iter().position(|part| course.is_ready(*part)) {
            let part = waiting.remove(at);
            course.take(part, down.contains(&part));
        }
        course.end(selection)
    }
}

/// The course that a request takes, part by part.
struct Course<'a> {
    composition: &'a Composition,
    states: Vec<State>,
    lost: Vec<(usize, Code)>,
    /// The problems of required parts, any of which may end the request.
    ends: Vec<Code>,
    asked: Vec<usize>,
}

impl Course<'_> {
    fn is_ready(&self, part: usize) -> bool {
        self.composition.parts[part].after.iter().all(|needed| !matches!(self.states[*needed], State::Open))
    }

    fn take(&mut self, index: usize, is_down: bool) {
        let part = &self.composition.parts[index];
        self.states[index] = match self.turn(part) {
            Turn::Nothing => State::Absent,
            Turn::NotUsable => self.fail(index, &PartFailure::NotUsable),
            Turn::Dependency(needed) => {
                let first = match &self.states[needed] {
                    State::Failed(failure) => failure.clone(),
                    _ => PartFailure::NotUsable,
                };
                self.fail(index, &PartFailure::Dependency(needed, Box::new(first)))
            }
            Turn::Ask => {
                self.asked.push(index);
                let refused = PartFailure::Call(upstream::Failure::ConnectionRefused);
                if is_down { self.fail(index, &refused) } else { State::Answered }
            }
        };
    }

    fn turn(&self, part: &Part) -> Turn {
        match &part.place {
            Place::Joined(join) if !self.has_keys(join) => Turn::Nothing,
            _ => self.bound(part),
        }
    }

    fn has_keys(&self, join: &Join) -> bool {
        match &self.states[join.host] {
            State::Answered => true,
            State::StandIn(document) => document.keys(&join.key).is_ok_and(|keys| keys > 0),
            State::Open | State::Unasked | State::Absent | State::Failed(_) => false,
        }
    }

    /// Whether there is a value for every parameter; those of the request itself are there.
    fn bound(&self, part: &Part) -> Turn {
        let mut leaves_its_segment = false;
        for binding in &part.bindings {
            let Source::Part(from, program) = &binding.source else { continue };
            match &self.states[*from] {
                // A batch is no document that a value could be taken from.
                State::Answered if matches!(self.composition.parts[*from].place, Place::Joined(_)) => {
                    return Turn::Nothing;
                }
                State::Answered => {}
                State::Unasked if !binding.required => {}
                State::StandIn(document) => match document.values(program) {
                    Some(values) if values.is_empty() => return Turn::Nothing,
                    Some(values) if matches!(binding.parameter, Parameter::Path(_)) => {
                        leaves_its_segment |= matches!(values.join(",").as_str(), "" | "." | "..");
                    }
                    Some(_) => {}
                    None => return Turn::NotUsable,
                },
                State::Failed(_) => return Turn::Dependency(*from),
                State::Open | State::Unasked | State::Absent => return Turn::Nothing,
            }
        }
        if leaves_its_segment { Turn::Nothing } else { Turn::Ask }
    }

    fn fail(&mut self, index: usize, failure: &PartFailure) -> State {
        let part = &self.composition.parts[index];
        if part.need == Need::Required {
            self.ends.push(failure.answered());
            return State::Open;
        }
        self.lost.push((index, failure.code()));
        match &part.need {
            Need::Fallback(json) if part.place == Place::Member => {
                let stands = StandIn::new(json);
                let is_usable = |stands: &StandIn| {
                    self.composition.joined_to(index).all(|(_, join)| stands.keys(&join.key).is_ok())
                };
                stands.filter(is_usable).map_or_else(|| State::Failed(failure.clone()), State::StandIn)
            }
            _ => State::Failed(failure.clone()),
        }
    }

    fn end(mut self, selection: &Selection) -> Prediction {
        self.asked.sort_unstable();
        self.lost.sort_unstable_by_key(|(index, _)| *index);
        self.lost.retain(|(index, _)| selection.shows(*index));
        if self.leaves_nothing(selection) {
            self.ends.push(Code::UpstreamUnavailable);
        }
        // A refused call comes before what waits for another one, as a rule.
        let first =
            self.ends.iter().copied().find(|code| *code == Code::UpstreamUnavailable).or(self.ends.first().copied());
        let other = self.ends.iter().copied().find(|code| Some(*code) != first);
        let lost = |(index, code): &(usize, Code)| {
            let part = &self.composition.parts[*index];
            Lost { name: part.name.clone(), state: part.need.state(), code: *code }
        };
        Prediction {
            status: first.map_or(StatusCode::OK, Code::status),
            code: first,
            or: other.map(|code| (code.status(), code)),
            lost: if first.is_none() { self.lost.iter().map(lost).collect() } else { Vec::new() },
            asked: self.asked,
        }
    }

    /// Whether every member that is shown has failed, and nothing stands in for any of them.
    fn leaves_nothing(&self, selection: &Selection) -> bool {
        let members = self.composition.parts.iter().enumerate().filter(|(_, part)| part.place == Place::Member);
        let mut shown = members.filter(|(part, _)| selection.shows(*part)).peekable();
        let is_lost = |part: usize| self.lost.iter().any(|(lost, _)| *lost == part);
        self.ends.is_empty()
            && self.composition.main().is_none()
            && shown.peek().is_some()
            && shown.all(|(index, part)| part.need == Need::Optional && is_lost(index))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
