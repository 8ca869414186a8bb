//! The lines that the benchmark prints.

use super::load::Run;

/// One turn.
pub(crate) fn turn(round: usize, proxy: &str, run: &Run) {
    println!(
        "  {round}  {proxy:<8} {:>6.2} µs CPU/request   {:>8.0} requests/s   p50 {:>6.0} µs   p99 {:>6.0} µs",
        run.cost(),
        run.per_second(),
        run.percentile(50),
        run.percentile(99)
    );
}

/// The ratio of one round.
pub(crate) fn ratio(round: usize, ours: &Run, theirs: &Run) -> f64 {
    let ratio = ours.cost() / theirs.cost();
    println!("  {round}  ratio    {ratio:>6.3} × nginx");
    ratio
}

/// The median of the ratios of all rounds.
pub(crate) fn median(case: &str, ratios: Vec<f64>) {
    if !ratios.is_empty() {
        println!("{case}: {:.3} × nginx's CPU per request (median)\n", middle(ratios));
    }
}

/// What the proxies added to the median latency in one round, in microseconds: ours, nginx's.
pub(crate) fn added(round: usize, direct: &Run, ours: &Run, theirs: Option<&Run>) -> (f64, Option<f64>) {
    let over = |run: &Run| run.percentile(50) - direct.percentile(50);
    let added = (over(ours), theirs.map(over));
    println!(
        "  {round}  direct p50 {:.1} µs, gateway +{:.1} µs, nginx {}",
        direct.percentile(50),
        added.0,
        added.1.map_or("–".into(), |added| format!("+{added:.1} µs"))
    );
    added
}

/// The median of what was added.
pub(crate) fn median_added(added: Vec<(f64, Option<f64>)>) {
    let ours = middle(added.iter().map(|(ours, _)| *ours).collect());
    let theirs: Vec<f64> = added.iter().filter_map(|(_, theirs)| *theirs).collect();
    if theirs.is_empty() {
        println!("one connection: +{ours:.1} µs at p50 (median)\n");
    } else {
        println!("one connection: +{ours:.1} µs at p50, nginx +{:.1} µs (medians)\n", middle(theirs));
    }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
