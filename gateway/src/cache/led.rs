//! A call that others wait for, whatever becomes of the client who began it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tokio::runtime::Handle;

use super::control::Directives;
use super::entry::Entry;
use super::fill::{Filled, fill, landed};
use super::flight::Lead;
use super::inquiry::Inquiry;
use super::key::Key;
use crate::error::GatewayError;

type Call = Pin<Box<dyn Future<Output = Result<Filled, GatewayError>> + Send>>;

/// A call that others wait for: if its client leaves, it goes on as a task of its own.
pub(super) struct Led {
    call: Option<Call>,
    tasks: boot::Tasks,
}

impl Led {
    pub(super) fn new(inquiry: Inquiry, key: Key, kept: Option<Arc<Entry>>, asked: Directives, lead: Lead) -> Self {
        let tasks = inquiry.plane.shared.tasks.clone();
        let call = async move {
            let filled = fill(inquiry, key, kept, asked).await;
            lead.land(landed(&filled));
            filled
        };
        Self { call: Some(Box::pin(call)), tasks }
    }
}

impl Future for Led {
    type Output = Result<Filled, GatewayError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Some(call) = &mut self.call else { return Poll::Pending };
        let polled = call.as_mut().poll(context);
        if polled.is_ready() {
            self.call = None;
        }
        polled
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        // Where the thread ends there is nobody left to wait.
        if let (Some(call), Ok(_)) = (self.call.take(), Handle::try_current()) {
            drop(self.tasks.spawn("cache fill", call));
        }
    }
}
