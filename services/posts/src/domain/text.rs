//! What somebody writes.

use serde::Serialize;
use service::{
    Mistake,
    text::{self, Lines},
};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $length:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub(crate) struct $name(String);

        impl $name {
            /// Forms send lines that end with CR LF; here they end with LF.
            pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
                text::parse(&text.replace("\r\n", "\n"), $length, Lines::Many).map(Self)
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

texts! {
    /// The text of a post, in lines; a picture needs none.
    PostText 0..=2000;
    /// What is to be seen on a picture; may be empty.
    AltText 0..=1500;
    /// The text of a comment, in lines.
    CommentText 1..=2000;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_post_may_be_empty_and_a_comment_may_not() {
        assert_eq!(PostText::parse(" \n ").unwrap().as_str(), "");
        assert!(CommentText::parse(" \n ").is_err());
        for length in [2000, 2001] {
            let text = "\u{fc}".repeat(length);
            assert_eq!(
                (PostText::parse(&text).is_ok(), CommentText::parse(&text).is_ok()),
                (length == 2000, length == 2000)
            );
        }
    }

    #[test]
    fn lines_end_as_they_do_here() {
        assert_eq!(PostText::parse("a\r\nb\nc").unwrap().as_str(), "a\nb\nc");
        assert!(PostText::parse("a\rb").is_err());
    }
}
