//! Asks the parts of a route, each as soon as it can be asked, and puts the answer together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use principal::ASSERTION;

use super::ask::{Held, Question};
use super::choose::{self, Selection};
use super::values::{self, Aim, Given, Unbound};
use super::{Outcome, PartFailure, Prepared, answer, intake};
use crate::auth::Caller;
use crate::body::Source;
use crate::cache::Write;
use crate::cache::{Terms, Times};
use crate::context::Context;
use crate::error::GatewayError;
use crate::forward::Intake;
use crate::listener::Connection;
use crate::plan::{Composition, ContractMode, Part, Place, Route};
use crate::plane::Plane;
use crate::routes::Parameters;
use crate::surface::Compiled;

/// Chunks of one join that are asked at once.
const CHUNKS_AT_ONCE: usize = 8;

/// How many times as large as the answer everything together may be that it is made of: a route may drop some of it.
const GATHERED: u64 = 2;

/// A request to a composed route, as the phases before have left it.
pub(crate) struct Asked<'a> {
    pub(crate) route: &'a Route,
    pub(crate) compiled: &'a Compiled,
    pub(crate) composition: &'a Composition,
    pub(crate) prepared: &'a Prepared,
    pub(crate) parameters: Parameters<'a>,
    pub(crate) caller: &'a Caller,
    /// What the request may change.
    pub(crate) write: Option<&'a Write>,
}

/// What all calls of one request share.
pub(super) struct Run<'a> {
    pub(super) plane: &'a Plane,
    pub(super) connection: &'a Connection,
    pub(super) context: &'a Context,
    pub(super) asked: &'a Asked<'a>,
    pub(super) selection: Selection,
    /// The client's own fields, where values are taken of them.
    pub(super) headers: HeaderMap,
    /// What the calls of parts carry.
    pub(super) inherited: HeaderMap,
    pub(super) query: Option<String>,
    /// The request's body, where a program reads it.
    pub(super) body: Bytes,
    /// When everything has to be there; none while a body streams in.
    pub(super) deadline: Option<Instant>,
    /// Whether this is a request whose answers a sample takes.
    pub(super) sampled: bool,
    /// The bytes of all answers of parts so far.
    pub(super) gathered: AtomicU64,
    /// What the parts allow that have answered, where the answer may be kept.
    pub(super) terms: Option<Mutex<Terms>>,
    /// The parts for which an older answer stands in, each with why.
    pub(super) stale: Mutex<Vec<(usize, PartFailure)>>,
}

/// A call that is under way.
pub(super) enum Work {
    Main(Box<Request<Intake>>, Box<Aim>),
    Part(Question),
    Chunks(Vec<Question>),
    /// All keys of a join in one call, as there usually are no more.
    Chunk(Question),
}

/// How a call ended.
pub(super) enum Done {
    /// The main part's answer, which goes to the client as it is: an error, or one in which nothing is changed.
    Passed(Response<Source>),
    Refused(GatewayError),
    Main(http::response::Parts, Bytes),
    Part(Result<Option<Bytes>, PartFailure>),
    Chunks(Result<Vec<Bytes>, PartFailure>),
}

/// Answers a request.
pub(crate) async fn compose(
    plane: &Plane,
    connection: &Connection,
    context: &Context,
    asked: Asked<'_>,
    request: Request<Intake>,
) -> Result<Response<Source>, GatewayError> {
    let query = request.uri().query();
    let selection = choose::select(asked.composition, query).map_err(|errors| GatewayError::Include { errors })?;
    let query = query.map(str::to_owned);
    let writes = asked.compiled.writes();
    if writes && request.method() == Method::HEAD {
        // HEAD is GET without a body, and whoever asks for it wants nothing to happen.
        return Err(GatewayError::MethodNotAllowed { allow: HeaderValue::from_static("GET") });
    }
    // What has been written cannot be refused for want of a part.
    let strict = !writes && answer::is_strict(request.headers());
    let (mut head, body) = request.into_parts();
    let inherited = intake::inherit(plane, connection, context, &asked, &head);
    let had_body = !body.is_empty();
    let (intake, body) = intake::take_in(plane, connection, &asked, &mut head, body).await?;
    let deadline = match (&intake, had_body) {
        (Intake::Ready(_), true) => Some(Instant::now() + asked.route.timeout),
        (_, false) => Some(context.started + asked.route.timeout),
        (Intake::Incoming(_), true) => None,
    };
    // One place for all its calls, unless its body still streams in.
    let _place = if deadline.is_some() { Some(plane.shared.waiting.enter()?) } else { None };
    let headers = if asked.prepared.reads_fields { head.headers.clone() } else { HeaderMap::new() };
    // Where there is a main part, its call counts the request.
    let counts = asked.composition.main().is_none();
    let sampled = asked.route.contract == ContractMode::Sample
        && if counts { plane.sampling.takes(context.route) } else { plane.sampling.would_take(context.route) };
    let run = Run {
        plane,
        connection,
        context,
        asked: &asked,
        selection,
        headers,
        inherited,
        query,
        body,
        deadline,
        sampled,
        gathered: AtomicU64::new(0),
        terms: asked.route.cache.as_ref().filter(|caching| caching.composed).map(|_| Mutex::new(Terms::new())),
        stale: Mutex::default(),
    };
    run.check()?;
    let mut main = asked.composition.main().is_some().then(|| Box::new(Request::from_parts(head, intake)));
    let outcomes = asked.composition.parts.iter().enumerate();
    let outcomes = outcomes.map(|(index, part)| run.selection.start(index, part)).collect();
    match run.all(&mut main, outcomes).await? {
        Gathered::Passed(mut response) => {
            // What was asked before it has a part in it, also where its own words are the answer.
            run.learn(response.status(), response.headers(), context.started);
            run.hand_on_terms(&mut response);
            answer::passed(asked.composition, response)
        }
        Gathered::Parts(head, outcomes, lost) => {
            if let Some(head) = &head {
                // Its age counts from when the request came: that is earlier than the answer, never later.
                run.learn(head.status, &head.headers, context.started);
            }
            let mut response = answer::put_together(plane, &run, head, &outcomes, &lost, strict).await?;
            run.hand_on_terms(&mut response);
            Ok(response)
        }
    }
}

/// What came of all calls.
pub(super) enum Gathered {
    Passed(Response<Source>),
    /// The main part's head, what has become of each part, and those that failed with why.
    Parts(Option<http::response::Parts>, Vec<Outcome>, Vec<(usize, PartFailure)>),
}

impl Run<'_> {
    /// Asks everything that is needed and still open; ends early where nothing more can change the answer.
    pub(super) async fn all(
        &self,
        main: &mut Option<Box<Request<Intake>>>,
        mut outcomes: Vec<Outcome>,
    ) -> Result<Gathered, GatewayError> {
        let mut lost = Vec::new();
        let known = outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.is_open());
        let mut started = known.fold(0_u32, |started, (index, _)| started | 1 << index);
        let mut head = None;
        let mut running: Option<FuturesUnordered<_>> = None;
        loop {
            let mut last = None;
            while let Some(index) = self.next(&outcomes, started) {
                started |= 1 << index;
                match self.prepare(index, &outcomes, main)? {
                    Ok(work) => {
                        if let Some(call) = last.replace(self.one(index, work)) {
                            running.get_or_insert_default().push(call);
                        }
                    }
                    Err(outcome) => outcomes[index] = self.settled(index, outcome, &mut lost)?,
                }
            }
            let (index, done) = match (last, &mut running) {
                // What is alone needs nobody to watch over several.
                (Some(alone), None) => alone.await,
                (None, None) => break,
                (last, Some(running)) => {
                    running.extend(last);
                    let Some(answered) = running.next().await else { break };
                    answered
                }
            };
            outcomes[index] = match done {
                Done::Passed(response) => return Ok(Gathered::Passed(response)),
                Done::Refused(error) => return Err(error),
                Done::Main(parts, body) => {
                    head = Some(parts);
                    self.main_document(body)?
                }
                Done::Part(answer) => self.settled(index, self.document(index, answer), &mut lost)?,
                Done::Chunks(answer) => self.settled(index, self.batch(index, answer), &mut lost)?,
            };
        }
        // In the order of the file, whatever the order of arrival.
        lost.sort_by_key(|(index, _)| *index);
        Ok(Gathered::Parts(head, outcomes, lost))
    }

    /// What calls take of the request is there.
    pub(super) fn check(&self) -> Result<(), GatewayError> {
        let parts = self.asked.composition.parts.iter().enumerate();
        let takes = |part: &Part| !(part.bindings.is_empty() && part.holds.is_empty());
        let mut asked = parts.filter(|(index, part)| self.selection.asks(*index) && takes(part));
        asked.try_for_each(|(_, part)| values::check(part, &self.given(&[])))
    }

    /// The next part that is asked for and waits for nothing.
    fn next(&self, outcomes: &[Outcome], started: u32) -> Option<usize> {
        let parts = self.asked.composition.parts.iter().enumerate();
        let mut ready = parts.filter(|(index, _)| self.selection.asks(*index) && started & (1 << index) == 0);
        let answered = |index: &usize| outcomes.get(*index).is_some_and(|outcome| !outcome.is_open());
        ready.find(|(_, part)| part.after.iter().all(answered)).map(|(index, _)| index)
    }

    /// The call of a part, or what has become of it without one.
    fn prepare(
        &self,
        index: usize,
        outcomes: &[Outcome],
        main: &mut Option<Box<Request<Intake>>>,
    ) -> Result<Result<Work, Outcome>, GatewayError> {
        let part = &self.asked.composition.parts[index];
        let given = self.given(outcomes);
        if part.place == Place::Root
            && let Some(request) = main.take()
        {
            let aim = self.main_aim(part, &given)?;
            return Ok(Ok(Work::Main(request, Box::new(aim))));
        }
        let work = match &part.place {
            Place::Joined(join) => self.chunks(part, join, index, &given, outcomes),
            Place::Root | Place::Member | Place::Aside => {
                values::aim(part, &given, "").map(|aim| Work::Part(self.question(part, aim)))
            }
        };
        match work {
            Ok(work) => Ok(Ok(work)),
            Err(Unbound::Request(error)) => Err(error),
            Err(Unbound::Nothing) => Ok(Err(Outcome::Absent)),
            Err(Unbound::Unasked) => Ok(Err(Outcome::Unasked)),
            Err(Unbound::NotUsable) => Ok(Err(Outcome::Failed(PartFailure::NotUsable))),
            Err(Unbound::Dependency(needed)) => match &outcomes[needed] {
                Outcome::Failed(failure) => Ok(Err(Outcome::Failed(PartFailure::for_want_of(needed, failure)))),
                _ => Ok(Err(Outcome::Absent)),
            },
        }
    }

    fn given<'g>(&'g self, outcomes: &'g [Outcome]) -> Given<'g> {
        Given {
            parameters: &self.asked.parameters,
            query: self.query.as_deref(),
            headers: &self.headers,
            body: &self.body,
            caller: self.asked.caller.principal(),
            outcomes,
        }
    }

    pub(super) fn question(&self, part: &Part, aim: Aim) -> Question {
        let mut headers = self.inherited.clone();
        for (name, value) in &aim.headers {
            headers.insert(name.clone(), value.clone());
        }
        let now = i64::try_from(self.context.wall_ms).unwrap_or(i64::MAX);
        let roles = &self.asked.route.assert_roles;
        if let Some(assertion) = self.plane.assertion(self.asked.caller, part.service, roles, now) {
            headers.insert(ASSERTION, assertion);
        }
        let own = Instant::now() + part.timeout;
        let deadline = self.deadline.map_or(own, |whole| whole.min(own));
        Question {
            service: usize::from(part.service.0),
            target: aim.target,
            headers,
            own: aim.headers,
            deadline,
            usual: part.timeout.min(self.asked.route.timeout),
        }
    }

    /// One call, or all calls of one join.
    async fn one(&self, index: usize, work: Work) -> (usize, Done) {
        let done = match work {
            Work::Main(request, aim) => Box::pin(self.main(*request, *aim)).await,
            Work::Part(question) => Done::Part(match self.ask(index, question).await {
                Ok(Some(body)) => self.shaped(index, body).await.map(Some),
                other => other,
            }),
            Work::Chunks(questions) => Done::Chunks(Box::pin(self.ask_all(index, questions)).await),
            Work::Chunk(question) => Done::Chunks(self.ask_batch(index, question).await.map(|answer| vec![answer])),
        };
        (index, done)
    }

    /// What the answers of a part are held to. A sample takes the same requests for all parts of a route.
    pub(super) fn held(&self, index: usize) -> Held<'_> {
        let part = &self.asked.composition.parts[index];
        let mode = self.asked.route.contract;
        let mode = if mode == ContractMode::Sample && !self.sampled { ContractMode::Off } else { mode };
        Held { mode, operation: (part.service, &part.operation), request_id: &self.context.request_id }
    }

    /// One call. What a request gathers is bounded as a whole: many answers that are each small enough may be too much.
    /// One that is refused takes no room from those that come after it.
    async fn ask(&self, index: usize, question: Question) -> Result<Option<Bytes>, PartFailure> {
        let answer = self.fresh_or_stale(index, question).await.map_err(|failure| self.blamed(index, failure))?;
        let size = answer.as_ref().map_or(0, |body| body.len() as u64);
        let before = self.gathered.fetch_add(size, Ordering::Relaxed);
        let most = GATHERED * self.plane.settings().limits.composed_bytes;
        if before + size > most {
            let _ = self.gathered.fetch_sub(size, Ordering::Relaxed);
            return Err(PartFailure::TooLarge);
        }
        Ok(answer)
    }

    /// What the head of a part's answer allows holds for the whole.
    pub(super) fn learn(&self, status: StatusCode, head: &HeaderMap, asked: Instant) {
        let Some(terms) = &self.terms else { return };
        let (mut terms, times) = (terms.lock().unwrap_or_else(PoisonError::into_inner), Times::since(asked));
        if status == StatusCode::NOT_FOUND { terms.add_absent(head, times) } else { terms.add(head, times) }
    }

    /// Tells what may be kept of the whole.
    fn hand_on_terms(self, response: &mut Response<Source>) {
        if let Some(terms) = self.terms {
            let terms = terms.into_inner().unwrap_or_else(PoisonError::into_inner);
            terms.write_vary(response.headers_mut());
            response.extensions_mut().insert(terms);
        }
    }

    /// One call of a batch operation. If that has nothing to say, it breaks its contract: it is no key without an item.
    async fn ask_batch(&self, index: usize, question: Question) -> Result<Bytes, PartFailure> {
        let answer = self.ask(index, question).await?.ok_or(PartFailure::NotUsable)?;
        self.shaped(index, answer).await
    }

    /// The chunks at once, in their order; one that fails fails the join.
    async fn ask_all(&self, index: usize, questions: Vec<Question>) -> Result<Vec<Bytes>, PartFailure> {
        if questions.is_empty() {
            return Err(PartFailure::TooManyKeys);
        }
        let calls = questions.into_iter().map(|question| self.ask_batch(index, question));
        let mut calls = futures_util::stream::iter(calls).buffered(CHUNKS_AT_ONCE);
        let mut answers = Vec::new();
        while let Some(answer) = calls.next().await {
            answers.push(answer?);
        }
        Ok(answers)
    }
}
