use super::*;

fn field(name: &str) -> Step {
    Step::Field(name.into())
}

#[test]
fn fields_and_each_item_are_read() {
    let path = Path::parse(".items[].author_id").unwrap();
    assert_eq!(path.steps(), [field("items"), Step::Each, field("author_id")]);
    assert_eq!(Path::parse("items[].author_id").unwrap(), path);
    assert_eq!(Path::parse(".").unwrap().steps(), []);
    assert_eq!(Path::parse(".[]").unwrap().steps(), [Step::Each]);
    assert_eq!(Path::parse(".[][].a").unwrap().steps(), [Step::Each, Step::Each, field("a")]);
    assert_eq!(Path::parse(r#"."a.b"."c\"d"[]"#).unwrap().steps(), [field("a.b"), field("c\"d"), Step::Each]);
}

#[test]
fn what_is_printed_reads_back() {
    for text in [".", ".a", ".a.b[]", ".[]", ".[].a", r#"."content-type".b"#, ".a[][]"] {
        assert_eq!(Path::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_path_is_refused_with_an_example() {
    for text in ["", "..", ".a.", "a..b", ".a[0]", ".a b", ".1a", ".a[", ".\"a", ".a|.b", ".a[].", "$x", ".\"a\"b"] {
        let refusal = Path::parse(text).unwrap_err();
        assert!(refusal.contains("no plain path"), "{text}: {refusal}");
    }
}
