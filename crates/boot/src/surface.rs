//! What every service answers and does around its own routes.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use problem::{Code, Problem, REQUEST_ID};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::Ready;

/// How long a readiness check may take before the answer is no.
const READY_WITHIN: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 2_000 });

/// How many whole milliseconds the caller waits for an answer. The gateway says it to services; nobody has to.
pub const TIMEOUT: HeaderName = HeaderName::from_static("x-internal-timeout-ms");

/// So much longer than its caller a service waits: who asked and is still there shall be the one to say that it took too
/// long. Afterwards nobody reads the answer, so nobody needs the work.
const LONGER: Duration = Duration::from_millis(50);

/// Probes, request ids, spans and the promise about panics. From the outside in:
/// the span (everything below is logged within it), the completion of problem documents (it needs the request id), then panics
/// (their problem document is completed like any other), then the deadline of the caller.
pub(crate) fn around(name: &'static str, router: Router, ready: Ready) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz).with_state((name, ready)))
        .fallback_service(router)
        .layer(middleware::from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(problem::complete))
        .layer(middleware::from_fn_with_state(name, in_span))
}

async fn readyz(State((name, ready)): State<(&'static str, Ready)>) -> Response {
    let checked = tokio::time::timeout(READY_WITHIN, ready.check()).await;
    let why = match checked {
        Ok(Ok(())) => return "ok\n".into_response(),
        Ok(Err(why)) => why,
        Err(_late) => "its check took too long".to_owned(),
    };
    Problem::new(Code::UpstreamUnavailable)
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_detail(format!("{name} is not ready: {why}"))
        .with_retry_after(Duration::from_secs(1))
        .into_response()
}

async fn in_span(State(name): State<&'static str>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers_mut());
    let span = tracing::info_span!("request", service = name, method = %request.method(), path = request.uri().path(), request_id = id.to_str().ok());
    async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// The request id that came with the request, or a new one that whatever is inside will read from the same header.
fn request_id(headers: &mut HeaderMap) -> HeaderValue {
    if let Some(given) = headers.get(&REQUEST_ID) {
        return given.clone();
    }
    let made = HeaderValue::from_str(&uuid::Uuid::now_v7().simple().to_string())
        .unwrap_or(HeaderValue::from_static("unknown"));
    headers.insert(REQUEST_ID, made.clone());
    made
}

/// Ends work whose caller has stopped waiting. What has to run to its end is a task of its own, and is only not awaited.
async fn in_time(request: Request, next: Next) -> Response {
    let Some(left) = timeout(request.headers()) else { return next.run(request).await };
    match tokio::time::timeout(left + LONGER, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::new(Code::UpstreamTimeout)
            .with_detail("The answer took longer than its caller waits.")
            .with_retry_after(Duration::from_secs(1))
            .into_response(),
    }
}

/// How long the caller waits; none where it does not say so, or not in a way that can be read.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let millis = headers.get(&TIMEOUT)?.to_str().ok()?.parse::<u32>().ok()?;
    Some(Duration::from_millis(millis.into()))
}

/// The panic itself is logged by the hook of [`crate::telemetry`], with its place; the caller learns nothing about it.
fn panicked(_payload: Box<dyn Any + Send + 'static>) -> Response {
    Problem::new(Code::Internal).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    fn app(ready: Ready) -> Router {
        #[allow(clippy::panic, reason = "the panic is what is tested")]
        let routes = Router::new()
            .route("/panic", get(async || -> &'static str { panic!("secret detail") }))
            .route("/id", get(async |headers: HeaderMap| headers[REQUEST_ID].to_str().unwrap().to_owned()))
            .fallback(problem::not_found);
        around("hello", routes, ready)
    }

    async fn ask(app: Router, path: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path).header(REQUEST_ID, "abc").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (head.status, head.headers, text)
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_document_that_tells_nothing() {
        let (status, headers, text) = ask(app(Ready::always()), "/panic").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(headers["content-type"], "application/problem+json");
        assert!(text.contains("\"internal\"") && text.contains("\"abc\"") && !text.contains("secret detail"), "{text}");
    }

    #[tokio::test]
    async fn probes_answer_beside_the_routes() {
        assert_eq!(ask(app(Ready::always()), "/livez").await.0, StatusCode::OK);
        assert_eq!(ask(app(Ready::always()), "/readyz").await.0, StatusCode::OK);
        assert_eq!(ask(app(Ready::always()), "/nothing").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_service_that_is_not_ready_says_why_and_still_lives() {
        let ready = Ready::new(|| async { Err("the database does not answer".to_owned()) });
        let (status, headers, text) = ask(app(ready.clone()), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(headers.contains_key("retry-after"), "{headers:?}");
        assert!(text.contains("the database does not answer"), "{text}");
        assert_eq!(ask(app(ready), "/livez").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_check_that_hangs_is_not_ready() {
        let (status, _, text) = ask(app(Ready::new(std::future::pending)), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text.contains("took too long"), "{text}");
    }

    #[tokio::test]
    async fn a_draining_service_is_not_ready() {
        let ready = Ready::always();
        ready.drain();
        assert_eq!(ask(app(ready), "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    async fn within(millis: &str, app: Router, path: &str) -> Response {
        let request = Request::get(path).header(TIMEOUT, millis).body(Body::empty()).unwrap();
        app.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn work_whose_deadline_has_passed_is_ended_with_a_problem() {
        let routes = Router::new().route("/slow", get(async || std::future::pending::<()>().await));
        let response = within("1", around("hello", routes, Ready::always()), "/slow").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("\"upstream_timeout\""), "{body:?}");
    }

    #[tokio::test]
    async fn what_runs_to_its_end_does_so_although_its_caller_has_gone() {
        let (done, mut ended) = tokio::sync::mpsc::channel(1);
        let (release, held) = tokio::sync::watch::channel(false);
        let write = async move || {
            let mut held = held.clone();
            let work = tokio::spawn(async move {
                let released = held.wait_for(|released| *released).await.is_ok();
                done.send(released).await
            });
            work.await.is_ok().to_string()
        };
        let routes = Router::new().route("/write", get(write));
        let response = within("1", around("hello", routes, Ready::always()), "/write").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        release.send(true).unwrap();
        assert_eq!(ended.recv().await, Some(true));
    }

    #[tokio::test]
    async fn a_deadline_that_nobody_set_or_that_cannot_be_read_is_none() {
        for given in ["", "soon", "-1", "1.5", "99999999999999"] {
            assert_eq!(within(given, app(Ready::always()), "/livez").await.status(), StatusCode::OK, "{given}");
        }
        assert_eq!(within("1000", app(Ready::always()), "/livez").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_request_id_is_kept_or_made() {
        assert_eq!(ask(app(Ready::always()), "/id").await.2, "abc");
        let request = Request::get("/id").body(Body::empty()).unwrap();
        let body = app(Ready::always()).oneshot(request).await.unwrap().into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 32);
    }
}
