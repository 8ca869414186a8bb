//! What the kernel says of a process and its children: CPU time to the nanosecond, resident memory, cores.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Pins this process, and whatever it starts afterwards, to one core; whether that worked.
pub(crate) fn pin(core: &str) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let id = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-apc", core, &id]).stdout(Stdio::null()).status();
    cores > 1 && pinned.is_ok_and(|status| status.success())
}

/// The time that the threads of this process and its children have spent on a core.
pub(crate) fn cpu(id: u32) -> Duration {
    let mut total = Duration::ZERO;
    let Ok(tasks) = fs::read_dir(format!("/proc/{id}/task")) else {
        return total;
    };
    for task in tasks.flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let on_core = read("schedstat").split(' ').next().and_then(|ns| ns.parse().ok());
        total += Duration::from_nanos(on_core.unwrap_or_default());
        let children = read("children");
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        total += children.map(cpu).sum::<Duration>();
    }
    total
}

/// The resident memory of a process in megabytes.
pub(crate) fn resident_mb(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() * 1024.0 / 1e6
}
