//! What a request needs of a composition, looked up once.

use super::scan::Wanted;
use crate::plan::{Binding, Composition, Parameter, Place, Source};
use transform::Step;

/// A composition as the data plane uses it.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What is wanted of the answer of each part.
    pub(super) wanted: Vec<Wanted>,
    /// The names of the client's query that the main part is not sent as they are.
    pub(crate) taken: Vec<String>,
    /// Whether a program reads the request's body, so that it is taken in before anything is asked.
    pub(super) reads_body: bool,
    /// Whether a value is taken of the client's header fields.
    pub(super) reads_fields: bool,
    /// Whether the main part's answer is read, and not only handed on.
    pub(super) reads_answer: bool,
    /// Whether anything but the main part is asked.
    pub(super) asks_parts: bool,
    /// Whether the route is a plain one for a client that chooses nothing.
    only_choices: bool,
}

impl Prepared {
    pub(crate) fn new(composition: &Composition) -> Self {
        let bindings = || composition.parts.iter().flat_map(|part| &part.bindings);
        let of_body = |binding: &Binding| matches!(binding.source, Source::Body(_));
        let of_fields = |binding: &Binding| matches!(binding.source, Source::Header(_));
        let reads = composition.is_composed()
            || composition.shape.is_some()
            || composition.finish.is_some()
            || composition.headers.iter().any(|(_, source)| matches!(source, crate::plan::FieldSource::Body(_)));
        Self {
            wanted: (0..composition.parts.len()).map(|index| wanted(composition, index)).collect(),
            taken: taken(composition),
            reads_body: composition.request.is_some() || bindings().any(of_body),
            reads_fields: bindings().any(of_fields),
            reads_answer: reads,
            asks_parts: composition.is_composed(),
            only_choices: only_choices(composition),
        }
    }

    /// Whether a request with this query is to be handed on as on a plain route: nothing is added and nothing chosen.
    pub(crate) fn is_idle(&self, query: Option<&str>) -> bool {
        self.only_choices
            && query.is_none_or(|query| !query.contains("include") && !query.contains("fields") && !query.contains('%'))
    }
}

fn only_choices(composition: &Composition) -> bool {
    let changes = composition.shape.is_some()
        || composition.finish.is_some()
        || composition.request.is_some()
        || composition.status.is_some()
        || !composition.headers.is_empty();
    let binds = composition.parts.iter().any(|part| part.place == Place::Root && !part.bindings.is_empty());
    let always = composition.parts.iter().any(|part| part.place != Place::Root && part.choice.is_none());
    !changes && !binds && !always && composition.main().is_some()
}

fn wanted(composition: &Composition, index: usize) -> Wanted {
    let part = &composition.parts[index];
    if !matches!(part.place, Place::Joined(_)) {
        let members = composition.parts.iter().enumerate().filter(|(_, one)| one.place == Place::Member);
        let mut added: Vec<(usize, &str)> = members.map(|(index, one)| (index, one.name.as_str())).collect();
        if part.place != Place::Root {
            added.clear();
        }
        return Wanted::of(composition, index, &added);
    }
    // What is joined to an item of a batch is found in the batch.
    let inner = Wanted::of(composition, index, &[]);
    if inner == Wanted::default() { inner } else { inner.within(&[Step::Field("items".into()), Step::Each]) }
}

/// What has a meaning for the gateway, and what has a value already.
fn taken(composition: &Composition) -> Vec<String> {
    let mut taken = Vec::new();
    if !composition.choices.is_empty() {
        taken.push("include".to_owned());
    }
    if composition.fields.is_some() {
        taken.push("fields".to_owned());
    }
    for binding in composition.parts.iter().filter(|part| part.place == Place::Aside).flat_map(|part| &part.bindings) {
        if let Source::Query(name) = &binding.source {
            taken.push(name.clone());
        }
    }
    for binding in composition.main().into_iter().flat_map(|main| &main.bindings) {
        if let Parameter::Query { name, .. } = &binding.parameter {
            taken.push(name.clone());
        }
        if let Source::Query(name) = &binding.source {
            taken.push(name.clone());
        }
    }
    taken
}
