//! The lines that the benchmark prints.

use super::load::Run;

/// One turn of a proxy, or of a route of it.
pub(crate) fn turn(round: usize, proxy: &str, run: &Run) {
    println!(
        "  {round}  {proxy:<15} {:>6.2} µs CPU/request   {:>8.0} requests/s   p50 {:>6.0} µs   p99 {:>6.0} µs",
        run.cost(),
        run.per_second(),
        run.percentile(50),
        run.percentile(99)
    );
}

/// The ratio of one round.
pub(crate) fn ratio(round: usize, peer: &str, ours: &Run, theirs: &Run) -> f64 {
    let ratio = ours.cost() / theirs.cost();
    println!("  {round}  ratio           {ratio:>6.3} × {peer}");
    ratio
}

/// The median of the ratios of all rounds.
pub(crate) fn median(case: &str, peer: &str, ratios: Vec<f64>) {
    if !ratios.is_empty() {
        println!("{case}: {:.3} × the CPU per request of {peer} (median)\n", middle(ratios));
    }
}

/// The ratios of all rounds, their median, and what it should be.
pub(crate) fn relation(case: &str, ratios: Vec<f64>, goal: Option<f64>) {
    let rounds: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
    let goal = goal.map_or_else(String::new, |goal| format!(", goal ≤ {goal}"));
    println!("{case}: {:.3} (median of {}{goal})", middle(ratios), rounds.join(", "));
}

/// What the proxies added to the median latency in one round, in microseconds: ours, the peer's.
pub(crate) fn added(round: usize, direct: &Run, ours: &Run, theirs: Option<&(&str, Run)>) -> (f64, Option<f64>) {
    let over = |run: &Run| run.percentile(50) - direct.percentile(50);
    let added = (over(ours), theirs.map(|(_, run)| over(run)));
    let peer = theirs.zip(added.1).map(|((name, _), added)| format!(", {name} +{added:.1} µs"));
    println!(
        "  {round}  direct p50 {:.1} µs, gateway +{:.1} µs{}",
        direct.percentile(50),
        added.0,
        peer.unwrap_or_default()
    );
    added
}

/// The median of what was added.
pub(crate) fn median_added(peer: Option<&str>, added: Vec<(f64, Option<f64>)>) {
    let ours = middle(added.iter().map(|(ours, _)| *ours).collect());
    let theirs: Vec<f64> = added.iter().filter_map(|(_, theirs)| *theirs).collect();
    let peer = peer.map(|name| format!(", {name} +{:.1} µs", middle(theirs)));
    println!("one connection: +{ours:.1} µs at p50{} (medians)\n", peer.unwrap_or_default());
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
