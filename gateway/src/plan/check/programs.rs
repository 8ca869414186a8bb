//! The programs of a route: they compile, and read only what is there.

use std::ops::Range;

use super::super::composition::{Finish, Shape};
use super::super::file::ShapeDraft;
use super::super::read::{At, Collector, Mark, nearest};
use super::super::schema::{Found, Missing};
use super::whole::Lookup;
use transform::{Path, Program, Reshape, Step};

/// Compiles a program, or blames the piece of it that is wrong.
pub(super) fn program(text: &At<String>, variables: &[&str], mistakes: &Collector) -> Option<Program> {
    if Path::parse(&text.value).is_ok_and(|path| text.value.starts_with('.') && path.steps().contains(&Step::Each)) {
        let sentence =
            format!("A program has one output, and this one for each item; collect them: `[{}]`.", text.value);
        mistakes.blame(&text.mark, sentence);
        return None;
    }
    match Program::compile(&text.value, variables) {
        Ok(program) => Some(program),
        Err(error) => {
            mistakes.blame(&piece(text, &error.at), sentence(&error.message));
            None
        }
    }
}

/// The end of a text, `rest`, with its own place.
pub(super) fn ending(text: &At<String>, rest: &str) -> At<String> {
    let start = text.value.len() - rest.len();
    At::new(rest.to_owned(), text.mark.within(&text.value, start..text.value.len()))
}

/// Blames what a program certainly reads and what is certainly not there. `of` says what it reads.
pub(super) fn reads(text: &At<String>, program: &Program, lookup: &Lookup<'_>, of: &str, mistakes: &Collector) {
    for read in program.reads() {
        if let Found::Nothing(missing) = lookup(&read.path) {
            mistakes.blame(&piece(text, &read.at), absent(&missing, of));
        }
    }
}

fn piece(text: &At<String>, range: &Range<usize>) -> Mark {
    text.mark.within(&text.value, range.clone())
}

/// What to say of a path that leads to nothing.
pub(super) fn absent(missing: &Missing, of: &str) -> String {
    let place = if missing.at.steps().is_empty() { of.to_owned() } else { format!("`{}` in {of}", missing.at) };
    match &missing.step {
        Step::Each => format!("{} is no list.", capitalised(&place)),
        Step::Field(name) => {
            let names: Vec<&str> = missing.names.iter().map(String::as_str).collect();
            let hint = nearest(name, &names).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
            format!("{} has no field `{name}`{hint}", capitalised(&place))
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// What others say of a mistake, as a sentence.
fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    capitalised(text) + end
}

/// The program of `finish`, which alone may know the viewer.
pub(super) fn finish(text: &At<String>, made: &Lookup<'_>, mistakes: &Collector) -> Option<Finish> {
    let program = program(text, &Finish::VARIABLES, mistakes)?;
    reads(text, &program, made, "the answer", mistakes);
    Some(Finish(program))
}

/// What a route or a part makes of an answer, which `lookup` knows and `of` names.
pub(super) fn shape(draft: &ShapeDraft, lookup: &Lookup<'_>, of: &str, mistakes: &Collector) -> Option<Shape> {
    let reshapes = draft.rename.is_some() || draft.pick.is_some() || draft.omit.is_some();
    if let Some(text) = &draft.response {
        if reshapes {
            mistakes.blame(
                &text.mark,
                "`response` builds the whole answer; `rename`, `pick` and `omit` beside it would do nothing.",
            );
            return None;
        }
        let program = program(text, &Shape::VARIABLES, mistakes)?;
        reads(text, &program, lookup, of, mistakes);
        return Some(Shape::Program(program));
    }
    if reshapes { reshape(draft, lookup, of, mistakes).map(Shape::Reshape) } else { None }
}

fn reshape(draft: &ShapeDraft, lookup: &Lookup<'_>, of: &str, mistakes: &Collector) -> Option<Reshape> {
    if let (Some(pick), Some(omit)) = (&draft.pick, &draft.omit) {
        let first = if pick.mark.source_span() < omit.mark.source_span() { &omit.mark } else { &pick.mark };
        mistakes.blame(first, "A field is picked or left out: use `pick` or `omit`, not both.");
        return None;
    }
    let lists = || [&draft.pick, &draft.omit].into_iter().flatten();
    let values = |list: &Option<At<Vec<At<Path>>>>| -> Option<Vec<Path>> {
        list.as_ref().map(|list| list.value.iter().map(|path| path.value.clone()).collect())
    };
    let renames = || draft.rename.iter().flat_map(|renames| &renames.value);
    let listed = lists().flat_map(|list| &list.value);
    for path in listed.chain(renames().map(|(path, _)| path)) {
        if let Found::Nothing(missing) = lookup(&path.value) {
            mistakes.blame(&path.mark, absent(&missing, of));
        }
    }
    for (path, to) in renames() {
        if gone(&path.value, draft) {
            mistakes.blame(&path.mark, format!("`{}` is left out, so it needs no other name.", path.value));
        } else {
            collides(path, to, draft, lookup, mistakes);
        }
    }
    let rename: Vec<(Path, String)> = renames().map(|(path, to)| (path.value.clone(), to.value.clone())).collect();
    let (pick, omit) = (values(&draft.pick), values(&draft.omit).unwrap_or_default());
    match Reshape::compile(&rename, pick.as_deref(), &omit) {
        Ok(reshape) => Some(reshape),
        Err(reason) => {
            mistakes.blame(draft.place()?, sentence(&reason));
            None
        }
    }
}

/// Whether a field is not kept.
fn gone(path: &Path, draft: &ShapeDraft) -> bool {
    let has = |list: &At<Vec<At<Path>>>| list.value.iter().any(|one| path.steps().starts_with(one.value.steps()));
    draft.omit.as_ref().is_some_and(has) || draft.pick.as_ref().is_some_and(|pick| !has(pick) && !leads_to(path, pick))
}

/// Whether something in a field is picked.
fn leads_to(path: &Path, pick: &At<Vec<At<Path>>>) -> bool {
    pick.value.iter().any(|one| one.value.steps().starts_with(path.steps()))
}

/// A new name must be free, unless what has it gets another name or is left out.
fn collides(path: &At<Path>, to: &At<String>, draft: &ShapeDraft, lookup: &Lookup<'_>, mistakes: &Collector) {
    let Some((_, parent)) = path.value.steps().split_last() else { return };
    let taken: Path = parent.iter().cloned().chain([Step::Field(to.value.as_str().into())]).collect();
    let moves = draft.rename.iter().flat_map(|renames| &renames.value).any(|(other, _)| other.value == taken);
    let leaves = draft.omit.iter().flat_map(|omit| &omit.value).any(|other| other.value == taken);
    let picked = draft.pick.as_ref().is_none_or(|pick| pick.value.iter().any(|other| other.value == taken));
    if !moves && !leaves && picked && matches!(lookup(&taken), Found::Known(_)) {
        mistakes.blame(
            &to.mark,
            format!("There is a field `{}` already; give that another name or leave it out.", to.value),
        );
    }
}
