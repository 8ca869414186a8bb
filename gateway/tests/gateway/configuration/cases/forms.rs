//! Mistakes in the renamed fields of a form.

use super::{Case, edited, load, mistakes_of};

const FILE: &str = "conf/routes/forms.toml";

const ROUTE: &str = r#"[[route]]
match  = "POST /api/v1/pictures"
to     = "shop.create_picture"
access = "anyone"
form   = { caption = "text", picture = "image" }
"#;

/// The contract of the shop with a form.
fn shop() -> String {
    let picture = r##""/pictures": {"post": {
      "operationId": "create_picture",
      "requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Picture"}}}},
      "responses": {"201": {"description": "Made."}}
    }},
    "/internal/products""##;
    let schema = r#""components": {"schemas": {"Picture": {
      "properties": {"text": {}, "image": {}, "title": {}}
    }}, "#;
    edited("openapi/shop.json", r#""/internal/products""#, picture).replacen(r#""components": {"#, schema, 1)
}

fn changed(change: (&str, &str)) -> [(&'static str, String); 2] {
    assert!(ROUTE.contains(change.0), "{}", change.0);
    [("openapi/shop.json", shop()), (FILE, ROUTE.replacen(change.0, change.1, 1))]
}

const CASES: &[Case] = &[
    Case {
        change: (r#"{ caption = "text", picture = "image" }"#, "{}"),
        at: "conf/routes/forms.toml:5:10",
        marked: "{}",
        sentence: r#"This renames no field; write `form = { public_name = "field_of_the_operation" }`, or leave it out."#,
    },
    Case {
        change: (r#"{ caption = "text", picture = "image" }"#, r#""text""#),
        at: "conf/routes/forms.toml:5:10",
        marked: r#""text""#,
        sentence: "This must be a table, not a text.",
    },
    Case {
        change: (r#""text""#, "7"),
        at: "conf/routes/forms.toml:5:22",
        marked: "7",
        sentence: "This must be a text in quotes, not a number.",
    },
    Case {
        change: (r#""text""#, r#""txt""#),
        at: "conf/routes/forms.toml:5:22",
        marked: r#""txt""#,
        sentence: "The form of `shop.create_picture` has no field `txt`; did you mean `text`?",
    },
    Case {
        change: (r#""image""#, r#""text""#),
        at: "conf/routes/forms.toml:5:30",
        marked: "picture",
        sentence: "`picture` and `caption` both stand for `text`; a field has one public name.",
    },
    Case {
        change: ("picture =", "title ="),
        at: "conf/routes/forms.toml:5:30",
        marked: "title",
        sentence: "`shop.create_picture` has a field `title` of its own, which nobody could send any more; rename that too.",
    },
    Case {
        change: ("picture =", "image ="),
        at: "conf/routes/forms.toml:5:30",
        marked: "image",
        sentence: "`image` keeps its name; leave it out.",
    },
    Case {
        change: ("picture =", r#"'a"b' ="#),
        at: "conf/routes/forms.toml:5:30",
        marked: r#"'a"b'"#,
        sentence: r"This is no name of a field here: it is empty, or has a quote, `\`, `%` or a control character.",
    },
    Case {
        change: (
            "POST /api/v1/pictures\"\nto     = \"shop.create_picture\"",
            "PUT /api/v1/things/{id}\"\nto     = \"shop.replace_product\"",
        ),
        at: "conf/routes/forms.toml:5:10",
        marked: r#"{ caption = "text", picture = "image" }"#,
        sentence: "`form` renames the fields of a form, but `shop.replace_product` reads `application/json`.",
    },
    Case {
        change: (
            "POST /api/v1/pictures\"\nto     = \"shop.create_picture\"",
            "GET /api/v1/things/{id}\"\nto     = \"shop.show_product\"",
        ),
        at: "conf/routes/forms.toml:5:10",
        marked: r#"{ caption = "text", picture = "image" }"#,
        sentence: "`form` renames the fields of a form, but `shop.show_product` reads no body.",
    },
    Case {
        change: ("form ", "from "),
        at: "conf/routes/forms.toml:5:1",
        marked: "from",
        sentence: "There is no key `from`; did you mean `form`?",
    },
];

#[test]
fn each_mistake_in_a_form_is_reported_once_with_its_place_and_a_useful_sentence() {
    for case in CASES {
        let expected = vec![(case.at.to_owned(), case.marked.to_owned(), case.sentence.to_owned())];
        assert_eq!(mistakes_of(&changed(case.change)), expected, "{} -> {}", case.change.0, case.change.1);
    }
}

#[test]
fn two_fields_may_change_their_names_and_a_form_without_a_schema_takes_any() {
    let explained = load(&changed(("", ""))).unwrap().explain(&http::Method::POST, "/api/v1/pictures").unwrap();
    assert!(explained.contains("caption → text, picture → image\n"), "{explained}");
    let swapped = r#"{ title = "text", text = "title" }"#;
    assert!(load(&changed((r#"{ caption = "text", picture = "image" }"#, swapped))).is_ok());
    let open = shop().replacen(r##"{"schema": {"$ref": "#/components/schemas/Picture"}}"##, "{}", 1);
    assert_ne!(open, shop());
    assert!(load(&[("openapi/shop.json", open), (FILE, ROUTE.replace("\"text\"", "\"anything\""))]).is_ok());
}
