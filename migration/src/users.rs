//! The schema of the service `users`.

mod m20250101_000001_accounts;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait,
    prelude::{Alias, DynIden, IntoIden as _},
};

use crate::events::EVENTS;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20250101_000001_accounts::ACCOUNTS), Box::new(EVENTS)]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("users_migrations").into_iden()
    }
}
