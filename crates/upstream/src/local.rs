//! A call to a router of this process.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body as RouterBody;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::body::{RequestBody, ResponseBody};
use crate::failure::Failure;

/// Bodies up to this size are collected in the task of the service: handing frames over one by one costs more.
const COLLECT_LIMIT: u64 = 64 * 1024;

pub(crate) struct Local {
    router: Router,
    runtime: Handle,
}

impl fmt::Debug for Local {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Local").finish_non_exhaustive()
    }
}

impl Local {
    pub(crate) fn new(router: Router, runtime: Handle) -> Self {
        Self { router, runtime }
    }

    /// Runs the call as a task of the service runtime, from now on. Dropping the future aborts the task.
    #[allow(clippy::disallowed_methods, reason = "the call is awaited here and aborted with its caller")]
    pub(crate) fn send(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, Failure>> + Send + use<> {
        let router = self.router.clone();
        let call = Call(self.runtime.spawn(answer(router, rebuilt(request))));
        async move {
            match call.await {
                Ok(response) => response,
                Err(error) if error.is_panic() => {
                    tracing::error!("a service of this process panicked; the caller gets a 500");
                    Ok(internal_server_error())
                }
                // The runtime is shutting down.
                Err(_cancelled) => Err(Failure::ConnectionTerminated),
            }
        }
    }
}

async fn answer(router: Router, request: Request<RouterBody>) -> Result<Response<ResponseBody>, Failure> {
    let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
    let (mut head, body) = response.into_parts();
    head.extensions.clear();
    if body.size_hint().upper().is_some_and(|bytes| bytes <= COLLECT_LIMIT) {
        let bytes = body.collect().await.map_err(|_| Failure::ResponseIncomplete)?.to_bytes();
        return Ok(Response::from_parts(head, ResponseBody::buffered(bytes)));
    }
    Ok(Response::from_parts(head, ResponseBody::router(body)))
}

/// Builds the request anew from what a network would carry: extensions stay behind.
fn rebuilt(request: Request<RequestBody>) -> Request<RouterBody> {
    let (head, body) = request.into_parts();
    let mut fresh = Request::new(match body {
        RequestBody::Empty => RouterBody::empty(),
        body => RouterBody::new(body),
    });
    *fresh.method_mut() = head.method;
    *fresh.uri_mut() = head.uri;
    *fresh.headers_mut() = head.headers;
    fresh
}

fn internal_server_error() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::buffered(Bytes::new()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// The task of a call: aborted when its caller goes away.
struct Call<T>(JoinHandle<T>);

impl<T> Future for Call<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
