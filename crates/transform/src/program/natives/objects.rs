//! Objects and arrays as a whole.

use jaq_core::native::v;
use jaq_json::{Map, Rc, Val};

use super::{Failure, Native, Value, array, expected, meter, one, order, texts, with_argument};

pub(super) fn natives() -> [Native; 7] {
    [
        ("keys_unsorted", v(0), |cv| one(keys(&cv.1.0))),
        ("keys", v(0), |cv| one(keys(&cv.1.0).and_then(order::sorted))),
        ("to_entries", v(0), |cv| one(entries(&cv.1.0))),
        ("reverse", v(0), |cv| {
            let Val::Arr(items) = &cv.1.0 else { return one(expected("`reverse` takes an array")) };
            let paid = meter::spend(1 + items.len() as u64 / 2, 64 + meter::ITEM * items.len() as u64);
            one(paid.map(|()| array(items.iter().rev().cloned().collect())).map_err(Failure::from))
        }),
        ("has", v(1), |cv| with_argument(cv, |whole, key| has(&whole, &key))),
        ("flatten", v(1), |cv| {
            with_argument(cv, |items, depth| {
                let Val::Arr(items) = &items else { return expected("`flatten` takes an array") };
                let Val::Num(depth) = &depth else { return expected("`flatten` takes a number") };
                let mut flat = Vec::new();
                texts::flatten(items, depth.as_isize().unwrap_or_default(), &mut flat)?;
                Ok(array(flat))
            })
        }),
        ("sum", v(0), |cv| one(sum(&cv.1.0))),
    ]
}

fn keys(value: &Val) -> Result<Val, Failure> {
    let length = match value {
        Val::Obj(fields) => fields.len(),
        Val::Arr(items) => items.len(),
        _ => return expected("`keys` takes an object or an array"),
    };
    meter::spend(1 + length as u64, 64 + meter::ITEM * length as u64)?;
    Ok(match value {
        Val::Obj(fields) => texts::names(fields.keys()),
        _ => array((0..length).map(Val::from).collect()),
    })
}

fn entries(value: &Val) -> Result<Val, Failure> {
    let Val::Obj(fields) = value else { return expected("`to_entries` takes an object") };
    let mut entries = Vec::new();
    for (key, value) in fields.iter() {
        meter::spend(4, 600)?;
        let pair = [("key", key.clone()), ("value", value.clone())];
        let pair = pair.into_iter().map(|(name, part)| (Val::utf8_str(name.as_bytes()), part));
        entries.push(Val::obj(pair.collect::<Map>()));
    }
    Ok(array(entries))
}

fn has(value: &Val, key: &Val) -> Result<Val, Failure> {
    match (value, key) {
        (Val::Obj(fields), Val::TStr(name)) => {
            meter::look(name.len())?;
            Ok(fields.contains_key(key).into())
        }
        (Val::Arr(items), Val::Num(index)) => {
            let index = index.as_isize().and_then(|index| usize::try_from(index).ok());
            Ok(index.is_some_and(|index| index < items.len()).into())
        }
        _ => expected("`has` takes an object and a text, or an array and a number"),
    }
}

/// The items added up; each is looked at once, however long the sum gets.
fn sum(items: &Val) -> Result<Val, Failure> {
    let Val::Arr(items) = items else { return expected("`add` takes an array or an object") };
    meter::spend(1 + items.len() as u64, 0)?;
    if let Some(length) = texts::concatenated(items).filter(|_| !items.is_empty()) {
        meter::text(length)?;
        let mut all = Vec::with_capacity(length);
        for item in items.iter() {
            if let Val::TStr(text) = item {
                all.extend_from_slice(text);
            }
        }
        return Ok(Val::utf8_str(all));
    }
    let mut sum = Val::Null;
    for item in items.iter() {
        sum = match (sum, item) {
            (Val::Arr(mut all), Val::Arr(more)) => {
                let copied = if Rc::strong_count(&all) > 1 { all.len() } else { 0 };
                let items = (copied + more.len()) as u64;
                meter::spend(1 + items / 2, meter::ITEM * items)?;
                Rc::make_mut(&mut all).extend(more.iter().cloned());
                Val::Arr(all)
            }
            (sum, item) => (Value(sum) + Value(item.clone()))?.0,
        };
    }
    Ok(sum)
}
