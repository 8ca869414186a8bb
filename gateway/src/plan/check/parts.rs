//! `parts` and `include`: each one can be called, and its place is free.

use http::Method;
use serde_json::Value;

use super::super::composition::{Composition, MAIN, Part, Place, Shape};
use super::super::file::PartDraft;
use super::super::read::{Collector, Mark};
use super::super::schema::{Kinds, Schema};
use super::super::{ServiceKind, derive};
use super::call::{self, Bound, Called, Offered, Reach};
use super::composition::{MOST_PARTS, Site, sources};
use super::{bounds, conformance, handed_on, joins, need, programs, request};
use transform::Path;

/// A part as it is written, and whether a client has to ask for it.
#[derive(Clone, Copy)]
pub(super) struct Drafted<'a> {
    pub(super) draft: &'a PartDraft,
    pub(super) chosen: bool,
}

/// What answers already have a meaning for.
const RESERVED: [&str; 2] = ["_parts", MAIN];

/// The parts of a route, with names that can be theirs.
pub(super) fn named<'a>(site: &Site<'a>, has_main: bool) -> Option<Vec<Drafted<'a>>> {
    let (draft, mistakes) = (site.draft, site.mistakes);
    let parts = draft.parts.iter().map(|draft| Drafted { draft, chosen: false });
    let mut all: Vec<Drafted<'_>> =
        parts.chain(draft.includes.iter().map(|draft| Drafted { draft, chosen: true })).collect();
    // What only the viewer sees is asked last.
    all.sort_by_key(|one| one.draft.viewer.as_ref().is_some_and(|at| at.value));
    let mut whole = true;
    let mut blame = |mark: &Mark, sentence: String| {
        mistakes.blame(mark, sentence);
        whole = false;
    };
    for (index, one) in all.iter().enumerate() {
        let name = &one.draft.name;
        if RESERVED.contains(&name.value.as_str()) {
            blame(&name.mark, format!("`{}` has a meaning of its own; choose another name.", name.value));
        } else if let Some(reason) = misnamed(&name.value, one.chosen) {
            blame(&name.mark, reason);
        } else if all[..index].iter().any(|other| other.draft.name.value == name.value) {
            blame(&name.mark, format!("There is a part `{}` already.", name.value));
        }
    }
    if let Some(first) = all.get(MOST_PARTS - usize::from(has_main)) {
        blame(&first.draft.name.mark, format!("A route makes at most {MOST_PARTS} calls."));
    }
    whole.then_some(all)
}

fn misnamed(name: &str, chosen: bool) -> Option<String> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let words: Vec<&str> = name.split('.').collect();
    if !words.iter().all(|word| is_word(word)) {
        return Some(format!("`{name}` is no name for a part; use lower-case letters, digits and `_`."));
    }
    let deepest = if chosen { Composition::DEEPEST_INCLUDE } else { 1 };
    (words.len() > deepest).then(|| match deepest {
        1 => format!("`{name}` has a dot in it, which only an `include` may have."),
        _ => format!("`{name}` is deeper than {deepest} names."),
    })
}

/// Checks one part by itself.
pub(super) fn part(site: &Site<'_>, one: &Drafted<'_>, names: &[String]) -> Option<Part> {
    let mistakes = site.mistakes;
    let draft = one.draft;
    let to = draft.to.as_ref()?;
    let called = call::operation(to, site.services, Reach::Internal, mistakes)?;
    if !draft.whole {
        return None;
    }
    let Some((_, own)) = called.service.contract.success(called.operation).filter(|_| is_askable(&called)) else {
        mistakes.blame(&to.mark, unaskable(&called));
        return None;
    };
    conformance::check(site.draft, called.service, called.operation, mistakes);
    let parameter = match &draft.join {
        Some(join) => Some(joins::parameter(&called, join, mistakes)?.name.as_str()),
        None => None,
    };
    let access = site.draft.access.as_ref().map(|at| &at.value);
    let offered = Offered { matches: site.matches, access, parts: names, main: false };
    let Bound { path, bindings } =
        call::bind(&called, &draft.bind, &draft.query, parameter, &offered, &to.mark, mistakes)?;
    request::taken(site, &draft.bind, &bindings);
    let holds = bounds::of(&called, &path, &bindings, site.matches);
    let (shape, schema) = shaped(draft, &called, own, mistakes)?;
    let need = need::check(site, draft, &called, schema.as_ref())?;
    let is_aside = draft.aside.as_ref().is_some_and(|at| at.value);
    Some(Part {
        name: draft.name.value.clone(),
        service: called.id,
        operation: called.operation.id.clone(),
        path,
        bindings,
        holds,
        place: if is_aside { Place::Aside } else { Place::Member },
        need,
        viewer: draft.viewer.as_ref().is_some_and(|at| at.value),
        choice: None,
        after: Vec::new(),
        shape,
        timeout: draft.timeout.as_ref().map_or(called.service.timeout, |at| at.value),
        stale_if_error: draft.stale_if_error.as_ref().map(|at| at.value).unwrap_or_default(),
        at: if is_aside { Vec::new() } else { vec![draft.name.value.clone()] },
        schema,
    })
}

/// Whether a part can ask an operation: it sends no body and changes nothing.
fn is_askable(called: &Called<'_>) -> bool {
    let Called { service, operation, .. } = called;
    operation.method == Method::GET && service.kind != ServiceKind::BuiltIn && !operation.needs_body(&service.contract)
}

fn unaskable(called: &Called<'_>) -> String {
    let (name, operation) = (called.name(), called.operation);
    if called.service.kind == ServiceKind::BuiltIn {
        return format!("`{name}` is answered by the gateway itself, and to clients only; a part asks a service.");
    }
    if operation.method != Method::GET {
        return format!("A part asks and changes nothing, but `{name}` is {}.", operation.method);
    }
    if operation.needs_body(&called.service.contract) {
        return format!("`{name}` needs a body, and a part sends none.");
    }
    format!("`{name}` answers no JSON that a part could be.")
}

/// What is made of a part's answer, and the schema of that.
fn shaped(
    draft: &PartDraft,
    called: &Called<'_>,
    own: &Value,
    mistakes: &Collector,
) -> Option<(Option<Shape>, Option<Value>)> {
    let contract = &called.service.contract;
    let schema = Schema::new(contract, own);
    let of = format!("the answer of `{}`", called.name());
    let Some(place) = draft.shape.place() else { return Some((None, Some(own.clone()))) };
    let before = mistakes.count();
    let shape = programs::shape(&draft.shape, &|path: &Path| schema.at(path), &of, mistakes)?;
    match derive::shaped(contract, own, &shape) {
        Some(schema) => Some((Some(shape), Some(schema))),
        None if mistakes.count() > before => None,
        None => {
            mistakes.blame(place, "What this builds cannot be derived; a part is shaped by plain programs like `{name: .title}`, by `rename`, `pick` or `omit`.");
            None
        }
    }
}

/// What is added to an answer has a place that is free, and an object to be added to.
pub(super) fn places(site: &Site<'_>, named: &[Drafted<'_>], all: &[Part], offset: usize) -> Option<()> {
    let mistakes = site.mistakes;
    let main = schema_of(site, all, 0).filter(|_| offset == 1);
    let mut whole = true;
    for (index, one) in named.iter().enumerate() {
        let (name, part) = (&one.draft.name, &all[index + offset]);
        whole &= handed_on::check(site, &one.draft.bind, part, all);
        if part.place == Place::Aside {
            continue;
        }
        let main = main.as_ref().filter(|_| part.place == Place::Member);
        let sentence = if let Some(other) = all[offset..index + offset].iter().find(|other| other.at == part.at) {
            Some(format!("`{}` is at `{}` in the answer already.", other.name, part.at.join(".")))
        } else if main.is_some_and(|main| !main.kinds().has(Kinds::OBJECT)) {
            Some("The main part's answer is no object, so nothing can be added to it.".to_owned())
        } else if main.is_some_and(|main| main.names().contains(&name.value.as_str())) {
            Some(format!("The main part's answer has a field `{}` already.", name.value))
        } else {
            misplaced(&name.value, part)
        };
        if let Some(sentence) = sentence {
            mistakes.blame(&name.mark, sentence);
            whole = false;
        }
    }
    whole.then_some(())
}

/// A name of two words says where its field is: inside of what the first one names, however deep.
fn misplaced(name: &str, part: &Part) -> Option<String> {
    let words: Vec<String> = name.split('.').map(str::to_owned).collect();
    let is_within = words.len() > 1 && part.at.first() == words.first() && part.at.last() == words.last();
    if part.at.ends_with(&words) || (is_within && part.at.len() > 1) {
        return None;
    }
    Some(match &part.place {
        Place::Joined(_) => format!("`{name}` is not where its key is: this is `{}` in the answer.", part.at.join(".")),
        _ => format!("`{name}` is inside of something, but without a `join` it stands beside everything else."),
    })
}

/// The schema of a part's answer.
pub(super) fn schema_of<'a>(site: &'a Site<'_>, all: &'a [Part], index: usize) -> Option<Schema<'a>> {
    let part = all.get(index)?;
    Some(Schema::new(site.services.contract(part.service)?, part.schema.as_ref()?))
}

/// Every part that must be asked before this one.
pub(super) fn waits_for(part: &Part) -> Vec<usize> {
    let mut after: Vec<usize> = sources(&part.bindings).collect();
    if let Place::Joined(join) = &part.place {
        after.push(join.host);
    }
    after.sort_unstable();
    after.dedup();
    after
}
