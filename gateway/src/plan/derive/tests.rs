//! Besides the examples: whatever a small schema allows and a shape makes of it, the derived schema accepts.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use transform::{Program, Reshape};

fn contract() -> Contract {
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {},
        "components": {"schemas": {
            "Team": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "label": {"type": "string"}}},
            "Page": {"type": "object", "required": ["items"], "properties": {
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Text"}},
                "next": {"type": ["string", "null"]}}},
            "Text": {"allOf": [
                {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
                {"required": ["title"], "properties": {"title": {"type": "string"}, "team": {"oneOf": [
                    {"$ref": "#/components/schemas/Team"}, {"type": "null"}]}}}]},
        }},
    });
    Contract::parse(document).unwrap()
}

fn program(text: &str) -> Shape {
    Shape::Program(Program::compile(text, &Shape::VARIABLES).unwrap())
}

fn paths(texts: &[&str]) -> Vec<Path> {
    texts.iter().map(|text| Path::parse(text).unwrap()).collect()
}

fn reshape(rename: &[(&str, &str)], pick: Option<&[&str]>, omit: &[&str]) -> Shape {
    let rename: Vec<_> = rename.iter().map(|(path, name)| (Path::parse(path).unwrap(), (*name).to_owned())).collect();
    Shape::Reshape(Reshape::compile(&rename, pick.map(paths).as_deref(), &paths(omit)).unwrap())
}

fn derived(name: &str, shape: &Shape) -> Option<Value> {
    shaped(&contract(), &json!({ "$ref": format!("#/components/schemas/{name}") }), shape)
}

#[test]
fn a_plain_program_has_the_schema_of_what_it_builds() {
    let built = derived("Page", &program("{texts: (.items | map({number: .id, team})), more: .next, kind: \"page\"}"));
    let team = json!({"oneOf": [{"$ref": "#/components/schemas/Team"}, {"type": "null"}]});
    let text = json!({"type": "object", "required": ["number", "team"],
        "properties": {"number": {"type": "integer"}, "team": team}});
    let expected = json!({"type": "object", "required": ["texts", "more", "kind"], "properties": {
        "texts": {"type": "array", "items": text}, "more": {"type": ["string", "null"]}, "kind": {"const": "page"}}});
    assert_eq!(built, Some(expected));
}

#[test]
fn what_may_be_missing_on_the_way_is_nullable() {
    let label = derived("Text", &program("{label: .team.label, team: .team.id}")).unwrap();
    assert_eq!(label["properties"]["label"], json!({"anyOf": [{"type": "string"}, {"type": "null"}]}));
    assert_eq!(label["properties"]["team"], json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}));
}

#[test]
fn what_is_computed_or_not_described_cannot_be_derived() {
    for text in ["{n: (.items | length)}", ".items | map(.id) | add", "{x: .items}  | keys"] {
        assert_eq!(derived("Page", &program(text)), None, "{text}");
    }
    assert_eq!(shaped(&contract(), &json!({}), &program("{a: .a}")), None);
    assert_eq!(shaped(&contract(), &Value::Null, &program(".")), Some(json!({})));
}

#[test]
fn fields_are_picked_left_out_and_renamed_where_they_are() {
    let text = |schema: &Value| schema.pointer("/properties/items/items").unwrap().clone();
    let picked = derived("Page", &reshape(&[], Some(&["items[].id"]), &[])).unwrap();
    assert_eq!(picked["properties"].as_object().unwrap().len(), 1);
    assert_eq!(text(&picked)["properties"], json!({"id": {"type": "integer"}}));
    let omitted = derived("Page", &reshape(&[], None, &["items[].id", "next"])).unwrap();
    assert_eq!((&text(&omitted)["required"], omitted["properties"].get("next")), (&json!(["title"]), None));
    let renamed = derived("Page", &reshape(&[("items", "texts"), ("items[].team.id", "number")], None, &[])).unwrap();
    assert_eq!(renamed["required"], json!(["texts"]));
    let team = renamed.pointer("/properties/texts/items/properties/team/oneOf/0").unwrap();
    assert_eq!((&team["required"], team["properties"].get("id")), (&json!(["number"]), None));
}

#[test]
fn two_fields_may_change_their_names() {
    let swapped = derived("Team", &reshape(&[("id", "label"), ("label", "id")], None, &[])).unwrap();
    let expected = json!({"type": "object", "required": ["label"],
        "properties": {"label": {"type": "integer"}, "id": {"type": "string"}}});
    assert_eq!(swapped, expected);
}

#[test]
fn alternatives_that_a_shape_makes_alike_may_both_fit() {
    let kind = |name: &str| {
        json!({"type": "object", "required": ["id", "kind"],
        "properties": {"id": {"type": "integer"}, "kind": {"const": name}}})
    };
    let schema = json!({"oneOf": [kind("a"), kind("b")]});
    let shape = reshape(&[], Some(&["id"]), &[]);
    let derived = shaped(&contract(), &schema, &shape).unwrap();
    assert!(accepts(&derived, &json!({"id": 1})), "{derived}");
    assert!(!accepts(&derived, &json!({"id": "1"})), "{derived}");
}

#[test]
fn a_field_is_added_beside_another_and_required_with_it() {
    let mut object = json!({"required": ["id"], "properties": {"id": {}, "z": {}}}).as_object().unwrap().clone();
    add_beside(&mut object, "id", "team", json!({"type": "object"}), true);
    assert_eq!(Value::Object(object.clone())["required"], json!(["id", "team"]));
    let names: Vec<&String> = object["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "team", "z"]);
    add_beside(&mut object, "z", "y", json!({}), true);
    assert_eq!(object["required"], json!(["id", "team"]));
}

fn accepts(schema: &Value, document: &Value) -> bool {
    let whole = json!({ "allOf": [schema], "components": contract().document["components"] });
    jsonschema::draft202012::new(&whole).unwrap().is_valid(document)
}

/// A schema and a document that it allows.
type Pair = (Value, Value);

fn scalar() -> impl Strategy<Value = Pair> {
    prop_oneof![
        any::<i32>().prop_map(|number| (json!({"type": "integer"}), json!(number))),
        "[a-z]{0,3}".prop_map(|text| (json!({"type": "string"}), json!(text))),
        any::<bool>()
            .prop_map(|flag| (json!({"type": ["boolean", "null"]}), if flag { json!(flag) } else { Value::Null })),
        (0..3_i64).prop_map(|id| (
            json!({"$ref": "#/components/schemas/Team"}),
            if id == 0 { json!({"id": id, "label": "l"}) } else { json!({ "id": id }) }
        )),
    ]
}

/// Whether a field is there, and whether it must be.
const PRESENCE: [(bool, bool); 3] = [(true, true), (true, false), (false, false)];

fn object(fields: impl Strategy<Value = Pair> + Clone) -> impl Strategy<Value = Pair> {
    let presence = proptest::sample::select(&PRESENCE[..]);
    proptest::collection::btree_map("[abc]", (fields, presence), 0..4).prop_map(|fields| {
        let (mut properties, mut required, mut document) = (Map::new(), Vec::new(), Map::new());
        for (name, ((schema, value), (is_there, must_be))) in fields {
            properties.insert(name.clone(), schema);
            if must_be {
                required.push(json!(name));
            }
            if is_there {
                document.insert(name, value);
            }
        }
        (json!({"type": "object", "required": required, "properties": properties}), Value::Object(document))
    })
}

/// Lists of one item, objects, objects put together of two, objects or null, one object or another.
fn pair() -> impl Strategy<Value = Pair> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        let inner = inner.boxed();
        let other = object(inner.clone());
        prop_oneof![
            object(inner.clone()),
            inner.clone().prop_map(|(schema, value)| (json!({"type": "array", "items": schema}), json!([value]))),
            object(inner.clone()).prop_map(|(schema, value)| {
                (json!({"allOf": [schema, {"properties": {"c": {}, "d": {}}}]}), value)
            }),
            (object(inner.clone()), any::<bool>()).prop_map(|((schema, value), is_null)| {
                (json!({"oneOf": [schema, {"type": "null"}]}), if is_null { Value::Null } else { value })
            }),
            (object(inner), other).prop_map(|((schema, value), (other, _))| (json!({"anyOf": [schema, other]}), value)),
        ]
    })
}

/// Every path of names and lists that a document of the schema may have.
fn places(schema: &Value, here: &[Step], into: &mut Vec<Vec<Step>>) {
    let contract = contract();
    let schema = Schema::new(&contract, schema);
    if here.len() > 4 {
        return;
    }
    for name in schema.names() {
        let there: Vec<Step> = here.iter().cloned().chain([Step::Field(name.into())]).collect();
        into.push(there.clone());
        if let Found::Known(field) = schema.field(name) {
            places(&field.to_value(), &there, into);
        }
    }
    if let Found::Known(items) = schema.items() {
        let there: Vec<Step> = here.iter().cloned().chain([Step::Each]).collect();
        places(&items.to_value(), &there, into);
    }
}

/// A shape that takes some of these places.
fn shape_of(places: &[Vec<Step>], chosen: &[usize], how: u8) -> Option<Shape> {
    let path =
        |index: usize| -> Option<Path> { Some(places.get(index % places.len().max(1))?.iter().cloned().collect()) };
    let paths: Vec<Path> = chosen.iter().filter_map(|index| path(*index)).collect();
    if paths.is_empty() {
        return None;
    }
    let renames: Vec<(Path, String)> =
        paths.iter().enumerate().map(|(at, path)| (path.clone(), format!("new{at}"))).collect();
    let reshape = match how % 4 {
        0 => Reshape::compile(&renames, None, &[]),
        1 => Reshape::compile(&[], Some(&paths), &[]),
        2 => Reshape::compile(&[], None, &paths),
        _ => return form_of(&paths),
    };
    reshape.ok().map(Shape::Reshape)
}

/// A program that builds an object of these paths, lists by `map`.
fn form_of(paths: &[Path]) -> Option<Shape> {
    let member = |(at, path): (usize, &Path)| {
        let text = path.to_string();
        let value = match text.split_once("[]") {
            None => text,
            Some((_, rest)) if rest.contains("[]") => return None,
            Some((list, rest)) => format!("({list} | map({}))", if rest.is_empty() { "." } else { rest }),
        };
        Some(format!("p{at}: {value}"))
    };
    let members: Vec<String> = paths.iter().enumerate().filter_map(member).collect();
    Program::compile(&format!("{{{}}}", members.join(", ")), &Shape::VARIABLES).ok().map(Shape::Program)
}

proptest! {
    #[test]
    fn what_a_shape_makes_is_what_was_derived(
        (schema, document) in pair(),
        chosen in proptest::collection::vec(0..64_usize, 1..4),
        how in any::<u8>(),
    ) {
        prop_assume!(accepts(&schema, &document));
        let mut all = Vec::new();
        places(&schema, &[], &mut all);
        let Some(shape) = shape_of(&all, &chosen, how) else { return Ok(()) };
        let Some(derived) = shaped(&contract(), &schema, &shape) else { return Ok(()) };
        let Ok(made) = shape.apply(document.to_string().as_bytes(), b"\"\"") else { return Ok(()) };
        let made: Value = serde_json::from_slice(&made).unwrap();
        prop_assert!(accepts(&derived, &made), "{shape:?} of {document}\nis {made}\nwhich is not {derived}\nof {schema}");
    }
}
