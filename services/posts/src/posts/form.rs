//! `POST /posts` as a form: a post and its pictures at once, or neither.

use axum::{extract::Request, response::Response};
use http::HeaderMap;
use principal::Principal;
use problem::Fields;
use service::idempotency::Key;
use utoipa::ToSchema;

use super::{
    create::{OPERATION, Pictures, publish_with},
    fields::Draft,
};
use crate::{
    Service, access,
    domain::AltText,
    error::Error,
    media::{Caption, MOST},
    uploads::{self, Received, Wanted},
};

const WANTED: Wanted = Wanted { once: &["text"], often: &["alt", "tags"], pictures: MOST };

/// A post with its pictures.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it describes a form, which is read part by part")]
pub(crate) struct UploadPost {
    /// Up to ten JPEGs, PNGs, WebPs or GIFs, in the order in which they are shown: at most 10 MiB each, 12,000 pixels on a side and
    /// 16,777,216 in all.
    #[schema(max_items = 10, nullable = false)]
    image: Option<Vec<ImageFile>>,
    /// At most 2,000 characters, in lines.
    #[schema(max_length = 2000, nullable = false)]
    text: Option<String>,
    /// What is to be seen on the pictures, in the same order.
    #[schema(max_items = 10, nullable = false)]
    alt: Option<Vec<String>>,
    /// Tags besides those in the text; several in one field have commas between them.
    #[schema(nullable = false)]
    tags: Option<Vec<String>>,
}

/// The bytes of a JPEG, PNG, WebP or GIF.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "it describes a part of a form")]
pub(crate) struct ImageFile(Vec<u8>);

/// Makes a post of a form.
pub(super) async fn create(
    service: &Service,
    caller: &Principal,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    access::writer(caller)?;
    uploads::take_in(service, request, &WANTED, async |received| write(service, caller, headers, received).await).await
}

async fn write(
    service: &Service,
    caller: &Principal,
    headers: &HeaderMap,
    received: &Received,
) -> Result<Response, Error> {
    let captions = captions(received)?;
    let tags = received.all("tags").into_iter().flat_map(|tags| tags.split(','));
    let tags: Vec<String> = tags.map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    let text = received.text("text").unwrap_or_default();
    let draft = Draft::parse(text, &tags, Vec::new(), !received.pictures.is_empty())?;
    let asked = serde_json::to_vec(&(&draft, received.digests(), &captions)).unwrap_or_default();
    let key = Key::of(headers, caller, OPERATION, &asked)?;
    let pictures: Pictures<'_> = received.pictures.iter().zip(captions).collect();
    publish_with(service, caller, draft, &pictures, key.as_ref()).await
}

/// One for each picture; those that nobody has described have an empty one.
fn captions(received: &Received) -> Result<Vec<Caption>, Error> {
    let mut fields = Fields::new();
    let alts = received.all("alt");
    if alts.len() > received.pictures.len() {
        fields.refuse("/alt", "too_many", "There are more descriptions than pictures.");
    }
    let parse = |(index, alt): (usize, &&str)| fields.check(&format!("/alt/{index}"), AltText::parse(alt));
    let mut captions: Vec<Caption> =
        alts.iter().enumerate().map(parse).map(|alt| Caption { alt: alt.unwrap_or_default(), focus: None }).collect();
    fields.finish()?;
    captions.resize(received.pictures.len(), Caption::default());
    Ok(captions)
}
