//! Leaves of a document only the fields that were chosen, as they are written; lists are looked through.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The chosen fields, by their first word. One without more words is kept whole.
#[derive(Debug, Default)]
struct Tree<'a>(Vec<(&'a str, Tree<'a>)>);

impl<'a> Tree<'a> {
    fn add(&mut self, words: &'a [String]) {
        let Some((first, rest)) = words.split_first() else { return };
        match self.0.iter_mut().find(|(known, _)| known == first) {
            // What is kept whole already stays whole.
            Some((_, below)) if below.0.is_empty() => {}
            Some((_, below)) if rest.is_empty() => below.0.clear(),
            Some((_, below)) => below.add(rest),
            None => {
                let mut below = Self::default();
                below.add(rest);
                self.0.push((first, below));
            }
        }
    }

    fn below(&self, name: &str) -> Option<&Self> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, below)| below)
    }
}

/// The document with only these fields, and what it says of its own parts; none if it is no JSON.
pub(super) fn project(document: &[u8], fields: &[Vec<String>]) -> Option<Bytes> {
    let whole = ["_parts".to_owned()];
    let mut tree = Tree::default();
    fields.iter().for_each(|words| tree.add(words));
    tree.add(&whole);
    let mut written = Vec::with_capacity(document.len());
    let raw: &RawValue = serde_json::from_slice(document).ok()?;
    write(raw, &tree, &mut written)?;
    Some(written.into())
}

fn write(raw: &RawValue, tree: &Tree<'_>, into: &mut Vec<u8>) -> Option<()> {
    match raw.get().as_bytes().first()? {
        b'{' if !tree.0.is_empty() => {
            let members = members(raw)?;
            let kept = members.iter().filter_map(|(name, value)| Some((name, value, tree.below(name)?)));
            into.push(b'{');
            for (index, (name, value, below)) in kept.enumerate() {
                if index > 0 {
                    into.push(b',');
                }
                serde_json::to_writer(&mut *into, name).ok()?;
                into.push(b':');
                write(value, below, into)?;
            }
            into.push(b'}');
        }
        b'[' if !tree.0.is_empty() => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
            into.push(b'[');
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 {
                    into.push(b',');
                }
                write(item, tree, into)?;
            }
            into.push(b']');
        }
        _ => into.extend_from_slice(raw.get().as_bytes()),
    }
    Some(())
}

fn members(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    serde_json::Deserializer::from_str(raw.get()).deserialize_map(Members).ok()
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn projected(document: &str, fields: &[&str]) -> String {
        let fields: Vec<Vec<String>> = fields.iter().map(|name| name.split('.').map(str::to_owned).collect()).collect();
        String::from_utf8(project(document.as_bytes(), &fields).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn only_what_is_chosen_stays_as_it_is_written() {
        let document = r#"{"id": 1.0, "name":"a\u0062", "more": {"x": [1, 2],"y":null}}"#;
        assert_eq!(projected(document, &["id", "more.x"]), r#"{"id":1.0,"more":{"x":[1, 2]}}"#);
        assert_eq!(projected(document, &["more.x", "more"]), r#"{"more":{"x": [1, 2],"y":null}}"#);
        assert_eq!(projected(document, &["nothing"]), "{}");
    }

    #[test]
    fn lists_are_looked_through_and_missing_parts_stay_named() {
        let document = r#"{"items":[{"id":1,"a":2},{"id":3},null],"next":null,"_parts":[{"name":"x"}]}"#;
        assert_eq!(projected(document, &["items.id"]), r#"{"items":[{"id":1},{"id":3},null],"_parts":[{"name":"x"}]}"#);
    }
}
