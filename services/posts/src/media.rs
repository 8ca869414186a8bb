//! Pictures as posts have them, and the operations on those that are being prepared. A picture is uploaded first, and is free until a
//! post has it; a post that gives it up sets it free again, and one that is deleted takes it along. What is free for a day goes.

mod attach;
mod create;
mod delete;
pub(crate) mod file;
mod insert;
mod show;
mod update;

use axum::response::{IntoResponse, IntoResponseParts, Response};
use http::{HeaderMap, StatusCode, header::ETAG};
use problem::Json;
use sea_orm::{ConnectionTrait, EntityTrait as _};
use serde::{Deserialize, Serialize};
use service::{Mistake, etag};
use utoipa::ToSchema;

pub(crate) use attach::{attach, of_post, of_posts};
pub(crate) use create::{__path_create_media, create_media};
pub(crate) use delete::{__path_delete_media, delete_media};
pub(crate) use file::{__path_show_file, show_file};
pub(crate) use insert::{Caption, insert, quota};
pub(crate) use show::{__path_show_media, show_media};
pub(crate) use update::{__path_update_media, update_media};

use crate::{entity::media, error::Error};

/// The most pictures of a post.
pub(crate) const MOST: usize = 10;

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Media {
    /// Its number.
    #[schema(example = 3, minimum = 1)]
    pub(crate) id: i64,
    /// What is to be seen on it, for those who do not see it; may be empty.
    pub(crate) alt: String,
    /// Pixels of the largest variant.
    #[schema(minimum = 1)]
    pub(crate) width: i64,
    /// Pixels of the largest variant.
    #[schema(minimum = 1)]
    pub(crate) height: i64,
    /// What is shown while it loads: a ThumbHash in base64.
    pub(crate) placeholder: String,
    /// What matters most on it, if somebody said so.
    #[schema(required)]
    pub(crate) focus: Option<Focus>,
    /// The same picture in several sizes, the smallest first.
    pub(crate) variants: Vec<Variant>,
}

/// A point of a picture, as parts of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Focus {
    /// 0 is left, 1 is right.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) x: f64,
    /// 0 is the top, 1 is the bottom.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) y: f64,
}

/// A picture in one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Variant {
    /// Pixels.
    #[schema(minimum = 1)]
    pub(crate) height: i64,
    /// Pixels.
    #[schema(minimum = 1)]
    pub(crate) width: i64,
    /// Where it is; what is there never changes.
    pub(crate) url: String,
}

impl From<media::Model> for Media {
    fn from(row: media::Model) -> Self {
        Self {
            id: row.id,
            alt: row.alt,
            width: row.width,
            height: row.height,
            placeholder: row.placeholder,
            focus: row.focus_x.zip(row.focus_y).map(|(x, y)| Focus { x, y }),
            variants: serde_json::from_str(&row.variants).unwrap_or_default(),
        }
    }
}

impl Focus {
    /// As a form has it: `0.5,0.4`.
    fn parse(text: &str) -> Result<Self, Mistake> {
        let point = text.split_once(',').and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
        let mistake =
            || Mistake::new("invalid_value", "Two numbers from 0 to 1 with a comma between them, as in 0.5,0.4.");
        point.and_then(|(x, y)| Self { x, y }.checked()).ok_or_else(mistake)
    }

    /// The point, if it is on the picture.
    fn checked(self) -> Option<Self> {
        let on_it = |part: f64| (0.0..=1.0).contains(&part);
        (on_it(self.x) && on_it(self.y)).then_some(self)
    }
}

/// A picture of the caller's own.
///
/// # Errors
/// [`Error::NoSuchMedia`] for any other.
async fn own(db: &impl ConnectionTrait, owner: i64, id: i64) -> Result<media::Model, Error> {
    let row = media::Entity::find_by_id(id).one(db).await?;
    row.filter(|row| row.owner_id == owner).ok_or(Error::NoSuchMedia)
}

/// The tag of a picture, `ID-VERSION`.
fn tag_of(row: &media::Model) -> String {
    format!("{}-{}", row.id, row.version)
}

/// One picture as an answer, with its tag; 304 if the caller has it already.
fn respond(headers: &HeaderMap, row: media::Model, groups: impl IntoResponseParts) -> Response {
    let tag = tag_of(&row);
    let field = [(ETAG, etag::value(&tag))];
    if etag::is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, groups, field).into_response();
    }
    (groups, field, Json(Media::from(row))).into_response()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_focus_is_a_point_of_the_picture() {
        assert_eq!(Focus::parse("0.5, 0.4").unwrap(), Focus { x: 0.5, y: 0.4 });
        assert_eq!(Focus::parse("0,1").unwrap(), Focus { x: 0.0, y: 1.0 });
        for text in ["", "0.5", "0.5,", "0.5,1.1", "-0.1,0", "NaN,0", "inf,0", "0.1,0.2,0.3"] {
            assert!(Focus::parse(text).is_err(), "{text}");
        }
    }
}
