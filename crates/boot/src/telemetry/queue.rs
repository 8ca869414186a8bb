//! A bounded queue of log lines and the thread that writes them.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// How many lines may wait. At 300 bytes a line this is 1.2 MB in the worst case, and a second of a busy gateway.
const CAPACITY: usize = 4_096;

/// How many bytes are collected for one write.
const BATCH: usize = 64 * 1024;

/// How long the end of a process waits for its last lines.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// Over all queues of the process; there is more than one only in tests.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many log lines this process has dropped because standard error was too slow.
pub fn dropped_lines() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

#[derive(Debug)]
enum Entry {
    Line(Box<[u8]>),
    Flush(SyncSender<()>),
}

/// The sending side. Each line is one `write`, as the formatting layer does it.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    sender: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    /// Starts the thread that writes to `out`. Without a thread every line counts as dropped.
    pub(super) fn start(out: impl Write + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(CAPACITY);
        let dropped = Arc::new(AtomicU64::new(0));
        let thread = std::thread::Builder::new().name("log".to_owned());
        let lost = dropped.clone();
        drop(thread.spawn(move || write_lines(&receiver, &lost, out)));
        Self { sender, dropped }
    }

    /// Waits until every line so far is written, but not for ever: a reader that is stuck must not keep the process alive.
    pub(super) fn flush(&self) {
        let until = Instant::now() + FLUSH_WITHIN;
        let (done, written) = sync_channel(1);
        let mut entry = Entry::Flush(done);
        while let Err(TrySendError::Full(returned)) = self.sender.try_send(entry) {
            if Instant::now() > until {
                return;
            }
            entry = returned;
            std::thread::yield_now();
        }
        let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Entry::Line(line.into())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Takes what is there, writes it at once, waits for more. Ends when the last sender is gone.
fn write_lines(lines: &Receiver<Entry>, dropped: &AtomicU64, mut out: impl Write) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(first) = lines.recv() {
        let flushed = collect(first, lines, &mut batch);
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let line = format!(r#"{{"level":"WARN","message":"log lines were dropped","lines":{lost}}}"#);
            batch.extend_from_slice(line.as_bytes());
            batch.push(b'\n');
        }
        // Nothing can be done, and nowhere told, if standard error is closed.
        drop(out.write_all(&batch).and_then(|()| out.flush()));
        batch.clear();
        if let Some(flushed) = flushed {
            let _ = flushed.send(());
        }
    }
}

/// Appends to `batch` what is queued, up to a flush or the size of one write.
fn collect(first: Entry, lines: &Receiver<Entry>, batch: &mut Vec<u8>) -> Option<SyncSender<()>> {
    let mut next = Ok(first);
    loop {
        match next {
            Ok(Entry::Line(line)) => batch.extend_from_slice(&line),
            Ok(Entry::Flush(done)) => return Some(done),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
        }
        if batch.len() >= BATCH {
            return None;
        }
        next = lines.try_recv();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{
        Arc, Mutex,
        mpsc::{Sender, channel},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A reader of the log that says when it is asked to read, and reads nothing until it is let go.
    struct Stuck {
        asked: Sender<()>,
        go: Receiver<()>,
        written: Written,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.asked.send(());
            let _ = self.go.recv();
            self.written.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_whole_and_in_order() {
        let written = Written::default();
        let mut queue = Queue::start(written.clone());
        for number in 0..1_000 {
            queue.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        Queue::flush(&queue);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let expected: String = (0..1_000).map(|number| format!("line {number}\n")).collect();
        assert_eq!(text, expected);
    }

    #[test]
    fn a_stuck_reader_costs_lines_but_no_time_and_is_told_about_it() {
        let (let_go, go) = channel();
        let (asked, is_asked) = channel();
        let written = Written::default();
        let mut queue = Queue::start(Stuck { asked, go, written: written.clone() });
        queue.write_all(b"the first\n").unwrap();
        is_asked.recv().unwrap();
        let before = dropped_lines();
        let began = Instant::now();
        for _ in 0..3 * CAPACITY {
            queue.write_all(b"a line\n").unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(5), "writing never waits for the reader");
        let lost = 2 * CAPACITY;
        assert_eq!(dropped_lines() - before, lost as u64, "lines that found no room are counted");
        drop(let_go);
        Queue::flush(&queue);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("a line\n").count(), CAPACITY, "what found room is written");
        assert!(text.contains(&format!(r#""log lines were dropped","lines":{lost}"#)), "the gap is visible in the log");
    }
}
