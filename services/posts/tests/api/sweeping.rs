//! Pictures and files that nobody uses go; those that somebody uses stay, whoever sweeps at the same moment.

use std::{convert::Infallible, time::Duration};

use axum::body::{Body, Bytes};
use serde_json::json;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::harness::{Form, Service, drawn, eventually, id, on_both_engines, people};

const HOUR: Duration = Duration::from_secs(3_700);
const DAY: Duration = Duration::from_secs(25 * 60 * 60);

/// Waits until the store has so many files.
async fn files(service: &Service, count: usize) {
    eventually(async || (service.files().len() == count).then_some(())).await;
}

/// Waits until whoever sweeps has come by twice: every round of cleaning up forgets an old key, and then sweeps.
async fn swept(service: &Service) {
    for _ in 0..2 {
        let key = "INSERT INTO idempotency_keys (scope, name, fingerprint, status, body, created_at) VALUES ('', '', '', 0, '', 0)";
        service.change(key).await;
        eventually(async || (service.count("idempotency_keys").await == 0).then_some(())).await;
    }
}

on_both_engines! {
    async fn a_picture_that_no_post_takes_goes_after_a_day(service) {
        let (ada, _, _) = people();
        let free = id(&service.send(&drawn(1)).by(&ada).send().await.expect(201));
        let used = id(&service.send(&drawn(2)).by(&ada).send().await.expect(201));
        let post = service.post("/posts", json!({"media_ids": [used]})).by(&ada).send().await.expect(201);
        service.clock.advance(HOUR);
        swept(&service).await;
        assert_eq!((service.count("media").await, service.files().len()), (2, 8));
        service.clock.advance(DAY);
        files(&service, 4).await;
        service.get(&format!("/media/{free}")).by(&ada).send().await.refused(404, "not_found");
        service.get(&format!("/media/{used}")).by(&ada).send().await.expect(200);

        // What a post gives up is free from then on, and not since it was uploaded.
        service.patch(&format!("/posts/{}", id(&post)), json!({"text": "x", "media_ids": null})).by(&ada).send().await.expect(200);
        swept(&service).await;
        service.get(&format!("/media/{used}")).by(&ada).send().await.expect(200);
        service.clock.advance(DAY);
        files(&service, 0).await;
        // The rows go when the files are gone.
        eventually(async || (service.count("media_files").await == 0).then_some(())).await;
        assert_eq!(service.count("media").await, 0);
    }

    async fn files_go_with_the_last_who_has_them(service) {
        let (ada, bob, _) = people();
        let post = async |person| {
            let form = Form::default().text("text", "x").image(&drawn(1));
            format!("/posts/{}", id(&service.form("POST", "/posts", &form).by(person).send().await.expect(201)))
        };
        let (first, second) = (post(&ada).await, post(&bob).await);
        assert_eq!(service.files().len(), 4);
        service.delete(&first).by(&ada).send().await.expect(204);
        service.clock.advance(HOUR);
        swept(&service).await;
        assert_eq!(service.files().len(), 4);
        service.get(&second).send().await.expect(200);
        service.ends(&bob).await;
        files(&service, 0).await;
        eventually(async || (service.count("media_files").await == 0).then_some(())).await;
    }

    async fn files_that_no_row_knows_go(service) {
        let (ada, _, _) = people();
        let post = service.form("POST", "/posts", &Form::default().image(&drawn(1))).by(&ada).send().await.expect(201);
        let lost = service.media.join("0".repeat(64));
        std::fs::create_dir(&lost).unwrap();
        std::fs::write(lost.join("144.jpg"), "x").unwrap();
        let foreign = service.media.join("lost+found");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join("x"), "x").unwrap();
        // They are found at the next comparison, a day later, and go an hour after that.
        service.clock.advance(DAY);
        eventually(async || (service.count("media_files").await == 2).then_some(())).await;
        assert!(lost.join("144.jpg").exists());
        service.clock.advance(HOUR);
        eventually(async || (!lost.exists()).then_some(())).await;
        assert!(foreign.join("x").exists(), "what is not ours stays");
        let file = post["media"][0]["variants"][0]["url"].as_str().unwrap().replace("/media/", "/files/");
        service.get(&file).send().await.expect(200);
    }

    async fn whoever_uploads_while_others_give_up_and_sweep_has_the_files(service) {
        let (ada, _, _) = people();
        // Every round somebody deletes what others are just uploading again, an hour later as the sweeper sees it.
        for _ in 0..5 {
            let calls = (0..4).map(|number| {
                let (service, ada) = (service.clone(), ada.clone());
                tokio::spawn(async move {
                    service.clock.advance(HOUR);
                    let answer = service.send(&drawn(1)).by(&ada).send().await;
                    // Overtaken by whoever swept: nothing was recorded, and it can be sent again.
                    if answer.status == 503 {
                        return;
                    }
                    let made = answer.expect(201);
                    if number % 2 == 0 {
                        service.delete(&format!("/media/{}", id(&made))).by(&ada).send().await.expect(204);
                    }
                })
            });
            for call in calls.collect::<Vec<_>>() {
                call.await.unwrap();
            }
            service.clock.advance(HOUR);
            swept(&service).await;
            let expected = if service.count("media").await > 0 { 4 } else { 0 };
            assert_eq!(service.files().len(), expected);
            service.change("DELETE FROM media").await;
        }
    }

    async fn uploads_that_would_take_too_much_memory_are_told_to_come_again(service) {
        let (ada, _, _) = people();
        let file = [drawn(1), vec![0; (10 << 20) - 20_000]].concat();
        let whole = Form::default().image(&file).bytes();
        let (most, rest) = whole.split_at(whole.len() - 1_000);
        let mut waiting = Vec::new();
        for _ in 0..6 {
            let (sender, receiver) = mpsc::channel::<Bytes>(1);
            let stream = futures_util::stream::unfold(receiver, async |mut receiver| {
                let bytes = receiver.recv().await?;
                Some((Ok::<_, Infallible>(bytes), receiver))
            });
            let mut request = service.send(b"").by(&ada).request();
            *request.body_mut() = Body::from_stream(stream);
            let call = tokio::spawn(service.router.clone().oneshot(request));
            sender.send(Bytes::copy_from_slice(most)).await.unwrap();
            // The channel has room for one: when another is taken, the first is being read.
            sender.send(Bytes::new()).await.unwrap();
            sender.send(Bytes::new()).await.unwrap();
            waiting.push((sender, call));
        }
        eventually(async || (service.send(&file).by(&ada).send().await.status == 503).then_some(())).await;
        // A small one finds room.
        service.send(&drawn(2)).by(&ada).send().await.expect(201);
        for (sender, call) in waiting {
            sender.send(Bytes::copy_from_slice(rest)).await.unwrap();
            drop(sender);
            assert_eq!(call.await.unwrap().unwrap().status(), 201);
        }
        service.send(&file).by(&ada).send().await.expect(201);
    }
}
