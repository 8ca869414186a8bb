//! A path with parameters, as routes and contracts write it: `/users/{username}`.

use super::MAX_PARAMETERS;

/// A parsed path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
}

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Equals only itself.
    Literal(String),
    /// Takes any segment that is not empty, under this name.
    Parameter(String),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPattern {
    #[error("a path starts with `/`")]
    Relative,
    #[error("a path has no empty segment, and no `/` at its end (one that a client sends is accepted anyway)")]
    Empty,
    #[error("`{0}` would change when the path is normalised")]
    Dots(String),
    #[error("`{0}` cannot be part of a path; a parameter is a whole segment: `{{name}}`")]
    Segment(String),
    #[error("`{0}` is no parameter name; use lower-case letters, digits and `_`")]
    Name(String),
    #[error("the parameter `{{{0}}}` occurs twice")]
    Twice(String),
    #[error("a path has at most {MAX_PARAMETERS} parameters")]
    TooMany,
}

impl Pattern {
    /// Reads a template; `/` is the one without segments.
    pub(crate) fn parse(template: &str) -> Result<Self, BadPattern> {
        let path = template.strip_prefix('/').ok_or(BadPattern::Relative)?;
        if path.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        let pattern = Self { segments: path.split('/').map(Segment::parse).collect::<Result<_, _>>()? };
        let names: Vec<&str> = pattern.names().collect();
        if names.len() > MAX_PARAMETERS {
            return Err(BadPattern::TooMany);
        }
        match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            Some((_, name)) => Err(BadPattern::Twice((*name).to_owned())),
            None => Ok(pattern),
        }
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The names of its parameters, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// The path itself, if it has no parameters.
    pub(super) fn as_literal(&self) -> Option<String> {
        let literal = |segment: &Segment| match segment {
            Segment::Literal(text) => Some(format!("/{text}")),
            Segment::Parameter(_) => None,
        };
        self.segments.iter().map(literal).collect()
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, BadPattern> {
        if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            return if is_name { Ok(Self::Parameter(name.to_owned())) } else { Err(BadPattern::Name(text.to_owned())) };
        }
        match text {
            "" => Err(BadPattern::Empty),
            "." | ".." => Err(BadPattern::Dots(text.to_owned())),
            _ if text.bytes().all(is_literal) => Ok(Self::Literal(text.to_owned())),
            _ => Err(BadPattern::Segment(text.to_owned())),
        }
    }
}

/// What may stand in a segment without being encoded (RFC 3986, section 3.3); what is encoded would never match.
fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_literals_and_whole_parameters() {
        let pattern = Pattern::parse("/users/{username}/posts").unwrap();
        assert_eq!(pattern.names().collect::<Vec<_>>(), ["username"]);
        assert_eq!(pattern.as_literal(), None);
        assert_eq!(Pattern::parse("/users/me").unwrap().as_literal().unwrap(), "/users/me");
        assert_eq!(Pattern::parse("/").unwrap().as_literal().unwrap(), "");
    }

    #[test]
    fn what_could_never_match_is_refused() {
        let refused = |template: &str| Pattern::parse(template).unwrap_err();
        assert_eq!(refused("users"), BadPattern::Relative);
        assert_eq!(refused("/users/"), BadPattern::Empty);
        assert_eq!(refused("/users//me"), BadPattern::Empty);
        assert_eq!(refused("/users/../me"), BadPattern::Dots("..".to_owned()));
        assert_eq!(refused("/users/{id}.json"), BadPattern::Segment("{id}.json".to_owned()));
        assert_eq!(refused("/caf%C3%A9"), BadPattern::Segment("caf%C3%A9".to_owned()));
        assert_eq!(refused("/users/{Id}"), BadPattern::Name("{Id}".to_owned()));
        assert_eq!(refused("/users/{}"), BadPattern::Name("{}".to_owned()));
        assert_eq!(refused("/{id}/{id}"), BadPattern::Twice("id".to_owned()));
        assert_eq!(refused("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"), BadPattern::TooMany);
    }
}
