//! The schema of the service `posts`.

mod m20251126_000003_posts;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait,
    prelude::{Alias, DynIden, IntoIden as _},
};

use crate::{events::EVENTS, idempotency::IDEMPOTENCY};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(EVENTS), Box::new(IDEMPOTENCY), Box::new(m20251126_000003_posts::POSTS)]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("posts_migrations").into_iden()
    }
}
