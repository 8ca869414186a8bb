//! Whether a document stays within its place when it is written into another one.

use memchr::{memchr2, memchr2_iter};
use serde::de::IgnoredAny;
use transform::MAX_DEPTH;

/// Whether no value stands in more than [`MAX_DEPTH`] others. Readers recurse; what is deeper could end one.
pub(super) fn is_shallow(document: &[u8]) -> bool {
    memchr2_iter(b'{', b'[', document).take(MAX_DEPTH + 1).count() <= MAX_DEPTH || balanced(document.trim_ascii())
}

/// Whether this is text, and one value: it starts, and ends only where the document ends, at most [`MAX_DEPTH`] deep. What is
/// between its brackets is not read. So whatever a service answers, it can neither end the member that it stands in nor open
/// one beside it.
pub(super) fn confined(document: &[u8]) -> bool {
    let text = document.trim_ascii();
    str::from_utf8(text).is_ok()
        && match text.first() {
            Some(b'{' | b'[') => balanced(text),
            _ => serde_json::from_slice::<IgnoredAny>(text).is_ok(),
        }
}

/// Whether every bracket is closed by its like, the first one by the last byte.
fn balanced(text: &[u8]) -> bool {
    let mut open: Vec<u8> = Vec::with_capacity(MAX_DEPTH + 1);
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        let stays = match byte {
            b'"' => {
                let end = end_of_string(text, at);
                at = end.unwrap_or(at);
                end.is_some()
            }
            b'{' | b'[' => {
                // The two closing brackets come two after the opening ones.
                open.push(byte + 2);
                open.len() <= MAX_DEPTH
            }
            b'}' | b']' => open.pop() == Some(*byte) && (!open.is_empty() || at == text.len()),
            _ => !open.is_empty(),
        };
        if !stays {
            return false;
        }
    }
    open.is_empty()
}

/// The byte after a string's closing quote.
fn end_of_string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_confined_whatever_is_in_it() {
        for text in [r#"{"a":[1,{"b":"}]\"{"}]}"#, " [] ", r#""{""#, "7", "null", r#"{"a":"\\"}"#] {
            assert!(confined(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_could_leave_its_place_is_not() {
        let unlike = [
            r#"{"a":1},"b":{"c":2}"#,
            "{}{}",
            "[1,2",
            r#"{"a":"}"#,
            "{]",
            "[}",
            "}",
            "",
            r#"{"a":1}x"#,
            r#"{"a":"\"}"#,
            "7,8",
        ];
        for text in unlike {
            assert!(!confined(text.as_bytes()), "{text}");
        }
        assert!(!confined(b"{\"a\":\"\xff\"}"));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(confined(nested(MAX_DEPTH).as_bytes()) && is_shallow(nested(MAX_DEPTH).as_bytes()));
        assert!(!confined(nested(MAX_DEPTH + 1).as_bytes()) && !is_shallow(nested(MAX_DEPTH + 1).as_bytes()));
        assert!(is_shallow(format!("[{}]", "[],".repeat(1000) + "1").as_bytes()));
    }
}
