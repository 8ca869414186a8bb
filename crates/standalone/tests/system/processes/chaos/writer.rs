//! Somebody who writes one thing after the other and repeats each until it is acknowledged.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::client::Call;
use testkit::{Answer, Caller, until};

use super::{
    model::{Model, Post},
    pick,
};

/// How long a write may go on being repeated: a process has to come back, and breakers have to find out.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Writer {
    pub(super) caller: Caller,
    pub(super) number: usize,
    pub(super) id: i64,
    model: Arc<Mutex<Model>>,
    step: u64,
}

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Anything,
    Posts,
}

/// What a writer is called.
pub(super) fn name(number: usize) -> String {
    format!("writer_{number}")
}

impl Writer {
    pub(super) async fn register(address: SocketAddr, number: usize, model: &Arc<Mutex<Model>>) -> Self {
        let caller = Caller::new(address);
        let account = json!({ "username": name(number), "password": "a good password" });
        let tokens = caller.post("/api/v1/auth/register", &account).await.expect(201).json();
        let caller = caller.with_token(tokens["access_token"].as_str().unwrap());
        let id = tokens["user"]["id"].as_i64().unwrap();
        Self { caller, number, id, model: Arc::clone(model), step: 0 }
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.model.lock().unwrap().acknowledged
    }

    /// Does one thing; which it is depends on how many there were.
    pub(super) async fn write(&mut self, what: What) {
        self.step += 1;
        match if what == What::Posts { 0 } else { self.pick(0, 10) } {
            0..4 => self.publish().await,
            4..6 => self.like(true).await,
            6 => self.like(false).await,
            7 => self.comment().await,
            8 => self.follow().await,
            _ => self.delete().await,
        }
    }

    fn pick(&self, salt: u64, below: usize) -> usize {
        let seed = (self.number as u64) << 48 | self.step << 8 | salt;
        usize::try_from(pick(seed, below as u64)).unwrap()
    }

    /// Some post, of these writers.
    fn some(&self, of: impl Fn(&Post) -> bool) -> Option<i64> {
        let model = self.model.lock().unwrap();
        let posts: Vec<i64> = model.posts.iter().filter(|(_, post)| of(post)).map(|(id, _)| *id).collect();
        (!posts.is_empty()).then(|| posts[self.pick(1, posts.len())])
    }

    /// Sends it until it is answered by the one who is meant.
    async fn acknowledged_by(&self, call: Call) -> Answer {
        let answered = async || {
            let answer = call.clone().try_send().await.ok()?;
            assert!(answer.status != 500 && answer.status != 504, "{}", answer.sentence());
            (!answer.status.is_server_error() && answer.status != 429).then_some(answer)
        };
        until("a write is acknowledged", ACKNOWLEDGED_WITHIN, answered).await
    }

    fn noted(&self, change: impl FnOnce(&mut Model)) {
        let mut model = self.model.lock().unwrap();
        change(&mut model);
        model.acknowledged += 1;
    }

    /// Whether it is there; a post may be deleted at any moment.
    async fn there(&self, call: Call, status: u16) -> Option<Value> {
        let answer = self.acknowledged_by(call).await;
        if answer.status == 404 {
            return None;
        }
        Some(answer.expect(status).json())
    }

    fn key(&self) -> String {
        format!("{}-{}", self.number, self.step)
    }

    async fn publish(&self) {
        let text = format!("Post {} of {} #chaos", self.step, name(self.number));
        let call = self.caller.post("/api/v1/posts", &json!({ "text": text })).header("idempotency-key", &self.key());
        let made = self.acknowledged_by(call).await.expect(201).json();
        let post = Post { author: self.number, text, likes: Default::default(), comments: 0 };
        self.noted(|model| assert_eq!(model.posts.insert(made["id"].as_i64().unwrap(), post), None));
    }

    async fn like(&self, liked: bool) {
        let Some(id) = self.some(|_| true) else { return };
        let path = format!("/api/v1/posts/{id}/like");
        let call = if liked { self.caller.put(&path, &json!({})) } else { self.caller.delete(&path) };
        let there = self.there(call, 200).await.is_some();
        self.noted(|model| {
            let Some(post) = model.posts.get_mut(&id).filter(|_| there) else { return };
            if liked {
                post.likes.insert(self.number)
            } else {
                post.likes.remove(&self.number)
            };
        });
    }

    async fn comment(&self) {
        let Some(id) = self.some(|_| true) else { return };
        let text = json!({ "text": format!("Comment {}", self.key()) });
        let call =
            self.caller.post(&format!("/api/v1/posts/{id}/comments"), &text).header("idempotency-key", &self.key());
        let there = self.there(call, 201).await.is_some();
        self.noted(|model| {
            if let Some(post) = model.posts.get_mut(&id).filter(|_| there) {
                post.comments += 1;
            }
        });
    }

    async fn follow(&self) {
        let other = (self.number + 1 + self.pick(2, super::WRITERS - 1)) % super::WRITERS;
        let pair = (self.number, other);
        let follows = self.model.lock().unwrap().follows.contains(&pair);
        let path = format!("/api/v1/users/{}/follow", name(other));
        let call = if follows { self.caller.delete(&path) } else { self.caller.put(&path, &json!({})) };
        let _ = self.acknowledged_by(call).await.expect(200);
        self.noted(|model| {
            if follows {
                model.follows.remove(&pair)
            } else {
                model.follows.insert(pair)
            };
        });
    }

    /// Its own; that it is gone already is what a repeat is told.
    async fn delete(&self) {
        let Some(id) = self.some(|post| post.author == self.number) else { return };
        let answer = self.acknowledged_by(self.caller.delete(&format!("/api/v1/posts/{id}"))).await;
        assert!(answer.status == 204 || answer.status == 404, "{}", answer.sentence());
        self.noted(|model| drop(model.posts.remove(&id)));
    }
}
