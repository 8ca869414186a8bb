//! Threads of our own for hashing.
//!
//! An allocator keeps what a thread has freed for that thread. On whichever thread of a large pool is free, a burst of logins would
//! therefore leave 19 MiB behind for each thread of the pool; on these it leaves that once per core.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

type Job = Box<dyn FnOnce() + Send>;

/// The threads; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Workers(mpsc::Sender<Job>);

impl Workers {
    pub(super) fn start(count: usize) -> Self {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..count {
            let queue = Arc::clone(&queue);
            let started = thread::Builder::new().name(format!("password-{number}")).spawn(move || work(&queue));
            if let Err(error) = started {
                tracing::error!(%error, "cannot start a thread for passwords");
            }
        }
        Self(jobs)
    }

    /// Has a thread do this as soon as one is free. Without any thread it is dropped.
    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static) {
        // An error means that no thread is left; the job is dropped, and whoever waits for it learns that.
        let _taken = self.0.send(Box::new(job));
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // The hook has logged it; the thread is needed for the next.
        let _panicked = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_does_not_cost_a_thread() {
        let workers = Workers::start(1);
        workers.run(|| panic!("on purpose"));
        let (done, told) = mpsc::channel();
        workers.run(move || done.send(thread::current().name().map(str::to_owned)).unwrap());
        assert_eq!(told.recv().unwrap().as_deref(), Some("password-0"));
    }
}
