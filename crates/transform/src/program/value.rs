//! The values that programs work on: jaq's own, with every operation metered.
//!
//! jaq takes whatever implements its traits; this is where each step of a run passes. What would make a value that is no
//! JSON (a number that is not finite, an object with keys that are no strings) fails here already.

mod operators;
mod update;

use std::fmt;

use jaq_core::val::Range;
use jaq_core::{Error, ValR, ValT, ValX, path::Opt};
use jaq_json::{Map, Num, Val};

use super::meter::{self, Exhausted};
use super::write::write;

/// A value.
#[derive(Clone, Debug, Default)]
pub(super) struct Value(pub(super) Val);

/// What a run fails with. It is never shown: it names no value.
pub(super) type Failure = Error<Value>;

impl From<Exhausted> for Failure {
    fn from(Exhausted: Exhausted) -> Self {
        failure("too much work")
    }
}

impl From<Exhausted> for jaq_core::Exn<'_, Value> {
    fn from(exhausted: Exhausted) -> Self {
        Failure::from(exhausted).into()
    }
}

/// A failure for the reason that the program sees with `try`.
pub(super) fn failure(reason: &'static str) -> Failure {
    // Whoever asks with `?` makes one for each item.
    let _ = meter::spend(3, 0);
    Error::new(Value(Val::utf8_str(reason.as_bytes())))
}

/// A failure because a value is not of the kind that is asked for.
pub(super) fn expected<T>(kind: &'static str) -> Result<T, Failure> {
    Err(failure(kind))
}

pub(super) fn inner(_: jaq_json::Error) -> Failure {
    failure("an operation does not take this value")
}

/// An upper bound of the steps that it takes to visit all of a value; stops where `most` is reached.
pub(super) fn weight(value: &Val, most: u64) -> u64 {
    let of_children = |children: &mut dyn Iterator<Item = &Val>, begin: u64| {
        let mut sum = begin;
        for child in children {
            if sum >= most {
                break;
            }
            sum += weight(child, most - sum);
        }
        sum
    };
    match value {
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_)) => 1,
        Val::Num(Num::Dec(text)) => 1 + text.len() as u64 / 8,
        // Beyond machine integers it is compared and written digit by digit.
        Val::Num(Num::BigInt(number)) if number.bits() > 127 => 1 + number.bits() / 2,
        Val::Num(Num::BigInt(_)) => 4,
        Val::TStr(text) | Val::BStr(text) => 1 + text.len() as u64 / 32,
        Val::Arr(items) => of_children(&mut items.iter(), 1),
        Val::Obj(fields) => of_children(&mut fields.iter().flat_map(|(key, value)| [key, value]), 2),
    }
}

/// Pays for sorting by this value, which is looked at so many times. Single values are compared in no time.
pub(super) fn compared(value: &Val, times: u64) -> Result<(), Exhausted> {
    match value {
        Val::Arr(_) | Val::Obj(_) => visit(value, times),
        single => meter::spend(1 + weight(single, meter::left() + 1).saturating_mul(times) / 8, 0),
    }
}

/// Pays for visiting all of a value so many times.
pub(super) fn visit(value: &Val, times: u64) -> Result<(), Exhausted> {
    let times = times.max(1);
    meter::spend(weight(value, meter::left() / times + 1).saturating_mul(times), 0)
}

/// Names the kind only: a failure must not print a document.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(kind(&self.0))
    }
}

/// The name of a value's type, as `type` gives it.
pub(super) fn kind(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "boolean",
        Val::Num(_) => "number",
        Val::TStr(_) | Val::BStr(_) => "string",
        Val::Arr(_) => "array",
        Val::Obj(_) => "object",
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

impl From<isize> for Value {
    fn from(value: isize) -> Self {
        Self(value.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Only paths of slices become such values, and no program handles paths.
impl From<Range<Self>> for Value {
    fn from(_: Range<Self>) -> Self {
        Self(Val::Null)
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        let mut all = Vec::new();
        for Self(item) in items {
            // Nobody waits for a failure here: the rest is left out, and the run fails at its end.
            if meter::spend(0, 32).is_err() {
                break;
            }
            all.push(item);
        }
        let _ = meter::spend(0, 64);
        Self(all.into_iter().collect())
    }
}

impl ValT for Value {
    fn from_num(digits: &str) -> ValR<Self> {
        Ok(Self(Val::from_num(digits).map_err(inner)?))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(entries: I) -> ValR<Self> {
        meter::spend(1, 400)?;
        let mut map = Map::default();
        for (Self(key), Self(value)) in entries {
            let Val::TStr(_) = key else { return expected("an object has strings as keys") };
            map.insert(key, value);
        }
        Ok(Self(Val::obj(map)))
    }

    fn key_values(self) -> Box<dyn Iterator<Item = Result<(Self, Self), Failure>>> {
        // Only paths need keys, and no program handles paths.
        Box::new(std::iter::once(expected("a path cannot be made here")))
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        match self.0 {
            Val::Arr(items) => {
                let mut index = 0..items.len();
                Box::new(metered(move || items.get(index.next()?).cloned()))
            }
            Val::Obj(fields) => {
                let mut index = 0..fields.len();
                Box::new(metered(move || Some(fields.get_index(index.next()?)?.1.clone())))
            }
            _ => Box::new(std::iter::once(expected("items were asked of a value that has none"))),
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        match (&self.0, &index.0) {
            (Val::Obj(_) | Val::Null, Val::TStr(name)) => meter::look(name.len())?,
            (Val::Arr(_) | Val::Null, Val::Num(_)) => meter::spend(1, 0)?,
            _ => return expected("a field was asked of a value that is no object, or an item of one that is no array"),
        }
        Ok(Self(self.0.index(&index.0).map_err(inner)?))
    }

    fn range(self, range: Range<&Self>) -> ValR<Self> {
        match &self.0 {
            Val::Arr(items) => meter::spend(1 + items.len() as u64 / 2, 64 + meter::ITEM * items.len() as u64)?,
            Val::TStr(text) => meter::spend(1 + text.len() as u64 / 16, 64)?,
            _ => return expected("a part was asked of a value that is neither text nor array"),
        }
        Ok(Self(self.0.range(range.start.map(|from| &from.0)..range.end.map(|to| &to.0)).map_err(inner)?))
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(self, opt: Opt, f: impl Fn(Self) -> I) -> ValX<'a, Self> {
        update::each(self, opt, f)
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        update::one(self, index, opt, f)
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        _: Range<&Self>,
        opt: Opt,
        _: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        opt.fail(self, |_| failure("slices cannot be changed").into())
    }

    fn as_bool(&self) -> bool {
        self.0.as_bool()
    }

    fn into_string(self) -> Self {
        if let Val::TStr(_) = &self.0 {
            return self;
        }
        if visit(&self.0, 1).is_err() {
            return self;
        }
        match write(&self.0) {
            Ok(text) if meter::text(text.len()).is_ok() => Self(Val::utf8_str(text)),
            // This cannot fail, but the run can, and does at its end.
            _ => {
                let _ = meter::spend(u64::MAX, 0);
                self
            }
        }
    }
}

/// An iterator over items that are paid for one by one, and that ends where the meter does.
fn metered(mut next: impl FnMut() -> Option<Val>) -> impl Iterator<Item = ValR<Value>> {
    let mut over = false;
    std::iter::from_fn(move || {
        if over {
            return None;
        }
        let item = next()?;
        Some(meter::item().map(|()| Value(item)).map_err(|exhausted| {
            over = true;
            exhausted.into()
        }))
    })
}
