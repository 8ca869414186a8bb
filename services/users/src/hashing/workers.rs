//! Threads of our own for hashing.
//!
//! An allocator keeps what a thread has freed for that thread, so 19 MiB for each hash on whichever thread of a large pool is free
//! would leave hundreds of megabytes behind after a burst of logins. Each of these threads has its memory once, and gives it back
//! when nobody has logged in for a while.

use std::{
    collections::VecDeque,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use argon2::Block;

/// The memory of one thread; empty until it is needed.
pub(super) type Memory = Vec<Block>;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A thread that has been idle for so long gives its memory back.
const IDLE: Duration = Duration::from_secs(5);

/// The size above which glibc always maps memory of its own for an allocation, and unmaps it when that is freed. Pages that are
/// never touched cost nothing.
const MAPPED: usize = 33 * 1024 * 1024 / mem::size_of::<Block>();

/// At least so much memory, whatever is in it.
pub(super) fn grown(memory: &mut Memory, blocks: usize) -> &mut [Block] {
    if memory.len() < blocks {
        memory.clear();
        memory.reserve_exact(blocks.max(MAPPED));
        memory.resize(blocks, Block::new());
    }
    memory.get_mut(..blocks).unwrap_or_default()
}

/// The threads; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Workers(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    ended: bool,
}

impl Workers {
    pub(super) fn start(count: usize) -> Self {
        let queue = Arc::new(Queue::default());
        for number in 0..count {
            let queue = Arc::clone(&queue);
            let started = thread::Builder::new().name(format!("password-{number}")).spawn(move || work(&queue));
            if let Err(error) = started {
                tracing::error!(%error, "cannot start a thread for passwords");
            }
        }
        Self(queue)
    }

    /// Has a thread do this as soon as one is free.
    pub(super) fn run(&self, job: impl FnOnce(&mut Memory) + Send + 'static) {
        self.0.lock().jobs.push_back(Box::new(job));
        self.0.more.notify_one();
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.more.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; none when there will be no more. Memory that is not needed for a while is given back meanwhile.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.ended {
                return None;
            }
            let (woken, waited) = self.more.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() {
                *memory = Memory::new();
            }
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("State").field("jobs", &self.jobs.len()).field("ended", &self.ended).finish()
    }
}

fn work(queue: &Queue) {
    let mut memory = Memory::new();
    while let Some(job) = queue.next(&mut memory) {
        // The hook has logged a panic; the thread is needed for the next.
        drop(catch_unwind(AssertUnwindSafe(|| job(&mut memory))));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_does_not_cost_a_thread() {
        let workers = Workers::start(1);
        workers.run(|_| panic!("on purpose"));
        let (done, told) = mpsc::channel();
        workers.run(move |_| done.send(thread::current().name().map(str::to_owned)).unwrap());
        assert_eq!(told.recv().unwrap().as_deref(), Some("password-0"));
    }

    #[test]
    fn what_was_asked_for_before_the_end_is_done() {
        let workers = Workers::start(2);
        let (done, told) = mpsc::channel();
        for number in 0..10 {
            let done = done.clone();
            workers.run(move |_| done.send(number).unwrap());
        }
        drop((workers, done));
        assert_eq!(told.iter().count(), 10);
    }

    #[test]
    fn memory_is_kept_from_one_job_to_the_next() {
        let mut memory = Memory::new();
        assert_eq!(grown(&mut memory, 8).len(), 8);
        let place = memory.as_ptr();
        assert_eq!((grown(&mut memory, 4).len(), memory.as_ptr()), (4, place));
    }
}
