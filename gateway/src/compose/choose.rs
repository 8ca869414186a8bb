//! What a client chooses of an answer: `?include=` and `?fields=`, within what the route offers.

use percent_encoding::percent_decode_str;
use problem::FieldError;

use super::{Outcome, values, viewer};

use crate::plan::{Composition, Part, Place};
use transform::Step;

/// The parts of one answer: those that are shown, and those that are asked. Route parts are few, so bits count them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    shown: u32,
    asked: u32,
    /// The fields that are shown, if not all are.
    pub(crate) fields: Option<Vec<Vec<String>>>,
}

impl Selection {
    /// Whether a part is in the answer.
    pub(crate) fn shows(&self, part: usize) -> bool {
        self.shown & (1 << part) != 0
    }

    /// How many parts are asked: the calls of a request, where each join needs one.
    pub(crate) fn calls(&self) -> u32 {
        self.asked.count_ones()
    }

    /// Whether others go without a part that is there for them alone, because the client does not send what it would be asked with.
    pub(crate) fn leaves_out(&self, index: usize, part: &Part) -> bool {
        part.place == Place::Aside && !self.asks(index)
    }

    /// What is known of a part before anything is asked.
    pub(super) fn start(&self, index: usize, part: &Part) -> Outcome {
        if self.leaves_out(index, part) { Outcome::Unasked } else { Outcome::Open }
    }

    /// Whether a part is asked at all.
    pub(crate) fn asks(&self, part: usize) -> bool {
        self.asked & (1 << part) != 0
    }
}

/// Reads the client's choice from the query.
pub(crate) fn select(composition: &Composition, query: Option<&str>) -> Result<Selection, Vec<FieldError>> {
    let (mut included, mut fields) = (None, None);
    if !composition.choices.is_empty() {
        included = names(query, "include");
    }
    if composition.fields.is_some() {
        // To choose no field is to choose nothing.
        fields = names(query, "fields").filter(|names| !names.is_empty());
    }
    let mut errors = Vec::new();
    if let Some(names) = &included {
        let offered: Vec<&str> = composition.choices.iter().map(|(name, _)| name.as_str()).collect();
        check("include", names, &offered, Composition::MOST_INCLUDES, Composition::DEEPEST_INCLUDE, &mut errors);
    }
    if let (Some(names), Some(offered)) = (&fields, &composition.fields) {
        let offered: Vec<&str> = offered.iter().map(String::as_str).collect();
        check("fields", names, &offered, Composition::MOST_FIELDS, Composition::DEEPEST_FIELD, &mut errors);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let fields: Option<Vec<Vec<String>>> =
        fields.map(|names| names.iter().map(|name| name.split('.').map(str::to_owned).collect()).collect());
    Ok(selection(composition, &included.unwrap_or_default(), fields, query))
}

/// What a request chooses of the parts that are for its viewer alone (`late`), and its query without them; none if it chooses
/// none of them.
pub(super) fn viewed(
    composition: &Composition,
    late: &Composition,
    query: Option<&str>,
) -> Result<Option<(Selection, String)>, Vec<FieldError>> {
    let Some(included) = names(query, "include") else { return Ok(None) };
    let is_late = |name: &String| late.choices.iter().any(|(known, _)| known == name);
    let (of_viewer, others): (Vec<String>, Vec<String>) = included.into_iter().partition(is_late);
    if of_viewer.is_empty() {
        return Ok(None);
    }
    // All that is wrong with it is told now: what is asked for first is not all of it.
    let fields = select(composition, query)?.fields;
    let chosen = selection(late, &of_viewer, fields, query);
    let fields = chosen.fields.as_ref().and_then(|fields| with_keys(composition, late, &chosen, fields));
    let rest = viewer::rest(query, &others, fields.as_deref());
    Ok(Some((chosen, rest)))
}

/// The fields that are chosen, and the keys of what is joined to them; none if no client could choose these, so that all are asked
/// for.
fn with_keys(
    composition: &Composition,
    late: &Composition,
    chosen: &Selection,
    fields: &[Vec<String>],
) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let own =
        fields.iter().filter(|field| !late.parts.iter().any(|part| !part.at.is_empty() && field.starts_with(&part.at)));
    names.extend(own.map(|field| field.join(".")));
    for (_, join) in late.joined_to(0).filter(|(index, _)| chosen.shows(*index)) {
        let words = join.key.steps().iter().filter_map(|step| match step {
            Step::Field(name) => Some(&**name),
            Step::Each => None,
        });
        names.push(words.take(Composition::DEEPEST_FIELD).collect::<Vec<_>>().join("."));
    }
    let offered = composition.fields.as_ref()?;
    names.iter().all(|name| offered.contains(name)).then_some(names)
}

/// The words of a list parameter; none if the client does not send it.
fn names(query: Option<&str>, parameter: &str) -> Option<Vec<String>> {
    let pairs = query?.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (values::plain(name) == parameter).then_some(value)
    });
    let mut found = None;
    for value in pairs {
        let words: &mut Vec<String> = found.get_or_insert_default();
        let value = value.replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8_lossy();
        words.extend(value.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()));
    }
    found
}

fn check(
    parameter: &str,
    names: &[String],
    offered: &[&str],
    most: usize,
    deepest: usize,
    errors: &mut Vec<FieldError>,
) {
    let mut refuse = |code: &str, message: String| {
        errors.push(FieldError { pointer: parameter.to_owned(), code: code.to_owned(), message });
    };
    if names.len() > most {
        refuse("too_many", format!("At most {most} names, not {}.", names.len()));
        return;
    }
    for name in names.iter().filter(|name| !offered.contains(&name.as_str())) {
        let shown: String = name.chars().take(60).collect();
        if name.split('.').count() > deepest {
            refuse("too_deep", format!("`{shown}` is deeper than {deepest} names."));
            continue;
        }
        let hint = match problem::suggestion(name, offered.iter().copied()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if offered.len() <= 12 => format!("; there is {}.", offered.join(", ")),
            None => ".".to_owned(),
        };
        refuse("unknown", format!("There is no `{shown}` here{hint}"));
    }
}

/// The parts that the choice comes to: what is shown, and what that needs.
fn selection(
    composition: &Composition,
    included: &[String],
    fields: Option<Vec<Vec<String>>>,
    query: Option<&str>,
) -> Selection {
    let chosen = |part: usize, choice: Option<usize>| {
        let is_named = |name: &String| included.contains(name);
        choice.is_none_or(|choice| composition.choices.get(choice).is_some_and(|(name, _)| is_named(name)))
            || composition.choices.iter().any(|(name, index)| *index == part && is_named(name))
    };
    let wanted = |at: &[String]| {
        let meets = |field: &Vec<String>| field.iter().zip(at).all(|(one, other)| one == other);
        fields.as_ref().is_none_or(|fields| fields.iter().any(meets))
    };
    let mut shown = 0_u32;
    for (index, part) in composition.parts.iter().enumerate() {
        if part.place != Place::Aside && chosen(index, part.choice) && wanted(&part.at) {
            shown |= 1 << index;
        }
    }
    // What is shown inside another part shows that part.
    let mut asked = shown;
    for (index, part) in composition.parts.iter().enumerate().rev() {
        let mut inner = part;
        while shown & (1 << index) != 0
            && let Place::Joined(join) = &inner.place
            && let Some(host) = composition.parts.get(join.host)
        {
            shown |= 1 << join.host;
            inner = host;
        }
    }
    if composition.main().is_some() {
        // Whether there is anything to answer is for the main part to say.
        shown |= 1;
    }
    asked |= shown;
    loop {
        let before = asked;
        for (index, part) in composition.parts.iter().enumerate() {
            if asked & (1 << index) != 0 {
                let needed = part.after.iter().filter(|needed| !stays_unasked(&composition.parts[**needed], query));
                asked = needed.fold(asked, |asked, needed| asked | 1 << needed);
            }
        }
        if asked == before {
            break;
        }
    }
    Selection { shown, asked, fields }
}

/// Whether the client does not send what a part would be asked with, and need not.
fn stays_unasked(part: &Part, query: Option<&str>) -> bool {
    part.asked_by().any(|name| !values::is_sent(query, name))
}
