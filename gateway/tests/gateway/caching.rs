//! What is kept of answers, for whom, and for how long.

mod collapsing;
mod interleaving;
mod keeping;
mod proxies;
mod reviewed;
mod sharing;
mod stale;
mod validating;
pub(crate) mod world;
mod writing;
