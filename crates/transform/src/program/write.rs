//! A writer of JSON that writes nothing else: what it cannot express is an error, and so is what gets too long.

use jaq_json::{Num, Val};

use crate::{MAX_OUTPUT, TransformError};

/// The most values: what a program puts together from parts of its input may have many more than its input.
const MAX_VALUES: usize = 1 << 20;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The text of a value.
pub(super) fn write(value: &Val) -> Result<Vec<u8>, TransformError> {
    let mut writer = Writer { out: Vec::new(), values: MAX_VALUES };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    /// How many may still come.
    values: usize,
}

impl Writer {
    fn value(&mut self, value: &Val) -> Result<(), TransformError> {
        self.values = self.values.checked_sub(1).ok_or(TransformError::OutputTooLarge)?;
        match value {
            Val::Null => self.push(b"null"),
            Val::Bool(true) => self.push(b"true"),
            Val::Bool(false) => self.push(b"false"),
            Val::Num(number) => self.number(number),
            Val::TStr(text) => self.text(text),
            Val::BStr(_) => Err(TransformError::Unwritable("it has bytes that are no text")),
            Val::Arr(items) => {
                self.push(b"[")?;
                for (index, item) in items.iter().enumerate() {
                    self.push(if index == 0 { b"" } else { b"," })?;
                    self.value(item)?;
                }
                self.push(b"]")
            }
            Val::Obj(fields) => {
                self.push(b"{")?;
                for (index, (name, field)) in fields.iter().enumerate() {
                    let Val::TStr(name) = name else {
                        return Err(TransformError::Unwritable("a key of an object is no text"));
                    };
                    self.push(if index == 0 { b"" } else { b"," })?;
                    self.text(name)?;
                    self.push(b":")?;
                    self.value(field)?;
                }
                self.push(b"}")
            }
        }
    }

    fn number(&mut self, number: &Num) -> Result<(), TransformError> {
        match number {
            Num::Int(integer) => self.integer(*integer),
            Num::Float(float) if !float.is_finite() => Err(TransformError::Unwritable("a number is not finite")),
            Num::Dec(digits) if !is_number(digits) => Err(TransformError::Unwritable("a number is not one of JSON")),
            // As people write it: 3, not 3.0.
            Num::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
                self.push(format!("{float:.0}").as_bytes())
            }
            Num::BigInt(integer) => match i128::try_from(&**integer) {
                Ok(integer) => self.push(integer.to_string().as_bytes()),
                Err(_) => self.long_integer(integer.bits(), number),
            },
            number => self.push(number.to_string().as_bytes()),
        }
    }

    /// It takes time that is quadratic in the digits, so a document has few of them.
    fn long_integer(&mut self, bits: u64, number: &Num) -> Result<(), TransformError> {
        let work = usize::try_from(bits.saturating_mul(bits) / 512).unwrap_or(usize::MAX);
        self.values = self.values.checked_sub(work).ok_or(TransformError::TooMuchWork)?;
        self.push(number.to_string().as_bytes())
    }

    fn integer(&mut self, integer: isize) -> Result<(), TransformError> {
        let mut digits = [0; 20];
        let mut from = digits.len();
        let mut rest = integer.unsigned_abs();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            from -= 1;
            if rest == 0 {
                break;
            }
        }
        self.push(if integer < 0 { b"-" } else { b"" })?;
        self.push(digits.get(from..).unwrap_or_default())
    }

    fn text(&mut self, text: &[u8]) -> Result<(), TransformError> {
        if std::str::from_utf8(text).is_err() {
            return Err(TransformError::Unwritable("a text is not UTF-8"));
        }
        self.push(b"\"")?;
        let mut rest = text;
        while let Some(plain) = rest.iter().position(|byte| matches!(byte, 0..=0x1F | b'"' | b'\\')) {
            let (before, after) = rest.split_at(plain);
            self.push(before)?;
            if let Some((special, after)) = after.split_first() {
                self.escape(*special)?;
                rest = after;
            }
        }
        self.push(rest)?;
        self.push(b"\"")
    }

    fn escape(&mut self, byte: u8) -> Result<(), TransformError> {
        match byte {
            b'"' => self.push(b"\\\""),
            b'\\' => self.push(b"\\\\"),
            b'\n' => self.push(b"\\n"),
            b'\r' => self.push(b"\\r"),
            b'\t' => self.push(b"\\t"),
            byte => {
                let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
                self.push(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)])
            }
        }
    }

    fn push(&mut self, text: &[u8]) -> Result<(), TransformError> {
        if self.out.len() + text.len() > MAX_OUTPUT {
            return Err(TransformError::OutputTooLarge);
        }
        self.out.extend_from_slice(text);
        Ok(())
    }
}

/// Whether digits as a program spells them are a number of JSON: `007.5` is not.
fn is_number(digits: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(digits).is_ok()
}
