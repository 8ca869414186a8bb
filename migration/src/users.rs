//! The schema of the service `users`.

mod m20250101_000001_accounts;
mod m20251126_000003_relations;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait,
    prelude::{Alias, DynIden, IntoIden as _},
};

use crate::events::EVENTS;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20250101_000001_accounts::ACCOUNTS),
            Box::new(EVENTS),
            Box::new(m20251126_000003_relations::RELATIONS),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("users_migrations").into_iden()
    }
}
