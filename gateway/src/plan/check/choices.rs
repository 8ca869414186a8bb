//! What a client may choose: `include` and `fields`, with every name spelt out.

use super::super::composition::{Composition, Part, Place};
use super::super::file::FieldsDraft;
use super::super::read::{At, Collector, Mark, one_of};
use super::super::schema::{Found, Kinds, Schema};
use super::composition::Site;
use transform::{Path, Step};

/// The names of `?include=`, with the parts that they stand for.
pub(super) fn includes(site: &Site<'_>, parts: &[Part]) -> Vec<(String, usize)> {
    let names = site.draft.includes.iter().map(|one| one.name.value.as_str());
    let index = |name: &str| parts.iter().position(|part| part.name == name && part.choice.is_some());
    let mut names: Vec<(String, usize)> = names.filter_map(|name| Some((name.to_owned(), index(name)?))).collect();
    // In the order in which they are counted, which is that of the parts.
    names.sort_by_key(|(_, part)| *part);
    names
}

/// Blames what is offered and could not be shown, or could not be asked for.
pub(super) fn shown(site: &Site<'_>, parts: &[Part]) {
    let (draft, mistakes) = (site.draft, site.mistakes);
    let Some(first) = draft.includes.first() else { return };
    if draft.shape.response.is_some() {
        let sentence = "The answer is built by this route's `response`, so nothing can be added to it by `include`; make it one of the `parts`.";
        mistakes.blame(&first.name.mark, sentence);
        return;
    }
    own_parameter(site, parts, "include", &first.name.mark);
    for one in &draft.includes {
        let at = parts.iter().find(|part| part.name == one.name.value).map(|part| part.at.as_slice());
        let Some(at) = at else { continue };
        let is_kept = |pick: &At<Vec<At<Path>>>| {
            pick.value.iter().any(|path| fields_of(&path.value).zip(at).all(|(picked, name)| picked == name))
        };
        let is_gone = |path: &At<Path>| at.starts_with(&fields_of(&path.value).map(str::to_owned).collect::<Vec<_>>());
        let gone = draft.shape.omit.iter().flat_map(|omit| &omit.value).any(is_gone);
        if gone || !draft.shape.pick.as_ref().is_none_or(is_kept) {
            mistakes.blame(&one.name.mark, format!("A client may ask for `{}`, but it is left out.", one.name.value));
        }
    }
}

fn fields_of(path: &Path) -> impl Iterator<Item = &str> {
    path.steps().iter().filter_map(|step| if let Step::Field(name) = step { Some(&**name) } else { None })
}

/// A parameter of the main operation that clients could no longer send.
fn own_parameter(site: &Site<'_>, parts: &[Part], name: &str, mark: &Mark) {
    let main = parts.first().filter(|part| part.place == Place::Root);
    let operation = main.and_then(|main| site.services.contract(main.service)?.operation(&main.operation));
    if let Some(operation) = operation.filter(|one| one.query_parameters.iter().any(|known| known.name == name)) {
        let sentence =
            format!("`{}` has a query parameter `{name}` of its own, which no client could send.", operation.id);
        site.mistakes.blame(mark, sentence);
    }
}

/// The names of `?fields=`: those that are listed, or all that the schemas declare.
pub(super) fn fields(site: &Site<'_>, parts: &[Part]) -> Option<Vec<String>> {
    let fields = site.draft.fields.as_ref()?;
    let mistakes = site.mistakes;
    if site.draft.shape.place().is_some() || site.draft.finish.is_some() {
        mistakes.blame(
            &fields.mark,
            "The answer is built by this route, so its fields are not the client's to choose; leave `fields` out.",
        );
        return None;
    }
    own_parameter(site, parts, "fields", &fields.mark);
    let all = offered(site, parts);
    match &fields.value {
        FieldsDraft::All(false) => None,
        FieldsDraft::All(true) if all.is_empty() => {
            mistakes.blame(&fields.mark, "No contract says which fields this answer has; list them.");
            None
        }
        FieldsDraft::All(true) => Some(all),
        FieldsDraft::Listed(listed) => {
            listed.iter().for_each(|one| unknown(one, &all, mistakes));
            Some(listed.iter().map(|one| one.value.clone()).collect())
        }
    }
}

/// Blames a name that the answer cannot have, as far as that is known.
fn unknown(one: &At<String>, all: &[String], mistakes: &Collector) {
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    if one.value.split('.').count() > Composition::DEEPEST_FIELD {
        mistakes.blame(&one.mark, format!("`{}` is deeper than {} names.", one.value, Composition::DEEPEST_FIELD));
    } else if !names.is_empty() && !names.contains(&one.value.as_str()) {
        mistakes.blame(&one.mark, format!("The answer has no field `{}`{}", one.value, one_of(&one.value, &names)));
    }
}

/// Every name of one or two words that the answer can have.
fn offered(site: &Site<'_>, parts: &[Part]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |words: &[String]| {
        let name = words.join(".");
        if words.len() <= Composition::DEEPEST_FIELD && !words.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    };
    for part in parts.iter().filter(|part| part.place != Place::Aside) {
        add(&part.at);
        let Some(contract) = site.services.contract(part.service) else { continue };
        let Some(schema) = part.schema.as_ref().map(|schema| Schema::new(contract, schema)) else { continue };
        let schema = match &part.place {
            Place::Joined(join) => match schema.at(&join.added()) {
                Found::Known(added) => Some(added),
                Found::Open | Found::Nothing(_) => None,
            },
            Place::Root | Place::Member | Place::Aside => Some(schema),
        };
        let Some(schema) = schema else { continue };
        below(&schema, &part.at, &mut add);
    }
    names
}

fn below(schema: &Schema<'_>, at: &[String], add: &mut dyn FnMut(&[String])) {
    if at.len() >= Composition::DEEPEST_FIELD {
        return;
    }
    let schema = match schema.items() {
        Found::Known(items) if schema.kinds().has(Kinds::ARRAY) => items,
        _ => schema.clone(),
    };
    for name in schema.names() {
        let mut words = at.to_vec();
        words.push(name.to_owned());
        add(&words);
        if let Found::Known(field) = schema.field(name) {
            below(&field, &words, add);
        }
    }
}
