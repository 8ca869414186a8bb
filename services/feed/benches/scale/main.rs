//! How long timelines and the public feed take to read, with ten thousand posts and with a million, and how fast posts are put into
//! timelines.
//!
//! `make bench-feed`, or `cargo xtask with-postgres -- cargo bench -p feed --bench scale -- [--posts N,N,…] [--rounds N]
//! [--requests N] [--only sqlite|postgres]`.
//!
//! Databases of all sizes are made first, by statements that make the same rows every time (`world`), and then asked in turns, so that
//! whatever else the machine does meets all of them. Requests go through the router of the service, one at a time, with an assertion
//! each, as the gateway calls a service of its own process. A ratio is the median of those of the rounds: p99 against the p99 of the
//! smallest database in the same round.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark fails by panicking and prints its results"
)]

mod reading;
mod table;
mod world;
mod writing;

use std::time::Instant;

use database::Engine;

use reading::{CASES, Reader, Times};
use world::World;

/// So many accounts read, in turns.
const VIEWERS: usize = 40;

/// What a command line says.
struct Options {
    posts: Vec<i64>,
    rounds: usize,
    requests: usize,
    only: Option<String>,
}

fn main() {
    let options = Options::read();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for (name, engine) in [("sqlite", Engine::Sqlite), ("postgres", Engine::Postgres)] {
        if options.only.as_deref().is_none_or(|only| only == name) {
            runtime.block_on(run(name, engine, &options));
        }
    }
}

async fn run(name: &str, engine: Engine, options: &Options) {
    println!("{name}: {} rounds of {} requests", options.rounds, options.requests);
    let mut worlds = Vec::new();
    for posts in &options.posts {
        let began = Instant::now();
        let Some(world) = World::make(engine, *posts).await else { return println!("  left out") };
        let rows = world.service.count("timeline").await;
        println!("  {posts} posts, {rows} rows of timelines, made in {:.1} s", began.elapsed().as_secs_f64());
        worlds.push(world);
    }
    let mut readers = Vec::new();
    for world in &worlds {
        readers.push(Reader::new(world, VIEWERS).await);
    }
    for (case, what) in CASES.into_iter().enumerate() {
        let mut rounds: Vec<Vec<Times>> = Vec::new();
        for _ in 0..options.rounds {
            let mut round = Vec::new();
            for reader in &readers {
                round.push(reader.read(case, options.requests).await);
            }
            rounds.push(round);
        }
        table::read(what, &options.posts, &rounds);
    }
    for (world, posts) in worlds.iter().zip(&options.posts) {
        let written = writing::fan_out(world, 320).await;
        table::written(*posts, &written);
    }
    println!();
}

impl Options {
    fn read() -> Self {
        let mut options = Self { posts: vec![10_000, 100_000, 1_000_000], rounds: 7, requests: 500, only: None };
        let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
        while let Some(name) = arguments.next() {
            let value = arguments.next().expect("a value after each option");
            let number = |text: &str| text.parse().expect("a number");
            match name.as_str() {
                "--posts" => options.posts = value.split(',').map(|text| text.parse().expect("a number")).collect(),
                "--rounds" => options.rounds = number(&value),
                "--requests" => options.requests = number(&value),
                "--only" => options.only = Some(value),
                other => panic!("there is no option {other}"),
            }
        }
        options
    }
}
