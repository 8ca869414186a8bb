//! What the upstream answers the calls of composed routes: JSON as services write it, not padding.

use std::time::Duration;

use serde_json::{Value, json};

const AUTHORS: u64 = 12;

/// What is answered at a path, and how long that takes.
pub(crate) struct Answer {
    /// How the request line begins.
    pub(crate) line: &'static [u8],
    pub(crate) body: String,
    pub(crate) late: Duration,
}

/// Every answer. The first that fits a request is the one.
pub(crate) fn all() -> Vec<Answer> {
    let answer = |line: &'static str, body: String| Answer { line: line.as_bytes(), body, late: Duration::ZERO };
    let small = thing(2 * 1024);
    vec![
        answer("GET /small ", small.clone()),
        answer("GET /large ", thing(64 * 1024)),
        answer("GET /unread ", format!("{{{}}}", "is no JSON, ".repeat(64 * 1024 / 12))),
        Answer { late: Duration::from_millis(5), ..answer("GET /slow ", small) },
        answer("GET /page ", page()),
        answer("GET /people?ids=", people()),
        answer("GET /internal/people?ids=", people()),
    ]
}

/// A list of small objects, of just above that many bytes.
fn thing(length: usize) -> String {
    let owner = json!({ "id": 7, "name": "Ada Lovelace" });
    let mut items: Vec<Value> = Vec::new();
    let item = |id: usize| json!({ "id": id, "name": format!("An item with number {id}"), "price": 12.5, "in_stock": true, "tags": ["new", "\u{fc}ber"] });
    let whole = |items: &[Value]| {
        json!({ "id": 1, "title": "On engines", "owner": owner, "items": items, "note": null }).to_string()
    };
    let each = item(100).to_string().len() + 1;
    let frame = whole(&items).len();
    items.extend((0..=(length - frame) / each).map(item));
    whole(&items)
}

/// Fifty texts by twelve authors.
fn page() -> String {
    let text = |id: u64| {
        json!({
            "id": 1000 + id, "author_id": 100 + id % AUTHORS, "title": format!("Text {id}"),
            "text": "The engine weaves algebraical patterns just as the loom weaves flowers and leaves.",
            "created_at": "2026-01-01T00:00:00.000Z",
        })
    };
    json!({ "items": (0..50).map(text).collect::<Vec<_>>(), "next_cursor": "MTA1MA" }).to_string()
}

fn people() -> String {
    let person = |id: u64| {
        json!({
            "id": 100 + id, "name": format!("Person {id}"), "username": format!("person_{id}"),
            "joined_at": "2026-01-01T00:00:00.000Z", "followers_count": 12, "following_count": 34,
        })
    };
    json!({ "items": (0..AUTHORS).map(person).collect::<Vec<_>>() }).to_string()
}
