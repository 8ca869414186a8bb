//! database.
