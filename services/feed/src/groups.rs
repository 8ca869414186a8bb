//! The cache groups of this service (`service::groups` says what they are for):
//!
//! | group | belongs to it | changed by |
//! | --- | --- | --- |
//! | `feed` | public lists, search and tags | nothing here: what is told by events changes them |
//! | `viewer:7` | everything that account 7 reads: whom it blocks is left out | its blocks, which `users` tells |

use principal::Principal;
use service::groups::Of;

/// What everybody may read, as this caller sees it.
pub(crate) fn public(caller: &Principal) -> Of {
    Of::new(std::iter::once("feed".to_owned()).chain(caller.user_id().map(|id| format!("viewer:{id}"))))
}

/// What is of this account alone.
pub(crate) fn own(viewer: i64) -> Of {
    Of::new([format!("viewer:{viewer}")])
}
