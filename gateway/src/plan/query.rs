//! The query of an operation whose answers are kept: only what it declares counts, and only that is sent.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The query that is sent to the service, where only what is declared counts: what is not in the key must not matter.
pub(crate) fn sent_query(query: &str, declared: &[String]) -> String {
    declared_pieces(query, declared).join("&")
}

/// The pieces of a query that are declared, in the order of their names. Pieces of one name keep their order, which may mean
/// something, however they write the name.
pub(crate) fn declared_pieces<'q>(query: &'q str, declared: &[String]) -> Vec<&'q str> {
    let is_declared = |piece: &&str| {
        let name = name_of(piece);
        declared.iter().any(|known| *known == *name)
    };
    let mut pieces: Vec<&str> = query.split('&').filter(is_declared).collect();
    pieces.sort_by(|one, other| name_of(one).cmp(&name_of(other)));
    pieces
}

/// The name of a piece as the service reads it.
fn name_of(piece: &str) -> Cow<'_, str> {
    let name = piece.split_once('=').map_or(piece, |(name, _)| name);
    if name.contains(['%', '+']) {
        let plain = name.replace('+', " ");
        return Cow::Owned(percent_decode_str(&plain).decode_utf8_lossy().into_owned());
    }
    Cow::Borrowed(name)
}
