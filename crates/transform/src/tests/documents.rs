//! Documents of up to one megabyte, each hard for something else.

use crate::MAX_INPUT;

/// A name, and the text; those first that most programs find something to do with.
///
/// What is refused for its many values before any program runs shows little: most are as long as jaq may have them.
pub(super) fn all() -> Vec<(&'static str, String)> {
    vec![
        ("records", records(MAX_INPUT)),
        ("half the records", half()),
        ("small items", repeated("{\"items\":[", "{\"id\":1,\"n\":\"ab\"}", "]}", 400_000)),
        ("numbers", repeated("[", "7", "]", MAX_INPUT * 2 / 3)),
        ("texts", repeated("[", "\"some words, and a comma\"", "]", MAX_INPUT)),
        ("one text", format!("{{\"a\":\"{}\",\"n\":1000000000}}", "ab".repeat(MAX_INPUT / 2 - 20))),
        ("ties beyond doubles", repeated("[", "9007199254740993,9007199254740992.0,9007199254740992", "]", MAX_INPUT)),
        ("objects alike", repeated("[", "{\"a\":1,\"b\":[1,2]}", "]", MAX_INPUT / 3)),
        ("empty arrays", repeated("[", "[]", "]", MAX_INPUT / 4)),
        ("deep arrays", repeated("[", &("[".repeat(100) + &"]".repeat(100)), "]", MAX_INPUT)),
        ("wide object", wide()),
        ("long integers", repeated("[", &"9".repeat(128), "]", MAX_INPUT / 2)),
        ("short decimals", repeated("[", "1.5", "]", MAX_INPUT)),
        ("escapes", repeated("[", r#""\"\n\u00e9\\","\ud83d\ude00""#, "]", MAX_INPUT)),
    ]
}

/// Half a megabyte of what services answer with.
pub(super) fn half() -> String {
    records(MAX_INPUT / 2)
}

fn repeated(before: &str, item: &str, after: &str, length: usize) -> String {
    let count = (length - before.len() - after.len() + 1) / (item.len() + 1);
    format!("{before}{}{after}", vec![item; count].join(","))
}

/// What services answer with.
fn records(length: usize) -> String {
    let record = |id: usize| {
        format!(
            r#"{{"id":{id},"name":"Name {id}","price":{}.5,"tags":["a","b{}"],"author":{{"id":{},"name":"An author"}},"text":"{}"}}"#,
            id * 7 % 1000,
            id % 10,
            id % 50,
            "lorem ipsum ".repeat(8)
        )
    };
    let mut items = String::new();
    for id in 0.. {
        let record = record(id);
        if items.len() + record.len() > length - 100 {
            break;
        }
        items.push_str(if id == 0 { "" } else { "," });
        items.push_str(&record);
    }
    format!(r#"{{"items":[{items}],"next":null,"n":1000000000,"a":"text","user":{{"name":"x"}}}}"#)
}

fn wide() -> String {
    let fields: Vec<String> = (0..60_000).map(|field| format!("\"f{field:06}\":{}", field % 7)).collect();
    format!("{{{}}}", fields.join(","))
}
