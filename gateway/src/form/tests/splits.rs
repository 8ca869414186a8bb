//! Forms at random, split at random.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::object::to_object;
use super::*;

/// Contents that come near a delimiter.
const NEAR: &[&str] =
    &["\r", "\n", "\r\n", "--", "-", "b", "\r\n-", "\r\n--", "--b", "\n--b", "\r--b", "\r\r\n--", "x", " ", "é"];

const NAMES: &[(&str, &str)] =
    &[("caption", "text"), ("a", "b"), ("b", "a"), ("image", "image"), ("größe ü", "size & more"), ("", "")];

/// A content in which no line begins with the boundary.
fn content() -> impl Strategy<Value = String> {
    let pieces = vec(select(NEAR), 0..12).prop_map(|pieces| pieces.concat());
    pieces.prop_filter("no delimiter", |content| !format!("\r\n{content}\r\n").contains("\r\n--b"))
}

fn fields() -> impl Strategy<Value = Vec<((&'static str, &'static str), String)>> {
    vec((select(NAMES), content()), 0..6)
}

fn form(fields: &[((&str, &str), String)], name: impl Fn(&(&str, &str)) -> String) -> String {
    let part = |(names, content): &((&str, &str), String)| {
        let name = name(names);
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"caption\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n"
        )
    };
    format!("{}--b--\r\n", fields.iter().map(part).collect::<String>())
}

fn pairs(fields: &[((&str, &str), String)], name: impl Fn(&(&str, &str)) -> String) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = |(names, content): &((&str, &str), String)| format!("{}={}", encoded(&name(names)), encoded(content));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn split(form: &str, at: &[Index]) -> Vec<Bytes> {
    let form = Bytes::copy_from_slice(form.as_bytes());
    let mut cuts: Vec<usize> = at.iter().map(|index| index.index(form.len() + 1)).collect();
    cuts.extend([0, form.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| form.slice(pair[0]..pair[1])).collect()
}

fn bytewise(form: &str) -> Vec<Bytes> {
    let form = Bytes::copy_from_slice(form.as_bytes());
    (0..form.len()).map(|at| form.slice(at..=at)).collect()
}

proptest! {
    #[test]
    fn a_multipart_form_changes_its_names_only_wherever_it_is_split(fields in fields(), at in vec(any::<Index>(), 0..8)) {
        let (sent, expected) = (form(&fields, |names| names.0.to_owned()), form(&fields, |names| names.1.to_owned()));
        for chunks in [split(&sent, &at), bytewise(&sent)] {
            let out = rewritten(MULTIPART, &chunks).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected.clone());
        }
    }

    #[test]
    fn an_urlencoded_form_changes_its_names_only_wherever_it_is_split(fields in fields(), at in vec(any::<Index>(), 0..8)) {
        let (sent, expected) = (pairs(&fields, |names| names.0.to_owned()), pairs(&fields, |names| names.1.to_owned()));
        for chunks in [split(&sent, &at), bytewise(&sent)] {
            let out = rewritten(URLENCODED, &chunks).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected.clone());
        }
    }

    #[test]
    fn any_bytes_are_taken_or_refused_alike_wherever_they_are_split(
        pieces in vec(select(&["--b", "\r\n", "--", "\r\n\r\n", "Content-Disposition: form-data; name=", "caption", "\"", "text", ";", "a", "=", "&", "%74", " "][..]), 0..24),
        at in vec(any::<Index>(), 0..8),
    ) {
        let sent = pieces.concat();
        for media_type in [MULTIPART, URLENCODED] {
            let once = rewritten(media_type, &split(&sent, &[]));
            prop_assert_eq!(rewritten(media_type, &split(&sent, &at)), once.clone());
            prop_assert_eq!(rewritten(media_type, &bytewise(&sent)), once);
        }
    }

    #[test]
    fn an_object_is_strict_json_with_every_value(fields in fields()) {
        let sent = Bytes::from(pairs(&fields, |names| names.0.to_owned()));
        let object: serde_json::Value =
            serde_json::from_slice(&to_object(URLENCODED.as_bytes(), &sent, &renames()).unwrap()).unwrap();
        for ((_, name), content) in &fields {
            let value = &object[name];
            let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            prop_assert!(all.contains(&content.as_str().into()), "{} lacks {}={:?}", object, name, content);
        }
    }
}
