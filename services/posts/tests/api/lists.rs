//! Pages of posts: stable whatever happens between two of them, and filtered.

use serde_json::{Value, json};

use crate::harness::{Service, on_both_engines, people};

/// Follows the pages of a list from the first to the last; answers the texts of each.
async fn pages(service: &Service, list: &str) -> Vec<Vec<Value>> {
    let (mut pages, mut path) = (Vec::new(), list.to_owned());
    loop {
        let page = service.get(&path).send().await.expect(200);
        pages.push(page.all("text"));
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!((&page["has_more"], page.headers.get("link")), (&json!(false), None));
            return pages;
        };
        assert!(page.header("link").starts_with("<?limit=") && page.header("link").contains(cursor));
        path = format!("{list}&cursor={cursor}");
    }
}

on_both_engines! {
    async fn pages_have_every_post_once_though_all_were_written_at_one_moment(service) {
        let (ada, _, _) = people();
        for text in ["#t a", "#t b", "#t c", "#t d", "#t e", "#t f"] {
            service.write(&ada, text).await;
        }
        service.change("UPDATE posts SET created_at = 1000").await;
        service.change("UPDATE post_tags SET created_at = 1000").await;
        for filter in ["", "&tag=t", "&author_id=7", "&author_id=7&tag=T"] {
            let found = pages(&service, &format!("/posts?limit=4{filter}")).await;
            assert_eq!(found, [vec!["#t f", "#t e", "#t d", "#t c"], vec!["#t b", "#t a"]], "{filter}");
        }
        // A full last page is known to be the last.
        assert_eq!(service.get("/posts?limit=6").send().await.expect(200)["has_more"], false);
    }

    async fn posts_that_come_and_go_do_not_shift_a_page(service) {
        let (ada, _, _) = people();
        let mut ids = Vec::new();
        for text in ["#t a", "#t b", "#t c", "#t d", "#t e"] {
            ids.push(service.write(&ada, text).await);
        }
        service.change("UPDATE posts SET created_at = 1000").await;
        service.change("UPDATE post_tags SET created_at = 1000").await;
        let first = service.get("/posts?limit=2").send().await.expect(200);
        let tagged = service.get("/posts?limit=2&tag=t").send().await.expect(200);
        assert_eq!((first.all("text"), tagged.all("text")), (vec![json!("#t e"), json!("#t d")], vec![json!("#t e"), json!("#t d")]));
        service.write(&ada, "#t newest").await;
        for gone in [ids[3], ids[2]] {
            service.delete(&format!("/posts/{gone}")).by(&ada).send().await.expect(204);
        }
        for (page, filter) in [(first, ""), (tagged, "&tag=t")] {
            let next = format!("/posts?limit=2{filter}&cursor={}", page["next_cursor"].as_str().unwrap());
            assert_eq!(service.get(&next).send().await.expect(200).all("text"), ["#t b", "#t a"]);
        }
    }

    async fn a_list_is_filtered_by_author_tag_and_time(service) {
        let (ada, bob, _) = people();
        for (author, text, at) in [(&ada, "#red a", 1000), (&bob, "#red #blue b", 2000), (&ada, "#blue c", 3000)] {
            let id = service.write(author, text).await;
            service.change(&format!("UPDATE posts SET created_at = {at} WHERE id = {id}")).await;
            service.change(&format!("UPDATE post_tags SET created_at = {at} WHERE post_id = {id}")).await;
        }
        for (query, found) in [
            ("", vec!["#blue c", "#red #blue b", "#red a"]),
            ("?author_id=7", vec!["#blue c", "#red a"]),
            ("?author_id=999", vec![]),
            ("?tag=RED", vec!["#red #blue b", "#red a"]),
            ("?tag=re", vec![]),
            ("?tag=blue&author_id=7", vec!["#blue c"]),
            ("?since=1970-01-01T00:00:02Z", vec!["#blue c", "#red #blue b"]),
            ("?until=1970-01-01T00:00:02Z", vec!["#red a"]),
            ("?since=1970-01-01T01:00:02%2B01:00&until=1970-01-01T00:00:02.001Z&tag=red", vec!["#red #blue b"]),
        ] {
            assert_eq!(service.get(&format!("/posts{query}")).send().await.expect(200).all("text"), found, "{query}");
        }
        let page = service.get("/posts?limit=1&tag=Red&since=1970-01-01T00:00:00Z").send().await.expect(200);
        let link = page.header("link");
        let next = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
        assert!(next.contains("tag=red"), "{next}");
        assert_eq!(service.get(&format!("/posts{next}")).send().await.expect(200).all("text"), ["#red a"]);
    }

    async fn parameters_that_are_no_good_are_refused_by_name(service) {
        let (ada, _, _) = people();
        for text in ["#a 1", "#a 2"] {
            service.write(&ada, text).await;
        }
        for (query, name) in [
            ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("author_id=x", "author_id"),
            ("tag=", "tag"), ("tag=%23a", "tag"), ("tag=%00", "tag"), ("since=yesterday", "since"), ("until=2025-01-01", "until"),
            ("page=2", "page"), ("tag=a&tag=b", "tag"),
        ] {
            let answer = service.get(&format!("/posts?{query}")).send().await.refused(400, "invalid_parameter");
            assert_eq!(answer["errors"][0]["pointer"], name, "{query}");
        }
        let first = service.get("/posts?limit=1&tag=a").send().await.expect(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        service.get(&format!("/posts?limit=2&tag=A&cursor={cursor}")).send().await.expect(200);
        for query in [
            format!("cursor={cursor}"), format!("tag=b&cursor={cursor}"), format!("tag=a&cursor={}", &cursor[1..]),
            format!("tag=a&author_id=7&cursor={cursor}"), "cursor=".to_owned(), "cursor=%00".to_owned(),
        ] {
            service.get(&format!("/posts?{query}")).send().await.refused(400, "invalid_cursor");
        }
    }
}
