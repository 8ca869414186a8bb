//! Programs run where they do not hold up others: a small document on the spot, a large one beside the data plane.

use bytes::Bytes;
use transform::{Program, TransformError};

use crate::plan::{Finish, Shape};

/// A program may take tens of milliseconds for a megabyte; for documents up to this it takes less than handing them over and
/// waiting for another thread would be worth.
const INLINE: usize = 64 * 1024;

/// What a shape makes of a document.
pub(super) async fn by_shape(shape: &Shape, document: Bytes, base: &[u8]) -> Result<Bytes, TransformError> {
    let (shape, base) = (shape.clone(), Bytes::copy_from_slice(base));
    beside(document, move |document| shape.apply(document, &base)).await
}

/// What a program that knows `$base` makes of a document.
pub(super) async fn by_program(program: &Program, document: Bytes, base: &[u8]) -> Result<Bytes, TransformError> {
    let (program, base) = (program.clone(), Bytes::copy_from_slice(base));
    beside(document, move |document| program.run(document, &[&base])).await
}

/// What `finish` makes of a document for this viewer.
pub(super) async fn by_finish(
    finish: &Finish,
    document: Bytes,
    base: &[u8],
    viewer: String,
) -> Result<Bytes, TransformError> {
    let (finish, base) = (finish.clone(), Bytes::copy_from_slice(base));
    beside(document, move |document| finish.apply(document, &base, viewer.as_bytes())).await
}

async fn beside<F>(document: Bytes, make: F) -> Result<Bytes, TransformError>
where
    F: FnOnce(&[u8]) -> Result<Bytes, TransformError> + Send + 'static,
{
    if document.len() <= INLINE {
        return make(&document);
    }
    tokio::task::spawn_blocking(move || make(&document)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a document could not be made into another");
        Err(TransformError::TooMuchWork)
    })
}
