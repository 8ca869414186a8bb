//! What is kept of answers, for whom, and for how long.
//!
//! | what | where |
//! | --- | --- |
//! | whether it is kept | `keeping`, `admitting`, `bounding` (memory), `proxies` (origins without a contract), `composed`, `parts` |
//! | who is given it | `sharing`, `viewing`, `strangers` (a crowd at random) |
//! | how it is asked for and given | `asking` (what clients ask), `validating`, `telling` (what they are told), `stale`, `failing` |
//! | who waits for whom | `collapsing`, `waiting`, `hanging` |
//! | when it ends | `writing`, `changing`, `scripted` (writes whose outcome is not known), `interleaving` (at random) |

mod admitting;
mod asking;
mod bounding;
mod changing;
mod collapsing;
mod composed;
pub(crate) mod crowd;
mod failing;
pub(crate) mod files;
mod hanging;
mod interleaving;
mod keeping;
mod parts;
mod proxies;
mod scripted;
mod sharing;
mod stale;
mod strangers;
mod telling;
mod validating;
mod viewing;
mod waiting;
pub(crate) mod world;
mod writing;
