//! The bodies that make and change a post, and what they are once they have been parsed.

use problem::{Fields, Problem};
use serde::{Deserialize, Serialize};
use service::parameters::{Patch, present};
use utoipa::ToSchema;

use crate::{
    domain::{PostText, Tags},
    media::MOST,
};

/// A whole post: what is left out is empty. It needs a text or a picture.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "The old bridge, at last. #bridges", "tags": ["budapest"], "media_ids": [3]}))]
pub(crate) struct WritePost {
    /// At most 2,000 characters, in lines.
    #[serde(default)]
    #[schema(max_length = 2000)]
    text: String,
    /// 1–50 letters, digits and `_` each, in any case, without `#`. With those in the text at most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
    /// The caller's pictures, in the order in which they are shown, that no other post has.
    #[serde(default)]
    #[schema(max_items = 10)]
    media_ids: Vec<i64>,
}

/// A change of a post.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "The old bridge, at last. #bridges #danube"}))]
pub(crate) struct UpdatePost {
    /// At most 2,000 characters, in lines; `null` empties it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    text: Patch<String>,
    /// All tags besides those in the text; `null` takes them away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    tags: Patch<Vec<String>>,
    /// All pictures, in the order in which they are shown; `null` takes them away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<i64>>, max_items = 10)]
    media_ids: Patch<Vec<i64>>,
}

/// A whole post, parsed. Written out it is what an idempotency key stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Draft {
    pub(crate) text: PostText,
    /// Those beside the text.
    pub(crate) given: Tags,
    pub(crate) media: Vec<i64>,
}

/// What is to be changed; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) text: Option<PostText>,
    pub(super) given: Option<Tags>,
    pub(super) media: Option<Vec<i64>>,
}

impl WritePost {
    pub(super) fn parse(self) -> Result<Draft, Problem> {
        Draft::parse(&self.text, &self.tags, self.media_ids, false)
    }
}

impl Draft {
    /// A draft of what somebody sends, in whatever form; `has_more` if pictures come with it.
    ///
    /// # Errors
    /// 422 with an entry for each of `text`, `tags` and `media_ids` that is not right.
    pub(crate) fn parse(text: &str, tags: &[String], media: Vec<i64>, has_more: bool) -> Result<Self, Problem> {
        let mut fields = Fields::new();
        let text = fields.check("/text", PostText::parse(text));
        let given = Tags::parse(tags, &mut fields);
        check_media(&media, &mut fields);
        let (Some(text), Some(given)) = (text, given) else { return Err(fields.refused()) };
        check_whole(&text, &given, has_more || !media.is_empty(), &mut fields);
        fields.finish()?;
        Ok(Self { text, given, media })
    }
}

impl From<Draft> for Changes {
    fn from(draft: Draft) -> Self {
        Self { text: Some(draft.text), given: Some(draft.given), media: Some(draft.media) }
    }
}

impl UpdatePost {
    pub(super) fn parse(self) -> Result<Changes, Problem> {
        let mut fields = Fields::new();
        let media = self.media_ids.map(Option::unwrap_or_default);
        media.iter().for_each(|media| check_media(media, &mut fields));
        let text = self.text.and_then(|text| fields.check("/text", PostText::parse(&text.unwrap_or_default())));
        let given = self.tags.and_then(|tags| Tags::parse(&tags.unwrap_or_default(), &mut fields));
        fields.finish()?;
        Ok(Changes { text, given, media })
    }
}

/// Not too many, and none twice. Whether they are there is found out in the transaction.
fn check_media(ids: &[i64], fields: &mut Fields) {
    if ids.len() > MOST {
        fields.refuse("/media_ids", "too_many", &format!("At most {MOST} pictures."));
        return;
    }
    for (index, id) in ids.iter().enumerate() {
        if ids[..index].contains(id) {
            fields.refuse(&format!("/media_ids/{index}"), "duplicate", "This picture is named twice.");
        }
    }
}

/// What a post needs as a whole.
pub(super) fn check_whole(text: &PostText, given: &Tags, has_pictures: bool, fields: &mut Fields) {
    if text.as_str().is_empty() && !has_pictures {
        fields.refuse("/text", "required", "A post needs a text or a picture.");
    }
    fields.check("/tags", given.with_those_in(text.as_str()));
}
