//! The status for every combination of dead parts, as a table.

use http::StatusCode;
use problem::Code;

use super::super::composition::{Composition, FieldSource, Shape};
use super::super::{Plan, Prediction, Route};
use crate::compose::Selection;

/// So many parts have a row for each of their combinations; of more each has one alone.
const EVERY_COMBINATION: usize = 6;

/// The table of a composed route, with what has to be known beside it.
pub(super) struct Statuses {
    pub(super) rows: Vec<[String; 3]>,
    pub(super) notes: Vec<String>,
}

/// What `route` answers to this query for each set of dead parts among those that it asks.
pub(super) fn table(
    plan: &Plan,
    route: &Route,
    composition: &Composition,
    query: Option<&str>,
    selection: &Selection,
) -> Statuses {
    let asked: Vec<usize> = (0..composition.parts.len()).filter(|part| selection.asks(*part)).collect();
    let mut rows = vec![["down", "status", "the client sees"].map(str::to_owned)];
    let mut notes = Vec::new();
    let sets = if asked.len() <= EVERY_COMBINATION {
        combinations(&asked)
    } else {
        notes.push(format!(
            "Shown is each of the {} parts alone; they have 2^{} combinations.",
            asked.len(),
            asked.len()
        ));
        std::iter::once(Vec::new()).chain(asked.iter().map(|part| vec![*part])).collect()
    };
    let mut degrades = false;
    for down in sets {
        // The query has been read once already, so that it can be read again.
        let Ok(predicted) = plan.predict(route, query, &down) else { continue };
        degrades |= !predicted.lost.is_empty();
        let names: Vec<&str> = down.iter().map(|part| composition.parts[*part].name.as_str()).collect();
        let label = if names.is_empty() { "nothing".to_owned() } else { names.join(" + ") };
        rows.push([label, predicted.status.as_u16().to_string(), seen(&predicted)]);
    }
    if degrades {
        let strict = route.status_of(Code::PartFailed, StatusCode::SERVICE_UNAVAILABLE).as_u16();
        notes.push(format!(
            "With `Prefer: handling=strict` an answer that lacks a part is {strict} part_failed instead."
        ));
        if makes_something(composition) {
            let status = route.status_of(Code::TransformFailed, Code::TransformFailed.status()).as_u16();
            notes.push(format!(
                "A program over the answer that cannot do without a part makes it {status} transform_failed."
            ));
        }
    }
    let status = route.status_of(Code::UpstreamTimeout, plan.settings.timeout_status).as_u16();
    notes.push(format!(
        "A part that hangs is dead after its time, with upstream_timeout; a required one gives {status}."
    ));
    Statuses { rows, notes }
}

/// Every set of these parts: the smaller ones first, each in the order of the file.
fn combinations(parts: &[usize]) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for part in parts {
        let with: Vec<Vec<usize>> = sets.iter().map(|set| set.iter().copied().chain([*part]).collect()).collect();
        sets.extend(with);
    }
    sets.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
    sets
}

fn seen(predicted: &Prediction) -> String {
    if let Some(code) = predicted.code {
        let or = predicted.or.map(|(status, code)| format!(" (or {} {code}, whichever comes first)", status.as_u16()));
        return format!("{code}{}", or.unwrap_or_default());
    }
    if predicted.lost.is_empty() {
        return "the whole answer".to_owned();
    }
    let lost = predicted.lost.iter().map(|one| format!("{} {} {}", one.name, one.state, one.code));
    format!("_parts: {}", lost.collect::<Vec<_>>().join(", "))
}

/// Whether a program reads the answer, with null in the place of a part.
fn makes_something(composition: &Composition) -> bool {
    let of_body = |(_, source): &(_, FieldSource)| matches!(source, FieldSource::Body(_));
    matches!(composition.shape, Some(Shape::Program(_)))
        || composition.finish.is_some()
        || composition.headers.iter().any(of_body)
}
