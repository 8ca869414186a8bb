//! The calls of a composed route as a tree: what is below a call waits for it.

use std::fmt::Write as _;

use super::super::composition::{Binding, Composition, Join, Parameter, Part, Place, Source};
use super::super::read::show_duration;
use super::super::{PathPiece, Plan, Route};
use super::{Asked, words};
use crate::compose::{Prepared, Selection, remaining, select};

/// What the tree is drawn from.
pub(super) struct Calls<'a> {
    pub(super) plan: &'a Plan,
    pub(super) route: &'a Route,
    pub(super) composition: &'a Composition,
    pub(super) asked: &'a Asked<'a>,
    pub(super) selection: &'a Selection,
}

impl Calls<'_> {
    /// The rows of the tree.
    pub(super) fn tree(&self) -> Vec<[String; 2]> {
        let mut rows = Vec::new();
        for index in self.below(None) {
            self.draw(index, "", "", &mut rows);
        }
        rows
    }

    /// The parts that are drawn below this one: each is below the last of those that it waits for.
    fn below(&self, above: Option<usize>) -> Vec<usize> {
        let parts = self.composition.parts.iter().enumerate();
        let is_below = |part: &Part| match &part.place {
            Place::Joined(join) => above == Some(join.host),
            Place::Root | Place::Member | Place::Aside => part.after.last().copied() == above,
        };
        parts.filter(|(_, part)| is_below(part)).map(|(index, _)| index).collect()
    }

    /// `first` stands before the name, `rest` before the lines below it.
    fn draw(&self, index: usize, first: &str, rest: &str, rows: &mut Vec<[String; 2]>) {
        let part = &self.composition.parts[index];
        rows.push([format!("{first}{}", part.name), self.call(part)]);
        let below = self.below(Some(index));
        let bar = if below.is_empty() { rest.to_owned() } else { format!("{rest}│") };
        rows.extend(self.details(index, part).into_iter().map(|line| [bar.clone(), line]));
        for (at, inner) in below.iter().enumerate() {
            let (corner, next) = if at + 1 == below.len() { ("└ ", "  ") } else { ("├ ", "│ ") };
            self.draw(*inner, &format!("{rest}{corner}"), &format!("{rest}{next}"), rows);
        }
    }

    /// `texts.show_text — GET /texts/7`
    fn call(&self, part: &Part) -> String {
        let service = self.plan.service(part.service);
        let operation = service.contract.operation(&part.operation);
        let method = operation.map_or("GET", |operation| operation.method.as_str());
        format!("{}.{} — {method} {}{}", service.name, part.operation, self.path(part), self.query(part))
    }

    /// The path, with the names of what is known only when the request is there.
    fn path(&self, part: &Part) -> String {
        let operation = self.plan.service(part.service).contract.operation(&part.operation);
        let mut names = operation.into_iter().flat_map(|operation| &operation.path_parameters);
        let mut text = String::new();
        for piece in &part.path {
            let name = if matches!(piece, PathPiece::Literal(_)) { None } else { names.next() };
            let name = name.map(|parameter| parameter.name.as_str()).unwrap_or_default();
            match piece {
                PathPiece::Literal(literal) => text.push_str(literal),
                PathPiece::Parameter(index) => text.push_str(self.asked.parameters.get(*index).unwrap_or_default()),
                PathPiece::Bound(index) => text.push_str(&self.value(part, *index, name)),
            }
        }
        text
    }

    fn value(&self, part: &Part, binding: usize, name: &str) -> String {
        match part.bindings.get(binding).map(|binding| &binding.source) {
            Some(Source::Path(index)) => self.asked.parameters.get(*index).unwrap_or_default().to_owned(),
            Some(Source::Text(text)) => text.clone(),
            _ => format!("{{{name}}}"),
        }
    }

    fn query(&self, part: &Part) -> String {
        let mut pairs = Vec::new();
        for (index, binding) in part.bindings.iter().enumerate() {
            if let Parameter::Query { name, .. } = &binding.parameter {
                pairs.push(format!("{name}={}", self.value(part, index, name)));
            }
        }
        if let Place::Joined(join) = &part.place {
            pairs.push(format!("{}=…", join.parameter));
        }
        if part.place == Place::Root {
            let taken = Prepared::new(self.composition).taken;
            let kept = remaining(self.asked.query, &taken);
            pairs.extend((!kept.is_empty()).then(|| kept.into_owned()));
        }
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn details(&self, index: usize, part: &Part) -> Vec<String> {
        let deadline = show_duration(part.timeout.min(self.route.timeout));
        let mut lines = vec![format!("{}, at most {deadline}{}", words::need(&part.need), self.choice(index))];
        if !part.stale_if_error.is_zero() {
            let longest = show_duration(part.stale_if_error);
            lines.push(format!("an answer up to {longest} old stands in before that, if there is one"));
        }
        if part.place == Place::Aside {
            lines.push("not in the answer: others take values of it".to_owned());
        }
        if part.viewer {
            lines.push("for whoever is signed in, in addition to what is kept; null for strangers".to_owned());
        }
        let names: Vec<&str> = self.route.parameter_names().collect();
        let bound =
            |binding| format!("{} = {}", self.name(part, binding), words::source(binding, self.composition, &names));
        lines.extend(part.bindings.iter().map(bound));
        if let Place::Joined(join) = &part.place {
            lines.push(self.keys(join));
        }
        lines.extend(part.shape.as_ref().map(|shape| format!("its answer: {}", words::shape(shape))));
        lines
    }

    /// What the service calls a parameter.
    fn name<'n>(&'n self, part: &Part, binding: &'n Binding) -> &'n str {
        match &binding.parameter {
            Parameter::Query { name, .. } => name,
            Parameter::Header(name) => name.as_str(),
            Parameter::Path(place) => {
                let before =
                    part.path.iter().take(*place).filter(|piece| !matches!(piece, PathPiece::Literal(_))).count();
                let operation = self.plan.service(part.service).contract.operation(&part.operation);
                operation
                    .and_then(|operation| operation.path_parameters.get(before))
                    .map_or("", |one| one.name.as_str())
            }
        }
    }

    fn keys(&self, join: &Join) -> String {
        let host = &self.composition.parts[join.host].name;
        let most = join.most_keys(self.plan.settings.limits.join_keys as usize);
        let (parameter, key, batch) = (&join.parameter, &join.key, join.max_batch);
        let taken = if join.take.steps().is_empty() { String::new() } else { format!("; {} of each", join.take) };
        format!(
            "{parameter} = keys at {key} of {host} (≤ {batch} a call, ≤ {most} in all), matched by {}{taken}",
            join.on
        )
    }

    /// What a client has to send for a part that is not always asked, and whether this one does.
    fn choice(&self, index: usize) -> String {
        let part = &self.composition.parts[index];
        let names: Vec<&str> = part.asked_by().collect();
        if !names.is_empty() {
            let state = if self.selection.leaves_out(index, part) { "not asked without" } else { "asked with" };
            return format!("; {state} {}=", names.join("= and "));
        }
        let asks = |name: &str| {
            let query = format!("include={name}");
            select(self.composition, Some(&query)).is_ok_and(|selection| selection.asks(index))
        };
        let nobody = select(self.composition, None).is_ok_and(|selection| selection.asks(index));
        let is_asked = self.selection.asks(index);
        if nobody {
            return if is_asked { String::new() } else { "; not asked for these fields".to_owned() };
        }
        let names = self.composition.choices.iter().map(|(name, _)| name.as_str()).filter(|name| asks(name));
        let names: Vec<&str> = names.collect();
        let state = if is_asked { "asked with" } else { "not asked without" };
        format!("; {state} include={}", names.join(" or "))
    }
}

/// How many calls a request makes.
pub(super) fn number(plan: &Plan, composition: &Composition, selection: &Selection) -> String {
    let keys = plan.settings.limits.join_keys as usize;
    let most = |part: &Part| match &part.place {
        Place::Joined(join) => join.most_keys(keys).div_ceil(join.max_batch.max(1)),
        Place::Root | Place::Member | Place::Aside => 1,
    };
    let asked =
        || composition.parts.iter().enumerate().filter(|(index, _)| selection.asks(*index)).map(|(_, part)| part);
    let (fewest, worst) = (asked().count(), asked().map(most).sum::<usize>());
    let every: usize = composition.parts.iter().map(most).sum();
    // Writing to a String cannot fail.
    let mut text = fewest.to_string();
    if worst > fewest {
        let _infallible = write!(text, ", at most {worst} with {keys} keys in each join");
    }
    if every > worst {
        let _infallible = write!(text, ", at most {every} with every include");
    }
    text
}
