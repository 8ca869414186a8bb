//! What stands around the operations of a service.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::get,
};
use boot::Tasks;
use principal::Verifier;
use problem::{Code, Problem};
use utoipa::openapi::OpenApi;

/// The operations of a service as it answers them. From the outside in: errors leave as complete documents; nothing gets in without
/// the gateway's assertion; what changes something is done to its end. `document` is shown at [`boot::CONTRACT_PATH`].
pub fn router<S>(operations: Router<S>, document: fn() -> OpenApi, state: S, verifier: Verifier, tasks: Tasks) -> Router
where
    S: Clone + Send + Sync + 'static,
{
    operations
        .route(boot::CONTRACT_PATH, get(async move || Json(document())))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(tasks, to_the_end))
        .layer(from_fn_with_state(Arc::new(verifier), principal::require))
        .layer(from_fn(problem::complete))
        .with_state(state)
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
