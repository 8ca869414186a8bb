//! Proves that what the files say fits together and fits the contracts, and makes the plan of it.
//!
//! Nothing here stops at the first mistake, and nothing is blamed twice: what depends on something that is wrong itself is
//! left alone.

mod answer;
mod aside;
mod beside;
mod bounds;
mod caching;
mod call;
mod choices;
mod collisions;
mod composition;
mod conformance;
mod consistent;
mod errors;
mod fallback;
mod form;
mod handed_on;
mod joins;
mod limits;
mod need;
mod order;
mod parts;
mod programs;
mod request;
mod routes;
mod services;
mod values;
mod viewer;
mod whole;

use super::file::Files;
use super::read::{At, Collector, nearest};
use super::sources::Sources;
use super::{Plan, Route, RouteId, Successor, Target};
use crate::routes::{Pattern, Table};

/// A route that fits, with its place for checks that compare routes.
struct Checked {
    route: Route,
    /// The parsed path; a proxy has none.
    pattern: Option<Pattern>,
    /// Where it is blamed for being in the way of another.
    mark: super::read::Mark,
    successor: Option<At<Successor>>,
}

/// Checks the files. The plan is to be used only if `mistakes` stays empty; without all files nothing can be checked.
pub(super) fn check(files: Files, sources: &Sources, mistakes: &Collector) -> Option<Plan> {
    if !files.complete {
        return None;
    }
    let settings = files.settings;
    let mut services = services::check(&files.services, &settings, sources, mistakes);
    let mut checked: Vec<Checked> = Vec::new();
    for draft in &files.routes {
        checked.extend(routes::check(draft, &services, &settings, mistakes));
    }
    for draft in &files.proxies {
        checked.extend(routes::check_proxy(draft, &mut services, &settings, mistakes));
    }
    caching::number(&mut checked, &services, &settings);
    beside::check(&checked, mistakes);
    collisions::check(&checked, mistakes);
    successors(&checked, files.routes.len() + files.proxies.len(), mistakes);
    if checked.len() < files.routes.len() + files.proxies.len() && mistakes.count() == 0 {
        // A route that is left out without a word would be a surprise.
        return None;
    }
    checked.retain(|one| exists_in(&one.route, &sources.profile));
    let table = table(&checked)?;
    let routes = checked.into_iter().map(|one| one.route).collect();
    Some(Plan { settings, services: services.into_known(), routes, table, variables: Vec::new() })
}

fn exists_in(route: &Route, profile: &str) -> bool {
    route.profiles.is_empty() || route.profiles.iter().any(|known| known == profile)
}

/// A successor is the path of a route that exists. Routes that could not be read may be the ones that are missing.
fn successors(checked: &[Checked], written: usize, mistakes: &Collector) {
    if checked.len() < written {
        return;
    }
    let templates: Vec<&str> = checked.iter().map(|one| one.route.template.as_str()).collect();
    for successor in checked.iter().filter_map(|one| one.successor.as_ref()) {
        let path = &successor.value.path;
        if !templates.contains(&path.as_str()) {
            let hint =
                nearest(path, &templates).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
            mistakes.blame(&successor.mark, format!("No route has the path `{path}`{hint}"));
        }
    }
}

/// The table of the routes that are left; collisions have been reported.
fn table(checked: &[Checked]) -> Option<Table> {
    let mut table = Table::default();
    for (index, one) in checked.iter().enumerate() {
        one.add_to(&mut table, RouteId(u16::try_from(index).ok()?)).ok()?;
    }
    Some(table)
}

impl Checked {
    /// Adds the route to a table, or says which one is in its way.
    fn add_to(&self, table: &mut Table, id: RouteId) -> Result<(), RouteId> {
        match (&self.route.method, &self.pattern, &self.route.target) {
            (Some(method), Some(pattern), _) => table.add(method, pattern, id),
            (_, _, Target::Proxy { prefix, .. }) => table.add_prefix(prefix, id),
            _ => Ok(()),
        }
    }
}
