//! Mistakes in what is kept of answers.

use super::Case;

pub(super) const FILE: &str = "conf/routes/shop.toml";

/// A mistake in the line that is added to the first route, GET /api/v1/products for anyone.
macro_rules! listed {
    ($line:literal, $at:literal, $marked:literal, $sentence:literal) => {
        Case {
            change: (r#"access = "anyone""#, concat!("access = \"anyone\"\n", $line)),
            at: $at,
            marked: $marked,
            sentence: $sentence,
        }
    };
}

/// A mistake in the line that is added to the route PUT /api/v1/products/{id} for sellers.
macro_rules! replaced {
    ($line:literal, $at:literal, $marked:literal, $sentence:literal) => {
        Case {
            change: (r#"access = "role:seller""#, concat!("access = \"role:seller\"\n", $line)),
            at: $at,
            marked: $marked,
            sentence: $sentence,
        }
    };
}

/// A mistake in the line that is added to the proxy.
macro_rules! proxied {
    ($line:literal, $at:literal, $marked:literal, $sentence:literal) => {
        Case {
            change: (r#"url    = "http://127.0.0.1:1""#, concat!("url    = \"http://127.0.0.1:1\"\n", $line)),
            at: $at,
            marked: $marked,
            sentence: $sentence,
        }
    };
}

pub(super) const CASES: &[Case] = &[
    listed!(
        "cache = {}",
        "conf/routes/shop.toml:6:9",
        "{}",
        "`scope` is missing: who shares an answer, `public`, `viewer`, `user`, `claims:[…]` or `none`; there is no default."
    ),
    listed!(
        "cache = { scope = \"publik\" }",
        "conf/routes/shop.toml:6:19",
        "\"publik\"",
        "`publik` does not say who shares an answer; did you mean `public`?"
    ),
    listed!(
        "cache = { scope = \"claims:[role]\" }",
        "conf/routes/shop.toml:6:19",
        "\"claims:[role]\"",
        "There is no claim `role`; did you mean `roles`?"
    ),
    listed!(
        "cache = { scope = \"public\", ttl = \"0s\" }",
        "conf/routes/shop.toml:6:35",
        "\"0s\"",
        "This must be longer than nothing."
    ),
    listed!(
        "cache = { scope = \"public\", stale = \"1s\" }",
        "conf/routes/shop.toml:6:29",
        "stale",
        "There is no key `stale` here; there is `scope`, `stale_if_error`, `stale_while_revalidate` and `ttl`."
    ),
    listed!(
        "cache = { scope = \"user\" }",
        "conf/routes/shop.toml:6:19",
        "\"user\"",
        "`user` keeps apart who is signed in, but anyone may call this; did you mean `viewer`?"
    ),
    listed!(
        "cache = { scope = \"claims:[roles, sub]\" }",
        "conf/routes/shop.toml:6:19",
        "\"claims:[roles, sub]\"",
        "`claims:[sub, roles]` keeps apart who is signed in, but anyone may call this; did you mean `viewer`?"
    ),
    listed!(
        "tags = [\"products\"]",
        "conf/routes/shop.toml:6:9",
        "\"products\"",
        "Nothing is kept here that could be in a group; add `cache`, or leave this out."
    ),
    listed!(
        "cache = { scope = \"public\" }\ntags = [\"product:{path:ident}\"]",
        "conf/routes/shop.toml:7:9",
        "\"product:{path:ident}\"",
        "The path of this route has no parameter `ident`."
    ),
    listed!(
        "cache = { scope = \"public\" }\ntags = [\"product:{id}\"]",
        "conf/routes/shop.toml:7:9",
        "\"product:{id}\"",
        "`{id}` is neither `{path:NAME}` nor `{claim:sub}`."
    ),
    listed!(
        "cache = { scope = \"public\" }\ntags = [\"product:{path:id\"]",
        "conf/routes/shop.toml:7:9",
        "\"product:{path:id\"",
        "`product:{path:id` has a `{` without its `}`."
    ),
    listed!(
        "cache = { scope = \"public\" }\ntags = [\"\"]",
        "conf/routes/shop.toml:7:9",
        "\"\"",
        "A group needs a name."
    ),
    listed!(
        "invalidates = [\"products\"]",
        "conf/routes/shop.toml:6:16",
        "\"products\"",
        "GET changes nothing, so it makes nothing invalid."
    ),
    replaced!(
        "cache = { scope = \"user\" }",
        "conf/routes/shop.toml:17:9",
        "{ scope = \"user\" }",
        "PUT may change something, so its answers are not kept."
    ),
    Case {
        change: (r#"timeout = "500ms""#, "cache = { scope = \"claims:[]\" }"),
        at: "conf/routes/shop.toml:11:19",
        marked: "\"claims:[]\"",
        sentence: "There is no claim ``; there is `sub`, `sid` and `roles`.",
    },
    proxied!(
        "cache = { scope = \"user\" }",
        "conf/routes/shop.toml:35:19",
        "\"user\"",
        "An origin without a contract is not told who asks, so its answers are `public`, or `none` is kept."
    ),
    proxied!(
        "cache = { scope = \"public\" }",
        "conf/routes/shop.toml:35:19",
        "\"public\"",
        "What an origin answers is kept for everybody, but not everybody may call this."
    ),
    Case {
        change: (
            "url    = \"http://127.0.0.1:1\"\naccess = \"signed_in\"",
            "url = \"http://127.0.0.1:1\"\naccess = \"anyone\"\nwebsocket = true\ncache = { scope = \"public\" }",
        ),
        at: "conf/routes/shop.toml:37:9",
        marked: "{ scope = \"public\" }",
        sentence: "A WebSocket is no answer that could be kept.",
    },
];

/// Routes of which nothing is kept that could be shared with the wrong people.
pub(super) const SIGNED_IN: &[(&str, &str)] = &[
    (
        "cache = { scope = \"public\" }",
        "`public` is shared with everybody, but only `signed_in` may call this; `user` keeps callers apart.",
    ),
    ("cache = { scope = \"viewer\" }", "Whoever calls this is `signed_in`; did you mean `user`?"),
];
