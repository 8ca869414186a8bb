//! What a contract says of the values of a parameter, as far as one value can be held to it by itself: its kind, its length, its
//! range, its choices. What a schema says besides is for the service to check.

use serde_json::Value;

use super::composition::Source;
use super::contract::{Contract, OperationParameter};

/// A value that a part takes of the request, and what it has to be.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Where the client has written it: in the path, the query or a header field.
    pub source: Source,
    /// What the client calls it.
    pub name: String,
    /// What it has to be.
    pub bounds: Bounds,
}

/// The values that a parameter takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    kind: Kind,
    /// How many characters there may be, at least and at most.
    length: (u64, Option<u64>),
    /// How large a whole number may be, at least and at most.
    range: (Option<i64>, Option<i64>),
    /// The texts of which it has to be one; empty for any.
    choices: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Whole,
    Number,
    Flag,
}

/// Why a value is none that a parameter takes, in the words of a problem document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule that is broken.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl Bounds {
    /// What the contract says of each value of a parameter; none if it leaves open what that is.
    #[must_use]
    pub fn of(contract: &Contract, parameter: &OperationParameter) -> Option<Self> {
        let mut schema = contract.resolved(&parameter.schema);
        if parameter.repeated && kind(schema) == Some("array") {
            schema = contract.resolved(schema.get("items")?);
        }
        if ["allOf", "anyOf", "oneOf"].iter().any(|key| schema.get(key).is_some()) {
            return None;
        }
        let kind = match kind(schema)? {
            "string" => Kind::Text,
            "integer" => Kind::Whole,
            "number" => Kind::Number,
            "boolean" => Kind::Flag,
            _ => return None,
        };
        let count = |key: &str| schema.get(key).and_then(Value::as_u64);
        let whole = |key: &str| schema.get(key).and_then(Value::as_i64);
        let choices = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            kind,
            length: (count("minLength").unwrap_or_default(), count("maxLength")),
            range: (whole("minimum"), whole("maximum")),
            choices: choices.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }

    /// Whether a value, decoded already, is one of them.
    ///
    /// # Errors
    ///
    /// The [`Breach`] that it is if not.
    pub fn check(&self, value: &str) -> Result<(), Breach> {
        match self.kind {
            Kind::Text => self.text(value),
            Kind::Whole => match value.parse() {
                Ok(number) => self.whole(number),
                Err(_) => breach("invalid_value", "Expected a whole number.".to_owned()),
            },
            Kind::Number if value.parse::<f64>().is_err() => breach("invalid_value", "Expected a number.".to_owned()),
            Kind::Flag if !matches!(value, "true" | "false") => {
                breach("invalid_value", "Expected `true` or `false`.".to_owned())
            }
            Kind::Number | Kind::Flag => Ok(()),
        }
    }

    fn text(&self, value: &str) -> Result<(), Breach> {
        let length = value.chars().count() as u64;
        match self.length {
            (_, Some(most)) if length > most => breach("too_long", format!("At most {most} characters.")),
            (least, _) if length < least => breach("too_short", format!("At least {least} characters.")),
            _ if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) => {
                breach("invalid_value", format!("Expected one of {}.", self.choices.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn whole(&self, value: i64) -> Result<(), Breach> {
        let (least, most) = self.range;
        if least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most) {
            return Ok(());
        }
        let message = match (least, most) {
            (Some(least), Some(most)) => format!("Expected a number from {least} to {most}."),
            (Some(least), None) => format!("Expected {least} or more."),
            (None, most) => format!("Expected {} or less.", most.unwrap_or(i64::MAX)),
        };
        breach("out_of_range", message)
    }
}

fn breach(code: &'static str, message: String) -> Result<(), Breach> {
    Err(Breach { code, message })
}

/// The one kind of value that a schema allows, null aside.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.next().filter(|_| names.next().is_none())
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bounds(schema: &Value) -> Option<Bounds> {
        let parameter = OperationParameter {
            name: "p".to_owned(),
            required: false,
            schema: schema.clone(),
            place: "query",
            repeated: true,
        };
        Bounds::of(&Contract::default(), &parameter)
    }

    fn code(schema: &Value, value: &str) -> Option<&'static str> {
        bounds(schema).unwrap().check(value).err().map(|breach| breach.code)
    }

    #[test]
    fn a_value_is_held_to_its_kind_its_length_its_range_and_its_choices() {
        let text = json!({ "type": ["string", "null"], "minLength": 2, "maxLength": 3 });
        let cases = [("ab", None), ("\u{e4}\u{f6}\u{fc}", None), ("abcd", Some("too_long")), ("a", Some("too_short"))];
        cases.iter().for_each(|(value, expected)| assert_eq!(code(&text, value), *expected, "{value}"));
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
        let cases = [("1", None), ("100", None), ("0", Some("out_of_range")), ("101", Some("out_of_range"))];
        cases.iter().for_each(|(value, expected)| assert_eq!(code(&limit, value), *expected, "{value}"));
        for value in ["", "x", "1.5", "99999999999999999999"] {
            assert_eq!(code(&limit, value), Some("invalid_value"), "{value}");
        }
        let choice = json!({ "type": "string", "enum": ["name", "price"] });
        assert_eq!((code(&choice, "price"), code(&choice, "age")), (None, Some("invalid_value")));
        let flag = json!({ "type": "boolean" });
        assert_eq!((code(&flag, "true"), code(&flag, "1")), (None, Some("invalid_value")));
        let number = json!({ "type": "number" });
        assert_eq!((code(&number, "1.5"), code(&number, "x")), (None, Some("invalid_value")));
    }

    #[test]
    fn each_value_of_a_list_is_held_to_what_its_items_are() {
        let list = json!({ "type": "array", "items": { "type": "integer", "minimum": 1 } });
        assert_eq!((code(&list, "7"), code(&list, "0")), (None, Some("out_of_range")));
    }

    #[test]
    fn what_a_contract_leaves_open_is_held_to_nothing() {
        for schema in [json!(null), json!({}), json!({ "type": "object" }), json!({ "type": ["string", "integer"] })] {
            assert_eq!(bounds(&schema), None, "{schema}");
        }
        assert_eq!(bounds(&json!({ "oneOf": [{ "type": "string" }], "type": "string" })), None);
        assert_eq!(code(&json!({ "type": "string", "pattern": "^a$" }), "b"), None);
    }
}
