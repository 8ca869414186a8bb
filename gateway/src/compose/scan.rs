//! Finds the places of joins in an answer, in one pass and without building it: the rest is known to be JSON afterwards, and
//! is nothing but bytes.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Selection, confined};
use crate::plan::Composition;
use transform::{Path, Step};

/// Answers above this size of which nothing is wanted are not read as JSON, which would cost more than forwarding them: they
/// only have to stay within their place ([`Confined`](confined::confined)).
const READ_WHOLE: usize = 16 * 1024;

/// What is wanted of the answer of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    fields: Vec<(Box<str>, Wanted)>,
    items: Option<Box<Wanted>>,
    /// The joins whose key this is.
    keys: Vec<usize>,
    /// The parts that are added under this name, so that it must not be there.
    taken: Vec<usize>,
}

impl Wanted {
    /// What the joins to part `host` want of its answer (each item of it, if it is a batch), and the members that are added
    /// to it.
    pub(crate) fn of(composition: &Composition, host: usize, added: &[(usize, &str)]) -> Self {
        let mut wanted = Self::default();
        for (index, join) in composition.joined_to(host) {
            wanted.want(join.key.steps(), index, &join.field);
        }
        for (index, name) in added {
            wanted.field(name).taken.push(*index);
        }
        wanted
    }

    fn want(&mut self, steps: &[Step], join: usize, field: &str) {
        match steps.split_first() {
            None => self.keys.push(join),
            Some((Step::Field(name), [])) => {
                self.field(name).keys.push(join);
                self.field(field).taken.push(join);
            }
            Some((Step::Field(name), rest)) => self.field(name).want(rest, join, field),
            Some((Step::Each, rest)) => self.items.get_or_insert_default().want(rest, join, field),
        }
    }

    fn field(&mut self, name: &str) -> &mut Self {
        let known = self.fields.iter().position(|(known, _)| **known == *name);
        let at = known.unwrap_or_else(|| {
            self.fields.push((name.into(), Self::default()));
            self.fields.len() - 1
        });
        &mut self.fields[at].1
    }

    /// The same, inside what these steps lead to.
    pub(crate) fn within(self, steps: &[Step]) -> Self {
        steps.iter().rev().fold(self, |inner, step| match step {
            Step::Field(name) => Self { fields: vec![(name.clone(), inner)], ..Self::default() },
            Step::Each => Self { items: Some(Box::new(inner)), ..Self::default() },
        })
    }

    fn is_nothing(&self) -> bool {
        self.fields.is_empty() && self.items.is_none() && self.keys.is_empty()
    }
}

/// A place in an answer where a join adds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// The part that is joined.
    pub(crate) join: usize,
    /// The byte after the key's value.
    pub(crate) at: usize,
    /// The key; none where it is null.
    pub(crate) key: Option<Key>,
}

/// A key as JSON has it, spelt in one way: so that equal keys have equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(Bytes);

impl Key {
    /// The key without quotes, as a parameter carries it.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &*self.0 {
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => String::from_utf8_lossy(inner),
            [b'"', ..] => serde_json::from_slice(&self.0).map_or_else(|_| String::from_utf8_lossy(&self.0), Cow::Owned),
            number => String::from_utf8_lossy(number),
        }
    }

    /// Reads the key that stands at `raw`, a piece of `document`; `None` is a null.
    pub(crate) fn read(document: &Bytes, raw: &str) -> Result<Option<Self>, NotUsable> {
        match raw.as_bytes() {
            b"null" => Ok(None),
            b"-0" => Ok(Some(Self(Bytes::from_static(b"0")))),
            [b'"', inner @ ..] if !inner.contains(&b'\\') => Ok(Some(Self(document.slice_ref(raw.as_bytes())))),
            [b'"', ..] => {
                let text: String = serde_json::from_str(raw).map_err(|_| NotUsable::Json)?;
                Ok(Some(Self(serde_json::Value::String(text).to_string().into())))
            }
            [b'-' | b'0'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
                Ok(Some(Self(document.slice_ref(raw.as_bytes()))))
            }
            [b'-' | b'0'..=b'9', ..] => whole_number(raw).map(|number| Some(Self(number.into()))),
            _ => Err(NotUsable::Key),
        }
    }
}

/// An integer that is written as `7.0` or `7e0`, which JSON does not tell apart from `7`.
fn whole_number(raw: &str) -> Result<String, NotUsable> {
    let number: f64 = raw.parse().map_err(|_| NotUsable::Key)?;
    let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    if exact { Ok(format!("{number:.0}")) } else { Err(NotUsable::Key) }
}

/// Why an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotUsable {
    #[error("it is not JSON")]
    Json,
    #[error("a key in it is neither an integer nor a string")]
    Key,
    #[error("it has a field under a name that is added to it")]
    Taken,
}

/// The places of what is wanted and asked for, in the order of the document.
pub(crate) fn sites(document: &Bytes, wanted: &Wanted, selection: &Selection) -> Result<Vec<Site>, NotUsable> {
    if wanted.is_nothing() {
        return if looks_whole(document) { Ok(Vec::new()) } else { Err(NotUsable::Json) };
    }
    if !confined::is_shallow(document) {
        return Err(NotUsable::Json);
    }
    let base = document.as_ptr() as usize;
    let mut found = Found { document, base, selection, sites: Vec::new(), trouble: None };
    // Once for all strings in it is quicker than once for each.
    let text = str::from_utf8(document).map_err(|_| NotUsable::Json)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Look { wanted, found: &mut found }.deserialize(&mut reader).and_then(|()| reader.end());
    match (found.trouble, read) {
        (Some(trouble), _) => Err(trouble),
        (None, Err(_)) => Err(NotUsable::Json),
        (None, Ok(())) => Ok(found.sites),
    }
}

/// Whether this is JSON that nests no deeper than a document may.
pub(crate) fn is_json(document: &[u8]) -> bool {
    let is_one = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    confined::is_shallow(document) && str::from_utf8(document).is_ok_and(is_one)
}

/// Whether this can stand in an answer: JSON, or, of what is large, one value that ends where it ends.
fn looks_whole(document: &[u8]) -> bool {
    if document.len() <= READ_WHOLE { is_json(document) } else { confined::confined(document) }
}

/// What is found on the way.
struct Found<'d> {
    document: &'d Bytes,
    base: usize,
    selection: &'d Selection,
    sites: Vec<Site>,
    trouble: Option<NotUsable>,
}

impl Found<'_> {
    fn key(&mut self, raw: &RawValue, joins: &[usize]) -> Result<(), NotUsable> {
        let mut joins = joins.iter().copied().filter(|join| self.selection.asks(*join));
        let Some(mut join) = joins.next() else { return Ok(()) };
        let key = Key::read(self.document, raw.get())?;
        let at = raw.get().as_ptr() as usize - self.base + raw.get().len();
        for next in joins {
            self.sites.push(Site { join, at, key: key.clone() });
            join = next;
        }
        // Most keys are those of one join.
        self.sites.push(Site { join, at, key });
        Ok(())
    }
}

/// Reads a value of which something is wanted.
struct Look<'a, 'd> {
    wanted: &'a Wanted,
    found: &'a mut Found<'d>,
}

impl<'de> DeserializeSeed<'de> for Look<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

/// Anything else than what is wanted is no mistake: then there is nothing to join there.
impl<'de> Visitor<'de> for Look<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key_seed(Name(&self.wanted.fields))? {
            let Some((_, wanted)) = field.and_then(|at| self.wanted.fields.get(at)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if wanted.taken.iter().any(|part| self.found.selection.shows(*part)) {
                self.found.trouble = Some(NotUsable::Taken);
                return Err(A::Error::custom(NotUsable::Taken));
            }
            if wanted.keys.is_empty() {
                map.next_value_seed(Look { wanted, found: &mut *self.found })?;
                continue;
            }
            let raw: &RawValue = map.next_value()?;
            if let Err(trouble) = self.found.key(raw, &wanted.keys) {
                self.found.trouble = Some(trouble);
                return Err(A::Error::custom(trouble));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(wanted) = &self.wanted.items else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while seq.next_element_seed(Look { wanted, found: &mut *self.found })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Reads the name of a field: its place among the wanted ones.
struct Name<'a>(&'a [(Box<str>, Wanted)]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Option<usize>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|(known, _)| **known == *name))
    }
}

/// The raw value at a path of fields, in a piece of a document that was read.
pub(crate) fn at<'d>(raw: &'d RawValue, path: &Path) -> Result<Option<&'d RawValue>, NotUsable> {
    let mut here = raw;
    for step in path.steps() {
        let Step::Field(name) = step else { return Ok(None) };
        match field(here.get(), name)? {
            Some(next) => here = next,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

/// One field of the object that is this whole text.
pub(crate) fn field<'d, T: Deserialize<'d>>(text: &'d str, name: &str) -> Result<Option<T>, NotUsable> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = Member(name, PhantomData).deserialize(&mut reader).and_then(|found| reader.end().map(|()| found));
    found.map_err(|_| NotUsable::Json)
}

/// Reads one field of an object.
struct Member<'a, T>(&'a str, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Member<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Member<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(Equals(self.0))? {
            if is_it {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether the name of a field is this one.
struct Equals<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Equals<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Equals<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == name)
    }
}
