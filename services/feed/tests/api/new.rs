//! How much is new in a timeline.

use serde_json::json;
use testkit::alone::Person;

use crate::harness::{Service, follow, on_both_engines, post, post_deleted};

/// The count since a cursor, and the next cursor.
async fn new(service: &Service, since: &str) -> (i64, String) {
    let path = if since.is_empty() { "/home/new".to_owned() } else { format!("/home/new?since={since}") };
    let answer = service.get(&path).by(&Person::new(2)).send().await.expect(200);
    (answer["count"].as_i64().unwrap(), answer["cursor"].as_str().unwrap().to_owned())
}

on_both_engines! {
    async fn what_came_since_is_counted_up_to_a_hundred(service) {
        service.accounts(&["ada", "bob"]).await;
        let (count, begin) = new(&service, "").await;
        assert_eq!(count, 0);
        service.told(&[follow(1, 2, 1, true), post(10, 1, 1, "one", &[]), post(11, 1, 1, "two", &[]), post(12, 1, 2, "own", &[])]).await;
        assert_eq!(new(&service, &begin).await.0, 3);
        let (count, since) = new(&service, "").await;
        assert_eq!((count, new(&service, &since).await), (0, (0, since.clone())));
        service.told(&[post(13, 1, 1, "three", &[]), post_deleted(12, 2, 2)]).await;
        let (count, latest) = new(&service, &since).await;
        assert_eq!((count, new(&service, &latest).await.0), (1, 0));
        let many: Vec<_> = (20..140).map(|id| post(id, 1, 1, "many", &[])).collect();
        service.told(&many).await;
        assert_eq!((new(&service, &latest).await.0, new(&service, &begin).await.0), (100, 100));
    }

    async fn a_cursor_of_the_timeline_is_good_as_well_and_no_other_is(service) {
        service.accounts(&["ada", "bob"]).await;
        service.told(&[post(10, 1, 2, "one", &[]), post(11, 1, 2, "two", &[]), post(12, 1, 2, "three", &[])]).await;
        let page = service.get("/home?limit=1").by(&Person::new(2)).send().await.expect(200);
        assert_eq!((page.all("id"), new(&service, page["next_cursor"].as_str().unwrap()).await.0), (vec![json!(12)], 0));
        let page = service.get("/home?limit=2").by(&Person::new(2)).send().await.expect(200);
        assert_eq!(new(&service, page["next_cursor"].as_str().unwrap()).await.0, 1);
        let other = service.get("/public?limit=1").send().await.expect(200);
        let path = format!("/home/new?since={}", other["next_cursor"].as_str().unwrap());
        service.get(&path).by(&Person::new(2)).send().await.refused(400, "invalid_cursor");
        service.get("/home/new").send().await.refused(401, "unauthenticated");
    }
}
