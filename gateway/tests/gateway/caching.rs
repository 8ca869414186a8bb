//! What is kept of answers, for whom, and for how long.

mod bounding;
mod collapsing;
pub(crate) mod crowd;
pub(crate) mod files;
mod hanging;
mod interleaving;
mod keeping;
mod parts;
mod proxies;
mod reviewed;
mod sharing;
mod stale;
mod strangers;
mod validating;
mod viewing;
pub(crate) mod world;
mod writing;
