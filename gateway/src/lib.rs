//! Turns one public request into zero or more upstream requests and exactly one response.
//!
//! # Life of a request
//!
//! A connection is accepted by one of the data-plane threads ([`listener`]), each a current-thread runtime with a
//! listener, upstream connections, counters and a token cache of its own. What the client sends reaches hyper only
//! after the [`guard`] has released it. Each request then passes the phases of [`pipeline`], in one order:
//!
//! `guard → identify → route → authenticate → limit → look up → forward | compose → shape → admit → finish → record`
//!
//! What a phase needs of a route was decided when the [`plan`] was built from files and contracts. A service is an
//! [`upstream::Upstream`], local or remote; the gateway's own operations ([`auth`]) and the pages and probes beside
//! the plan ([`beside`]) are routers of this process behind the same type.
//!
//! [`build()`] makes a [`Gateway`] of a configuration; [`Gateway::bind`] takes its ports; [`Bound::run`] serves until
//! it is told to stop and has drained.

pub mod auth;
pub mod beside;
pub mod cli;
pub mod documents;
pub mod plan;
pub mod routes;

mod answer;
mod body;
mod build;
mod cache;
mod compose;
mod config;
mod conformance;
mod context;
mod control;
mod cors;
mod error;
mod fields;
mod form;
mod forward;
mod guard;
mod health;
mod limit;
mod listener;
mod live;
mod media;
mod metrics;
mod network;
mod pipeline;
mod places;
mod plane;
mod record;
mod resilience;
mod run;
mod shed;
mod surface;
mod tunnel;

pub use build::{BuildError, Gateway, build};
pub use config::Config;
pub use live::ReloadError;
pub use run::{BindError, Bound};
