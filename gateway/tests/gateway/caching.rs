//! What is kept of answers, for whom, and for how long.

mod collapsing;
mod interleaving;
mod keeping;
mod proxies;
mod sharing;
mod stale;
mod validating;
mod world;
mod writing;
