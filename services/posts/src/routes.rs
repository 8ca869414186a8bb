//! Every operation of the service, in one list.

use axum::{Router, extract::DefaultBodyLimit, middleware::map_response};
use service::groups::never_stored;
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Service, avatars::*, comments::*, document::Head, likes::*, media::*, posts::*};

/// The operations and their document.
pub(crate) fn operations() -> (Router<Service>, OpenApi) {
    // Whoever reads a body has a limit of their own.
    let all = OpenApiRouter::with_openapi(Head::openapi()).merge(stored()).merge(unstored());
    all.layer(DefaultBodyLimit::disable()).split_for_parts()
}

fn stored() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_posts, create_post))
        .routes(routes!(show_post, replace_post, update_post, delete_post))
        .routes(routes!(list_comments, create_comment))
        .routes(routes!(show_comment, replace_comment, update_comment, delete_comment))
        .routes(routes!(like_post, unlike_post))
        .routes(routes!(list_likes))
        .routes(routes!(create_media))
        .routes(routes!(show_media, update_media, delete_media))
        .routes(routes!(show_file))
        .routes(routes!(set_avatar, remove_avatar))
        .routes(routes!(batch_posts))
        .routes(routes!(batch_post_viewer))
        .routes(routes!(count_by_author))
}

/// Whoever exports wants what is there now.
pub(crate) fn unstored() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(export_posts)).layer(map_response(never_stored))
}
