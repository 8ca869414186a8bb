//! Two ways to the same result: forms on the text and in jaq, words on the text and on values.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{Path, Program, Reshape, Step, TransformError};

const NAMES: [&str; 4] = ["a", "b", "c", "d-e"];

fn name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&NAMES[..])
}

const SCALARS: [&str; 13] = [
    "null",
    "true",
    "false",
    "0",
    "-7",
    "-0",
    "1.50",
    "1E2",
    "12345678901234567890",
    "\"\"",
    "\"x\"",
    "\"\\u00e9\\n\\\"\"",
    "\"é\"",
];

/// JSON as somebody else spells it: with escapes, white space, numbers of all kinds, and doubled names if they may be.
fn document(doubled: bool) -> impl Strategy<Value = String> {
    let names = ["\"a\"", "\"b\"", "\"c\"", "\"\\u0064-e\"", "\"other\"", "\"\\u0061\""];
    let names = if doubled { names.to_vec() } else { names[..5].to_vec() };
    let scalar = proptest::sample::select(&SCALARS[..]).prop_map(str::to_owned);
    scalar.prop_recursive(4, 40, 5, move |inner| {
        let field = (proptest::sample::select(names.clone()), inner.clone());
        let object = move |fields: Vec<(&'static str, String)>| {
            let mut known = Vec::new();
            let kept = fields.into_iter().filter(|(name, _)| {
                doubled
                    || !known.contains(name) && {
                        known.push(*name);
                        true
                    }
            });
            let fields: Vec<String> = kept.map(|(name, value)| format!("{name} : {value}")).collect();
            format!("{{{}}}", fields.join(","))
        };
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            3 => proptest::collection::vec(field, 0..5).prop_map(object),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(name(), 0..3).prop_map(|names| {
        let steps: Vec<String> = names.iter().map(|name| format!(".{name:?}")).collect();
        if steps.is_empty() { ".".to_owned() } else { steps.concat() }
    })
}

/// Programs that are forms.
fn form() -> impl Strategy<Value = String> {
    let literal = proptest::sample::select(&["1", "-2.50", "null", "true", "\"x\\n\"", "[]", "{}"][..]);
    let leaf = prop_oneof![3 => path(), 1 => literal.prop_map(str::to_owned)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let fields = proptest::collection::btree_map(name(), inner.clone(), 1..4);
        let object = fields.prop_map(|fields| {
            let fields: Vec<String> = fields.iter().map(|(name, form)| format!("{name:?}: ({form})")).collect();
            format!("{{{}}}", fields.join(", "))
        });
        let object = object.boxed();
        prop_oneof![
            3 => object.clone(),
            1 => (path(), inner.clone()).prop_map(|(path, form)| format!("{path} | map({form})")),
            1 => (path(), object.clone()).prop_map(|(path, form)| format!("[{path}[] | {form}]")),
            1 => (path(), path()).prop_map(|(path, rest)| format!("[{path}[] | {rest}]")),
            1 => (path(), object).prop_map(|(path, form)| format!("{path} | {form}")),
        ]
    })
}

/// What was said, as values that are compared by what they mean.
fn meaning(result: Result<bytes::Bytes, TransformError>) -> Result<Value, ()> {
    result.map(|out| serde_json::from_slice(&out).unwrap()).map_err(drop)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_form_on_the_text_is_what_jaq_makes_of_it(program in form(), input in document(true)) {
        let program = Program::compile(&program, &[]).unwrap();
        // `.a | {b: 1}` is none: it fails where a literal would not.
        prop_assume!(program.form().is_some());
        let ours = meaning(program.run(input.as_bytes(), &[]));
        let jaqs = meaning(program.in_jaq(input.as_bytes(), &[]));
        prop_assert_eq!(ours, jaqs, "{:?} on {}", program, input);
    }

    #[test]
    fn both_refuse_what_is_not_json(program in form(), input in document(true), cut in 0_usize..200, with in "[\\[\\]{}\",:0x ]?") {
        let cut = input.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(input.len());
        let input = format!("{}{with}{}", &input[..cut], input[cut..].chars().skip(1).collect::<String>());
        let program = Program::compile(&program, &[]).unwrap();
        let ours = meaning(program.run(input.as_bytes(), &[]));
        let jaqs = meaning(program.in_jaq(input.as_bytes(), &[]));
        prop_assert_eq!(&ours, &jaqs, "{:?} on {}", program, input);
        prop_assert!(serde_json::from_str::<Value>(&input).is_ok() || ours.is_err());
    }

    #[test]
    fn words_on_the_text_are_what_they_say(words in words(), input in document(false)) {
        let Ok(reshape) = Reshape::compile(&words.0, words.1.as_deref(), &words.2) else { return Ok(()) };
        let value: Value = serde_json::from_str(&input).unwrap();
        let expected = modelled(&reshape, &value, &mut Vec::new(), reshape.pick().is_none());
        prop_assert_eq!(meaning(reshape.apply(input.as_bytes())), Ok(expected), "{:?} on {}", words, input);
    }
}

type Words = (Vec<(Path, String)>, Option<Vec<Path>>, Vec<Path>);

fn words() -> impl Strategy<Value = Words> {
    let step = prop_oneof![3 => name().prop_map(|name| Step::Field(name.into())), 1 => Just(Step::Each)];
    let steps = proptest::collection::vec(step, 1..4);
    let path = steps.prop_map(|steps| {
        let text: String = steps
            .iter()
            .map(|step| match step {
                Step::Field(name) => format!(".{name:?}"),
                Step::Each => "[]".to_owned(),
            })
            .collect();
        Path::parse(&text).or_else(|_| Path::parse(&format!(".{text}"))).unwrap()
    });
    let paths = proptest::collection::vec(path.clone(), 0..3);
    let renames =
        proptest::collection::vec((path, proptest::sample::select(&["x", "y"][..]).prop_map(str::to_owned)), 0..2);
    (renames, proptest::option::weighted(0.4, paths.clone()), paths)
}

/// What a reshape says about a value at this place.
fn modelled(reshape: &Reshape, value: &Value, here: &mut Vec<Step>, whole: bool) -> Value {
    let picks = reshape.pick().unwrap_or_default();
    let whole = whole || picks.iter().any(|path| path.steps() == here);
    let leads = |here: &[Step]| picks.iter().any(|path| path.steps().starts_with(here));
    let all = || {
        let said = reshape.rename().iter().map(|(path, _)| path).chain(reshape.omit()).chain(picks);
        said.cloned().collect::<Vec<Path>>()
    };
    let deeper = |step: fn(&Step) -> bool| {
        all().iter().any(|path| path.steps().starts_with(here) && path.steps().get(here.len()).is_some_and(step))
    };
    match value {
        Value::Array(items) if deeper(|step| *step == Step::Each) => {
            here.push(Step::Each);
            let items = items.iter().map(|item| modelled(reshape, item, here, whole)).collect();
            here.pop();
            Value::Array(items)
        }
        Value::Object(fields) if deeper(|step| *step != Step::Each) => {
            let mut kept = Map::new();
            for (name, field) in fields {
                here.push(Step::Field(name.as_str().into()));
                let omitted = reshape.omit().iter().any(|path| path.steps() == here);
                if !omitted && (whole || leads(here)) {
                    let renamed = reshape.rename().iter().find(|(path, _)| path.steps() == here);
                    let name = renamed.map_or(name, |(_, name)| name);
                    kept.insert(name.clone(), modelled(reshape, field, here, whole));
                }
                here.pop();
            }
            Value::Object(kept)
        }
        value if whole => value.clone(),
        _ => json!(null),
    }
}
