//! A [`Form`] made ready to run: what of the document is wanted as a tree of names, each with a slot.

use std::borrow::Cow;

use crate::cursor::{Cursor, Refusal, admit, unescape};
use crate::{Form, MAX_OUTPUT, Path, Step, TransformError};

const NO_OBJECT: TransformError =
    TransformError::Program(Cow::Borrowed("a field was asked of a value that is no object"));
const NO_ITEMS: TransformError = TransformError::Program(Cow::Borrowed("items were asked of a value that has none"));

/// What is wanted of a document, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Plan {
    wanted: Wanted,
    slots: usize,
    template: Template,
}

/// A value that is wanted, or some of whose fields are.
#[derive(Debug)]
struct Wanted {
    slot: usize,
    fields: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    quoted: Box<[u8]>,
    name: Box<[u8]>,
    value: Wanted,
}

#[derive(Debug)]
enum Template {
    Slot(usize),
    Literal(Box<[u8]>),
    /// What stands before each value: `{"a":`, then `,"b":`.
    Object(Vec<(Box<[u8]>, Self)>),
    Map(usize, Box<Plan>),
}

impl Plan {
    /// The plan of a form; none if a path in it leads to several places.
    pub(crate) fn of(form: &Form) -> Option<Self> {
        let mut plan = Self { wanted: Wanted { slot: 0, fields: Vec::new() }, slots: 1, template: Template::Slot(0) };
        plan.template = plan.template(form)?;
        Some(plan)
    }

    fn template(&mut self, form: &Form) -> Option<Template> {
        Some(match form {
            Form::Path(path) => Template::Slot(self.slot(path)?),
            Form::Literal(text) => Template::Literal((**text).into()),
            Form::Map(path, each) => Template::Map(self.slot(path)?, Box::new(Self::of(each)?)),
            Form::Object(fields) => {
                let before = |index: usize, name: &str| {
                    let open = if index == 0 { '{' } else { ',' };
                    format!("{open}{}:", serde_json::Value::from(name)).into_bytes().into_boxed_slice()
                };
                let fields = fields.iter().enumerate();
                let fields = fields.map(|(index, (name, form))| Some((before(index, name), self.template(form)?)));
                Template::Object(fields.collect::<Option<_>>()?)
            }
        })
    }

    fn slot(&mut self, path: &Path) -> Option<usize> {
        let mut wanted = &mut self.wanted;
        for step in path.steps() {
            let Step::Field(name) = step else { return None };
            let found = wanted.fields.iter().position(|field| *field.name == *name.as_bytes());
            let index = found.unwrap_or_else(|| {
                let quoted = serde_json::Value::from(&**name).to_string().into_bytes().into_boxed_slice();
                let value = Wanted { slot: self.slots, fields: Vec::new() };
                self.slots += 1;
                wanted.fields.push(Named { quoted, name: name.as_bytes().into(), value });
                wanted.fields.len() - 1
            });
            wanted = &mut wanted.fields.get_mut(index)?.value;
        }
        Some(wanted.slot)
    }

    /// Runs on a whole document.
    pub(crate) fn run(&self, input: &[u8]) -> Result<Vec<u8>, TransformError> {
        admit(input)?;
        let mut cursor = Cursor::new(input);
        let mut out = Vec::with_capacity(input.len().min(4096));
        let mut slots = Vec::new();
        self.take(&mut cursor, &mut slots)?;
        // What follows must be nothing before anything is believed.
        cursor.end()?;
        self.template.write(&slots, &mut out)?;
        Ok(out)
    }

    /// Passes over one value and finds what is wanted of it.
    fn take<'t>(&self, cursor: &mut Cursor<'t>, slots: &mut Vec<&'t [u8]>) -> Result<(), TransformError> {
        slots.clear();
        slots.resize(self.slots, b"null");
        self.wanted.take(cursor, slots)
    }

    /// An array of what becomes of each item.
    fn each<'t>(&self, items: &'t [u8], out: &mut Vec<u8>) -> Result<(), TransformError> {
        let mut cursor = Cursor::new(items);
        let mut slots = Vec::with_capacity(self.slots);
        out.push(b'[');
        let from = out.len();
        let mut one = |cursor: &mut Cursor<'t>| {
            if out.len() > from {
                out.push(b',');
            }
            self.take(cursor, &mut slots)?;
            self.template.write(&slots, out)
        };
        match cursor.kind()? {
            b'[' => cursor.items(&mut one)?,
            b'{' => values(&mut cursor)?.into_iter().try_for_each(|value| one(&mut Cursor::new(value)))?,
            _ => return Err(NO_ITEMS),
        }
        append(out, b"]")
    }
}

/// The values of an object; of a name that occurs twice the last, at the place of the first.
fn values<'t>(cursor: &mut Cursor<'t>) -> Result<Vec<&'t [u8]>, TransformError> {
    let mut places = hashbrown::HashMap::new();
    let mut values = Vec::new();
    cursor.fields(|cursor, name| {
        let value = cursor.value()?;
        let place = *places.entry(unescape(name)).or_insert(values.len());
        match values.get_mut(place) {
            Some(earlier) => *earlier = value,
            None => values.push(value),
        }
        Ok::<_, Refusal>(())
    })?;
    Ok(values)
}

impl Wanted {
    fn take<'t>(&self, cursor: &mut Cursor<'t>, slots: &mut [&'t [u8]]) -> Result<(), TransformError> {
        if self.fields.is_empty() {
            set(slots, self.slot, cursor.value()?);
            return Ok(());
        }
        let first = cursor.kind()?;
        let begin = cursor.rest();
        match first {
            b'{' => cursor.fields(|cursor, name| {
                let value = cursor.value()?;
                if let Some(field) = self.field(name) {
                    set(slots, field.slot, value);
                }
                Ok::<_, Refusal>(())
            })?,
            _ => cursor.pass()?,
        }
        let length = begin.len() - cursor.rest().len();
        set(slots, self.slot, begin.get(..length).unwrap_or_default());
        match first {
            b'{' | b'n' => self.fields.iter().try_for_each(|field| field.value.look_into(slots)),
            _ => Err(NO_OBJECT),
        }
    }

    /// Takes the fields of the value in its slot: known to be JSON by now, and the last of its name.
    fn look_into(&self, slots: &mut [&[u8]]) -> Result<(), TransformError> {
        match slots.get(self.slot) {
            Some(value) if !self.fields.is_empty() => self.take(&mut Cursor::new(value), slots),
            _ => Ok(()),
        }
    }

    fn field(&self, name: &[u8]) -> Option<&Self> {
        let quoted = self.fields.iter().find(|field| *field.quoted == *name);
        let found = quoted.or_else(|| match unescape(name) {
            Cow::Owned(name) => self.fields.iter().find(|field| *field.name == *name),
            Cow::Borrowed(_) => None,
        });
        found.map(|field| &field.value)
    }
}

impl Template {
    fn write(&self, slots: &[&[u8]], out: &mut Vec<u8>) -> Result<(), TransformError> {
        match self {
            Self::Slot(slot) => append(out, slots.get(*slot).copied().unwrap_or(b"null")),
            Self::Literal(text) => append(out, text),
            Self::Map(slot, each) => each.each(slots.get(*slot).copied().unwrap_or(b"null"), out),
            Self::Object(fields) => {
                for (before, field) in fields {
                    append(out, before)?;
                    field.write(slots, out)?;
                }
                append(out, b"}")
            }
        }
    }
}

fn set<'t>(slots: &mut [&'t [u8]], slot: usize, value: &'t [u8]) {
    if let Some(place) = slots.get_mut(slot) {
        *place = value;
    }
}

fn append(out: &mut Vec<u8>, text: &[u8]) -> Result<(), TransformError> {
    if out.len() + text.len() > MAX_OUTPUT {
        return Err(TransformError::OutputTooLarge);
    }
    out.extend_from_slice(text);
    Ok(())
}
