//! Any process is killed in the middle of many writes: whoever repeats what was not answered finds everything done once, and what
//! others keep a copy of agrees with it.
//!
//! `make chaos` kills twenty times, the tests twice.

mod agreement;
mod model;
mod writer;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use testkit::until;

use super::{PATIENCE, world::World};
use model::Model;
use writer::{What, Writer};

/// Who write at once.
const WRITERS: usize = 4;
/// Writes that are acknowledged in each round.
const WRITES: usize = 100;

/// How soon everything is there that was written while somebody was away, once they are back.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(5);

/// How many times something is killed in the tests.
const FEW: u64 = 2;

/// How many times something is killed.
fn rounds() -> u64 {
    std::env::var("CHAOS_ROUNDS").map_or(FEW, |rounds| rounds.parse().expect("CHAOS_ROUNDS is a number"))
}

/// Numbers that look random and are the same in every run.
fn pick(seed: u64, below: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % below
}

/// Has everybody write until `enough` is acknowledged.
async fn write(writers: Vec<Writer>, what: What, enough: usize) -> Vec<Writer> {
    let writing = writers.into_iter().map(|mut writer| {
        tokio::spawn(async move {
            while writer.acknowledged() < enough {
                writer.write(what).await;
            }
            writer
        })
    });
    let mut back = Vec::new();
    for writer in writing.collect::<Vec<_>>() {
        back.push(writer.await.unwrap());
    }
    back
}

async fn killed_again_and_again(mut world: World) {
    let model = Arc::new(Mutex::new(Model::default()));
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(Writer::register(world.address(), number, &model).await);
    }
    for round in 0..rounds() {
        let before = model.lock().unwrap().acknowledged;
        let moment = before + usize::try_from(pick(round + 1, WRITES as u64 - 10)).unwrap();
        let writing = tokio::spawn(write(writers, What::Anything, before + WRITES));
        until("it is time to kill", PATIENCE, async || (model.lock().unwrap().acknowledged >= moment).then_some(()))
            .await;
        let victim = world.kill(pick(round + 1000, 1000)).await;
        writers = writing.await.unwrap();
        let model = model.lock().unwrap().clone();
        agreement::reach(&writers, &model, &format!("round {round}, {victim} killed")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_that_is_killed_has_done_what_it_acknowledged_once() {
    killed_again_and_again(World::whole().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_processes_any_may_be_killed() {
    let Some(world) = World::parts().await else { return };
    killed_again_and_again(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_feed_or_the_bus_is_away_is_there_once_when_they_are_back() {
    for away in ["feed", "nats"] {
        let Some(mut world) = World::parts().await else { return };
        let model = Arc::new(Mutex::new(Model::default()));
        let mut writers = Vec::new();
        for number in 0..WRITERS {
            writers.push(Writer::register(world.address(), number, &model).await);
        }
        world.take_away(away);
        let posts = usize::try_from(rounds()).unwrap() * 50;
        let writers = write(writers, What::Posts, posts).await;
        world.bring_back(away).await;
        let since = Instant::now();
        let model = model.lock().unwrap().clone();
        agreement::reach(&writers, &model, &format!("{away} is back")).await;
        let took = since.elapsed();
        println!("{posts} posts while {away} was away: everything agreed {took:?} after it was back");
        // `make chaos` runs nothing beside this; the tests do.
        let is_alone = rounds() > FEW;
        assert!(
            !is_alone || took <= CAUGHT_UP_WITHIN,
            "{posts} posts while {away} was away were there {took:?} after it was back"
        );
    }
}
