//! Mistakes in the key `contract` of a route.

use super::Case;

pub(super) const FILE: &str = "conf/routes/shop.toml";

pub(super) const CASES: &[Case] = &[
    Case {
        change: ("timeout = \"500ms\"", "contract = \"wran\""),
        at: "conf/routes/shop.toml:11:12",
        marked: r#""wran""#,
        sentence: "`wran` is no way to hold answers to their contract; did you mean `warn`?",
    },
    Case {
        change: ("timeout = \"500ms\"", "contract = \"always\""),
        at: "conf/routes/shop.toml:11:12",
        marked: r#""always""#,
        sentence: "`always` is no way to hold answers to their contract; there is `off`, `sample`, `warn` and `enforce`.",
    },
    Case {
        change: ("timeout = \"500ms\"", "contract = true"),
        at: "conf/routes/shop.toml:11:12",
        marked: "true",
        sentence: "This must be a text in quotes, not `true` or `false`.",
    },
    Case {
        change: ("timeout = \"500ms\"", "contrct = \"warn\""),
        at: "conf/routes/shop.toml:11:1",
        marked: "contrct",
        sentence: "There is no key `contrct`; did you mean `contract`?",
    },
    Case {
        change: ("timeout = \"500ms\"", "contract = \"enforce\"\nwebsocket = true"),
        at: "conf/routes/shop.toml:11:12",
        marked: r#""enforce""#,
        sentence: "`shop.show_product` opens a WebSocket, which cannot be held back to be checked; write \"warn\".",
    },
    Case {
        change: (
            "PUT /api/v1/products/{id}\"\nto     = \"shop.replace_product\"",
            "PUT /api/v1/products/{id}/{number}\"\ncontract = \"enforce\"\nto     = \"shop.replace_picture\"",
        ),
        at: "conf/routes/shop.toml:15:12",
        marked: r#""enforce""#,
        sentence: "`shop.replace_picture` takes an upload, and what is streamed cannot be held back to be checked; write \"warn\".",
    },
    Case {
        change: ("url    = \"http://127.0.0.1:1\"", "url    = \"http://127.0.0.1:1\"\ncontract = \"warn\""),
        at: "conf/routes/shop.toml:35:1",
        marked: "contract",
        sentence: "There is no key `contract` here; there is `access`, `body_limit`, `cache`, `limit`, `prefix`, `profiles`, `strip_prefix`, `timeout`, `url` and `websocket`.",
    },
];
