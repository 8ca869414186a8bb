//! How large and how quick to start the whole single process is: `agora`, built for release beside this benchmark.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::proxies::{free_port, healthy};
use super::usage;

/// Starts `agora` on an empty and then on the same data directory, and prints what that took.
pub(crate) fn report() {
    let Some(program) = program() else {
        println!("agora is not measured: build it first with cargo build --release -p standalone");
        return;
    };
    let data = tempfile::tempdir().expect("a directory");
    for name in ["first start, with demo data", "second start"] {
        let (mut child, took) = start(&program, data.path());
        std::thread::sleep(Duration::from_secs(2));
        println!(
            "agora, {name}: ready after {:.2} s, {:.1} MB resident when idle",
            took.as_secs_f64(),
            usage::resident_mb(child.id())
        );
        let _ = Command::new("kill").arg(child.id().to_string()).status();
        let _ = child.wait();
    }
}

fn start(program: &std::path::Path, data: &std::path::Path) -> (Child, Duration) {
    let port = free_port();
    let started = Instant::now();
    let child = Command::new(program)
        .args(["run", "--listen", &format!("127.0.0.1:{port}"), "--admin", &format!("127.0.0.1:{}", free_port())])
        .arg("--data")
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("agora starts");
    healthy(([127, 0, 0, 1], port).into(), "/readyz");
    (child, started.elapsed())
}

/// `agora` lies where cargo put the gateway, if it has been built.
fn program() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_BIN_EXE_gateway")).with_file_name("agora");
    beside.exists().then_some(beside)
}
