//! The id of a refresh session.

use uuid::Uuid;

/// A session's id in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(String);

impl SessionId {
    /// The id of a new session. Ids rise with time.
    pub(crate) fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// Reads an id; `None` if no session can have it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok()?.to_string();
        (id == text).then_some(Self(id))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
