//! Reading a form, part by part.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{
        FromRequest as _, Multipart, Request,
        multipart::{Field, MultipartError},
    },
};
use bytes::BytesMut;
use http::{HeaderMap, header::CONTENT_LENGTH};
use problem::{Code, Fields, Problem, suggestion};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    FILE_BYTES, Received,
    body::{Meter, Pieces},
};
use crate::{Service, error::Error};

/// The field of files.
pub(crate) const IMAGE: &str = "image";
/// The most bytes of all texts of a form.
const TEXT_BYTES: usize = 64 << 10;
/// What a form may have beside its files and texts.
const AROUND_BYTES: usize = 64 << 10;
/// How long a file may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(120);

/// What a form may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Texts that may be there once.
    pub(crate) once: &'static [&'static str],
    /// Texts that may be there several times.
    pub(crate) often: &'static [&'static str],
    /// The most files.
    pub(crate) pictures: usize,
}

impl Wanted {
    /// The most bytes of a body.
    fn bytes(&self) -> usize {
        self.pictures * FILE_BYTES + TEXT_BYTES + AROUND_BYTES
    }

    fn known(&self) -> impl Iterator<Item = &'static str> {
        self.once.iter().chain(self.often).copied()
    }

    /// Where it is said what is wrong with a file.
    fn pointer(&self, index: usize) -> String {
        if self.pictures == 1 { format!("/{IMAGE}") } else { format!("/{IMAGE}/{index}") }
    }
}

/// A file as it came, and the memory that it takes.
pub(super) struct Upload {
    pub(super) bytes: BytesMut,
    pub(super) _memory: Option<OwnedSemaphorePermit>,
}

/// Takes a form in. What it has stored is in `received`, also if it fails.
pub(super) async fn receive(
    service: &Service,
    request: Request,
    wanted: &Wanted,
    received: &mut Received,
) -> Result<(), Error> {
    let meter = Meter::default();
    let mut form = open(request, wanted, meter.clone()).await?;
    let mut room = TEXT_BYTES;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        meter.reset();
        let name = field.name().unwrap_or_default().to_owned();
        if name == IMAGE {
            let pointer = wanted.pointer(received.pictures.len());
            if received.pictures.len() == wanted.pictures {
                return Err(refused(&pointer, "too_many", &format!("At most {}.", wanted.pictures)));
            }
            let reading = tokio::time::timeout(ARRIVES_WITHIN, file(service, field, &pointer, &meter));
            let upload = reading.await.map_err(|_elapsed| Error::Slow)??;
            super::prepare::store(service, upload, pointer, received).await?;
        } else if let Some(name) = wanted.known().find(|known| *known == name) {
            if wanted.once.contains(&name) && received.text(name).is_some() {
                return Err(refused(&format!("/{name}"), "duplicate_field", "This field is given twice."));
            }
            let text = text(field, name, &mut room, &meter).await?;
            received.texts.push((name, text));
        } else {
            return Err(unknown(&name, wanted));
        }
    }
    Ok(())
}

async fn open(request: Request, wanted: &Wanted, meter: Meter) -> Result<Multipart, Error> {
    if let Some(bytes) = declared(request.headers()).filter(|length| *length > wanted.bytes()) {
        return Err(if wanted.pictures == 1 {
            file_too_large(&wanted.pointer(0), bytes)
        } else {
            too_large(wanted.bytes())
        });
    }
    let (head, body) = request.into_parts();
    let body = Body::from_stream(Pieces::new(body.into_data_stream(), meter));
    Multipart::from_request(Request::from_parts(head, body), &()).await.map_err(|_| {
        let told = "Send the body with `Content-Type: multipart/form-data` and its boundary.";
        Problem::new(Code::UnsupportedMediaType).with_detail(told).into()
    })
}

fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn file(service: &Service, mut field: Field<'_>, pointer: &str, meter: &Meter) -> Result<Upload, Error> {
    let mut upload = Upload { bytes: BytesMut::new(), _memory: None };
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        meter.reset();
        if upload.bytes.len() + chunk.len() > FILE_BYTES {
            return Err(file_too_large(pointer, upload.bytes.len() + chunk.len()));
        }
        let length = u32::try_from(chunk.len()).map_err(|_| Error::Busy)?;
        let more = service.uploads.memory.clone().try_acquire_many_owned(length).map_err(|_| Error::Busy)?;
        match &mut upload._memory {
            Some(memory) => memory.merge(more),
            none => *none = Some(more),
        }
        upload.bytes.extend_from_slice(&chunk);
    }
    Ok(upload)
}

async fn text(mut field: Field<'_>, name: &str, room: &mut usize, meter: &Meter) -> Result<String, Error> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        meter.reset();
        *room = room.checked_sub(chunk.len()).ok_or_else(|| too_large(TEXT_BYTES))?;
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|_| refused(&format!("/{name}"), "invalid_characters", "This is not UTF-8."))
}

fn unknown(name: &str, wanted: &Wanted) -> Error {
    let message = match suggestion(name, wanted.known().chain([IMAGE])) {
        Some(near) => format!("There is no field `{name}`; did you mean `{near}`?"),
        None => format!("There is no field `{name}`."),
    };
    refused(&format!("/{}", name.replace('~', "~0").replace('/', "~1")), "unknown_field", &message)
}

fn refused(pointer: &str, code: &str, message: &str) -> Error {
    let mut fields = Fields::new();
    fields.refuse(pointer, code, message);
    fields.refused().into()
}

fn file_too_large(pointer: &str, bytes: usize) -> Error {
    let refused = picture::Refused::TooManyBytes { bytes, limit: FILE_BYTES };
    Error::Picture { pointer: pointer.to_owned(), refused }
}

fn too_large(limit: usize) -> Error {
    Problem::new(Code::PayloadTooLarge)
        .with_detail(format!("The body may have at most {limit} bytes."))
        .with_member("limit", limit.into())
        .into()
}

/// The parser's own words may quote what was sent, so they are for the log.
#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn broken(error: MultipartError) -> Error {
    tracing::debug!(why = error.body_text(), "a form could not be read");
    Problem::new(Code::InvalidParameter).with_detail("The form is malformed, or ends before its last boundary.").into()
}
