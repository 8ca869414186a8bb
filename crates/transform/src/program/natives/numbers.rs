//! Numbers: rounding, and reading them from texts.

use jaq_core::ValT;
use jaq_core::native::v;
use jaq_json::{Num, Val};

use super::{Failure, Native, expected, meter, one};
use crate::program::value::inner;

/// The longest number that is read.
const MOST_DIGITS: usize = 128;

pub(super) fn natives() -> [Native; 4] {
    [
        ("floor", v(0), |cv| one(rounded(cv.1.0, f64::floor))),
        ("ceil", v(0), |cv| one(rounded(cv.1.0, f64::ceil))),
        ("round", v(0), |cv| one(rounded(cv.1.0, f64::round))),
        ("tonumber", v(0), |cv| one(number(cv.1.0))),
    ]
}

fn rounded(value: Val, round: fn(f64) -> f64) -> Result<Val, Failure> {
    meter::spend(2, 0)?;
    let number = match &value {
        Val::Num(Num::Int(_) | Num::BigInt(_)) => return Ok(value),
        Val::Num(Num::Float(number)) => *number,
        Val::Num(Num::Dec(digits)) => digits.parse().unwrap_or(f64::NAN),
        _ => return expected("a number was expected"),
    };
    let rounded = round(number);
    if !rounded.is_finite() {
        return expected("a number is too large to be rounded");
    }
    // Up to here both kinds of number say the same.
    #[allow(clippy::cast_possible_truncation, reason = "it has no fraction, and the range was compared")]
    let integer = (rounded.abs() < 9e15).then_some(rounded as isize);
    Ok(integer.map_or(Val::from(rounded), Val::from))
}

fn number(value: Val) -> Result<Val, Failure> {
    let text = match &value {
        Val::Num(_) => return Ok(value),
        Val::TStr(text) => text,
        _ => return expected("`tonumber` takes numbers and texts"),
    };
    meter::look(text.len().min(MOST_DIGITS))?;
    let begins = |text: &str| text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let digits = Some(&**text).filter(|text| text.len() <= MOST_DIGITS).and_then(|text| std::str::from_utf8(text).ok());
    let digits = digits.filter(|text| begins(text) && !text.ends_with(char::is_whitespace));
    match digits.filter(|text| serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()) {
        Some(digits) => Val::from_num(digits).map_err(inner),
        None => expected("a text is no number"),
    }
}
