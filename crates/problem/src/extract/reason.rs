//! From an error of serde to the entry of one field: where, which rule, a sentence.

use serde_path_to_error::{Path, Segment};

use crate::{FieldError, fields::suggestion};

/// The entry for what `serde` refused, with a JSON pointer.
pub(super) fn field_error(path: &Path, message: &str) -> FieldError {
    let message = strip_position(message);
    let mut pointer = pointer(path);
    if let Some(name) = quoted_after(message, "unknown field ") {
        let known = message.split_once(", ").map_or("", |(_, rest)| rest);
        append_once(&mut pointer, name);
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let message = match suggestion(name, known.iter().copied()) {
            Some(near) => format!("There is no field `{name}`; did you mean `{near}`?"),
            None if known.is_empty() => format!("There is no field `{name}`."),
            None => format!("There is no field `{name}`; known are {}.", known.join(", ")),
        };
        return entry(pointer, "unknown_field", message);
    }
    if let Some(name) = quoted_after(message, "missing field ") {
        append_once(&mut pointer, name);
        return entry(pointer, "required", "This field is required.".to_owned());
    }
    if let Some(name) = quoted_after(message, "duplicate field ") {
        append_once(&mut pointer, name);
        return entry(pointer, "duplicate_field", "This field is given twice.".to_owned());
    }
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        let wanted = rest.split_once(", expected ").map_or(rest, |(_, wanted)| wanted);
        return entry(pointer, "invalid_type", format!("Expected {wanted}."));
    }
    entry(pointer, "invalid_value", spoken(message))
}

/// What the standard library and serde say to programmers, said to a caller.
pub(super) fn spoken(message: &str) -> String {
    let known = match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => "Expected a whole number.",
        "number too large to fit in target type" => "The number is too large.",
        "number too small to fit in target type" => "The number is too small.",
        "provided string was not `true` or `false`" => "Expected `true` or `false`.",
        _ => {
            let choices = message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected "));
            return match choices {
                Some((_, choices)) => format!("Expected {choices}."),
                None => sentence(message),
            };
        }
    };
    known.to_owned()
}

/// A sentence without the values of the request in it is not guaranteed by serde, but its messages
/// quote only what the caller sent.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    let sentence = format!("{}{}", first.unwrap_or_default(), letters.as_str());
    if sentence.ends_with('.') { sentence } else { format!("{sentence}.") }
}

fn entry(pointer: String, code: &str, message: String) -> FieldError {
    FieldError { pointer, code: code.to_owned(), message }
}

fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escaped(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn append_once(pointer: &mut String, name: &str) {
    let last = format!("/{}", escaped(name));
    if !pointer.ends_with(&last) {
        pointer.push_str(&last);
    }
}

fn quoted_after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.strip_prefix('`')?.split('`').next()
}

/// serde_json appends ` at line 1 column 2`, which says less than the pointer.
fn strip_position(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| &message[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_not_told_of_types_and_strings() {
        let parse = |text: &str| text.parse::<u8>().map_err(|error| spoken(&error.to_string()));
        assert_eq!(parse("abc"), Err("Expected a whole number.".to_owned()));
        assert_eq!(parse(""), Err("Expected a whole number.".to_owned()));
        assert_eq!(parse("256"), Err("The number is too large.".to_owned()));
        let flag = "1".parse::<bool>().map_err(|error| spoken(&error.to_string()));
        assert_eq!(flag, Err("Expected `true` or `false`.".to_owned()));
        assert_eq!(spoken("unknown variant `xx`, expected `cookie` or `token`"), "Expected `cookie` or `token`.");
        assert_eq!(spoken("something else"), "Something else.");
    }
}
