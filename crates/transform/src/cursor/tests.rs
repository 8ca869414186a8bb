use super::*;

fn walk(text: &[u8]) -> Result<(), TransformError> {
    admit(text)?;
    let mut cursor = Cursor::new(text);
    cursor.pass()?;
    Ok(cursor.end()?)
}

#[test]
fn json_is_walked_through() {
    for text in [
        "null",
        " true ",
        "[]",
        "{}",
        "[1,2]",
        r#"{"a":[{"b":"c\n\u00e9\uD83D\uDE00"}]}"#,
        "-0.5e+10",
        "0",
        "1E5",
        "\"é\"",
        "[ ]",
        "{ }",
        "[ 1 , 2 ]",
        "{ \"a\" : 1 , \"b\" : 2 }",
    ] {
        assert_eq!(walk(text.as_bytes()), Ok(()), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "nul",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "NaN",
        "Infinity",
        "b\"x\"",
        "[1 2]",
        "\"\t\"",
        "\"\\x\"",
        "\"\\uD800\"",
        "\"\\uD800\\u0041\"",
        "\"\\uDC00\"",
        "\"\\u12\"",
        "\"",
        "\"a",
        "[",
        "]",
        "{\"a\":1]",
        "1 2",
        "# x\n1",
        "[1] # x",
        "{1:2}",
        "tru",
        "truex",
        "\u{feff}1",
    ] {
        assert_eq!(walk(text.as_bytes()), Err(TransformError::NotJson), "{text:?}");
    }
    assert_eq!(walk(b"\"\xff\""), Err(TransformError::NotJson));
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(walk(nested(MAX_DEPTH).as_bytes()), Ok(()));
    assert!(matches!(walk(nested(MAX_DEPTH + 1).as_bytes()), Err(TransformError::TooComplex(_))));
    assert!(matches!(walk(nested(400_000).as_bytes()), Err(TransformError::TooComplex(_))));
    assert_eq!(walk(&vec![b' '; MAX_INPUT + 1]), Err(TransformError::TooLarge));
}

proptest::proptest! {
    #[test]
    fn it_agrees_with_another_reader(text in r#"[\[\]{},:"0-9eE.+\\u\-ntrulfase \x00-\x1f]{0,12}"#) {
        let other = serde_json::from_str::<serde_json::Value>(&text);
        // The other refuses numbers beyond a float.
        let beyond = other.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        proptest::prop_assert!(walk(text.as_bytes()).is_ok() == other.is_ok() || beyond, "{text:?}");
    }
}

#[test]
fn escapes_are_resolved_as_another_reader_does() {
    for text in [
        r#""""#,
        r#""plain text of more than eight bytes""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""eight by\\""#,
        r#""\u0041\u00e9\uD83D\uDE00 \u0000 \uffff""#,
        r#""é \n é""#,
    ] {
        let other: String = serde_json::from_str(text).unwrap();
        assert_eq!(&*unescape(text.as_bytes()), other.as_bytes(), "{text}");
    }
}
