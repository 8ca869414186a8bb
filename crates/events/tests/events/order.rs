//! What arrives, how often, and in which order.

use sea_orm::ConnectionTrait as _;

use crate::world::{Noting, World, message, messages, on_both, thing};

#[tokio::test]
async fn what_was_committed_arrives_once_and_in_order_and_what_was_not_does_not() {
    on_both(async |db| {
        let world = World::new(&db);
        world.follow(world.inbox(Noting::default()));
        world.relay();
        world.record(0..100).await;
        let undone = db.write().await.unwrap();
        events::record(&undone, &thing(-1)).await.unwrap();
        undone.rollback().await.unwrap();
        world.record(100..200).await;
        world.until_seen(&(0..200).collect::<Vec<_>>()).await;
        world.until_settled().await;
        world.stop().await;
        assert_eq!(world.status().await, events::Status::default());
    })
    .await;
}

#[tokio::test]
async fn a_repeat_changes_nothing() {
    on_both(async |db| {
        let world = World::new(&db);
        world.follow(world.inbox(Noting::default()));
        let message = [message(&thing(1))];
        let (first, second) = tokio::join!(world.bus.publish(&message), world.bus.publish(&message));
        first.unwrap();
        second.unwrap();
        world.until_settled().await;
        world.bus.publish(&message).await.unwrap();
        world.bus.publish(&messages(2..3)).await.unwrap();
        world.until_settled().await;
        assert_eq!(world.seen("noting").await, [1, 2]);
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_is_handled_then_and_not_when_somebody_looks() {
    on_both(async |db| {
        let world = World::new(&db);
        world.follow(world.inbox(Noting::default()));
        // If each of them waited until the worker looks by itself, they would take longer than anybody waits here.
        let one_by_one = async {
            for id in 0..60 {
                world.bus.publish(&messages(id..id + 1)).await.unwrap();
                world.until_settled().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), one_by_one).await.unwrap();
        assert_eq!(world.seen("noting").await, (0..60).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn what_is_a_week_old_is_forgotten_and_what_waits_is_not() {
    on_both(async |db| {
        let world = World::new(&db);
        world.follow(world.inbox(Noting::default()));
        world.relay();
        world.record(0..2).await;
        world.until_seen(&[0, 1]).await;
        world.until_settled().await;
        world.stop().await;
        world.record(2..3).await;
        world.bus.publish(&messages(3..4)).await.unwrap();
        let write = db.write().await.unwrap();
        assert_eq!(events::clean(&write).await.unwrap(), 0);
        write.execute_unprepared("UPDATE outbox SET published_at = 1 WHERE published_at IS NOT NULL").await.unwrap();
        write.execute_unprepared("UPDATE inbox SET handled_at = 1 WHERE handled_at IS NOT NULL").await.unwrap();
        assert_eq!(events::clean(&write).await.unwrap(), 4);
        write.commit().await.unwrap();
        let status = world.status().await;
        assert_eq!((status.unpublished, status.waiting), (1, 1));
    })
    .await;
}
