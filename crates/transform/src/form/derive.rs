//! Which programs are a [`Form`].

use bytes::Bytes;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::{Opt, Part};

use super::Form;
use crate::program::constant;
use crate::{Path, Step};

/// The form of a program, unless it does more than one can do.
pub(crate) fn derive(program: &Term<&str>) -> Option<Form> {
    from(program, &Path::default())
}

/// The form of a term whose `.` is the value at `here`.
fn from(term: &Term<&str>, here: &Path) -> Option<Form> {
    match term {
        Term::Id => Some(Form::Path(here.clone())),
        Term::Path(..) => match path(term)? {
            (path, None) => Some(Form::Path(here.join(&path))),
            (_, Some(_)) => None,
        },
        Term::Obj(entries) if !entries.is_empty() => object(entries, here),
        Term::Arr(Some(each)) => array(each, here),
        Term::Call("map", each) => {
            let [each] = &**each else { return None };
            Some(Form::Map(here.clone(), Box::new(from(each, &Path::default())?)))
        }
        Term::BinOp(left, BinaryOp::Pipe(None), right) => {
            let Form::Path(there) = from(left, here)? else { return None };
            let form = from(right, &there)?;
            // `.a | 1` fails where there is no `.a`, and 1 does not.
            (there == *here || form.reads()).then_some(form)
        }
        _ => literal(term).map(Form::Literal),
    }
}

fn object(entries: &[(Term<&str>, Option<Term<&str>>)], here: &Path) -> Option<Form> {
    let mut fields: Vec<(Box<str>, Form)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let name = constant(key)?.into_boxed_str();
        if fields.iter().any(|(other, _)| *other == name) {
            return None;
        }
        let form = match value {
            Some(value) => from(value, here)?,
            None => Form::Path(here.join(&Path::of(vec![Step::Field(name.clone())]))),
        };
        fields.push((name, form));
    }
    Some(Form::Object(fields))
}

/// `[.items[] | …]` and `[.items[].id]`.
fn array(each: &Term<&str>, here: &Path) -> Option<Form> {
    let (source, then) = match each {
        Term::BinOp(source, BinaryOp::Pipe(None), then) => (&**source, Some(&**then)),
        source => (source, None),
    };
    let (items, Some(rest)) = path(source)? else { return None };
    let form = match then {
        Some(then) => from(then, &rest)?,
        None => Form::Path(rest.clone()),
    };
    let kept = rest.steps().is_empty() || form.reads();
    kept.then(|| Form::Map(here.join(&items), Box::new(form)))
}

/// A plain path: the fields, and the fields behind the one `[]` in it.
fn path(term: &Term<&str>) -> Option<(Path, Option<Path>)> {
    let Term::Path(head, parts) = term else { return None };
    let mut before = match &**head {
        Term::Id => Vec::new(),
        head => match path(head)? {
            (path, None) => path.steps().to_vec(),
            _ => return None,
        },
    };
    let mut behind: Option<Vec<Step>> = None;
    for part in &parts.0 {
        match part {
            (Part::Index(key), Opt::Essential) => {
                behind.as_mut().unwrap_or(&mut before).push(Step::Field(constant(key)?.into_boxed_str()));
            }
            (Part::Range(None, None), Opt::Essential) if behind.is_none() => behind = Some(Vec::new()),
            _ => return None,
        }
    }
    Some((Path::of(before), behind.map(Path::of)))
}

fn literal(term: &Term<&str>) -> Option<Bytes> {
    let text = match term {
        Term::Arr(None) => "[]".to_owned(),
        Term::Obj(entries) if entries.is_empty() => "{}".to_owned(),
        Term::Call(name @ ("null" | "true" | "false"), arguments) if arguments.is_empty() => (*name).to_owned(),
        Term::Num(digits) => number(digits)?,
        Term::Neg(term) => match &**term {
            Term::Num(digits) => match digits.parse::<isize>() {
                Ok(integer) => integer.checked_neg()?.to_string(),
                Err(_) => format!("-{}", number(digits)?),
            },
            _ => return None,
        },
        text => serde_json::Value::from(constant(text)?).to_string(),
    };
    Some(text.into())
}

/// A number as jaq prints it: integers anew, all others as they are spelled.
fn number(digits: &str) -> Option<String> {
    match digits.parse::<isize>() {
        Ok(integer) => Some(integer.to_string()),
        Err(_) => serde_json::from_str::<&serde_json::value::RawValue>(digits).ok().map(|_| digits.to_owned()),
    }
}
