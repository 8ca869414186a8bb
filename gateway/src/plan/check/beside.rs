//! No route takes a path that the gateway answers itself: probes, documents, keys.

use http::Method;

use super::super::RouteId;
use super::super::read::Collector;
use super::Checked;
use crate::beside;
use crate::routes::{Found, Table};

/// Reports each route that would take such a path, whatever its method.
pub(super) fn check(checked: &[Checked], mistakes: &Collector) {
    for one in checked {
        if let Some(path) = beside::PATHS.iter().find(|path| takes(one, path)) {
            mistakes.blame(&one.mark, format!("This route would take `{path}`, which the gateway answers itself."));
        }
    }
}

fn takes(one: &Checked, path: &str) -> bool {
    let mut alone = Table::default();
    let method = one.route.method.as_ref().unwrap_or(&Method::GET);
    one.add_to(&mut alone, RouteId(0)).is_ok() && matches!(alone.find(method, path), Found::Route { .. })
}
