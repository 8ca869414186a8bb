//! What a request gets on its way.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::attempt::TIMEOUT;

/// A field that is sent with a request and is no part of it.
pub type Field<'a> = (&'a HeaderName, &'a HeaderValue);

/// What is sent behind the fields of a request, and does not become a part of it: to put a field into a map and to take it out
/// again costs more than to write it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Added<'a> {
    /// What [`TIMEOUT`] is, whatever the request says, where the service is to be told.
    pub(crate) timeout: Option<u64>,
    pub(crate) fields: &'a [Option<Field<'a>>],
}

impl Added<'_> {
    /// Makes it a part of a request, for who reads a map and not what is written.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        if let Some(timeout) = self.timeout {
            headers.insert(TIMEOUT, HeaderValue::from(timeout));
        }
        for (name, value) in self.fields.iter().flatten() {
            // A map holds at most 32,768 fields; a request here has at most a few hundred.
            let _full = headers.try_append(*name, (*value).clone());
        }
    }
}
