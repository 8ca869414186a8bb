//! What services say, against what was acknowledged, and each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use testkit::{Caller, until};

use super::{
    model::Model,
    writer::{Writer, name},
};

/// Copies are behind while events travel and processes come back.
const AGREED_WITHIN: Duration = Duration::from_secs(40);

/// Waits until everything that can be read is what was acknowledged.
pub(super) async fn reach(writers: &[Writer], model: &Model, when: &str) {
    let caller = &writers[0].caller;
    let shown = model.shown();
    same(when, "posts", shown.clone(), async || posts(caller, "/api/v1/posts").await).await;
    same(when, "the public feed", shown, async || posts(caller, "/api/v1/feed/public").await).await;
    for (id, post) in &model.posts {
        let likes: BTreeSet<i64> = post.likes.iter().map(|writer| writers[*writer].id).collect();
        if !likes.is_empty() {
            let path = format!("/api/v1/posts/{id}/likes");
            same(when, &path, likes, async || ids(caller, &path, "user_id").await).await;
        }
    }
    let names: Vec<String> = (0..super::WRITERS).map(name).collect();
    for writer in writers {
        let timeline = async || ids(&writer.caller, "/api/v1/feed/home", "id").await;
        same(when, &format!("the timeline of {}", writer.number), model.timeline(writer.number), timeline).await;
        let follows = model.followed(writer.number, &names);
        let path = format!("/api/v1/users/{}", name(writer.number));
        let count = follows.len() as u64;
        same(when, &format!("whom {} follows", writer.number), follows, async || followed(caller, &path).await).await;
        let counted = async || one(caller, &path).await.and_then(|user| user["following_count"].as_u64());
        same(when, &format!("how many {} follows", writer.number), count, counted).await;
        let count = model.follows.iter().filter(|(_, followed)| *followed == writer.number).count() as u64;
        let counted = async || one(caller, &path).await.and_then(|user| user["followers_count"].as_u64());
        same(when, &format!("how many follow {}", writer.number), count, counted).await;
    }
}

/// Waits until what is read is `wanted`, and says what it was if it never is.
async fn same<T: PartialEq + std::fmt::Debug>(when: &str, what: &str, wanted: T, read: impl AsyncFn() -> Option<T>) {
    let deadline = std::time::Instant::now() + AGREED_WITHIN;
    until(&format!("{when}: {what}"), AGREED_WITHIN * 2, async || {
        let found = read().await;
        let late = std::time::Instant::now() > deadline;
        assert!(!late || found.as_ref() == Some(&wanted), "{when}: {what}: {found:?} is not {wanted:?}");
        (found.as_ref() == Some(&wanted)).then_some(())
    })
    .await;
}

/// One document, if it is to be had now.
async fn one(caller: &Caller, path: &str) -> Option<Value> {
    let answer = caller.get(path).try_send().await.ok()?;
    (answer.status == 200).then(|| answer.json())
}

/// All items of all pages.
async fn items(caller: &Caller, path: &str) -> Option<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = one(caller, &format!("{path}?limit=100{cursor}")).await?;
        items.append(page["items"].as_array_mut()?);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", testkit::client::escape(next)),
            None => return Some(items),
        }
    }
}

/// Each post of a list; a post that is there twice is not in order.
async fn posts(caller: &Caller, path: &str) -> Option<BTreeMap<i64, (String, i64, i64)>> {
    let mut posts = BTreeMap::new();
    for item in items(caller, path).await? {
        let text = item["text"].as_str()?.to_owned();
        let said = (text, item["like_count"].as_i64()?, item["comment_count"].as_i64()?);
        let twice = posts.insert(item["id"].as_i64()?, said);
        assert_eq!(twice, None, "{path}: {item} is there twice");
    }
    Some(posts)
}

/// One number of each item; one that is there twice is not in order.
async fn ids(caller: &Caller, path: &str, field: &str) -> Option<BTreeSet<i64>> {
    let mut ids = BTreeSet::new();
    for item in items(caller, path).await? {
        assert!(ids.insert(item[field].as_i64()?), "{path}: {item} is there twice");
    }
    Some(ids)
}

async fn followed(caller: &Caller, profile: &str) -> Option<BTreeSet<String>> {
    let items = items(caller, &format!("{profile}/following")).await?;
    items.iter().map(|item| item["username"].as_str().map(str::to_owned)).collect()
}
