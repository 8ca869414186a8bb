use super::*;

fn paths(texts: &[&str]) -> Vec<Path> {
    texts.iter().map(|text| Path::parse(text).unwrap()).collect()
}

fn reshape(rename: &[(&str, &str)], pick: Option<&[&str]>, omit: &[&str]) -> Result<Reshape, String> {
    let rename: Vec<_> = rename.iter().map(|(path, name)| (Path::parse(path).unwrap(), (*name).to_owned())).collect();
    Reshape::compile(&rename, pick.map(paths).as_deref(), &paths(omit))
}

fn applied(reshape: &Reshape, input: &str) -> String {
    String::from_utf8(reshape.apply(input.as_bytes()).unwrap().to_vec()).unwrap()
}

const CART: &str =
    r#"{"id":1.50, "items" : [ {"price":1E2,"n":{"x": [1, 2]}}, {"n":null,"price":-0} ], "note":"\u00e9","id":2}"#;

#[test]
fn nothing_said_is_nothing_changed() {
    assert_eq!(applied(&reshape(&[], None, &[]).unwrap(), CART), CART);
}

#[test]
fn a_renamed_field_stays_in_its_place_and_values_keep_their_spelling() {
    let renamed = reshape(&[("items[].price", "cost"), ("id", "number")], None, &[]).unwrap();
    let expected =
        r#"{"number":1.50,"items":[{"cost":1E2,"n":{"x": [1, 2]}},{"n":null,"cost":-0}],"note":"\u00e9","number":2}"#;
    assert_eq!(applied(&renamed, CART), expected);
}

#[test]
fn only_what_is_picked_is_kept() {
    let picked = reshape(&[], Some(&["items[].price", "note"]), &[]).unwrap();
    assert_eq!(applied(&picked, CART), r#"{"items":[{"price":1E2},{"price":-0}],"note":"\u00e9"}"#);
    let whole = reshape(&[], Some(&["items"]), &["items[].n"]).unwrap();
    assert_eq!(applied(&whole, CART), r#"{"items":[{"price":1E2},{"price":-0}]}"#);
}

#[test]
fn what_a_picked_path_cannot_lead_through_is_null() {
    let picked = reshape(&[], Some(&["a.b", "c[].d"]), &[]).unwrap();
    assert_eq!(applied(&picked, r#"{"a":5,"c":[7,{"d":1,"e":2},[3]],"f":1}"#), r#"{"a":null,"c":[null,{"d":1},null]}"#);
    assert_eq!(applied(&picked, r#"{"a":null,"c":{"d":1}}"#), r#"{"a":null,"c":null}"#);
    assert_eq!(applied(&picked, "[1,2]"), "null");
}

#[test]
fn what_is_omitted_is_gone_and_the_rest_is_not() {
    let omitted = reshape(&[], None, &["items[].n", "id"]).unwrap();
    assert_eq!(applied(&omitted, CART), r#"{"items":[{"price":1E2},{"price":-0}],"note":"\u00e9"}"#);
    assert_eq!(applied(&omitted, r#"{"items":7,"a":{"id":1}}"#), r#"{"items":7,"a":{"id":1}}"#);
    assert_eq!(applied(&omitted, "[]"), "[]");
}

#[test]
fn a_name_is_found_however_it_is_spelled() {
    let omitted = reshape(&[(".\"é\"", "e")], None, &["secret"]).unwrap();
    assert_eq!(applied(&omitted, r#"{"s\u0065cret":1,"\u00e9":2}"#), r#"{"e":2}"#);
}

#[test]
fn words_that_contradict_each_other_are_refused() {
    for (refused, reason) in [
        (reshape(&[], Some(&["a"]), &["a"]), "both picked and omitted"),
        (reshape(&[("a", "b"), ("a", "c")], None, &[]), "renamed twice"),
        (reshape(&[("a", "c"), ("b", "c")], None, &[]), "would be called \"c\""),
        (reshape(&[("a", "b")], Some(&["a", "b"]), &[]), "would be called \"b\""),
        (reshape(&[("items[]", "b")], None, &[]), "ends in no field"),
        (reshape(&[], None, &["."]), "ends in no field"),
    ] {
        let refusal = refused.unwrap_err();
        assert!(refusal.contains(reason), "{refusal}");
    }
    assert!(reshape(&[("a", "b"), ("b", "a")], None, &[]).is_ok());
}

#[test]
fn what_is_not_json_is_no_answer() {
    let reshape = reshape(&[("a", "b")], None, &["c"]).unwrap();
    for text in ["", "{", r#"{"c":}"#, r#"{"c":1}x"#, r#"{"a":1,"a"}"#, "{\"c\":\"\u{1}\"}"] {
        assert_eq!(reshape.apply(text.as_bytes()), Err(TransformError::NotJson), "{text}");
    }
}

#[test]
fn long_names_do_not_make_a_document_longer_than_it_may_be() {
    let name = "n".repeat(100);
    let reshape = reshape(&[("[].a", &name)], None, &[]).unwrap();
    let items = vec![r#"{"a":1}"#; 60_000].join(",");
    assert_eq!(reshape.apply(format!("[{items}]").as_bytes()), Err(TransformError::OutputTooLarge));
}
