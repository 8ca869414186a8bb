//! The demo data, and what an operator does from the command line.

use secrecy::ExposeSecret as _;
use users::{Error, Role, demo, operate};

use crate::harness::{PASSWORD, on_both_engines, token};

on_both_engines! {
    async fn an_empty_database_is_seeded_once(service) {
        assert!(!demo::is_seeded(&service.db).await.unwrap());
        let seeded = demo::seed(&service.db).await.unwrap().expect("the database was empty");
        assert!(demo::is_seeded(&service.db).await.unwrap());
        assert_eq!((seeded.users, operate::count_accounts(&service.db).await.unwrap()), (40, 41));
        service.login(demo::LOGIN, demo::PASSWORD).await.1.expect(201);
        service.login("demo@demo.test", demo::PASSWORD).await.1.expect(201);
        let admin = service.login(seeded.admin, seeded.admin_password.expose_secret()).await.1.expect(201);
        assert_eq!(admin["user"]["roles"], serde_json::json!(["admin"]));
        service.login(seeded.admin, demo::PASSWORD).await.1.refused(401, "invalid_credentials");

        let page = service.get("/users?limit=100&count=true").send().await.expect(200);
        assert_eq!(page["total"], 41);
        assert!(demo::seed(&service.db).await.unwrap().is_none());
        assert_eq!(service.get("/users?limit=100&count=true").send().await.expect(200).json, page.json);
    }

    async fn a_database_that_was_used_is_not_seeded(service) {
        let ada = service.register("ada").await;
        service.delete("/users/me").by(&ada).send().await.expect(204);
        assert!(demo::seed(&service.db).await.unwrap().is_none());
        assert_eq!(service.count("users").await, 1);
    }

    async fn an_operator_creates_promotes_and_sets_passwords(service) {
        let create = async |name: &str, password: &str| {
            operate::create_account(&service.db, &service.config, name, Some("ada@example.org"), password.to_owned().into(), &[Role::Seller]).await
        };
        assert!(matches!(create("a", "1").await, Err(Error::Invalid(problem)) if problem.errors().len() == 2));
        let id = create("ada", PASSWORD).await.unwrap();
        assert!(matches!(create("ada", PASSWORD).await, Err(Error::UsernameTaken)));
        assert!(matches!(create("other", PASSWORD).await, Err(Error::EmailTaken)));

        assert!(operate::promote(&service.db, "ADA", Role::Admin).await.unwrap());
        assert!(!operate::promote(&service.db, "ada", Role::Admin).await.unwrap());
        assert!(matches!(operate::promote(&service.db, "nobody", Role::Admin).await, Err(Error::NoSuchUser)));
        assert_eq!(service.revocations().await, [("sub".to_owned(), id.to_string())]);
        let (old, login) = service.login("ada", PASSWORD).await;
        assert_eq!(login.expect(201)["user"]["roles"], serde_json::json!(["admin", "seller"]));

        let set = |name: &'static str, password: &str| operate::set_password(&service.db, &service.config, name, password.to_owned().into());
        assert!(matches!(set("ada", "1").await, Err(Error::Invalid(_))));
        assert!(matches!(set("nobody", "battery staple").await, Err(Error::NoSuchUser)));
        set("ada", "battery staple").await.unwrap();
        service.rotate(&old, &token()).await.refused(400, "invalid_grant");
        service.login("ada", PASSWORD).await.1.refused(401, "invalid_credentials");
        service.login("ada", "battery staple").await.1.expect(201);
        assert_eq!(service.revocations().await.len(), 2);
    }
}
