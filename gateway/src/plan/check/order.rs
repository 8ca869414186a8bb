//! The order in which parts can be asked: none waits for itself, whatever is in between.

use super::super::composition::{Part, Place};
use super::super::read::Collector;
use super::parts::{Drafted, waits_for};

/// Writes down what each part waits for, or blames the first part of each circle.
pub(super) fn check(named: &[Drafted<'_>], all: &mut [Part], offset: usize, mistakes: &Collector) -> Option<()> {
    let after: Vec<Vec<usize>> = all.iter().map(waits_for).collect();
    let mut whole = true;
    for (one, start) in named.iter().zip(offset..) {
        if let Some(circle) = circle(&after, start) {
            let names: Vec<&str> = circle.iter().map(|index| all[*index].name.as_str()).collect();
            // Each circle is blamed once: where its first part is written.
            if circle.iter().min() == Some(&start) {
                let sentence = match names.as_slice() {
                    [name, _] => format!("`{name}` waits for itself."),
                    _ => format!("These parts wait for each other: {}.", names.join(" → ")),
                };
                mistakes.blame(&one.draft.name.mark, sentence);
            }
            whole = false;
        }
    }
    if !whole {
        return None;
    }
    for (index, (part, after)) in all.iter_mut().zip(after).enumerate() {
        part.after = after;
        part.choice = None;
        if let Some(one) = index.checked_sub(offset).and_then(|at| named.get(at))
            && one.chosen
        {
            let before = named.iter().take(index - offset).filter(|one| one.chosen).count();
            part.choice = Some(before);
        }
    }
    // What is joined to a choice is there only with it, however far down.
    let host = |part: &Part| if let Place::Joined(join) = &part.place { Some(join.host) } else { None };
    let hosts: Vec<Option<usize>> = all.iter().map(host).collect();
    for index in 0..all.len() {
        let mut above = Some(index);
        while let Some(here) = above
            && all[index].choice.is_none()
        {
            all[index].choice = all[here].choice;
            above = hosts[here];
        }
    }
    Some(())
}

/// The way from a part back to itself, if there is one.
fn circle(after: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut ways = vec![vec![start]];
    let mut seen = vec![false; after.len()];
    while let Some(way) = ways.pop() {
        for next in &after[*way.last()?] {
            let mut longer = way.clone();
            longer.push(*next);
            if *next == start {
                return Some(longer);
            }
            if !std::mem::replace(&mut seen[*next], true) {
                ways.push(longer);
            }
        }
    }
    None
}
