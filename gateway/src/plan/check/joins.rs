//! `join`: the keys are there, the batch operation takes them, and each item says which one it is for.

use super::super::composition::{Join, Part, Place};
use super::super::contract::OperationParameter;
use super::super::file::JoinDraft;
use super::super::read::{At, Collector, one_of};
use super::super::schema::{Found, Kinds, Schema};
use super::call::Called;
use super::composition::Site;
use super::parts::{Drafted, schema_of};
use super::programs::absent;
use transform::{Path, Step};

/// The most keys of one call where the operation does not say how many it takes.
const MAX_BATCH: usize = 100;

/// A join with the place of its keys in the whole answer.
struct Placed<'a> {
    part: usize,
    name: &'a At<String>,
    draft: &'a JoinDraft,
    /// The part in whose answer the key is, before other joins are looked at.
    root: usize,
    /// Where it is in that answer.
    key: Path,
}

impl Placed<'_> {
    /// The field that is added.
    fn field(&self) -> &str {
        self.name.value.rsplit('.').next().unwrap_or_default()
    }

    /// Where it is added.
    fn target(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.parent().to_vec();
        steps.push(Step::Field(self.field().into()));
        steps
    }

    fn parent(&self) -> &[Step] {
        let steps = self.key.steps();
        steps.split_last().map_or(&[], |(_, parent)| parent)
    }
}

/// Makes each part that has a join a joined one.
pub(super) fn check(site: &Site<'_>, named: &[Drafted<'_>], all: &mut [Part], offset: usize) -> Option<()> {
    let mut placed = Vec::new();
    let mut whole = true;
    for (index, one) in named.iter().enumerate() {
        let Some(draft) = &one.draft.join else { continue };
        match place(site, named, offset, index + offset, draft, &one.draft.name) {
            Some(one) => placed.push(one),
            None => whole = false,
        }
    }
    let mut joins = Vec::new();
    for one in &placed {
        match join(site, one, &placed, all) {
            Some(join) => joins.push(join),
            None => whole = false,
        }
    }
    if !whole {
        return None;
    }
    for (one, join) in placed.iter().zip(joins) {
        let mut at: Vec<String> = all[one.root].at.clone();
        at.extend(
            one.target()
                .into_iter()
                .filter_map(|step| if let Step::Field(name) = step { Some(name.into()) } else { None }),
        );
        all[one.part].at = at;
        all[one.part].place = Place::Joined(join);
    }
    Some(())
}

/// Finds the part in whose answer the keys are: one that is named by the first field, or the main one.
fn place<'a>(
    site: &Site<'_>,
    named: &[Drafted<'a>],
    offset: usize,
    part: usize,
    draft: &'a JoinDraft,
    name: &'a At<String>,
) -> Option<Placed<'a>> {
    let key = draft.key.as_ref()?;
    let steps = key.value.steps();
    if !matches!(steps.last(), Some(Step::Field(_))) {
        site.mistakes.blame(&key.mark, "A key is a field, like `.items[].author_id`.");
        return None;
    }
    let member = named.iter().position(|one| {
        one.draft.join.is_none()
            && matches!(steps.first(), Some(Step::Field(first)) if **first == *one.draft.name.value)
    });
    match member {
        Some(member) if steps.len() > 1 => {
            Some(Placed { part, name, draft, root: member + offset, key: steps[1..].iter().cloned().collect() })
        }
        _ if offset == 1 => Some(Placed { part, name, draft, root: 0, key: key.value.clone() }),
        _ => {
            let names: Vec<&str> =
                named.iter().filter(|one| one.draft.join.is_none()).map(|one| one.draft.name.value.as_str()).collect();
            let first = match steps.first() {
                Some(Step::Field(first)) => first,
                _ => "[]",
            };
            let hint = one_of(first, &names);
            site.mistakes.blame(
                &key.mark,
                format!("A key of this route starts with the name of a part, and there is no part `{first}`{hint}"),
            );
            None
        }
    }
}

fn join(site: &Site<'_>, one: &Placed<'_>, placed: &[Placed<'_>], all: &[Part]) -> Option<Join> {
    // A key in what another join adds: that is the host.
    let inside = |other: &&Placed<'_>| {
        other.part != one.part
            && other.root == one.root
            && one.key.steps().len() > other.target().len()
            && one.key.steps().starts_with(&other.target())
    };
    let outer = placed.iter().filter(inside).max_by_key(|other| other.target().len());
    if let Some(outer) = outer.filter(|outer| outer.draft.take.is_some()) {
        let sentence = format!("Only a field of each `{}` is there, so nothing is joined to it.", outer.name.value);
        site.mistakes.blame(&one.draft.key.as_ref()?.mark, sentence);
        return None;
    }
    let (host, key) = match outer {
        Some(outer) => (outer.part, one.key.steps()[outer.target().len()..].iter().cloned().collect()),
        None => (one.root, one.key.clone()),
    };
    let schema = schema_of(site, all, host);
    let schema = match (outer, schema) {
        (Some(_), Some(batch)) => batch.batch_items(),
        (_, schema) => schema,
    };
    let of = match outer {
        Some(outer) => format!("an item of `{}`", outer.name.value),
        None if all[host].place == Place::Root => "the answer".to_owned(),
        None => format!("the answer of `{}`", all[host].name),
    };
    let kinds = keys(site, one, &key, schema.as_ref(), &of)?;
    let batch = batch(site, one, &all[one.part], kinds)?;
    Some(Join { host, key, field: one.field().to_owned(), ..batch })
}

/// What kinds of keys there are.
fn keys(site: &Site<'_>, one: &Placed<'_>, key: &Path, schema: Option<&Schema<'_>>, of: &str) -> Option<Kinds> {
    let written = one.draft.key.as_ref()?;
    let Some(schema) = schema else { return Some(Kinds::ANY) };
    let mistakes = site.mistakes;
    let kinds = match schema.at(key) {
        Found::Known(found) => found.kinds(),
        Found::Open => Kinds::ANY,
        Found::Nothing(missing) => {
            mistakes.blame(&written.mark, absent(&missing, of));
            return None;
        }
    };
    if kinds != Kinds::ANY && !kinds.without(Kinds::NULL).within(Kinds::KEY) {
        mistakes.blame(&written.mark, format!("A key is an integer or a string, but `{}` is {kinds}.", written.value));
        return None;
    }
    if schema_at(schema, key).is_some_and(|parent| parent.names().contains(&one.field())) {
        let (field, key) = (one.field(), &written.value);
        mistakes.blame(&one.name.mark, format!("There is a field `{field}` beside `{key}` already."));
        return None;
    }
    Some(kinds.without(Kinds::NULL))
}

/// The schema of what has the key.
fn schema_at<'a>(schema: &Schema<'a>, key: &Path) -> Option<Schema<'a>> {
    let (_, parent) = key.steps().split_last()?;
    match schema.at(&parent.iter().cloned().collect()) {
        Found::Known(parent) => Some(parent),
        Found::Open | Found::Nothing(_) => None,
    }
}

/// The parameter that takes the keys.
pub(super) fn parameter<'s>(
    called: &Called<'s>,
    join: &JoinDraft,
    mistakes: &Collector,
) -> Option<&'s OperationParameter> {
    let takes = join.parameter.as_ref()?;
    let all = &called.operation.query_parameters;
    let Some(parameter) = all.iter().find(|one| one.name == takes.value) else {
        let hint = one_of(&takes.value, &all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>());
        let sentence = format!("`{}` takes no query parameter `{}`{hint}", called.name(), takes.value);
        mistakes.blame(&takes.mark, sentence);
        return None;
    };
    let kinds = Schema::new(&called.service.contract, &parameter.schema).kinds();
    if !kinds.has(Kinds::ARRAY) || kinds == Kinds::ANY {
        let sentence = format!(
            "`{}` is no batch operation: its parameter `{}` takes one value, not a list of keys.",
            called.name(),
            takes.value
        );
        mistakes.blame(&takes.mark, sentence);
        return None;
    }
    Some(parameter)
}

/// The operation takes these keys and answers `{items}`, each with its key.
fn batch(site: &Site<'_>, one: &Placed<'_>, part: &Part, keys: Kinds) -> Option<Join> {
    let mistakes = site.mistakes;
    let contract = site.services.contract(part.service)?;
    let (takes, on) = (one.draft.parameter.as_ref()?, one.draft.on.as_ref()?);
    let all = &contract.operation(&part.operation)?.query_parameters;
    let parameter = all.iter().find(|one| one.name == takes.value)?;
    let schema = Schema::new(contract, &parameter.schema);
    let item_kinds = if let Found::Known(items) = schema.items() { items.kinds() } else { Kinds::ANY };
    if !item_kinds.meets(keys) {
        let sentence = format!("The keys are {keys}, but `{}` takes {item_kinds}.", takes.value);
        mistakes.blame(&one.draft.key.as_ref()?.mark, sentence);
        return None;
    }
    let Some(items) = Schema::new(contract, part.schema.as_ref()?).batch_items() else {
        let whose = if part.shape.is_some() { "what is made of its answer" } else { "its answer" };
        let sentence = format!("`{}` is no batch operation: {whose} has no list `items`.", part.operation);
        mistakes.blame(&one.draft.mark, sentence);
        return None;
    };
    found(site, on, &items, keys)?;
    let take = taken(site, one, &items)?;
    let most = schema.max_items().and_then(|most| usize::try_from(most).ok()).unwrap_or(MAX_BATCH);
    let wanted = one.draft.max_batch.as_ref();
    if let Some(wanted) = wanted.filter(|wanted| wanted.value as usize > most) {
        mistakes.blame(&wanted.mark, format!("`{}` takes at most {most} keys at once.", part.operation));
        return None;
    }
    Some(Join {
        host: 0,
        key: Path::default(),
        field: String::new(),
        parameter: parameter.name.clone(),
        repeated: parameter.repeated,
        on: on.value.clone(),
        take,
        max_batch: wanted.map_or(most, |wanted| wanted.value as usize),
    })
}

/// What of an item is added, if not the whole of it.
fn taken(site: &Site<'_>, one: &Placed<'_>, items: &Schema<'_>) -> Option<Path> {
    let Some(take) = &one.draft.take else { return Some(Path::default()) };
    let sentence = match items.at(&take.value) {
        _ if take.value.steps().is_empty() || take.value.steps().contains(&Step::Each) => {
            "What is taken of an item is one field, like `.count`.".to_owned()
        }
        Found::Nothing(missing) => absent(&missing, "an item of the batch"),
        Found::Known(_) | Found::Open => return Some(take.value.clone()),
    };
    site.mistakes.blame(&take.mark, sentence);
    None
}

/// An item of the batch has one key, of the same kind.
fn found(site: &Site<'_>, on: &At<Path>, items: &Schema<'_>, keys: Kinds) -> Option<()> {
    let steps = on.value.steps();
    let sentence = match items.at(&on.value) {
        _ if steps.is_empty() || steps.contains(&Step::Each) => {
            "An item has its key in a field, like `.id`.".to_owned()
        }
        Found::Known(found) if !found.kinds().meets(Kinds::KEY) => {
            format!("A key is an integer or a string, but `{}` is {}.", on.value, found.kinds())
        }
        Found::Known(found) if !found.kinds().meets(keys) => {
            format!("The keys are {keys}, but `{}` is {}.", on.value, found.kinds())
        }
        Found::Nothing(missing) => absent(&missing, "an item of the batch"),
        Found::Known(_) | Found::Open => return Some(()),
    };
    site.mistakes.blame(&on.mark, sentence);
    None
}
