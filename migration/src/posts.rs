//! The schema of the service `posts`.

mod m20251126_000003_posts;
mod m20251128_000001_media;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait,
    prelude::{Alias, DynIden, IntoIden as _},
};

use crate::{events::EVENTS, idempotency::IDEMPOTENCY};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(EVENTS),
            Box::new(IDEMPOTENCY),
            Box::new(m20251126_000003_posts::POSTS),
            Box::new(m20251128_000001_media::MEDIA),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("posts_migrations").into_iden()
    }
}
