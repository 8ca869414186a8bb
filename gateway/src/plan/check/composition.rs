//! What a route makes of several answers, or of one: every part can be called, every place is free, nothing waits for itself.

use std::sync::Arc;

use http::Method;

use super::super::composition::{Binding, Composition, MAIN, Need, Part, Place, Shape, Source};
use super::super::derive;
use super::super::file::{Match, RouteDraft};
use super::super::read::{At, Collector};
use super::super::schema::{Found, Schema};
use super::call::{self, Bound, Called, Offered};
use super::parts::{self, Drafted};
use super::services::Services;
use super::whole::Whole;
use super::{answer, aside, choices, joins, order, programs, request, viewer};
use transform::Path;

/// The most calls of one route, chunks of keys aside.
pub(super) const MOST_PARTS: usize = 16;

/// What the checks of one route share.
pub(super) struct Site<'a> {
    pub(super) draft: &'a RouteDraft,
    pub(super) matches: &'a At<Match>,
    pub(super) services: &'a Services,
    /// The operation of the main part, if the route names one that there is.
    pub(super) to: Option<Called<'a>>,
    pub(super) mistakes: &'a Collector,
}

/// Whether the route is more than one call that is handed on.
pub(super) fn is_needed(draft: &RouteDraft) -> bool {
    let shapes = draft.shape.place().is_some() || draft.request.is_some() || draft.finish.is_some();
    let binds = !draft.bind.is_empty() || !draft.query.is_empty();
    let answers = draft.status.is_some() || !draft.headers.is_empty() || draft.fields.is_some();
    shapes || binds || answers || !draft.parts.is_empty() || !draft.includes.is_empty()
}

/// Checks all of it. What is none has been reported.
pub(super) fn check(site: &Site<'_>) -> Option<Arc<Composition>> {
    let has_main = site.draft.has_to;
    let named: Vec<Drafted<'_>> = parts::named(site, has_main)?;
    let own = named.iter().map(|one| one.draft.name.value.clone());
    let names: Vec<String> = has_main.then(|| MAIN.to_owned()).into_iter().chain(own).collect();
    // All of them are looked at before the first mistake ends this.
    let main = site.to.map(|to| main(site, &to, &names));
    let parts: Vec<Option<Part>> = named.iter().map(|one| parts::part(site, one, &names)).collect();
    let mut all = main.into_iter().chain(parts).collect::<Option<Vec<Part>>>()?;
    if has_main && site.to.is_none() {
        return None;
    }
    let offset = usize::from(has_main);
    joins::check(site, &named, &mut all, offset)?;
    parts::places(site, &named, &all, offset)?;
    aside::check(site, &named, &all, offset)?;
    order::check(&named, &mut all, offset, site.mistakes)?;
    viewer::check(site, &named, &all, offset)?;
    let late = viewer::late(site, &named, &all, offset);
    if site.to.is_some_and(|to| to.operation.method != Method::GET) {
        after_the_write(&mut all);
    }
    finished(site, all, late)
}

/// Beside a write everything else waits for it: so that it sees what was written, and asks nothing if that was refused.
fn after_the_write(parts: &mut [Part]) {
    for part in parts.iter_mut().skip(1).filter(|part| !part.after.contains(&0)) {
        part.after.insert(0, 0);
    }
}

/// Everything about the answer as a whole.
fn finished(site: &Site<'_>, mut parts: Vec<Part>, late: Option<Arc<Composition>>) -> Option<Arc<Composition>> {
    let Site { draft, services, to, mistakes, .. } = site;
    let single = to.filter(|_| parts.len() == 1);
    let of = single.map_or_else(|| "the answer".to_owned(), |to| format!("the answer of `{}`", to.name()));
    let whole = Whole { services, parts: &parts };
    let before = mistakes.count();
    let shape = programs::shape(&draft.shape, &|path| whole.at(path), &of, mistakes);
    let own = parts.first().and_then(|part| part.schema.as_ref());
    let sound = mistakes.count() == before;
    let derived = match (single, own, &shape) {
        (Some(to), Some(own), Some(shape)) => derive::shaped(&to.service.contract, own, shape),
        _ => None,
    };
    // What comes after the shaping reads what that has made.
    let made = |path: &Path| match (&shape, single, &derived) {
        (None, ..) if draft.shape.place().is_none() => whole.at(path),
        (Some(_), Some(to), Some(derived)) => Schema::new(&to.service.contract, derived).at(path),
        _ => Found::Open,
    };
    let headers = answer::headers(site, &made);
    let finish = draft.finish.as_ref().and_then(|text| programs::finish(text, &made, mistakes));
    let response_schema = answer::declared_schema(site, shape.as_ref().filter(|_| derived.is_none() && sound));
    let fields = choices::fields(site, &parts);
    choices::shown(site, &parts);
    let (choices, request, doc) =
        (choices::includes(site, &parts), to.and_then(|to| request::check(site, &to)), answer::doc(site));
    if let (Some(derived), Some(part)) = (derived, parts.first_mut()) {
        part.schema = Some(derived);
    }
    Some(Arc::new(Composition {
        choices,
        fields,
        request,
        finish,
        status: draft.status.as_ref().map(|at| at.value),
        headers,
        response_schema: response_schema?,
        doc: doc?,
        shape,
        parts,
        late,
    }))
}

/// The call of `to`: the client's query and body go along.
fn main(site: &Site<'_>, to: &Called<'_>, names: &[String]) -> Option<Part> {
    let Site { draft, matches, mistakes, .. } = site;
    let mark = draft.to.as_ref().map_or(&draft.mark, |to| &to.mark);
    let success = to.service.contract.success(to.operation);
    if success.is_none() && answer::is_read(draft) {
        mistakes.blame(mark, format!("`{}` answers no JSON that something could be made of.", to.name()));
        return None;
    }
    if !draft.binds_whole {
        return None;
    }
    let offered = Offered { matches, access: draft.access.as_ref().map(|at| &at.value), parts: names, main: true };
    let Bound { path, bindings } = call::bind(to, &draft.bind, &draft.query, None, &offered, mark, mistakes)?;
    request::taken(site, &draft.bind, &bindings);
    Some(Part {
        name: MAIN.to_owned(),
        service: to.id,
        operation: to.operation.id.clone(),
        path,
        bindings,
        // What it does not take it refuses itself, and that is the answer.
        holds: Vec::new(),
        place: Place::Root,
        need: Need::Required,
        viewer: false,
        choice: None,
        after: Vec::new(),
        shape: None,
        timeout: draft.timeout.as_ref().map_or(to.service.timeout, |at| at.value),
        stale_if_error: std::time::Duration::ZERO,
        at: Vec::new(),
        schema: success.map(|(_, schema)| schema.clone()),
    })
}

/// The parts that bindings take values from.
pub(super) fn sources(bindings: &[Binding]) -> impl Iterator<Item = usize> {
    bindings.iter().filter_map(|binding| if let Source::Part(index, _) = binding.source { Some(index) } else { None })
}

/// The variables that `request` may use.
pub(super) const REQUEST_VARIABLES: &[&str] = &Shape::VARIABLES;
