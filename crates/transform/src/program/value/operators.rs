//! `+ - * / %` and comparisons.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use jaq_core::ValR;
use jaq_json::{Num, Rc, Val};

use super::{Value, expected, inner, meter, visit, weight};

/// A result that JSON can express.
fn finite(value: Val) -> ValR<Value> {
    match value {
        Val::Num(Num::Float(number)) if !number.is_finite() => expected("a result is no finite number"),
        value => Ok(Value(value)),
    }
}

impl Add for Value {
    type Output = ValR<Self>;

    fn add(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::TStr(left), Val::TStr(right)) => {
                meter::text(left.len() + right.len())?;
                return Ok(Self(Val::utf8_str([&***left, &***right].concat())));
            }
            (Val::Arr(left), Val::Arr(right)) => {
                let items = (left.len() + right.len()) as u64;
                meter::spend(1 + items / 2, 64 + meter::ITEM * items)?;
            }
            (Val::Obj(left), Val::Obj(right)) if Rc::strong_count(left) > 1 => {
                let fields = (left.len() + right.len()) as u64;
                meter::spend(1 + fields, 200 + meter::FIELD * fields)?;
            }
            (Val::Obj(_), Val::Obj(right)) => {
                meter::spend(1 + right.len() as u64, 100 + meter::FIELD * right.len() as u64)?;
            }
            (left, right) => meter::spend(weight(left, 64) + weight(right, 64), 32)?,
        }
        finite((self.0 + other.0).map_err(inner)?)
    }
}

impl Sub for Value {
    type Output = ValR<Self>;

    fn sub(self, other: Self) -> ValR<Self> {
        if let (Val::Arr(left), Val::Arr(right)) = (&self.0, &other.0) {
            // Each item on the left is looked up in a tree of those on the right.
            let depth = u64::from(right.len().max(2).ilog2()) + 1;
            visit(&self.0, depth)?;
            visit(&other.0, depth)?;
            meter::spend(0, 64 + meter::ITEM * (left.len() + right.len()) as u64)?;
        } else {
            meter::spend(weight(&self.0, 64) + weight(&other.0, 64), 32)?;
        }
        finite((self.0 - other.0).map_err(inner)?)
    }
}

/// Of numbers only: a text times a number is as long as the number says.
impl Mul for Value {
    type Output = ValR<Self>;

    fn mul(self, other: Self) -> ValR<Self> {
        let (Val::Num(_), Val::Num(_)) = (&self.0, &other.0) else { return expected("`*` is of two numbers") };
        let weight = weight(&self.0, 1 << 20) * weight(&other.0, 1 << 20);
        meter::spend(weight, 32 * weight)?;
        finite((self.0 * other.0).map_err(inner)?)
    }
}

impl Div for Value {
    type Output = ValR<Self>;

    fn div(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::TStr(text), Val::TStr(separator)) => pay_split(text, separator)?,
            (left, right) => meter::spend(weight(left, 64) + weight(right, 64), 32)?,
        }
        finite((self.0 / other.0).map_err(inner)?)
    }
}

/// Pays for the pieces of a text before there are any.
fn pay_split(text: &[u8], separator: &[u8]) -> Result<(), meter::Exhausted> {
    meter::look(text.len() * 4)?;
    let pieces = match separator {
        [] => text.len(),
        [byte] => memchr::memchr_iter(*byte, text).count() + 1,
        separator => memchr::memmem::find_iter(text, separator).count() + 1,
    };
    meter::spend(pieces as u64 / 2, 80 * pieces as u64)
}

impl Rem for Value {
    type Output = ValR<Self>;

    fn rem(self, other: Self) -> ValR<Self> {
        meter::spend(weight(&self.0, 64) * weight(&other.0, 64), 32)?;
        finite((self.0 % other.0).map_err(inner)?)
    }
}

impl Neg for Value {
    type Output = ValR<Self>;

    fn neg(self) -> ValR<Self> {
        meter::spend(weight(&self.0, 64), 32)?;
        finite((-self.0).map_err(inner)?)
    }
}

/// Whether a comparison was paid for: it visits no more than the smaller of the two, a few times.
fn paid(left: &Val, right: &Val) -> bool {
    let smaller = weight(left, meter::left() / 4 + 1);
    let smaller = weight(right, smaller);
    meter::spend(4 * smaller, 0).is_ok()
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        paid(&self.0, &other.0) && self.0 == other.0
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        // Nothing is sorted by this: an order that stops being one when the meter runs out must not be seen by a sort.
        if paid(&self.0, &other.0) { self.0.partial_cmp(&other.0) } else { None }
    }
}
