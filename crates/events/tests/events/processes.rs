//! Several processes of one service, and those that end in the middle.

use std::sync::{Arc, Mutex};

use bus::Bus;
use database::{Database, Engine, sqlite_url};
use events::{BoxError, Event, Follow};
use sea_orm::DatabaseTransaction;
use testkit::nats::Nats;

use crate::world::{Noting, Trouble, World, messages, on_both, open, until};

#[tokio::test]
async fn two_processes_of_one_service_publish_and_handle_each_event_once_and_in_its_order() {
    on_both(async |db| {
        // An SQLite file belongs to one process.
        let processes = if db.engine() == Engine::Sqlite { 1 } else { 2 };
        let worlds: Vec<_> = (0..processes).map(|_| World::new(&db)).collect();
        for world in &worlds {
            world.follow(world.inbox(Noting::default()));
            world.relay();
        }
        for (start, world) in (0..600).step_by(30).zip(worlds.iter().cycle()) {
            world.record(start..start + 30).await;
        }
        worlds[0].until_seen(&(0..600).collect::<Vec<_>>()).await;
        for world in &worlds {
            world.stop().await;
        }
    })
    .await;
}

/// Notes whom it wrote to, which takes a while.
#[derive(Clone, Default)]
struct Writing(Arc<Mutex<Vec<i64>>>);

impl Follow for Writing {
    const NAME: &'static str = "writing";
    const SUBJECTS: &'static [&'static str] = Noting::SUBJECTS;
    const AT_ONCE: usize = 1;

    async fn before(&self, db: &Database, event: &Event) -> Result<(), BoxError> {
        db.ping().await?;
        self.0.lock().unwrap().push(event.aggregate.id);
        Ok(db.ping().await?)
    }

    async fn handle(&self, _: &DatabaseTransaction, _: &Event) -> Result<(), BoxError> {
        Ok(())
    }
}

#[tokio::test]
async fn what_is_done_before_the_transaction_is_done_by_one_process_too() {
    on_both(async |db| {
        let processes = if db.engine() == Engine::Sqlite { 1 } else { 2 };
        let worlds: Vec<_> = (0..processes).map(|_| World::new(&db)).collect();
        let writing = Writing::default();
        for world in &worlds {
            world.follow(world.inbox(writing.clone()));
        }
        for (id, world) in (0..100).zip(worlds.iter().cycle()) {
            world.bus.publish(&messages(id..id + 1)).await.unwrap();
        }
        worlds[0].until_settled().await;
        for world in &worlds {
            world.stop().await;
        }
        assert_eq!(*writing.0.lock().unwrap(), (0..100).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn what_a_process_took_before_it_was_no_more_is_handled_by_the_next() {
    on_both(async |db| {
        let gone = World::new(&db);
        gone.only_take(Noting::default());
        gone.bus.publish(&messages(0..5)).await.unwrap();
        assert_eq!((gone.status().await.waiting, gone.seen("noting").await), (5, vec![]));
        let next = World::new(&db);
        next.follow(next.inbox(Noting::default()));
        next.until_seen(&[0, 1, 2, 3, 4]).await;
        next.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_process_was_about_when_it_was_killed_is_done_once_by_the_next() {
    on_both(async |db| {
        let killed = World::new(&db);
        let noting = Noting::default().troubled(3, Trouble::Hangs);
        killed.follow(killed.inbox(noting.clone()));
        killed.bus.publish(&messages(0..5)).await.unwrap();
        until("it is in the middle", async || *noting.met.lock().unwrap() == 1).await;
        killed.crash().await;
        let next = World::new(&db);
        next.follow(next.inbox(Noting::default()));
        next.until_seen(&[0, 1, 2, 3, 4]).await;
        next.stop().await;
        assert_eq!(next.tries().await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_another_process_stored_is_found_by_one_that_works() {
    on_both(async |db| {
        let works = World::new(&db);
        works.follow(works.inbox(Noting::default()));
        works.bus.publish(&messages(0..1)).await.unwrap();
        works.until_seen(&[0]).await;
        let only_takes = World::new(&db);
        only_takes.only_take(Noting::default());
        only_takes.bus.publish(&messages(1..3)).await.unwrap();
        works.until_seen(&[0, 1, 2]).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_published_while_a_process_ends_is_not_lost() {
    on_both(async |db| {
        let ends = World::new(&db);
        ends.follow(ends.inbox(Noting::default()));
        ends.stop().await;
        ends.bus.publish(&messages(0..3)).await.unwrap();
        assert_eq!(ends.status().await.waiting, 3);
    })
    .await;
}

#[tokio::test]
async fn two_services_with_a_server_between_them_that_goes_and_comes_lose_nothing() {
    on_both(async |db| {
        let Some(mut server) = Nats::stopped(&[]) else { return };
        let directory = tempfile::tempdir().unwrap();
        let other_db = open(&sqlite_url(&directory.path().join("feed.db"))).await;
        let tells = World::over(&db, Bus::connect(&server.url()).await.unwrap());
        let follows = World::over(&other_db, Bus::connect(&server.url()).await.unwrap());
        tells.relay();
        follows.follow(follows.inbox(Noting::default()));
        tells.record(0..50).await;
        server.start_again().await;
        follows.until_seen(&(0..50).collect::<Vec<_>>()).await;
        server.stop();
        tells.record(50..100).await;
        assert!(tells.status().await.unpublished >= 50);
        server.start_again().await;
        follows.until_seen(&(0..100).collect::<Vec<_>>()).await;
        tells.until_settled().await;
        tells.stop().await;
        follows.stop().await;
    })
    .await;
}
