use super::*;
use crate::{Program, TransformError};

fn program(text: &str) -> Program {
    Program::compile(text, &[]).unwrap()
}

fn formed(text: &str, input: &str) -> Result<String, TransformError> {
    let program = program(text);
    assert!(program.form().is_some(), "{text} is a form");
    program.run(input.as_bytes(), &[]).map(|out| String::from_utf8(out.to_vec()).unwrap())
}

#[test]
fn objects_of_plain_paths_and_literals_are_forms() {
    for text in [
        ".",
        ".a",
        ".a.b",
        r#"."a-b""#,
        "{}",
        "[]",
        "null",
        "{a: 1}",
        "{id, name: .user.name}",
        "{a: {b: .c}}",
        "map(.id)",
        ".items | map({id})",
        "[.items[] | {id, n: .x.y}]",
        "[.items[].id]",
        ".data | {id, list: (.list | map({a}))}",
        "{ok: true, none: null, n: -1, t: \"x\\n\"}",
        "[.[] | .a.b]",
        "(.a).b",
        "{\"a b\": .c}",
        "{\"a b\"}",
        ". | {a: 1}",
    ] {
        assert!(program(text).form().is_some(), "{text}");
    }
}

#[test]
fn what_computes_or_could_have_other_outputs_is_no_form() {
    for text in [
        ".a?",
        ".[0]",
        ".a // 1",
        "{a: .[]}",
        ".a[]",
        "{a: 1, a: 2}",
        "{(.a): 1}",
        "[.a, .b]",
        "{a: (.b + 1)}",
        ".a | {b: 1}",
        "[.a[] | 1]",
        "[.a[].b | 1]",
        "map(select(.a))",
        "[.a[].b[]]",
        "{a: \"\\(.b)\"}",
        "{$x}",
        "-.a",
        "[.a[]?]",
    ] {
        let program = Program::compile(text, &["x"]).unwrap();
        // `[.a[] | 1]` counts items and is one.
        assert_eq!(program.form().is_some(), text == "[.a[] | 1]", "{text}");
    }
}

#[test]
fn a_form_says_what_it_builds() {
    let path = |text| Path::parse(text).unwrap();
    let each =
        Form::Object(vec![("id".into(), Form::Path(path(".id"))), ("by".into(), Form::Path(path(".user.name")))]);
    let expected = Form::Object(vec![
        ("total".into(), Form::Path(path(".meta.n"))),
        ("list".into(), Form::Map(path(".items"), Box::new(each))),
        ("v".into(), Form::Literal("1".into())),
    ]);
    let text = "{total: .meta.n, list: (.items | map({id, by: .user.name})), v: 1}";
    assert_eq!(program(text).form(), Some(&expected));
}

#[test]
fn what_is_copied_keeps_its_spelling() {
    let input = r#"{ "a" : 1.50, "b":{"c" : [1 , "\u00e9"]}, "items":[{"id":1E2},{}] }"#;
    assert_eq!(formed("{x: .a, y: .b.c}", input).unwrap(), r#"{"x":1.50,"y":[1 , "\u00e9"]}"#);
    assert_eq!(formed(".items | map({id})", input).unwrap(), r#"[{"id":1E2},{"id":null}]"#);
    assert_eq!(formed(".none.at.all", input).unwrap(), "null");
    assert_eq!(
        formed("{b, c: .b.c, d: .b.d}", input).unwrap(),
        r#"{"b":{"c" : [1 , "\u00e9"]},"c":[1 , "\u00e9"],"d":null}"#
    );
}

#[test]
fn the_last_of_a_doubled_name_counts() {
    assert_eq!(formed(".a.b", r#"{"a":{"b":1},"a":{"b":2}}"#).unwrap(), "2");
    assert_eq!(formed(".a.b", r#"{"a":7,"a":null}"#).unwrap(), "null");
    assert_eq!(formed(".a.b", r#"{"a":{"b":1},"a":{}}"#).unwrap(), "null");
    assert_eq!(formed("map(.)", r#"{"a":1,"b":2,"\u0061":3}"#).unwrap(), "[3,2]");
}

#[test]
fn what_cannot_be_looked_into_is_an_error_and_no_answer() {
    for input in [r#"{"a":1}"#, r#"{"a":[1]}"#, r#"{"a":"x"}"#, r#"{"a":true}"#, "[]", "1"] {
        assert!(matches!(formed("{x: .a.b}", input), Err(TransformError::Program(_))), "{input}");
        assert!(matches!(formed(".a | map({b})", input), Err(TransformError::Program(_))), "{input}");
    }
    for input in ["", "{", r#"{"a":{"b":1}}}"#, r#"{"a":{"b":1},"c":tru}"#, r#"{"a":{"b":1},"c":[1,]}"#] {
        assert_eq!(formed("{x: .a.b}", input), Err(TransformError::NotJson), "{input}");
    }
}

#[test]
fn an_answer_does_not_grow_beyond_its_limit() {
    let input = format!("\"{}\"", "x".repeat(1_000_000));
    assert_eq!(formed("{a: ., b: ., c: ., d: ., e: .}", &input), Err(TransformError::OutputTooLarge));
}
