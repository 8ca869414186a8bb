//! Forms as objects.

use serde_json::{Value, json};

use super::super::object::{OBJECT_LIMIT, to_object};
use super::*;

fn object(content_type: &str, form: impl Into<Bytes>) -> Result<Value, FormError> {
    let object = to_object(content_type.as_bytes(), &form.into(), &renames())?;
    Ok(serde_json::from_slice(&object).unwrap())
}

fn part(disposition: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
}

#[test]
fn both_kinds_of_form_become_the_same_object() {
    let expected = json!({"text": "a \"quote\"\u{0}", "tag": ["x", "y", "z"], "empty": ""});
    let urlencoded = "caption=a+%22quote%22%00&tag=x&tag=y&empty&tag=z";
    assert_eq!(object(URLENCODED, urlencoded), Ok(expected.clone()));
    let multipart = [
        part("name=\"caption\"", "a \"quote\"\u{0}"),
        part("name=tag", "x"),
        part("name=tag", "y"),
        part("name=empty", ""),
        part("name=tag", "z"),
        "--b--".to_owned(),
    ];
    assert_eq!(object(MULTIPART, multipart.concat()), Ok(expected));
    assert_eq!(object(URLENCODED, ""), Ok(json!({})));
}

#[test]
fn what_is_no_text_or_no_form_is_refused() {
    let file = part("name=\"avatar\"; filename=\"me.png\"", "x") + "--b--";
    assert_eq!(object(MULTIPART, file), Err(FormError::File("avatar".into())));
    assert_eq!(object(URLENCODED, "x=%ff"), Err(FormError::NoText));
    assert_eq!(object(URLENCODED, "%ff=x"), Err(FormError::NoText));
    assert_eq!(object("application/json", "{}"), Err(FormError::NoForm));
    assert_eq!(object(MULTIPART, part("name=x", "x")), Err(FormError::Cut));
    assert!(matches!(object(URLENCODED, "text=x"), Err(FormError::Renamed { .. })));
}

#[test]
fn an_object_has_limits() {
    assert_eq!(object(URLENCODED, "x".repeat(OBJECT_LIMIT + 1)), Err(FormError::TooLarge));
    let many = "x=1&".repeat(1001);
    assert_eq!(object(URLENCODED, many), Err(FormError::TooManyFields));
    let escaped = format!("x={}", "%01".repeat(OBJECT_LIMIT / 4));
    assert_eq!(object(URLENCODED, escaped), Err(FormError::TooLarge), "an escape in JSON is longer");
}
