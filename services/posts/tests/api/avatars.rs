//! Pictures of accounts.

use serde_json::json;

use crate::harness::{Form, drawn, eventually, on_both_engines, people};

on_both_engines! {
    async fn an_account_has_the_picture_that_it_set_last(service) {
        let (ada, bob, _) = people();
        let set = |seed| service.form("PUT", "/me/avatar", &Form::default().image(&drawn(seed)));
        let first = set(1).by(&ada).send().await.expect(200);
        let file = first["avatar"].as_str().unwrap().replace("/media/", "/files/");
        assert!(file.ends_with("/240.jpg"));
        service.get(&file).send().await.expect(200);
        let second = set(2).by(&ada).send().await.expect(200);
        assert_ne!(second["avatar"], first["avatar"]);
        set(2).by(&bob).send().await.expect(200);
        service.delete("/me/avatar").by(&ada).send().await.expect(204);
        service.delete("/me/avatar").by(&ada).send().await.refused(404, "not_found");
        let third = set(3).by(&ada).send().await.expect(200);

        let told: Vec<_> = service.told().await.into_iter().filter(|event| event["aggregate"] == "avatar:7").collect();
        let data = |avatar| json!({"user_id": 7, "avatar": avatar});
        assert!(told.iter().all(|event| event["type"] == "avatar.changed"));
        let told: Vec<_> = told.iter().map(|event| (event["version"].clone(), event["data"].clone())).collect();
        let expected = [&first["avatar"], &second["avatar"], &json!(null), &third["avatar"]];
        let expected: Vec<_> = (1..).zip(expected).map(|(version, avatar)| (json!(version), data(avatar))).collect();
        assert_eq!(told, expected);

        service.delete("/me/avatar").send().await.refused(401, "unauthenticated");
        set(1).send().await.refused(401, "unauthenticated");
        set(1).body(Form::default().image(b"<svg/>").bytes()).by(&ada).send().await.refused(415, "unsupported_media_type");
        set(1).body(Form::default().bytes()).by(&ada).send().await.refuses(&[("/image", "required")]);
    }

    async fn the_files_of_a_picture_stay_while_anybody_has_it(service) {
        let (ada, bob, _) = people();
        let set = |seed| service.form("PUT", "/me/avatar", &Form::default().image(&drawn(seed)));
        let first = set(1).by(&ada).send().await.expect(200);
        set(1).by(&bob).send().await.expect(200);
        set(2).by(&ada).send().await.expect(200);
        service.ends(&ada).await;
        service.clock.advance(std::time::Duration::from_secs(3_700));
        // The second one was that of an account that is gone; the first one is still somebody's.
        eventually(async || (service.count("media_files").await == 1).then_some(())).await;
        let file = first["avatar"].as_str().unwrap().replace("/media/", "/files/");
        service.get(&file).send().await.expect(200);
        assert_eq!(service.files().len(), 4);
        set(1).by(&ada).send().await.refused(401, "unauthenticated");
    }
}
