//! Posts on their way into timelines: events as `posts` would tell them, by the bus, up to the last row.

use std::time::{Duration, Instant};

use bus::Message;
use events::{Aggregate, Event};
use serde_json::json;

use super::world::{BEGIN, World};

/// What was written.
pub(crate) struct Written {
    pub(crate) posts: i64,
    /// Rows of timelines.
    pub(crate) rows: i64,
    pub(crate) took: Duration,
}

/// Has those accounts write that have the most followers of all whose posts are put into timelines.
pub(crate) async fn fan_out(world: &World, posts: i64) -> Written {
    let before = world.service.count("timeline").await;
    let messages: Vec<_> = (1..=posts).map(|number| message(world.posts + number, 2 + number % 8)).collect();
    let began = Instant::now();
    for some in messages.chunks(64) {
        world.service.bus.publish(some).await.unwrap();
    }
    loop {
        let status = events::status(&world.service.db).await.unwrap();
        assert!(status.parked.is_empty(), "{:?}", status.parked);
        if status.waiting == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    Written { posts, rows: world.service.count("timeline").await - before, took }
}

fn message(id: i64, author: i64) -> Message {
    let at = BEGIN + id * 1000;
    let data = json!({
        "author_id": author, "text": format!("What I wanted to say is this, for the time number {id}. #new"), "tags": ["new"],
        "media": [], "like_count": 0, "comment_count": 0, "created_at": at, "updated_at": at, "version": 1,
    });
    let event = Event::new("post.created", Aggregate::new("post", id), 1, at, data);
    let payload = serde_json::to_vec(&event).unwrap().into();
    Message { id: event.id.to_string(), subject: "agora.posts.post.created".to_owned(), payload }
}
