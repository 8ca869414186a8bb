//! No two routes of a profile want the same method and shape, and no two proxies the same prefix.

use super::super::RouteId;
use super::super::read::Collector;
use super::{Checked, exists_in};
use crate::routes::Table;

/// Reports each route that another one is in the way of. Every profile is looked at, whichever the plan is for.
pub(super) fn check(checked: &[Checked], mistakes: &Collector) {
    for profile in super::super::file::PROFILES {
        let mut table = Table::default();
        for (index, one) in checked.iter().enumerate().filter(|(_, one)| exists_in(&one.route, profile)) {
            let Ok(number) = u16::try_from(index) else {
                mistakes.blame(&one.mark, format!("There are more than {} routes.", u16::MAX));
                return;
            };
            if let Err(first) = one.add_to(&mut table, RouteId(number)) {
                let first = &checked[usize::from(first.0)];
                let (what, at) =
                    (format!("{} {}", first.route.method_name(), first.route.template), first.mark.source_span());
                mistakes.blame(
                    &one.mark,
                    format!("This route collides with `{what}` at {at}: both match the same requests."),
                );
            }
        }
    }
}
