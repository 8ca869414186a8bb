//! principal.
