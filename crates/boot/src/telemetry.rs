//! Log lines that never hold up the one who writes them.
//!
//! Lines go to standard error, so that standard output stays for what a person asked for: JSON, one object per line, or short human
//! lines when standard error is a terminal. A line is handed to a thread of its own through a bounded queue; when the reader of
//! standard error is slower than we are, lines are dropped and counted ([`dropped_lines`]) and the count is logged as soon as
//! there is room. The data plane never waits for a log.
//!
//! `RUST_LOG` chooses what is logged (`info` unless set), `AGORA_LOG_FORMAT` forces `json` or `human`.

mod clock;
mod queue;

use std::{io::IsTerminal as _, str::FromStr};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

pub use queue::dropped_lines;

use crate::Vars;

/// What is logged unless `RUST_LOG` says otherwise: what migrations do is reported by those who run them.
const DEFAULT_FILTER: &str = "info,sea_orm_migration=warn";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line.
    Json,
    /// A short line for a person.
    Human,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "human" => Ok(Self::Human),
            _ => Err("it is `json` or `human`"),
        }
    }
}

/// What is logged, and how.
#[derive(Debug)]
pub struct Settings {
    filter: EnvFilter,
    format: Format,
    colours: bool,
}

impl Settings {
    /// Reads `RUST_LOG`, `AGORA_LOG_FORMAT` and `NO_COLOR`.
    ///
    /// ```
    /// let mut vars = boot::Vars::from_pairs([("RUST_LOG", "warn,users=no-such-level")]);
    /// boot::telemetry::Settings::from_vars(&mut vars);
    /// assert!(vars.finish().unwrap_err().to_string().starts_with("RUST_LOG"));
    /// ```
    pub fn from_vars(vars: &mut Vars) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let format = vars.parsed("AGORA_LOG_FORMAT", if terminal { Format::Human } else { Format::Json });
        let colours = vars.optional("NO_COLOR").is_none() && terminal;
        let filter = vars.text("RUST_LOG", DEFAULT_FILTER);
        let filter = EnvFilter::try_new(&filter).unwrap_or_else(|why| {
            vars.mistake(format!("RUST_LOG=\"{filter}\" cannot be used: {why}"));
            EnvFilter::new(DEFAULT_FILTER)
        });
        Self { filter, format, colours }
    }
}

/// Keeps the log alive; dropping it writes what is still queued, for at most a second.
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub struct Telemetry {
    queue: queue::Queue,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.queue.flush();
    }
}

/// Makes `settings` the log of this process, panics included: a panic is one line with its place, wherever it happens.
///
/// A second call in the same process changes nothing, which is what test binaries want.
pub fn init(settings: &Settings) -> Telemetry {
    let queue = queue::Queue::start(std::io::stderr());
    let registry = tracing_subscriber::registry().with(settings.filter.clone());
    let lines = fmt::layer().with_writer(queue.clone());
    let installed = match settings.format {
        Format::Json => {
            registry.with(lines.json().flatten_event(true).with_current_span(true).with_span_list(false)).try_init()
        }
        Format::Human => registry
            .with(lines.compact().with_ansi(settings.colours).with_target(false).with_timer(clock::TimeOfDay))
            .try_init(),
    };
    if installed.is_ok() {
        std::panic::set_hook(Box::new(panicked));
    }
    Telemetry { queue }
}

fn panicked(info: &std::panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    let message = info.payload_as_str().unwrap_or("a value that is not text");
    tracing::error!(place, panic = message, "panicked");
}
