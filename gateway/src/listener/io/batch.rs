//! What the connections of a thread write goes out together, when every one of them that could go on has done so.
//!
//! `send` is the dearest thing that a thread does. One after the other they find the kernel's code where the processor has it at hand; with
//! the work of a request between them they do not. (The idea is that of Seastar's `output_stream_options::batch_flushes`.)

use std::future::poll_fn;
use std::io::IoSlice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use slab::Slab;

use super::socket::Socket;

/// With more than that the batch goes out at once: it should stay in the processor's first cache, and the first of it has waited for long.
const FULL: usize = 16 * 1024;

/// What the connections of one thread have written and the kernel does not have yet.
///
/// Guarantees: each connection's bytes go out in their order, and all of them before the thread rests, as long as
/// [`run`](Self::run) is a task of it. What the kernel does not take is left with the [`Socket`], whose task is
/// woken and has to flush.
#[derive(Debug, Default)]
pub(crate) struct Batch(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    /// Of all connections, one after the other.
    bytes: Vec<u8>,
    /// Which connection's they are, and where they end.
    parts: Vec<(usize, usize)>,
    /// Those that may write: an answer counts no references.
    members: Slab<Member>,
    /// The task that sends.
    sender: Option<Waker>,
}

#[derive(Debug)]
struct Member {
    socket: Arc<Socket>,
    /// The task that has written last.
    task: Waker,
}

/// What a connection writes with: its way into the batch of its thread.
#[derive(Debug)]
pub(super) struct Writer {
    batch: Arc<Batch>,
    key: usize,
}

impl Batch {
    /// Sends what is written, each time that something is. Does not end.
    pub(crate) async fn run(&self) {
        poll_fn(|context| {
            let mut written = self.lock();
            written.sender = Some(context.waker().clone());
            written.flush();
            Poll::Pending
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    pub(super) fn new(batch: Arc<Batch>, socket: Arc<Socket>) -> Self {
        let key = batch.lock().members.insert(Member { socket, task: Waker::noop().clone() });
        Self { batch, key }
    }

    /// Takes what the task `task` writes, and says how much that is.
    pub(super) fn write(&self, buffers: &[IoSlice<'_>], task: &Waker) -> usize {
        let mut written = self.batch.lock();
        let is_first = written.parts.is_empty();
        let length = written.add(self.key, buffers, task);
        if written.bytes.len() > FULL {
            written.flush();
        } else if is_first && let Some(sender) = &written.sender {
            sender.wake_by_ref();
        }
        length
    }

    /// Sends what is written, that of the other connections too.
    pub(super) fn flush(&self) {
        self.batch.lock().flush();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut written = self.batch.lock();
        if written.members.get(self.key).is_some_and(|member| member.socket.is_in_batch()) {
            written.flush();
        }
        written.members.try_remove(self.key);
    }
}

impl Written {
    fn add(&mut self, key: usize, buffers: &[IoSlice<'_>], task: &Waker) -> usize {
        let Some(member) = self.members.get_mut(key) else { return 0 };
        if !member.task.will_wake(task) {
            member.task.clone_from(task);
        }
        member.socket.set_in_batch(true);
        let start = self.bytes.len();
        for buffer in buffers {
            self.bytes.extend_from_slice(buffer);
        }
        let end = self.bytes.len();
        match self.parts.last_mut() {
            // One send for the answers of a client that did not wait for the first before it asked for the second.
            Some((last, ended)) if *last == key => *ended = end,
            _ => self.parts.push((key, end)),
        }
        end - start
    }

    fn flush(&mut self) {
        let mut start = 0;
        for (key, end) in self.parts.drain(..) {
            if let Some(Member { socket, task }) = self.members.get(key) {
                socket.set_in_batch(false);
                if !socket.send(self.bytes.get(start..end).unwrap_or_default()) {
                    task.wake_by_ref();
                }
            }
            start = end;
        }
        self.bytes.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// A writer to a listener that does not accept.
    async fn writer(batch: &Arc<Batch>, listener: &TcpListener) -> Writer {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        Writer::new(Arc::clone(batch), Arc::new(Socket::new(stream)))
    }

    #[tokio::test]
    async fn what_one_writes_in_a_row_is_one_part() {
        let (batch, listener) = (Arc::<Batch>::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (one, other) = (writer(&batch, &listener).await, writer(&batch, &listener).await);
        for writer in [&one, &one, &other, &one] {
            assert_eq!(writer.write(&[IoSlice::new(b"a"), IoSlice::new(b"bc")], Waker::noop()), 3);
        }
        assert_eq!(batch.lock().parts, [(one.key, 6), (other.key, 9), (one.key, 12)]);
        one.flush();
        assert!(batch.lock().bytes.is_empty());
        drop((one, other));
        assert!(batch.lock().members.is_empty());
    }
}
