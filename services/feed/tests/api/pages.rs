//! Pages of posts: stable whatever comes and goes between two of them, also among equal times.

use serde_json::json;
use testkit::alone::Person;

use crate::harness::{BEGIN, FANOUT_MOST, Service, follow, on_both_engines, post, post_deleted};

/// Seven posts, of whom three and three were made in one moment.
async fn seven(service: &Service) {
    service.accounts(&["ada", "bob", "eve"]).await;
    let posts: Vec<_> = (11..=17)
        .map(|id| {
            let mut post = post(id, 1, 1 + id % 2, "a text", &["seven"]);
            post.data["created_at"] = json!(BEGIN + id / 4);
            post
        })
        .collect();
    service.told(&posts).await;
}

/// Every page of a list, as account 3 sees it.
async fn walk(service: &Service, path: &str, between: impl AsyncFn(usize)) -> Vec<i64> {
    let (mut seen, mut next, mut pages) = (Vec::new(), path.to_owned(), 0);
    loop {
        let page = service.get(&next).by(&Person::new(3)).send().await.expect(200);
        seen.extend(page.all("id").iter().map(|id| id.as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(page["has_more"], false);
            return seen;
        };
        assert!(page.header("link").contains(cursor));
        next = format!("{path}&cursor={cursor}");
        pages += 1;
        between(pages).await;
    }
}

on_both_engines! {
    async fn every_post_is_on_one_page_though_many_were_made_in_one_moment(service) {
        seven(&service).await;
        service.told(&[follow(1, 3, 1, true), follow(1, 3, 2, true)]).await;
        for path in ["/public?limit=2", "/public?limit=3&tag=seven", "/public?limit=2&q=text", "/home?limit=2"] {
            assert_eq!(walk(&service, path, async |_| ()).await, (11..=17).rev().collect::<Vec<_>>(), "{path}");
        }
        assert_eq!(walk(&service, "/public?limit=1&author=bob&tag=seven", async |_| ()).await, [17, 15, 13, 11]);
        assert_eq!(walk(&service, "/public?limit=1&author=nobody", async |_| ()).await, [0; 0]);
    }

    async fn stored_and_unstored_posts_are_one_list(service) {
        seven(&service).await;
        // Everybody follows 1, so many that its posts are not stored, and one follows 2.
        let followers: Vec<_> = (3..3 + FANOUT_MOST as i64).map(|id| follow(1, id, 1, true)).collect();
        service.told(&followers).await;
        service.told(&[follow(1, 3, 2, true)]).await;
        assert_eq!(service.number("SELECT count(*) AS n FROM timeline WHERE user_id = 3").await, 4);
        for path in ["/home?limit=1", "/home?limit=2", "/home?limit=7"] {
            assert_eq!(walk(&service, path, async |_| ()).await, (11..=17).rev().collect::<Vec<_>>(), "{path}");
        }
    }

    async fn what_comes_and_goes_does_not_shift_a_page(service) {
        seven(&service).await;
        let between = async |page| {
            if page == 1 {
                service.told(&[post(30, 1, 1, "new", &["seven"]), post_deleted(17, 2, 2), post_deleted(14, 2, 1)]).await;
            }
        };
        assert_eq!(walk(&service, "/public?limit=2&tag=seven", between).await, [17, 16, 15, 13, 12, 11]);
    }

    async fn parameters_that_are_no_good_are_refused_by_name(service) {
        seven(&service).await;
        for (query, name) in [("limit=0", "limit"), ("limit=101", "limit"), ("page=2", "page")] {
            for path in ["/public", "/home"] {
                let call = service.get(&format!("{path}?{query}")).by(&Person::new(3));
                assert_eq!(call.send().await.refused(400, "invalid_parameter")["errors"][0]["pointer"], name);
            }
        }
        let first = service.get("/public?limit=1").send().await.expect(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        for query in [format!("tag=seven&cursor={cursor}"), format!("cursor={cursor}x"), "cursor=%00".to_owned()] {
            service.get(&format!("/public?{query}")).send().await.refused(400, "invalid_cursor");
        }
    }
}
