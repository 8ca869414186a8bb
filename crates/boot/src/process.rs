//! From `fn main` to an exit status.

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Mistakes, Vars, telemetry};

/// What a process ends with.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// The exit status of a wrong configuration, as command-line parsers use it too.
const MISCONFIGURED: u8 = 2;

/// How long work on blocking threads may hold up the end of the process.
const BLOCKING_GRACE: Duration = Duration::from_secs(1);

/// Runs a process: variables, telemetry, a multi-thread runtime, then `run`.
///
/// The exit status is 0, or 2 if `run` ends with [`Mistakes`], or 1 for any other error. Errors are printed to standard error as
/// sentences, with their causes; no backtrace.
///
/// ```
/// let status = boot::main("hello", async |vars| {
///     vars.mistake("HELLO_NAME has to be set");
///     Ok(vars.finish()?)
/// });
/// assert_eq!(format!("{status:?}"), format!("{:?}", std::process::ExitCode::from(2)));
/// ```
pub fn main<F>(name: &str, run: F) -> ExitCode
where
    F: AsyncFnOnce(&mut Vars) -> Outcome,
{
    let mut vars = Vars::from_env();
    let telemetry = telemetry::init(&telemetry::Settings::from_vars(&mut vars));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_name(name).build() {
        Ok(runtime) => runtime,
        Err(why) => return report(name, &why),
    };
    let outcome = runtime.block_on(run(&mut vars));
    runtime.shutdown_timeout(BLOCKING_GRACE);
    drop(telemetry);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => report(name, why.as_ref()),
    }
}

fn report(name: &str, why: &(dyn Error + 'static)) -> ExitCode {
    let mut text = String::new();
    let status = if let Some(mistakes) = why.downcast_ref::<Mistakes>() {
        for mistake in mistakes.iter() {
            text += &format!("{name}: {mistake}\n");
        }
        ExitCode::from(MISCONFIGURED)
    } else {
        text = format!("{name}: {}\n", sentence(why));
        ExitCode::FAILURE
    };
    // If nobody can read standard error there is nobody left to tell.
    drop(io::stderr().write_all(text.as_bytes()));
    status
}

/// An error and its causes, without what a cause repeats.
fn sentence(why: &(dyn Error + 'static)) -> String {
    let mut text = why.to_string();
    let mut source = why.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        if !text.contains(&told) {
            text += ": ";
            text += &told;
        }
        source = cause.source();
    }
    text
}

/// Ends at the first SIGTERM or SIGINT.
///
/// The handlers are installed at the first poll; from then on the signals no longer end the process by themselves.
pub async fn terminated() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received: the process will end without a drain");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: shutting down"),
        _ = interrupt.recv() => tracing::info!("SIGINT: shutting down"),
    }
}

/// Waits for SIGHUP, again and again.
///
/// From the moment it is made on, the signal no longer ends the process.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// Installs the handler. To be called on a runtime.
    ///
    /// # Errors
    ///
    /// The system's, if signals cannot be received.
    pub fn new() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// The next SIGHUP.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            // There will be no more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_once() {
        #[derive(Debug)]
        struct Layered(&'static str, Option<Box<Layered>>);
        impl std::fmt::Display for Layered {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.0)
            }
        }
        impl Error for Layered {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                self.1.as_deref().map(|inner| inner as &(dyn Error + 'static))
            }
        }
        let disk = Layered("no space", None);
        let pool = Layered("cannot open: no space", Some(Box::new(disk)));
        let top = Layered("users cannot start", Some(Box::new(pool)));
        assert_eq!(sentence(&top), "users cannot start: cannot open: no space");
    }
}
