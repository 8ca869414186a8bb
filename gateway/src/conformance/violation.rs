//! What is wrong with an answer: which kind of mistake, and where, without a word of what it says.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};

/// The longest pointer that is logged: a name in a document can be as long as the document.
const POINTER: usize = 256;

/// A way in which an answer is not as its contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    /// Where, as a JSON pointer into the answer; empty for the answer as a whole.
    pub(crate) pointer: String,
    /// What is wrong there, in words of the contract; it quotes nothing of the answer.
    pub(crate) message: String,
}

/// The kinds of violations, as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    UndeclaredStatus,
    UndeclaredMediaType,
    NotJson,
    MissingField,
    WrongType,
    Other,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::UndeclaredStatus,
        Self::UndeclaredMediaType,
        Self::NotJson,
        Self::MissingField,
        Self::WrongType,
        Self::Other,
    ];

    /// The name as metrics and log lines have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::UndeclaredStatus => "undeclared_status",
            Self::UndeclaredMediaType => "undeclared_media_type",
            Self::NotJson => "not_json",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::Other => "other",
        }
    }
}

impl Violation {
    /// About the answer as a whole.
    pub(crate) fn of_answer(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, pointer: String::new(), message: message.into() }
    }

    /// What a schema says about a document.
    pub(crate) fn of_document(error: &ValidationError<'_>) -> Self {
        let mut violation = Self::found(error);
        let end = (0..=POINTER.min(violation.pointer.len())).rev().find(|at| violation.pointer.is_char_boundary(*at));
        violation.pointer.truncate(end.unwrap_or(0));
        violation
    }

    fn found(error: &ValidationError<'_>) -> Self {
        let pointer = error.instance_path().as_str().to_owned();
        let (kind, message) = match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default().replace('~', "~0").replace('/', "~1");
                let pointer = format!("{pointer}/{name}");
                return Self { kind: Kind::MissingField, pointer, message: "is required and missing".to_owned() };
            }
            ValidationErrorKind::Type { kind } => (Kind::WrongType, format!("must be of type {}", types(kind))),
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                return Self::of_alternatives(pointer, context);
            }
            other => (Kind::Other, format!("does not satisfy `{}`", other.keyword())),
        };
        Self { kind, pointer, message }
    }

    /// Of several alternatives the one that fits best was meant: its mistake is the deepest in the document.
    fn of_alternatives(pointer: String, context: &[Vec<ValidationError<'static>>]) -> Self {
        let depth = |violation: &Self| violation.pointer.matches('/').count();
        let found: Vec<Self> = context.iter().flatten().map(Self::found).collect();
        let deepest = found.iter().map(depth).max().unwrap_or(0);
        if deepest > pointer.matches('/').count()
            && let Some(meant) = found.iter().find(|violation| depth(violation) == deepest)
        {
            return meant.clone();
        }
        let all_types = !found.is_empty() && found.iter().all(|violation| violation.kind == Kind::WrongType);
        let kind = if all_types { Kind::WrongType } else { Kind::Other };
        Self { kind, pointer, message: "fits none of the declared alternatives".to_owned() }
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
    }
}
