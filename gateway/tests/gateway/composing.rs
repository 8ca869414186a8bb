//! Answers that are put together from several services, or made into others: what clients see of them.

mod arrival;
mod aside;
mod choosing;
mod combinations;
pub(crate) mod contracts;
mod documented;
mod hardened;
mod held;
mod joining;
mod parts;
mod refusing;
pub(crate) mod services;
mod shaping;
mod table;
pub(crate) mod world;
