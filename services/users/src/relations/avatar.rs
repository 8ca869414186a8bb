//! The picture of an account, which posts keeps: `avatar.changed` says where it is.

use ::events::{BoxError, Event, Follow, Inbox};
use database::Database;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QuerySelect as _,
};
use serde::Deserialize;

use crate::{Clock, entity::user, events};

/// Whoever notes where pictures are.
pub(crate) fn avatar(db: &Database, clock: &Clock) -> Inbox<Avatar> {
    Inbox::new(db.clone(), Avatar { clock: clock.clone() })
}

#[derive(Clone, Debug)]
pub(crate) struct Avatar {
    clock: Clock,
}

#[derive(Deserialize)]
struct Changed {
    user_id: i64,
    avatar: Option<String>,
}

impl Follow for Avatar {
    const NAME: &'static str = "users.avatar";
    const SUBJECTS: &'static [&'static str] = &["agora.posts.avatar.changed"];

    async fn handle(&self, db: &DatabaseTransaction, event: &Event) -> Result<(), BoxError> {
        let changed = Changed::deserialize(&event.data)?;
        let found = user::Entity::find_by_id(changed.user_id).lock_exclusive().one(db).await?;
        let Some(user) = found.filter(|user| user.deleted_at.is_none() && user.avatar_version < event.version) else {
            return Ok(());
        };
        let version = user.version + 1;
        let mut user = user.into_active_model();
        (user.avatar, user.avatar_version, user.version) = (Set(changed.avatar), Set(event.version), Set(version));
        let user = user.update(db).await?;
        events::changed(db, &user, self.clock.now()).await?;
        Ok(())
    }
}
