//! A form on its way to a service: from chunks with public names to chunks with the operation's.

use std::collections::VecDeque;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName};

use super::disposition::Head;
use super::media::Media;
use super::multipart::{Multipart, Parts};
use super::urlencoded::Urlencoded;
use super::{FormError, Renames};

/// What is said of the bytes of a body and is not true of the rewritten ones (RFC 9530, RFC 3230, RFC 1864).
const OF_THE_BYTES: [HeaderName; 5] = [
    CONTENT_LENGTH,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// Rewrites one form.
#[derive(Debug)]
pub(crate) struct Rewriter {
    renames: Renames,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Multipart(Box<Multipart>),
    Urlencoded(Urlencoded),
}

impl Rewriter {
    /// For the body of a request, if its head says that this is a form. What the head says of the bytes of the body is
    /// taken out of it then.
    ///
    /// # Errors
    ///
    /// Where the head says so in a way that cannot be relied upon.
    pub(crate) fn for_request(headers: &mut HeaderMap, renames: &Renames) -> Result<Option<Self>, FormError> {
        let Some(media) = Media::of_request(headers)? else { return Ok(None) };
        for name in OF_THE_BYTES {
            headers.remove(name);
        }
        Ok(Some(Self::new(media, renames)))
    }

    pub(super) fn new(media: Media, renames: &Renames) -> Self {
        let form = match media {
            Media::Multipart { boundary } => Form::Multipart(Box::new(Multipart::new(&boundary))),
            Media::Urlencoded => Form::Urlencoded(Urlencoded::default()),
        };
        Self { renames: renames.clone(), form }
    }

    /// Takes the next chunk and appends what can be sent of it.
    pub(super) fn push(&mut self, chunk: Bytes, out: &mut VecDeque<Bytes>) -> Result<(), FormError> {
        let Self { renames, form } = self;
        match form {
            Form::Multipart(multipart) => multipart.push(chunk, &mut Renaming { renames, out }),
            Form::Urlencoded(urlencoded) => urlencoded.push(&chunk, renames, out),
        }
    }

    /// Nothing more comes: appends what was held, unless the form is incomplete.
    pub(super) fn finish(&mut self, out: &mut VecDeque<Bytes>) -> Result<(), FormError> {
        match &mut self.form {
            Form::Multipart(multipart) => multipart.finish(),
            Form::Urlencoded(urlencoded) => urlencoded.finish(&self.renames, out),
        }
    }
}

/// Puts the parts together again.
struct Renaming<'r> {
    renames: &'r Renames,
    out: &'r mut VecDeque<Bytes>,
}

impl Parts for Renaming<'_> {
    fn part(&mut self, delimiter: Bytes, head: Head) -> Result<(), FormError> {
        self.out.push_back(head.write(&delimiter, self.renames)?);
        Ok(())
    }

    fn content(&mut self, piece: Bytes) {
        self.out.push_back(piece);
    }

    fn close(&mut self, delimiter: Bytes) {
        self.out.push_back([&*delimiter, b"--\r\n"].concat().into());
    }
}
