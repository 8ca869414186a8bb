//! Every operation of the service, in one list.

use axum::Router;
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Service,
    document::Head,
    home::{new::*, *},
    public::*,
    search::{people::*, posts::*, suggestions::*},
    tags::*,
};

/// The operations and their document.
pub(crate) fn operations() -> (Router<Service>, OpenApi) {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(public_feed))
        .routes(routes!(home_timeline))
        .routes(routes!(count_new))
        .routes(routes!(search_posts))
        .routes(routes!(search_users))
        .routes(routes!(search_tags))
        .routes(routes!(suggest))
        .routes(routes!(list_tags))
        .routes(routes!(show_tag))
        .split_for_parts()
}
