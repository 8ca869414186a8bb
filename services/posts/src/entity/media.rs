//! A picture, of a post or not yet.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "media")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub owner_id: i64,
    /// Of all variants, in hexadecimal.
    pub hash: String,
    pub width: i64,
    pub height: i64,
    /// What is shown while it loads.
    pub placeholder: String,
    pub alt: String,
    /// From 0 at the left to 1 at the right; with `focus_y` or not at all.
    pub focus_x: Option<f64>,
    /// From 0 at the top to 1 at the bottom.
    pub focus_y: Option<f64>,
    /// JSON: `[{height, width, url}]`, the smallest first.
    pub variants: String,
    /// How much it takes of its owner's quota.
    pub bytes: i64,
    pub post_id: Option<i64>,
    /// Its place in the post, from 0.
    pub position: i64,
    pub created_at: i64,
    /// Counts the changes of its texts.
    pub version: i64,
    /// Since when no post has it; null while one does.
    pub free_since: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
