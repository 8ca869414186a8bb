//! `viewer = true`: a part that only its viewer may see is asked when everything else of the answer is there, and is part of nothing
//! that is kept. So nothing else can depend on it, and it depends on nothing but the answer and the request.

use std::sync::Arc;

use http::Method;

use super::super::composition::{Composition, Join, MAIN, Need, Part, Place, Source};
use super::composition::Site;
use super::parts::Drafted;

/// Checks the parts that are for viewers alone. What is none has been reported.
pub(super) fn check(site: &Site<'_>, named: &[Drafted<'_>], all: &[Part], offset: usize) -> Option<()> {
    let mut whole = true;
    for (index, one) in (offset..).zip(named) {
        let Some(mark) = one.draft.viewer.as_ref().filter(|at| at.value).map(|at| &at.mark) else { continue };
        let part = &all[index];
        let takes = part.bindings.iter().any(|binding| matches!(binding.source, Source::Part(..)));
        let is_needed = all.iter().any(|other| other.after.contains(&index));
        let sentence = if !one.chosen {
            "What only the viewer sees is there for those who ask for it; make it an `include`."
        } else if site.matches.value.method != Method::GET {
            "What only the viewer sees is added to what is read; this route changes something."
        } else if site.draft.shape.place().is_some() {
            "The answer is built by this route, so there is no place in it for what only the viewer sees."
        } else if part.need == Need::Required {
            "A stranger has no such part, so it cannot be required."
        } else if takes {
            "This is asked when everything else is there: it can be joined to that, but takes no value of a part."
        } else if is_needed {
            "This is asked when everything else is there, so no other part can need it."
        } else {
            continue;
        };
        site.mistakes.blame(mark, sentence);
        whole = false;
    }
    whole.then_some(())
}

/// The calls that are made for a viewer alone, with the answer that they are added to as their main part.
pub(super) fn late(site: &Site<'_>, named: &[Drafted<'_>], all: &[Part], offset: usize) -> Option<Arc<Composition>> {
    let of_viewers = || (offset..).zip(named).filter(|(index, _)| all.get(*index).is_some_and(|part| part.viewer));
    let first = all.get(of_viewers().next()?.0)?;
    let mut parts = vec![answer(first)];
    let mut choices = Vec::new();
    for (index, one) in of_viewers() {
        let mut part = all.get(index)?.clone();
        if let (Place::Joined(join), Some(draft)) = (&part.place, &one.draft.join) {
            let key = draft.key.as_ref()?.value.clone();
            part.place = Place::Joined(Join { host: 0, key, ..join.clone() });
        }
        part.after = vec![0];
        part.choice = Some(choices.len());
        choices.push((part.name.clone(), parts.len()));
        parts.push(part);
    }
    let no_fields = site.draft.fields.is_none();
    Some(Arc::new(Composition {
        parts,
        choices,
        fields: (!no_fields).then(Vec::new),
        request: None,
        shape: None,
        finish: None,
        status: None,
        headers: Vec::new(),
        response_schema: None,
        doc: None,
        late: None,
    }))
}

/// The answer, in the place of a main part; nobody is asked for it.
fn answer(like: &Part) -> Part {
    Part {
        name: MAIN.to_owned(),
        path: Vec::new(),
        bindings: Vec::new(),
        holds: Vec::new(),
        place: Place::Root,
        need: Need::Required,
        choice: None,
        after: Vec::new(),
        shape: None,
        stale_if_error: std::time::Duration::ZERO,
        at: Vec::new(),
        schema: None,
        viewer: false,
        ..like.clone()
    }
}
