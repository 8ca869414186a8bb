//! Work that outlives its request.
//!
//! Everything that is spawned here is known by name, so a shutdown waits for it, and says what it had to give up.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

/// A set of named tasks that end together.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
///
/// let tasks = boot::Tasks::new();
/// let token = tasks.token();
/// tasks.spawn("poller", async move { token.cancelled().await });
/// let given_up = tasks.shutdown(Duration::from_secs(5)).await;
/// assert!(given_up.is_empty());
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Tasks {
    token: CancellationToken,
    tracker: TaskTracker,
    running: Arc<Running>,
}

#[derive(Default)]
struct Running {
    next: AtomicU64,
    tasks: Mutex<BTreeMap<u64, (&'static str, Option<AbortHandle>)>>,
}

impl Tasks {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `future` to its end, whatever happens to the request that started it.
    ///
    /// The handle gives its result; dropping the handle does not stop the task. A task that runs for ever has to watch
    /// [`Tasks::token`].
    pub fn spawn<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let entry = Entry::new(self.running.clone(), name);
        let id = entry.id;
        let span = tracing::info_span!("task", task = name);
        let work = async move {
            let _entry = entry;
            future.await
        };
        let handle = self.tracker.spawn(work.instrument(span));
        self.running.made_abortable(id, handle.abort_handle());
        handle
    }

    /// Cancelled when the set is asked to end.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Asks every task to end, waits for them at most `grace`, aborts the rest and returns the names of those.
    pub async fn shutdown(&self, grace: Duration) -> Vec<&'static str> {
        self.token.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_ok() {
            return Vec::new();
        }
        let given_up = self.running.abort();
        tracing::warn!(tasks = ?given_up, "tasks did not end in time and were aborted");
        given_up
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tasks").field("running", &self.tracker.len()).finish_non_exhaustive()
    }
}

impl Running {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, (&'static str, Option<AbortHandle>)>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task may have ended before its handle is known; then there is nothing to remember.
    fn made_abortable(&self, id: u64, handle: AbortHandle) {
        if let Some(entry) = self.lock().get_mut(&id) {
            entry.1 = Some(handle);
        }
    }

    fn abort(&self) -> Vec<&'static str> {
        let tasks: Vec<_> = self.lock().values().cloned().collect();
        tasks.iter().filter_map(|(_, handle)| handle.as_ref()).for_each(AbortHandle::abort);
        tasks.into_iter().map(|(name, _)| name).collect()
    }
}

/// Keeps a task's name in the list for as long as the task exists, also when it panics or is aborted.
struct Entry {
    running: Arc<Running>,
    id: u64,
}

impl Entry {
    fn new(running: Arc<Running>, name: &'static str) -> Self {
        let id = running.next.fetch_add(1, Ordering::Relaxed);
        running.lock().insert(id, (name, None));
        Self { running, id }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn shutdown_waits_for_work_that_has_begun() {
        let tasks = Tasks::new();
        let (release, held) = tokio::sync::oneshot::channel::<()>();
        let work = tasks.spawn("work", async move { held.await.is_ok() });
        let down = {
            let tasks = tasks.clone();
            tokio::spawn(async move { tasks.shutdown(Duration::from_secs(60)).await })
        };
        tasks.token().cancelled().await;
        assert!(!down.is_finished());
        release.send(()).unwrap();
        assert_eq!(down.await.unwrap(), [""; 0]);
        assert!(work.await.unwrap(), "the work ran to its end");
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_aborted_and_named() {
        let tasks = Tasks::new();
        let stuck = tasks.spawn("stuck", std::future::pending::<()>());
        tasks.spawn("quick", async {}).await.unwrap();
        assert_eq!(tasks.shutdown(Duration::from_millis(20)).await, ["stuck"]);
        assert!(stuck.await.unwrap_err().is_cancelled());
    }

    #[tokio::test]
    async fn a_task_that_panicked_is_not_waited_for() {
        let tasks = Tasks::new();
        #[allow(clippy::panic, reason = "the panic is what is tested")]
        let broken = tasks.spawn("broken", async { panic!("as planned") });
        assert!(broken.await.unwrap_err().is_panic());
        assert_eq!(tasks.shutdown(Duration::from_secs(60)).await, [""; 0]);
    }
}
