//! The lines that are printed.

use super::{reading::Times, writing::Written};

/// How long reading took: rounds of one measurement for each size.
pub(crate) fn read(case: &str, posts: &[i64], rounds: &[Vec<Times>]) {
    for (at, posts) in posts.iter().enumerate() {
        let of = |percent| middle(rounds.iter().map(|round| round[at].percentile(percent)).collect());
        let ratio = middle(rounds.iter().map(|round| round[at].percentile(99) / round[0].percentile(99)).collect());
        let (p50, p99) = (of(50), of(99));
        println!(
            "  {case:<26} {posts:>8} posts   p50 {p50:>6.0} µs   p99 {p99:>6.0} µs   {ratio:.2} × p99 of the smallest, goal ≤ 1.5"
        );
    }
}

/// How fast posts were put into timelines.
pub(crate) fn written(posts: i64, written: &Written) {
    let Written { posts: new, rows, took } = written;
    let each_second = *rows as f64 / took.as_secs_f64();
    println!(
        "  {:<26} {posts:>8} posts   {new} more, {rows} rows in {:.2} s: {each_second:.0} rows/s, goal ≥ 10000",
        "fan-out",
        took.as_secs_f64()
    );
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
