//! What `|=`, `=`, `+=`, `//=` and `del` do to the value at a path.

use jaq_core::path::Opt;
use jaq_core::{Exn, ValX};
use jaq_json::{Map, Rc, Val};

use super::{Value, failure, meter};

/// The first output of what is run on a value; none removes it.
fn first<'a, I: Iterator<Item = ValX<'a, Value>>>(mut outputs: I) -> Result<Option<Val>, Exn<'a, Value>> {
    Ok(outputs.next().transpose()?.map(|value| value.0))
}

/// Changes each item, or each field.
pub(super) fn each<'a, I: Iterator<Item = ValX<'a, Value>>>(
    value: Value,
    opt: Opt,
    change: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    match value.0 {
        Val::Arr(items) => {
            meter::spend(1, 64 + meter::ITEM * items.len() as u64)?;
            let mut changed = Vec::with_capacity(items.len());
            // What nobody else has is changed where it is.
            for item in Rc::try_unwrap(items).unwrap_or_else(|shared| shared.to_vec()) {
                meter::item()?;
                // As in jaq, and unlike a field, an item becomes all that it is changed to.
                for output in change(Value(item)) {
                    meter::spend(1, 32)?;
                    changed.push(output?.0);
                }
            }
            Ok(Value(Val::Arr(Rc::new(changed))))
        }
        Val::Obj(fields) => {
            meter::spend(1, 100 + meter::FIELD * fields.len() as u64)?;
            let mut changed = Map::default();
            for (name, field) in Rc::try_unwrap(fields).unwrap_or_else(|shared| (*shared).clone()) {
                meter::item()?;
                if let Some(output) = first(change(Value(field)))? {
                    changed.insert(name, output);
                }
            }
            Ok(Value(Val::obj(changed)))
        }
        other => opt.fail(Value(other), |_| failure("items were asked of a value that has none").into()),
    }
}

/// Changes one field, or one item.
pub(super) fn one<'a, I: Iterator<Item = ValX<'a, Value>>>(
    value: Value,
    index: &Value,
    opt: Opt,
    change: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    match (value.0, &index.0) {
        (Val::Obj(mut fields), name @ Val::TStr(_)) => {
            // They are copied if somebody else has them, and moved up if one is removed.
            let copied = if Rc::strong_count(&fields) > 1 { fields.len() as u64 } else { 0 };
            meter::spend(4 + fields.len() as u64 / 8 + 3 * copied, 100 + meter::FIELD * copied)?;
            let own = Rc::make_mut(&mut fields);
            let known = own.get_mut(name).map(std::mem::take);
            match first(change(Value(known.unwrap_or_default())))? {
                Some(output) => drop(own.insert(name.clone(), output)),
                None => drop(own.shift_remove(name)),
            }
            Ok(Value(Val::Obj(fields)))
        }
        (Val::Null, name @ Val::TStr(_)) => {
            meter::spend(1, 400)?;
            let output = first(change(Value::default()))?;
            Ok(Value(output.map_or(Val::Null, |output| Val::obj([(name.clone(), output)].into_iter().collect()))))
        }
        (Val::Arr(mut items), Val::Num(number)) => {
            meter::spend(1 + items.len() as u64 / 2, 64 + meter::ITEM * items.len() as u64)?;
            let place = number.as_isize().and_then(|number| match number {
                0.. => usize::try_from(number).ok(),
                _ => items.len().checked_sub(number.unsigned_abs()),
            });
            let Some(place) = place.filter(|place| *place < items.len()) else {
                return opt.fail(Value(Val::Arr(items)), |_| failure("an item was changed that is not there").into());
            };
            let own = Rc::make_mut(&mut items);
            let known = own.get_mut(place).map(std::mem::take);
            let output = first(change(Value(known.unwrap_or_default())))?;
            match (output, own.get_mut(place)) {
                (Some(output), Some(item)) => *item = output,
                _ => drop(own.remove(place)),
            }
            Ok(Value(Val::Arr(items)))
        }
        (other, _) => opt.fail(Value(other), |_| failure("a field was changed of a value that has none").into()),
    }
}
