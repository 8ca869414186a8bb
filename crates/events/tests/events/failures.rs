//! What cannot be handled, for a while or for ever.

use database::Engine;
use events::{Inbox, MOST_TRIES, Replayed};

use crate::world::{Noting, Other, Trouble, World, message, messages, on_both, thing, until};

#[tokio::test]
async fn what_cannot_be_handled_waits_and_then_comes_in_its_order() {
    on_both(async |db| {
        let world = World::new(&db);
        let noting = Noting::default().troubled(1, Trouble::Fails);
        world.follow(Inbox::new(db.clone(), noting.clone()));
        world.relay();
        world.record(0..3).await;
        world.until_seen(&[0]).await;
        until("it was tried", async || world.tries().await > 0).await;
        let status = world.status().await;
        assert_eq!((status.unpublished, status.waiting, status.parked.len()), (0, 2, 0));
        noting.untroubled();
        world.until_seen(&[0, 1, 2]).await;
        world.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_fails_ten_times_is_parked_and_can_be_tried_again() {
    on_both(async |db| {
        let world = World::new(&db);
        let noting = Noting::default().troubled(1, Trouble::Fails);
        let inbox = world.inbox(noting.clone());
        world.follow(inbox.clone());
        let poison = thing(1);
        world.bus.publish(&[message(&poison), message(&thing(2))]).await.unwrap();
        world.until_settled().await;
        assert_eq!(world.seen("noting").await, [2]);
        assert_eq!(i64::from(*noting.met.lock().unwrap()), MOST_TRIES);
        let parked = world.status().await.parked;
        assert_eq!((parked.len(), parked[0].event_id.clone()), (1, poison.id.to_string()));
        assert_eq!((parked[0].follower.as_str(), parked[0].error.as_str()), ("noting", "not this one"));

        world.bus.publish(&[message(&poison)]).await.unwrap();
        assert_eq!(inbox.replay().await.unwrap(), Replayed { handled: 0, parked: 1 });
        noting.untroubled();
        assert_eq!(inbox.replay().await.unwrap(), Replayed { handled: 1, parked: 0 });
        assert_eq!(inbox.replay().await.unwrap(), Replayed::default());
        assert_eq!(world.seen("noting").await, [2, 1]);
        assert_eq!(world.status().await, events::Status::default());
    })
    .await;
}

#[tokio::test]
async fn what_is_parked_is_tried_once_more_at_the_next_start() {
    on_both(async |db| {
        let world = World::new(&db);
        world.follow(world.inbox(Noting::default().troubled(1, Trouble::Fails)));
        world.bus.publish(&messages(1..2)).await.unwrap();
        until("it is parked", async || world.status().await.parked.len() == 1).await;
        world.stop().await;
        let next = World::new(&db);
        next.follow(next.inbox(Noting::default()));
        next.until_seen(&[1]).await;
        next.stop().await;
        assert_eq!(next.status().await, events::Status::default());
    })
    .await;
}

#[tokio::test]
async fn who_shares_a_transaction_with_one_that_fails_is_handled_once_and_in_its_order() {
    for trouble in [Trouble::Fails, Trouble::Uncommittable] {
        on_both(async |db| {
            let world = World::new(&db);
            world.only_take(Noting::default());
            world.bus.publish(&messages(0..20)).await.unwrap();
            assert_eq!(world.status().await.waiting, 20);
            world.follow(world.inbox(Noting::default().troubled(7, trouble).troubled(13, trouble)));
            world.until_settled().await;
            let well: Vec<_> = (0..20).filter(|id| ![7, 13].contains(id)).collect();
            assert_eq!((world.seen("noting").await, world.status().await.parked.len()), (well, 2), "{trouble:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_no_event_is_parked_in_the_end_and_holds_nobody_up() {
    on_both(async |db| {
        let world = World::new(&db);
        world.follow(world.inbox(Noting::default()));
        let odd = bus::Message { id: "odd".into(), subject: "agora.users.thing.made".into(), payload: "{".into() };
        world.bus.publish(&[odd, message(&thing(1))]).await.unwrap();
        world.until_seen(&[1]).await;
        assert_eq!(world.status().await.parked[0].event_id, "odd");
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_away_costs_no_tries() {
    on_both(async |db| {
        let world = World::new(&db);
        let noting = Noting::default().troubled(1, Trouble::Away(2 * u32::try_from(MOST_TRIES).unwrap()));
        world.follow(world.inbox(noting));
        world.bus.publish(&messages(0..3)).await.unwrap();
        world.until_seen(&[0, 1, 2]).await;
        assert_eq!(world.tries().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_follower_that_fails_holds_up_no_other_and_nobody_who_publishes() {
    on_both(async |db| {
        let world = World::new(&db);
        // Whoever hangs in a transaction on SQLite has the only right to write. `before` is for what takes long.
        let trouble = if db.engine() == Engine::Sqlite { Trouble::Fails } else { Trouble::Hangs };
        world.follow(Inbox::new(db.clone(), Other(Noting::default().troubled(0, trouble))));
        world.follow(world.inbox(Noting::default()));
        world.relay();
        world.record(0..30).await;
        world.until_seen(&(0..30).collect::<Vec<_>>()).await;
        let status = world.status().await;
        assert_eq!((status.unpublished, status.parked.len(), world.seen("other").await), (0, 0, vec![]));
    })
    .await;
}
