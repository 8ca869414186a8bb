//! The functions that are not made of others. Each pays before it works.

mod numbers;
mod objects;
mod order;
mod texts;

use jaq_core::data::HasLut;
use jaq_core::native::{Filter, Fun, run, v};
use jaq_core::{Bind, Cv, DataT, Exn, Lut, RunPtr, ValX, ValXs};
use jaq_json::{Rc, Val};

use super::value::{Failure, Value, expected, visit};
use super::{meter, write::write};

/// What programs run on: [`Value`]s, and nothing beside them.
pub(super) struct Transform;

impl DataT for Transform {
    type V<'a> = Value;
    type Data<'a> = Terms<'a>;
}

/// The terms of a program. jaq looks up here each term that it runs, whatever it does, and is counted.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a>(pub(super) &'a Lut<Transform>);

impl<'a> HasLut<'a, Transform> for Terms<'a> {
    fn lut(&self) -> &'a Lut<Transform> {
        meter::step();
        self.0
    }
}

/// All functions, the two of jaq's own that stop early included.
pub(super) fn natives() -> impl Iterator<Item = Fun<Transform>> {
    let own = texts::natives().into_iter().chain(numbers::natives()).chain(objects::natives()).chain(order::natives());
    let from_jaq = jaq_core::funs::<Transform>().filter(|(name, ..)| matches!(*name, "first" | "last"));
    own.chain(natives_of_any()).map(run::<Transform>).chain(from_jaq)
}

type Native = Filter<RunPtr<Transform>>;

/// One output, or the failure.
fn one<'a>(result: Result<Val, Failure>) -> ValXs<'a, Value> {
    Box::new(std::iter::once(result.map(Value).map_err(Exn::from)))
}

/// The input and the one argument of a function.
fn with_argument<'a>(mut cv: Cv<'a, Transform>, of: impl FnOnce(Val, Val) -> Result<Val, Failure>) -> ValXs<'a, Value> {
    let argument = cv.0.pop_var();
    one(of(cv.1.0, argument.0))
}

/// A function that takes a program.
fn takes_program() -> Box<[Bind]> {
    [Bind::Fun(())].into()
}

fn array(items: Vec<Val>) -> Val {
    Val::Arr(Rc::new(items))
}

fn natives_of_any() -> [Native; 4] {
    [
        ("type", v(0), |cv| one(Ok(Val::utf8_str(super::value::kind(&cv.1.0).as_bytes())))),
        ("length", v(0), |cv| one(length(&cv.1.0))),
        ("tojson", v(0), |cv| one(json(&cv.1.0))),
        ("contains", v(1), |cv| {
            with_argument(cv, |whole, part| {
                let times = super::value::weight(&part, 1 << 20);
                visit(&whole, times)?;
                Ok(contains(&whole, &part).into())
            })
        }),
    ]
}

fn json(value: &Val) -> Result<Val, Failure> {
    visit(value, 1)?;
    let Ok(text) = write(value) else { return expected("the value is too long as text") };
    meter::text(text.len())?;
    Ok(Val::utf8_str(text))
}

fn length(value: &Val) -> Result<Val, Failure> {
    let length = match value {
        Val::Null => 0,
        Val::Arr(items) => items.len(),
        Val::Obj(fields) => fields.len(),
        Val::TStr(text) => {
            meter::look(text.len() * 4)?;
            text.iter().filter(|byte| !matches!(byte, 0x80..=0xBF)).count()
        }
        Val::Num(_) if order::compare(value, &Val::from(0_usize)).is_lt() => return Ok((-Value(value.clone()))?.0),
        Val::Num(_) => return Ok(value.clone()),
        Val::Bool(_) | Val::BStr(_) => return expected("`length` was asked of a value that has none"),
    };
    Ok(Val::from(length))
}

/// As jq says: a text contains a text, an array contains what its items contain, an object what its fields do.
fn contains(whole: &Val, part: &Val) -> bool {
    match (whole, part) {
        (Val::TStr(whole), Val::TStr(part)) => memchr::memmem::find(whole, part).is_some(),
        (Val::Arr(whole), Val::Arr(parts)) => parts.iter().all(|part| whole.iter().any(|whole| contains(whole, part))),
        (Val::Obj(whole), Val::Obj(parts)) => {
            parts.iter().all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part)))
        }
        (whole, part) => order::compare(whole, part).is_eq(),
    }
}

/// All outputs of a program for one item.
fn outputs<'a>(outputs: ValXs<'a, Value>) -> Result<Vec<Val>, Exn<'a, Value>> {
    outputs.map(|output: ValX<'a, Value>| output.map(|value| value.0)).collect()
}
