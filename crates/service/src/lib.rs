//! Makes a service of its slices: a process, a router around them, a document, pages, versions, and what caches may know.
//!
//! What is here knows nothing of any service's subject; a service is its slices and nothing else.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`program`] | the process: `run`, `seed`, `openapi`, and the variables that all services have |
//! | [`router()`] | the layers around the operations |
//! | [`document`] | the OpenAPI document, completed |
//! | [`page`] | lists by keyset |
//! | [`parameters`] | fields and parameters that many operations have |
//! | [`etag`] | entity tags and the conditions on them |
//! | [`groups`] | what caches may know of an answer |
//! | [`idempotency`] | requests that may be sent twice and are done once |
//! | [`failure`] | what a database's refusal is to a client |
//! | [`text`] | free texts, checked |
//! | [`clock`] | the time, which a test can move |
//! | [`demo`] | what the demo data of all services agree on |
//! | [`random`] | numbers for demo data |

pub mod clock;
pub mod demo;
pub mod document;
pub mod etag;
pub mod failure;
pub mod groups;
pub mod idempotency;
pub mod page;
pub mod parameters;
pub mod program;
pub mod random;
mod router;
pub mod text;

pub use clock::Clock;
pub use document::Document;
pub use program::{Parts, Program, Serve};
pub use random::Random;
pub use router::router;
pub use text::Mistake;
