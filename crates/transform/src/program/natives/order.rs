//! Sorting, grouping, the smallest and the largest.
//!
//! jaq's own order takes an integer and a fraction for equal that are not (beyond 2⁵³), so it is not transitive, and a
//! sort may panic on it. This one is an order of all JSON values.

use std::cmp::Ordering;

use jaq_core::native::v;
use jaq_core::{Cv, Exn, ValX, ValXs};
use jaq_json::{Num, Val};

use super::{Failure, Native, Transform, Value, array, expected, meter, one, outputs, takes_program};
use crate::program::value::{compared, failure};

pub(super) fn natives() -> [Native; 5] {
    [
        ("sort", v(0), |cv| one(sorted(cv.1.0))),
        ("sort_by", takes_program(), |cv| {
            once(keyed(cv).map(|items| array(items.into_iter().map(|(_, item)| item).collect())))
        }),
        ("group_by", takes_program(), |cv| once(keyed(cv).and_then(|items| Ok(grouped(items)?)))),
        ("min_by", takes_program(), |cv| {
            once(keyed(cv).map(|items| items.into_iter().next().map_or(Val::Null, |(_, item)| item)))
        }),
        ("max_by", takes_program(), |cv| {
            once(keyed(cv).map(|items| items.into_iter().next_back().map_or(Val::Null, |(_, item)| item)))
        }),
    ]
}

fn once<'a>(result: Result<Val, Exn<'a, Value>>) -> ValXs<'a, Value> {
    Box::new(std::iter::once(result.map(Value) as ValX<'a, Value>))
}

/// How often a sort of so many looks at each, about.
fn looks(length: usize) -> u64 {
    2 * (u64::from(length.max(2).ilog2()) + 1)
}

/// An array in order.
pub(super) fn sorted(items: Val) -> Result<Val, Failure> {
    let Val::Arr(items) = &items else { return expected("`sort` takes an array") };
    visit_items(items)?;
    let mut items = items.to_vec();
    items.sort_by(compare);
    Ok(array(items))
}

fn visit_items(items: &[Val]) -> Result<(), Failure> {
    meter::spend(1, 64 + meter::ITEM * items.len() as u64)?;
    let looks = looks(items.len());
    items.iter().try_for_each(|item| compared(item, looks))?;
    Ok(())
}

type Keyed = Vec<(Vec<Val>, Val)>;

/// The items in the order of what the program makes of each; those that are equal stay as they were.
fn keyed<'a>(mut cv: Cv<'a, Transform>) -> Result<Keyed, Exn<'a, Value>> {
    let (program, context) = cv.0.pop_fun();
    let Val::Arr(items) = cv.1.0 else { return Err(failure("an array was expected").into()) };
    let looks = looks(items.len());
    let mut keyed = Vec::new();
    for item in items.iter() {
        meter::item()?;
        meter::spend(1, 128)?;
        let key = outputs(program.run((context.clone(), Value(item.clone()))))?;
        key.iter().try_for_each(|key| compared(key, looks))?;
        keyed.push((key, item.clone()));
    }
    keyed.sort_by(|(left, _), (right, _)| lists(left, right));
    Ok(keyed)
}

/// Runs of equal keys.
fn grouped(items: Keyed) -> Result<Val, Failure> {
    let mut groups: Vec<Val> = Vec::new();
    let mut group = Vec::new();
    let mut items = items.into_iter().peekable();
    while let Some((key, item)) = items.next() {
        group.push(item);
        if items.peek().is_none_or(|(next, _)| lists(&key, next).is_ne()) {
            meter::spend(1, 96)?;
            groups.push(array(std::mem::take(&mut group)));
        }
    }
    Ok(array(groups))
}

/// null, false, true, numbers, texts, arrays, objects.
pub(super) fn compare(left: &Val, right: &Val) -> Ordering {
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => left.cmp(right),
        (Val::Num(left), Val::Num(right)) => {
            let ((left, exact), (right, other)) = (size(left), size(right));
            left.total_cmp(&right).then(exact.cmp(&other))
        }
        (Val::TStr(left) | Val::BStr(left), Val::TStr(right) | Val::BStr(right)) => left.cmp(right),
        (Val::Arr(left), Val::Arr(right)) => lists(left, right),
        (Val::Obj(left), Val::Obj(right)) => {
            let (mut left, mut right): (Vec<_>, Vec<_>) = (left.iter().collect(), right.iter().collect());
            left.sort_by(|(left, _), (right, _)| compare(left, right));
            right.sort_by(|(left, _), (right, _)| compare(left, right));
            let names = in_turn(left.iter().map(|field| field.0), right.iter().map(|field| field.0));
            names.then_with(|| in_turn(left.iter().map(|field| field.1), right.iter().map(|field| field.1)))
        }
        (left, right) => rank(left).cmp(&rank(right)),
    }
}

fn lists(left: &[Val], right: &[Val]) -> Ordering {
    in_turn(left.iter(), right.iter())
}

fn in_turn<'v>(mut left: impl Iterator<Item = &'v Val>, mut right: impl Iterator<Item = &'v Val>) -> Ordering {
    loop {
        match (left.next(), right.next()) {
            (Some(left), Some(right)) => match compare(left, right) {
                Ordering::Equal => {}
                other => return other,
            },
            (left, right) => return left.is_some().cmp(&right.is_some()),
        }
    }
}

fn rank(value: &Val) -> u8 {
    match value {
        Val::Null => 0,
        Val::Bool(_) => 1,
        Val::Num(_) => 2,
        Val::TStr(_) | Val::BStr(_) => 3,
        Val::Arr(_) => 4,
        Val::Obj(_) => 5,
    }
}

/// A number rounded, and as exact as an integer is where rounding made two the same.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "what rounding loses comes second")]
fn size(number: &Num) -> (f64, i128) {
    // 0.0 and -0.0 are one number.
    let rounded = |float: f64| (float + 0.0, float as i128);
    match number {
        Num::Int(integer) => (*integer as f64, *integer as i128),
        Num::Float(float) => rounded(*float),
        Num::Dec(digits) => rounded(digits.parse().unwrap_or_default()),
        Num::BigInt(integer) => match i128::try_from(&**integer) {
            Ok(integer) => (integer as f64, integer),
            Err(_) => (integer.to_string().parse().unwrap_or(f64::INFINITY), 0),
        },
    }
}
