//! Brings an HTTP process up, makes it observable, takes it down cleanly.
//!
//! What a process needs before and after its own work is the same everywhere, so it lives here once:
//!
//! * [`Vars`] reads the environment and collects every mistake, so that a wrong deployment is told all of them at once;
//! * [`telemetry`] writes log lines without ever making the writer of a line wait;
//! * [`Tasks`] is where work that outlives its request belongs, so that a shutdown can wait for it;
//! * [`App`] is what a service hands over: a router, a readiness check, its tasks;
//! * [`serve()`] answers on a listener until told to stop, then drains;
//! * [`main`] makes all of this a process with an exit status.
//!
//! A whole service process:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! fn main() -> std::process::ExitCode {
//!     boot::main("hello", async |vars| {
//!         let listen = vars.text("HELLO_LISTEN", "127.0.0.1:8190");
//!         vars.finish()?;
//!         let app = boot::App::new("hello", axum::Router::new());
//!         let listener = tokio::net::TcpListener::bind(listen).await?;
//!         boot::serve(listener, app, boot::terminated(), Duration::from_secs(10)).await;
//!         Ok(())
//!     })
//! }
//! ```

mod app;
mod process;
mod profile;
mod serve;
mod surface;
mod tasks;
pub mod telemetry;
mod vars;

pub use app::{App, CONTRACT_PATH, Ready};
pub use process::{Hangups, Outcome, main, terminated};
pub use profile::Profile;
pub use serve::serve;
pub use surface::TIMEOUT;
pub use tasks::Tasks;
pub use vars::{Mistakes, Vars};

pub use tokio_util::sync::CancellationToken;
