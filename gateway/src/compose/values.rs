//! The values of a call's parameters: of the request, of the token, of the answers of other parts.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use principal::Principal;
use serde_json::Value;

use super::Outcome;
use crate::error::GatewayError;
use crate::plan::{Binding, Claim, Hold, Parameter, Part, PathPiece, Source};
use crate::routes::Parameters;
use transform::Program;

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What values can be taken from.
pub(super) struct Given<'a> {
    pub(super) parameters: &'a Parameters<'a>,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
    pub(super) caller: &'a Principal,
    pub(super) outcomes: &'a [Outcome],
}

/// Why a call cannot be made.
#[derive(Debug)]
pub(super) enum Unbound {
    /// There is nothing to ask for: another part has no such value.
    Nothing,
    /// Another part is not asked, as the client wants it.
    Unasked,
    /// Another part has failed.
    Dependency(usize),
    /// Another part has something there that no parameter can be.
    NotUsable,
    /// The request lacks what is needed, or has it in a form that does not do.
    Request(GatewayError),
}

/// Where a call goes.
#[derive(Debug)]
pub(super) struct Aim {
    pub(super) target: PathAndQuery,
    pub(super) headers: Vec<(http::HeaderName, HeaderValue)>,
}

/// The target of a call. `query` is what goes along in the query beside the call's own parameters, encoded already.
pub(super) fn aim(part: &Part, given: &Given<'_>, query: &str) -> Result<Aim, Unbound> {
    let mut values = Vec::with_capacity(part.bindings.len());
    for binding in &part.bindings {
        values.push(match value(binding, given) {
            // What hangs on a choice that the client has not made is left out with it.
            Err(Unbound::Unasked) if !binding.required => None,
            found => found?,
        });
    }
    let mut target = String::with_capacity(64);
    for piece in &part.path {
        match piece {
            PathPiece::Literal(text) => target.push_str(text),
            PathPiece::Parameter(index) => target.push_str(given.parameters.get(*index).unwrap_or_default()),
            PathPiece::Bound(index) => target.push_str(&segment(values.get(*index).and_then(Option::as_ref))?),
        }
    }
    let mut query = Query { target, first: true, kept: query };
    let mut headers = Vec::new();
    for (binding, value) in part.bindings.iter().zip(values) {
        let Some(value) = value else { continue };
        match &binding.parameter {
            Parameter::Path(_) => {}
            Parameter::Query { name, repeated } => query.add(name, &value, *repeated),
            Parameter::Header(name) => headers.push((name.clone(), field_value(binding, &value)?)),
        }
    }
    let target = PathAndQuery::from_maybe_shared(Bytes::from(query.finish())).map_err(|_| Unbound::NotUsable)?;
    Ok(Aim { target, headers })
}

/// How long a value is in a query.
pub(super) fn encoded_length(value: &str) -> usize {
    utf8_percent_encode(value, ENCODED).map(str::len).sum()
}

/// A list as a parameter of a query.
pub(super) fn listed(name: &str, values: &[Cow<'_, str>], repeated: bool) -> String {
    let name = utf8_percent_encode(name, ENCODED).to_string();
    let mut list = String::with_capacity(name.len() + 1 + values.len() * 8);
    for (index, value) in values.iter().enumerate() {
        match (index, repeated) {
            (0, _) => list.extend([&name, "="]),
            (_, true) => list.extend(["&", &name, "="]),
            (_, false) => list.push(','),
        }
        list.extend(utf8_percent_encode(value, ENCODED));
    }
    list
}

/// Whether the request has what a part takes of it: known before anything is sent, so that no call is made in vain and no write
/// is followed by a refusal.
pub(super) fn check(part: &Part, given: &Given<'_>) -> Result<(), GatewayError> {
    let of_request =
        |binding: &&Binding| matches!(binding.source, Source::Query(_) | Source::Header(_) | Source::Body(_));
    part.holds.iter().try_for_each(|hold| held(hold, given))?;
    for binding in part.bindings.iter().filter(of_request) {
        let found = match value(binding, given) {
            Ok(Some(values)) if matches!(binding.parameter, Parameter::Header(_)) => {
                field_value(binding, &values).map(drop)
            }
            found => found.map(drop),
        };
        if let Err(Unbound::Request(error)) = found {
            return Err(error);
        }
    }
    Ok(())
}

/// Whether every value that the client has sent is one that the part takes.
fn held(hold: &Hold, given: &Given<'_>) -> Result<(), GatewayError> {
    let (values, place) = match &hold.source {
        Source::Path(index) => (given.parameters.get(*index).map(decoded).into_iter().collect(), "path"),
        Source::Query(name) => (queried(given.query, name), "query"),
        Source::Header(name) => {
            let text = given.headers.get(name).and_then(|value| value.to_str().ok());
            (text.map(str::to_owned).into_iter().collect(), "header")
        }
        Source::Body(_) | Source::Claim(_) | Source::Part(..) | Source::Text(_) => (Vec::new(), ""),
    };
    let refused = |breach| GatewayError::Parameter { name: hold.name.as_str().into(), place, breach };
    values.iter().try_for_each(|value: &String| hold.bounds.check(value).map_err(refused))
}

/// Whether the client's query has a value under a name.
pub(super) fn is_sent(query: Option<&str>, name: &str) -> bool {
    !queried(query, name).is_empty()
}

/// A query in the making, after a path.
struct Query<'a> {
    target: String,
    first: bool,
    kept: &'a str,
}

impl Query<'_> {
    fn add(&mut self, name: &str, values: &[String], repeated: bool) {
        let encoded = |value: &String| utf8_percent_encode(value, ENCODED).to_string();
        if repeated {
            values.iter().for_each(|value| self.raw(name, &encoded(value)));
        } else {
            let list: Vec<String> = values.iter().map(encoded).collect();
            self.raw(name, &list.join(","));
        }
    }

    fn raw(&mut self, name: &str, value: &str) {
        self.target.push(if std::mem::take(&mut self.first) { '?' } else { '&' });
        // Writing to a String cannot fail.
        let _infallible = write!(self.target, "{}={value}", utf8_percent_encode(name, ENCODED));
    }

    fn finish(mut self) -> String {
        if !self.kept.is_empty() {
            self.target.push(if self.first { '?' } else { '&' });
            self.target.push_str(self.kept);
        }
        self.target
    }
}

/// One segment of a path. What would leave the segment is refused, and so is a value that is none.
fn segment(value: Option<&Vec<String>>) -> Result<String, Unbound> {
    let text = value.map(|values| values.join(",")).unwrap_or_default();
    let leaves = |character: char| matches!(character, '/' | '\\') || character.is_control();
    if matches!(text.as_str(), "" | "." | "..") || text.contains(leaves) {
        return Err(Unbound::Nothing);
    }
    Ok(utf8_percent_encode(&text, ENCODED).to_string())
}

/// The value of a header field. One that no field can have is whose it is: the client's, or another part's.
fn field_value(binding: &Binding, values: &[String]) -> Result<HeaderValue, Unbound> {
    HeaderValue::from_str(&values.join(",")).map_err(|_| match &binding.source {
        Source::Part(..) => Unbound::NotUsable,
        Source::Body(program) => Unbound::Request(GatewayError::BodyField { field: field(program) }),
        _ => refused(binding, "header"),
    })
}

/// The value of a parameter; none if it has none and needs none.
fn value(binding: &Binding, given: &Given<'_>) -> Result<Option<Vec<String>>, Unbound> {
    let missing = |place: &'static str| if binding.required { Err(refused(binding, place)) } else { Ok(None) };
    let found = match &binding.source {
        Source::Text(text) => Some(vec![text.clone()]),
        Source::Path(index) => given.parameters.get(*index).map(|raw| vec![decoded(raw)]),
        Source::Query(name) => {
            let found = queried(given.query, name);
            match found.len() {
                0 => return missing("query"),
                // Joined they would be another value, or more values than were sent.
                2.. if !is_repeated(&binding.parameter) => return Err(refused(binding, "query")),
                _ => Some(found),
            }
        }
        Source::Header(name) => match given.headers.get(name).map(HeaderValue::to_str) {
            Some(Ok(text)) => Some(vec![text.to_owned()]),
            Some(Err(_)) => return Err(refused(binding, "header")),
            None => return missing("header"),
        },
        Source::Claim(claim) => given.claim(*claim).map(|text| vec![text]),
        Source::Body(program) => match run(program, given.body) {
            Some(Some(found)) => Some(found),
            Some(None) if !binding.required => None,
            Some(None) | None => return Err(Unbound::Request(GatewayError::BodyField { field: field(program) })),
        },
        Source::Part(index, program) => {
            let found = of_part(given.outcomes.get(*index), *index, program)?;
            // A comma would make two values of one in a list that has commas.
            let fits = |value: &String| is_repeated(&binding.parameter) || !value.contains(',');
            return Ok(
                found.map(|values| if values.len() > 1 { values.into_iter().filter(fits).collect() } else { values })
            );
        }
    };
    Ok(found)
}

fn is_repeated(parameter: &Parameter) -> bool {
    matches!(parameter, Parameter::Query { repeated: true, .. })
}

impl Given<'_> {
    fn claim(&self, claim: Claim) -> Option<String> {
        match claim {
            Claim::Sub => self.caller.sub.clone(),
            Claim::Sid => self.caller.sid.clone(),
        }
    }
}

/// A value of another part's answer. One that is not there is nothing to ask for.
fn of_part(outcome: Option<&Outcome>, index: usize, program: &Program) -> Result<Option<Vec<String>>, Unbound> {
    match outcome {
        Some(Outcome::Document(document, _)) => match run(program, document) {
            Some(Some(values)) if !values.is_empty() => Ok(Some(values)),
            Some(_) => Err(Unbound::Nothing),
            None => Err(Unbound::NotUsable),
        },
        Some(Outcome::Failed(_)) => Err(Unbound::Dependency(index)),
        Some(Outcome::Unasked) => Err(Unbound::Unasked),
        _ => Err(Unbound::Nothing),
    }
}

/// What a program makes of a document, as texts: `None` if it fails or makes what no parameter can be, `Some(None)` if it
/// makes null.
fn run(program: &Program, document: &[u8]) -> Option<Option<Vec<String>>> {
    let made = program.run(document, &[]).ok()?;
    match serde_json::from_slice(&made).ok()? {
        Value::Null => Some(None),
        Value::Array(items) => {
            items.into_iter().filter(|item| !item.is_null()).map(text).collect::<Option<Vec<_>>>().map(Some)
        }
        value => Some(Some(vec![text(value)?])),
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn refused(binding: &Binding, place: &'static str) -> Unbound {
    let name = match &binding.source {
        Source::Query(name) => name.clone(),
        Source::Header(name) => name.to_string(),
        _ => match &binding.parameter {
            Parameter::Query { name, .. } => name.clone(),
            Parameter::Header(name) => name.to_string(),
            Parameter::Path(_) => "path".to_owned(),
        },
    };
    Unbound::Request(GatewayError::Missing { name: name.into(), place })
}

/// Where a program looks, as a JSON pointer.
fn field(program: &Program) -> Box<str> {
    let path = program.reads().first().map(|read| read.path.to_string()).unwrap_or_default();
    path.replace("[]", "").replace('.', "/").into()
}

fn decoded(raw: &str) -> String {
    percent_decode_str(raw).decode_utf8_lossy().into_owned()
}

/// Every value that the client's query has under a name.
fn queried(query: Option<&str>, name: &str) -> Vec<String> {
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let found = pairs.filter(|(known, _)| plain(known) == name);
    found.map(|(_, value)| plain(value).into_owned()).collect()
}

/// A name or a value of a query, decoded.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(['%', '+']) {
        return Cow::Owned(decoded(&text.replace('+', " ")));
    }
    Cow::Borrowed(text)
}

/// The client's query without the names that mean something to the gateway, or have a value already.
pub(crate) fn remaining<'q>(query: Option<&'q str>, taken: &[String]) -> Cow<'q, str> {
    let Some(query) = query else { return Cow::Borrowed("") };
    let is_taken = |pair: &&str| {
        let name = plain(pair.split_once('=').map_or(*pair, |(name, _)| name));
        taken.iter().any(|taken| *taken == name)
    };
    if taken.is_empty() || !query.split('&').any(|pair| is_taken(&pair)) {
        return Cow::Borrowed(query);
    }
    Cow::Owned(query.split('&').filter(|pair| !is_taken(pair)).collect::<Vec<_>>().join("&"))
}
