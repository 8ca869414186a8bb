//! `aside = true`: a part that is asked for the sake of others and is not in the answer; it is all that a main part may wait for.

use http::Method;

use super::super::composition::{MAIN, Part, Place, Source};
use super::composition::{Site, sources};
use super::handed_on;
use super::parts::Drafted;

/// Checks the parts that are in no answer, and what the main part takes of them. What is wrong has been reported.
pub(super) fn check(site: &Site<'_>, named: &[Drafted<'_>], all: &[Part], offset: usize) -> Option<()> {
    let mut whole = true;
    for (index, one) in (offset..).zip(named) {
        let Some(mark) = one.draft.aside.as_ref().filter(|at| at.value).map(|at| &at.mark) else { continue };
        let is_of_use = all.iter().any(|other| sources(&other.bindings).any(|from| from == index));
        let sentence = if one.chosen {
            "A client cannot include what is not in the answer; make it one of the `parts`."
        } else if all.get(index).is_none_or(|part| part.place != Place::Aside) {
            "What is joined to something is in the answer."
        } else if one.draft.otherwise.is_some() {
            "Nothing can stand in for what is not in the answer; what takes values of it fails with it."
        } else if !is_of_use {
            "No other call takes a value of this, so there is no reason to ask it."
        } else {
            continue;
        };
        site.mistakes.blame(mark, sentence);
        whole = false;
    }
    for (part, one) in all.iter().skip(offset).zip(named) {
        if let Place::Joined(join) = &part.place
            && let Some(host) = all.get(join.host).filter(|host| host.place == Place::Aside)
        {
            let sentence = format!("`{}` is not in the answer, so nothing is joined to it.", host.name);
            site.mistakes.blame(&one.draft.name.mark, sentence);
            whole = false;
        }
    }
    let main = all.first().filter(|_| offset == 1);
    whole &= main.is_none_or(|main| waits_well(site, main, all) && handed_on::check(site, &site.draft.bind, main, all));
    whole.then_some(())
}

/// A main part reads, and waits for what is there for that alone.
fn waits_well(site: &Site<'_>, main: &Part, all: &[Part]) -> bool {
    let mut whole = true;
    for (binding, (_, text)) in main.bindings.iter().zip(&site.draft.bind) {
        let Source::Part(from, _) = &binding.source else { continue };
        let sentence = match all.get(*from) {
            _ if site.matches.value.method != Method::GET => {
                "A write comes first: it cannot wait for another part.".to_owned()
            }
            Some(part) if part.name == MAIN => format!("`{MAIN}` waits for itself."),
            Some(part) if part.place != Place::Aside => {
                format!("`to` waits only for parts that are not in the answer; `{}` needs `aside = true`.", part.name)
            }
            Some(part) if part.may_stay_unasked() && binding.required => {
                format!("This is needed, but `{}` may not be asked: make it `required`.", part.name)
            }
            _ => continue,
        };
        site.mistakes.blame(&text.mark, sentence);
        whole = false;
    }
    whole
}
