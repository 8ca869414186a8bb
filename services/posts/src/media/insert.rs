//! Noting an uploaded picture, within the quota of its owner.

use problem::Fields;
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, NotSet,
    QueryFilter as _, QuerySelect as _, sea_query::Expr,
};
use serde::Serialize;

use super::Focus;
use crate::{
    Service,
    domain::AltText,
    entity::{avatar, media},
    error::Error,
    files::lease,
    uploads::Stored,
};

/// What is said of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Caption {
    pub(crate) alt: AltText,
    pub(crate) focus: Option<Focus>,
}

impl Caption {
    /// Of texts as a form has them. What is wrong is told at `/alt` and `/focus`.
    pub(super) fn parse(alt: Option<&str>, focus: Option<&str>, fields: &mut Fields) -> Self {
        let alt = alt.and_then(|alt| fields.check("/alt", AltText::parse(alt))).unwrap_or_default();
        let focus = focus.filter(|focus| !focus.is_empty());
        Self { alt, focus: focus.and_then(|focus| fields.check("/focus", Focus::parse(focus))) }
    }
}

/// Adds a picture that is free. The account is entered alone, so that nobody adds another meanwhile.
///
/// # Errors
/// [`Error::OverQuota`], [`Error::Swept`]
pub(crate) async fn insert(
    service: &Service,
    transaction: &DatabaseTransaction,
    owner: i64,
    picture: &Stored,
    caption: &Caption,
) -> Result<media::Model, Error> {
    let now = service.clock.now();
    quota(service, transaction, owner, picture.bytes).await?;
    lease::hold(transaction, &picture.hash, now).await?;
    let row = media::Model {
        id: 0,
        owner_id: owner,
        hash: picture.hash.clone(),
        width: picture.width,
        height: picture.height,
        placeholder: picture.placeholder.clone(),
        alt: caption.alt.as_str().to_owned(),
        focus_x: caption.focus.map(|focus| focus.x),
        focus_y: caption.focus.map(|focus| focus.y),
        variants: serde_json::to_string(&picture.variants).unwrap_or_default(),
        bytes: picture.bytes,
        post_id: None,
        position: 0,
        created_at: now,
        version: 1,
        free_since: Some(now),
    };
    let mut row = row.into_active_model().reset_all();
    row.id = NotSet;
    Ok(row.insert(transaction).await?)
}

/// Refuses what would be too much for one account. A picture counts for everybody who has it, wherever it is stored.
///
/// # Errors
/// [`Error::OverQuota`]
pub(crate) async fn quota(service: &Service, db: &impl ConnectionTrait, owner: i64, more: i64) -> Result<(), Error> {
    let (used, quota) = (used(db, owner).await?, service.config.media_quota);
    if used.saturating_add(more) > quota { Err(Error::OverQuota { used, more, quota }) } else { Ok(()) }
}

/// What an account's pictures take, in bytes.
async fn used(db: &impl ConnectionTrait, owner: i64) -> Result<i64, DbErr> {
    // PostgreSQL adds up to a type of its own.
    let sum = || Expr::cust("CAST(COALESCE(SUM(bytes), 0) AS BIGINT)");
    let media = media::Entity::find().select_only().column_as(sum(), "n").filter(media::COLUMN.owner_id.eq(owner));
    let media: Option<i64> = media.into_tuple().one(db).await?;
    let avatar = avatar::Entity::find_by_id(owner).one(db).await?;
    Ok(media.unwrap_or_default() + avatar.map_or(0, |avatar| avatar.bytes))
}
