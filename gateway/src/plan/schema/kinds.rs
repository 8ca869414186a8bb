//! Kinds of JSON values, as sets.

use std::fmt;

use serde_json::Value;

/// The kinds of values that a schema allows, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    const NAMES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const NUMBER: Self = Self(8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    pub(crate) const ANY: Self = Self(127);

    /// What a key of a join can be.
    pub(crate) const KEY: Self = Self(4 | 16);
    /// Values that are written as one text.
    pub(crate) const SCALAR: Self = Self(2 | 4 | 8 | 16);

    pub(super) fn named(name: &str) -> Self {
        Self::NAMES.iter().position(|known| *known == name).map_or(Self::ANY, |at| Self(1 << at))
    }

    /// The kind of one value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if number.is_f64() => Self::NUMBER,
            Value::Number(_) => Self::INTEGER,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a value of one set may be one of the other. An integer is a number, too.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
            || (self.has(Self::INTEGER) && other.has(Self::NUMBER))
            || (self.has(Self::NUMBER) && other.has(Self::INTEGER))
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What both allow; a set that allows nothing tells nothing, and is left out.
    pub(super) fn and(self, other: Self) -> Self {
        let mut both = self.0 & other.0;
        if (self.has(Self::NUMBER) && other.has(Self::INTEGER)) || (self.has(Self::INTEGER) && other.has(Self::NUMBER))
        {
            both |= Self::INTEGER.0;
        }
        if both == 0 { self } else { Self(both) }
    }

    /// Whether nothing outside `other` is allowed.
    pub(crate) fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return f.write_str("anything");
        }
        let names = Self::NAMES.iter().enumerate().filter(|(at, _)| self.0 & (1 << at) != 0).map(|(_, name)| *name);
        f.write_str(&names.collect::<Vec<_>>().join(" or "))
    }
}
