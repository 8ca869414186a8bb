//! One value: what it may be, with variables expanded.

use std::time::Duration;

use toml::de::DeValue;

use super::{At, Collector, Mark, Section, units};

/// A value that is being read.
pub(crate) struct Value<'a> {
    pub(super) mark: Mark,
    pub(super) item: &'a DeValue<'a>,
    pub(super) mistakes: &'a Collector,
}

impl<'a> Value<'a> {
    /// Reports that the value is not what it should be.
    pub(crate) fn refuse<T>(&self, sentence: impl Into<String>) -> Option<T> {
        self.mistakes.blame(&self.mark, sentence);
        None
    }

    /// A text, with `${NAME}` and `${NAME:-default}` replaced.
    pub(crate) fn text(self) -> Option<String> {
        self.expanded("a text in quotes")
    }

    /// A text that `parse` understands, or explains.
    pub(crate) fn parsed<T, E: std::fmt::Display>(self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.expanded("a text in quotes")?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(reason) => {
                let reason = reason.to_string();
                self.refuse(if reason.ends_with(['.', '?']) { reason } else { format!("{reason}.") })
            }
        }
    }

    /// A length of time: `"500ms"`, `"2s"`, `"10m"`, `"1h"`, `"14d"`.
    pub(crate) fn duration(self) -> Option<Duration> {
        let text = self.expanded("a length of time such as \"2s\" or \"500ms\"")?;
        match units::duration(&text) {
            Some(duration) => Some(duration),
            None => self.refuse(format!(
                "`{text}` is no length of time; write one like \"500ms\", \"2s\", \"10m\", \"1h\" or \"14d\"."
            )),
        }
    }

    /// A length of time that is not nothing.
    pub(crate) fn positive_duration(self) -> Option<Duration> {
        let (mark, mistakes) = (self.mark.clone(), self.mistakes);
        let duration = self.duration()?;
        if duration.is_zero() {
            mistakes.blame(&mark, "This must be longer than nothing.");
            return None;
        }
        Some(duration)
    }

    /// A length of time in whole seconds, not nothing, and at most `most`; `because` says why.
    pub(crate) fn whole_seconds_up_to(self, most: Duration, because: &str) -> Option<Duration> {
        let (mark, mistakes) = (self.mark.clone(), self.mistakes);
        let duration = self.positive_duration()?;
        if duration > most {
            mistakes.blame(&mark, format!("This must be at most {}: {because}.", units::show_duration(most)));
            return None;
        }
        if duration.subsec_nanos() != 0 {
            mistakes.blame(&mark, "This is counted in whole seconds.".to_owned());
            return None;
        }
        Some(duration)
    }

    /// A size in bytes: `"64KiB"`, `"1MiB"`, or a number.
    pub(crate) fn size(self) -> Option<u64> {
        let size = match self.item {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => units::size(&self.expanded("a size such as \"1MiB\"")?),
        };
        match size {
            Some(size) if size > 0 => Some(size),
            _ => {
                self.refuse("This is no size; write one like \"64KiB\", \"1MiB\" or a number of bytes greater than 0.")
            }
        }
    }

    /// A whole number.
    pub(crate) fn number(&self) -> Option<u32> {
        let number = match self.item {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => self.expanded("a whole number")?.parse().ok(),
        };
        number.or_else(|| self.refuse("This must be a whole number that is not too large."))
    }

    /// A whole number greater than zero.
    pub(crate) fn count(self) -> Option<u32> {
        match self.number()? {
            0 => self.refuse("This must be greater than 0."),
            count => Some(count),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(self) -> Option<bool> {
        if let DeValue::Boolean(flag) = self.item {
            return Some(*flag);
        }
        match self.expanded("`true` or `false`")?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => self.refuse(format!("`{other}` is neither `true` nor `false`.")),
        }
    }

    /// A list; items that cannot be read have been reported, and are left out.
    pub(crate) fn list<T>(self, mut read: impl FnMut(Value<'a>) -> Option<T>) -> Option<Vec<At<T>>> {
        let Some(items) = self.item.as_array() else { return self.unlike("a list in `[` and `]`") };
        let values = items.iter().map(|item| self.mark.file.value(item, self.mistakes));
        let read = values.filter_map(|value| {
            let mark = value.mark.clone();
            Some(At::new(read(value)?, mark))
        });
        Some(read.collect())
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        self.item.as_array().is_some()
    }

    /// Whether it is a list with nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.item.as_array().is_some_and(|items| items.is_empty())
    }

    /// A table.
    pub(crate) fn section(self) -> Option<Section<'a>> {
        let Some(table) = self.item.as_table() else { return self.unlike("a table") };
        Some(Section::new(self.mark, table, self.mistakes))
    }

    fn unlike<T>(&self, wanted: &str) -> Option<T> {
        self.refuse(format!("This must be {wanted}, not {}.", kind(self.item)))
    }

    fn expanded(&self, wanted: &str) -> Option<String> {
        let Some(text) = self.item.as_str() else { return self.unlike(wanted) };
        match self.mistakes.expand(text) {
            Ok(text) => Some(text),
            Err(reason) => self.refuse(reason),
        }
    }
}

fn kind(item: &DeValue<'_>) -> &'static str {
    match item {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
