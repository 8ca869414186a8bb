//! Every operation of the service, in one list, and what stands around them.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use boot::Tasks;
use principal::Verifier;
use problem::{Code, Problem};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Service, document, groups::never_stored, revocations::*, sessions::*, users::*};

/// The operations and their document.
pub(crate) fn operations() -> (Router<Service>, OpenApi) {
    OpenApiRouter::with_openapi(document::head()).merge(accounts()).merge(unstored()).split_for_parts()
}

fn accounts() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_users))
        .routes(routes!(show_me, update_me, delete_me))
        .routes(routes!(show_user, replace_user, update_user, delete_user))
        .routes(routes!(batch_users))
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

/// From the outside in: errors leave as complete documents; nothing gets in without the gateway's assertion; what changes
/// something is done to its end.
pub(crate) fn router(service: Service, verifier: Verifier, tasks: Tasks) -> Router {
    operations()
        .0
        .route(boot::CONTRACT_PATH, get(async || Json(document::openapi())))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(tasks, to_the_end))
        .layer(from_fn_with_state(Arc::new(verifier), principal::require))
        .layer(from_fn(problem::complete))
        .with_state(service)
}

/// Runs what may change something as a task of its own: a caller that goes away does not stop it half-way, and a shutdown
/// waits for it.
async fn to_the_end(State(tasks): State<Tasks>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tasks.spawn("request", next.run(request)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a request did not come to its end");
            Problem::new(Code::Internal).into_response()
        }
    }
}
