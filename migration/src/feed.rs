//! The schema of the service `feed`.

mod m20251127_000001_posts;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait,
    prelude::{Alias, DynIden, IntoIden as _},
};

use crate::events::EVENTS;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(EVENTS), Box::new(m20251127_000001_posts::POSTS)]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("feed_migrations").into_iden()
    }
}
