//! One change each to a right configuration, and what must be said about it.

mod caching;
mod composed;
mod conformance;
mod contracts;
mod forms;
mod routes;
mod settings;

use super::{edited, load};

/// What is replaced by what; `file:line:column`, the marked text and the sentence that must come of it, and nothing else.
struct Case {
    change: (&'static str, &'static str),
    at: &'static str,
    marked: &'static str,
    sentence: &'static str,
}

/// `file:line:column`, marked text and sentence of every mistake.
fn mistakes(file: &str, change: (&str, &str)) -> Vec<(String, String, String)> {
    mistakes_of(&[(file, edited(file, change.0, change.1))])
}

fn mistakes_of(changed: &[(&str, String)]) -> Vec<(String, String, String)> {
    let refused = load(changed).expect_err("a mistake");
    let marked = |column: u32, width: usize, line: &str| line.chars().skip(column as usize - 1).take(width).collect();
    refused.iter().map(|m| (m.at.to_string(), marked(m.at.column, m.width, &m.line), m.sentence.clone())).collect()
}

fn each_is_refused_once(file: &str, cases: &[Case]) {
    for case in cases {
        let expected = vec![(case.at.to_owned(), case.marked.to_owned(), case.sentence.to_owned())];
        assert_eq!(mistakes(file, case.change), expected, "{file}: {} -> {}", case.change.0, case.change.1);
    }
}

#[test]
fn each_mistake_in_a_route_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(routes::FILE, routes::CASES);
}

#[test]
fn each_mistake_in_the_settings_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(settings::FILE, settings::CASES);
}

#[test]
fn each_mistake_in_how_answers_are_held_to_their_contract_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(conformance::FILE, conformance::CASES);
}

#[test]
fn each_mistake_in_what_is_kept_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(caching::FILE, caching::CASES);
}

#[test]
fn nothing_is_kept_for_more_people_than_may_call_the_route() {
    for (line, sentence) in caching::SIGNED_IN {
        let routes = super::ROUTES.replacen("\"anyone\"", &format!("\"signed_in\"\n{line}"), 1);
        let told: Vec<_> = mistakes_of(&[(caching::FILE, routes)]).into_iter().map(|(.., sentence)| sentence).collect();
        assert_eq!(told, [*sentence], "{line}");
    }
}

#[test]
fn each_mistake_in_a_contract_is_reported_once_with_its_place_and_a_useful_sentence() {
    each_is_refused_once(contracts::FILE, contracts::CASES);
}
