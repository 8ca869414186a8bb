//! The compose phase: several calls become one answer, or one answer is made into another.
//!
//! The parts of a route form a graph without cycles, which the plan has checked. Each is asked as soon as what it needs is
//! there, all within one deadline. A required part that fails ends the request and cancels the calls that are under way; any
//! other leaves `null` or its fallback, and the answer says so: in `_parts`, in the field `Gateway-Parts`, and by
//! `Cache-Control: no-store`. Documents are never built: what is joined or added is written between the bytes that came
//! ([`scan`], [`render`]). The answer does not depend on the order in which its parts arrive.

mod answer;
mod ask;
mod batch;
mod choose;
mod confined;
mod failure;
mod intake;
mod keys;
mod made;
mod main_call;
mod prepared;
mod projection;
mod refused;
mod render;
mod run;
mod scan;
mod settle;
mod spare;
mod values;
mod viewer;

pub(crate) use answer::{GATEWAY_PARTS, finish, rewritten};
pub(crate) use ask::{collect, of_upstream};
pub(crate) use choose::{Selection, select};
pub(crate) use failure::PartFailure;
pub(crate) use prepared::Prepared;
pub(crate) use refused::Refusal;
pub(crate) use run::{Asked, compose};
pub(crate) use values::remaining;
pub(crate) use viewer::Viewing;

use batch::Batch;
use bytes::Bytes;
use scan::Site;

/// What has become of a part.
#[derive(Debug, Default)]
enum Outcome {
    /// It has not been asked, or not answered yet.
    #[default]
    Open,
    /// Its answer, with the places of what is joined to it; also the fallback of one that failed.
    Document(Bytes, Vec<Site>),
    /// The answers of a batch operation.
    Batch(Batch),
    /// There is no such thing: null, and no error.
    Absent,
    /// The client has sent nothing that it could be asked with.
    Unasked,
    /// There is no answer.
    Failed(PartFailure),
}

impl Outcome {
    fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}
