//! Several processes sweep the same store at once, while pictures are uploaded and given up through all of them.

use std::{collections::BTreeSet, time::Duration};

use testkit::alone::Person;

use crate::harness::{Form, Service, drawn, eventually, id, on_both_engines};

const HOUR: Duration = Duration::from_secs(3_700);
/// How often all of them begin anew.
const ROUNDS: usize = 5;
/// How many write at once.
const CALLERS: usize = 8;
/// How many posts each writes.
const POSTS: usize = 5;

/// One who writes posts with one of two pictures through one service, and deletes most of them through another. To the sweepers an
/// hour passes whenever somebody begins, so whoever is in the middle of it looks to them like one who has gone.
async fn write(services: Vec<Service>, number: usize) {
    let caller = Person::new(i64::try_from(number).unwrap() + 1);
    let (through, other) = (&services[number % services.len()], &services[(number + 1) % services.len()]);
    for post in 0..POSTS {
        for service in &services {
            service.clock.advance(HOUR);
        }
        let form = Form::default().image(&drawn(number as u64 / 2 % 2));
        let answer = through.form("POST", "/posts", &form).by(&caller).send().await;
        // Overtaken by whoever swept: nothing was recorded, and it can be sent again.
        if answer.status == 503 {
            continue;
        }
        let made = id(&answer.expect(201));
        if post > 0 || !number.is_multiple_of(4) {
            other.delete(&format!("/posts/{made}")).by(&caller).send().await.expect(204);
        }
    }
}

/// Waits until what is stored is what rows refer to, and reads all of it.
async fn settled(services: &[Service]) {
    let service = &services[0];
    let kept = service.number("SELECT count(DISTINCT hash) AS n FROM media").await;
    for service in services {
        service.clock.advance(HOUR);
    }
    eventually(async || (service.count("media_files").await == kept).then_some(())).await;
    let files = service.files().len();
    assert_eq!(i64::try_from(files).unwrap(), 4 * kept, "four files of each picture that there is, and no others");
    let page = service.get("/posts?limit=100").send().await.expect(200);
    let pictures = page["items"].as_array().unwrap().iter().filter_map(|post| post["media"].as_array()).flatten();
    let mut seen = BTreeSet::new();
    for variant in pictures.flat_map(|picture| picture["variants"].as_array().unwrap()) {
        let file = variant["url"].as_str().unwrap().replace("/media/", "/files/");
        service.get(&file).send().await.expect(200);
        seen.insert(file);
    }
    assert_eq!(seen.len(), files);
}

on_both_engines! {
    async fn however_many_sweep_at_once_what_is_used_stays_and_the_rest_goes(service) {
        let services = [service.clone(), service.beside().await, service.beside().await];
        for _ in 0..ROUNDS {
            let calls: Vec<_> = (0..CALLERS).map(|number| tokio::spawn(write(services.to_vec(), number))).collect();
            for call in calls {
                call.await.unwrap();
            }
            settled(&services).await;
            service.change("DELETE FROM media").await;
        }
        settled(&services).await;
        assert_eq!(service.files().len(), 0);
        for beside in &services[1..] {
            beside.stop().await;
            beside.db.close().await;
        }
    }
}
