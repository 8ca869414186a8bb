//! Every operation of the service, in one list.

use axum::{Router, middleware::map_response};
use service::groups::never_stored;
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Service, document::Head, relations::*, revocations::*, sessions::*, users::*};

/// The operations and their document.
pub(crate) fn operations() -> (Router<Service>, OpenApi) {
    OpenApiRouter::with_openapi(Head::openapi())
        .merge(accounts())
        .merge(relations())
        .merge(unstored())
        .split_for_parts()
}

fn accounts() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_users))
        .routes(routes!(show_me, update_me, delete_me))
        .routes(routes!(show_user, replace_user, update_user, delete_user))
        .routes(routes!(batch_users))
        .routes(routes!(find_user))
        .routes(routes!(export_users))
}

fn relations() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(follow_user, unfollow_user))
        .routes(routes!(block_user, unblock_user))
        .routes(routes!(show_relationship))
        .routes(routes!(list_followers))
        .routes(routes!(list_following))
        .routes(routes!(list_blocks))
        .routes(routes!(export_follows))
        .routes(routes!(export_blocks))
}

/// What a service that keeps a copy reads, alone.
pub(crate) fn exports() -> Router<Service> {
    let routes = OpenApiRouter::new().routes(routes!(export_users)).routes(routes!(export_follows));
    routes.routes(routes!(export_blocks)).into()
}

/// What is about credentials, sessions and tokens: no answer of these may be kept by anybody.
fn unstored() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions))
        .routes(routes!(revoke_session))
        .routes(routes!(register_user))
        .routes(routes!(open_session))
        .routes(routes!(rotate_session))
        .routes(routes!(close_session))
        .routes(routes!(change_password))
        .routes(routes!(list_revocations))
        .layer(map_response(never_stored))
}
