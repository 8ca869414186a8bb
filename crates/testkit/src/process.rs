//! The real binaries: started with an environment of their own, watched line by line, stopped by signals.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running binary and all it has printed; it is killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    printed: Arc<Printed>,
}

#[derive(Debug, Default)]
struct Printed {
    lines: Mutex<Lines>,
    more: Condvar,
}

impl Printed {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Lines {
    lines: Vec<String>,
    ended: usize,
}

impl Process {
    /// Starts `program` with nothing of this process's environment but the search path.
    #[must_use]
    pub fn start(program: impl AsRef<Path>, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let program = program.as_ref();
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let printed = Arc::new(Printed::default());
        follow(child.stdout.take().expect("stdout"), Arc::clone(&printed));
        follow(child.stderr.take().expect("stderr"), Arc::clone(&printed));
        Self { child, printed }
    }

    /// Waits for a printed line that contains `text` and returns it.
    #[must_use]
    pub fn line_with(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.printed.lock();
        loop {
            if let Some(line) = lines.lines.iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let output = || lines.lines.join("\n");
            assert!(lines.ended < 2, "ended without printing {text:?}:\n{}", output());
            assert!(!left.is_zero(), "did not print {text:?}:\n{}", output());
            lines = self.printed.more.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Everything printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.printed.lock().lines.join("\n")
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(sent.expect("kill runs").success(), "cannot send SIG{name}");
    }

    /// Waits until it has ended and all its output is here.
    pub fn exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "still running:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut lines = self.printed.lock();
        while lines.ended < 2 && Instant::now() < deadline {
            lines = self.printed.more.wait_timeout(lines, PATIENCE).unwrap().0;
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(output: impl Read + Send + 'static, printed: Arc<Printed>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            printed.lock().lines.push(line);
            printed.more.notify_all();
        }
        printed.lock().ended += 1;
        printed.more.notify_all();
    });
}
