//! Mistakes in routes and proxies.

use super::Case;

pub(super) const FILE: &str = "conf/routes/shop.toml";

pub(super) const CASES: &[Case] = &[
    Case {
        change: ("shop.show_product", "shop.show_prodct"),
        at: "conf/routes/shop.toml:9:10",
        marked: r#""shop.show_prodct""#,
        sentence: "The contract of `shop` has no operation `show_prodct`; did you mean `show_product`?",
    },
    Case {
        change: ("shop.list_products", "shpo.list_products"),
        at: "conf/routes/shop.toml:4:10",
        marked: r#""shpo.list_products""#,
        sentence: "There is no service `shpo`; did you mean `shop`?",
    },
    Case {
        change: ("shop.list_products", "shop.batch_products"),
        at: "conf/routes/shop.toml:4:10",
        marked: r#""shop.batch_products""#,
        sentence: "`shop.batch_products` is internal (`x-internal` in its contract): only parts and the routes in `routes/compat/` may name it.",
    },
    Case {
        change: ("shop.list_products", "shop"),
        at: "conf/routes/shop.toml:4:10",
        marked: r#""shop""#,
        sentence: r#"`shop` is no operation; write `SERVICE.OPERATION`, like "users.show_user"."#,
    },
    Case {
        change: ("products/{id}", "products/{ident}"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /api/v1/products/{ident}""#,
        sentence: "`{ident}` is no path parameter of `shop.show_product`; did you mean `{id}`?",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "GET /api/v1/products/one"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /api/v1/products/one""#,
        sentence: "`shop.show_product` needs the path parameter `{id}`, which this path does not have.",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "GET /api/v1/products/{id}/{part}"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /api/v1/products/{id}/{part}""#,
        sentence: "`{part}` is no path parameter of `shop.show_product`.",
    },
    Case {
        change: ("PUT /api/v1/products/{id}", "PATCH /api/v1/products/{id}"),
        at: "conf/routes/shop.toml:14:10",
        marked: r#""PATCH /api/v1/products/{id}""#,
        sentence: "The method is PATCH, but `shop.replace_product` is PUT /products/{id}.",
    },
    Case {
        change: ("shop.replace_product", "shop.show_product"),
        at: "conf/routes/shop.toml:14:10",
        marked: r#""PUT /api/v1/products/{id}""#,
        sentence: r#"The method is PUT, but `shop.show_product` is GET /products/{id}; did you mean `to = "shop.replace_product"`?"#,
    },
    Case {
        change: ("GET /api/v1/products/{id}", "GTE /api/v1/products/{id}"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GTE /api/v1/products/{id}""#,
        sentence: "A route cannot match the method `GTE`; did you mean `GET`?",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "OPTIONS /api/v1/products/{id}"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""OPTIONS /api/v1/products/{id}""#,
        sentence: "A route cannot match the method `OPTIONS`; `OPTIONS` is answered by the gateway itself.",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "GET /api/v1/products/{id}/"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /api/v1/products/{id}/""#,
        sentence: "The path is wrong: a path has no empty segment, and no `/` at its end (one that a client sends is accepted anyway).",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "GET /api/v1/products/{id}.json"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /api/v1/products/{id}.json""#,
        sentence: "The path is wrong: `{id}.json` cannot be part of a path; a parameter is a whole segment: `{name}`.",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "/api/v1/products/{id}"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""/api/v1/products/{id}""#,
        sentence: r#"`/api/v1/products/{id}` is not a method and a path, like "GET /api/v1/users/{username}"."#,
    },
    Case {
        change: (r#""anyone""#, r#""anyon""#),
        at: "conf/routes/shop.toml:5:10",
        marked: r#""anyon""#,
        sentence: "`anyon` does not say who may call; did you mean `anyone`?",
    },
    Case {
        change: ("role:seller", "role:Seller"),
        at: "conf/routes/shop.toml:16:10",
        marked: r#""role:Seller""#,
        sentence: "`Seller` is no role; use lower-case letters, digits and `_`.",
    },
    Case {
        change: (
            r#"access = "anyone"
"#,
            "",
        ),
        at: "conf/routes/shop.toml:2:1",
        marked: "[[route]]",
        sentence: "`access` is missing: who may call this, `anyone`, `signed_in` or `role:NAME`; there is no default.",
    },
    Case {
        change: (r#"access = "anyone""#, r#"acess = "anyone""#),
        at: "conf/routes/shop.toml:5:1",
        marked: "acess",
        sentence: "There is no key `acess`; did you mean `access`?",
    },
    Case {
        change: (r#"access = "anyone""#, "access = true"),
        at: "conf/routes/shop.toml:5:10",
        marked: "true",
        sentence: "This must be a text in quotes, not `true` or `false`.",
    },
    Case {
        change: (r#"timeout = "500ms""#, r#"timeout = "500""#),
        at: "conf/routes/shop.toml:11:11",
        marked: r#""500""#,
        sentence: r#"`500` is no length of time; write one like "500ms", "2s", "10m", "1h" or "14d"."#,
    },
    Case {
        change: (r#"timeout = "500ms""#, "timeout = 500"),
        at: "conf/routes/shop.toml:11:11",
        marked: "500",
        sentence: r#"This must be a length of time such as "2s" or "500ms", not a number."#,
    },
    Case {
        change: (r#"timeout = "500ms""#, r#"timeout = "0s""#),
        at: "conf/routes/shop.toml:11:11",
        marked: r#""0s""#,
        sentence: "This must be longer than nothing.",
    },
    Case {
        change: (r#"body_limit = "64KiB""#, r#"body_limit = "64KB""#),
        at: "conf/routes/shop.toml:17:14",
        marked: r#""64KB""#,
        sentence: r#"This is no size; write one like "64KiB", "1MiB" or a number of bytes greater than 0."#,
    },
    Case {
        change: (r#"body_limit = "64KiB""#, "body_limit = 0"),
        at: "conf/routes/shop.toml:17:14",
        marked: "0",
        sentence: r#"This is no size; write one like "64KiB", "1MiB" or a number of bytes greater than 0."#,
    },
    Case {
        change: (r#"token  = "ignore""#, r#"token = "skip""#),
        at: "conf/routes/shop.toml:23:9",
        marked: r#""skip""#,
        sentence: r#"`skip` is no rule for tokens; write "ignore", or leave the key out to have it checked."#,
    },
    Case {
        change: ("GET /api/products/{id}", "GET /api/v1/products/{id}"),
        at: "conf/routes/shop.toml:26:10",
        marked: r#""GET /api/v1/products/{id}""#,
        sentence: "This route collides with `GET /api/v1/products/{id}` at conf/routes/shop.toml:8:10: both match the same requests.",
    },
    Case {
        change: (r#""GET /api/v1/products""#, r#""GET /livez""#),
        at: "conf/routes/shop.toml:3:10",
        marked: r#""GET /livez""#,
        sentence: "This route would take `/livez`, which the gateway answers itself.",
    },
    Case {
        change: ("GET /api/v1/products/{id}", "GET /problems/{id}"),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /problems/{id}""#,
        sentence: "This route would take `/problems/{code}`, which the gateway answers itself.",
    },
    Case {
        change: (r#"prefix = "/legacy/""#, r#"prefix = "/""#),
        at: "conf/routes/shop.toml:33:10",
        marked: r#""/""#,
        sentence: "This route would take `/`, which the gateway answers itself.",
    },
    Case {
        change: (r#"successor = "/api/v1/products/{id}""#, r#"successor = "/api/v1/product/{id}""#),
        at: "conf/routes/shop.toml:30:28",
        marked: r#""/api/v1/product/{id}""#,
        sentence: "No route has the path `/api/v1/product/{id}`; did you mean `/api/v1/products/{id}`?",
    },
    Case {
        change: (r#"successor = "/api/v1/products/{id}""#, r#"sucessor = "/api/v1/products/{id}""#),
        at: "conf/routes/shop.toml:30:16",
        marked: "sucessor",
        sentence: "There is no key `sucessor`; did you mean `successor`?",
    },
    Case {
        change: (r#"successor = "/api/v1/products/{id}""#, ""),
        at: "conf/routes/shop.toml:30:14",
        marked: "{  }",
        sentence: "`successor` is missing: the path of the route to use instead.",
    },
    Case {
        change: (r#"["demo"]"#, r#"["dmeo"]"#),
        at: "conf/routes/shop.toml:29:13",
        marked: r#""dmeo""#,
        sentence: "There is no profile `dmeo`; did you mean `demo`?",
    },
    Case {
        change: (r#"["demo"]"#, r#""demo""#),
        at: "conf/routes/shop.toml:29:12",
        marked: r#""demo""#,
        sentence: "This must be a list in `[` and `]`, not a text.",
    },
    Case {
        change: (
            r#"role:seller""#,
            r#"role:seller"
token = "ignore""#,
        ),
        at: "conf/routes/shop.toml:17:9",
        marked: r#""ignore""#,
        sentence: "Without its token nobody can be known to be `role:seller`; leave this out, or let `anyone` call.",
    },
    Case {
        change: (r#"body_limit = "64KiB""#, "websocket = true"),
        at: "conf/routes/shop.toml:17:13",
        marked: "true",
        sentence: "A WebSocket starts with GET, not with PUT.",
    },
    Case {
        change: (r#"prefix = "/legacy/""#, r#"prefix = "/legacy""#),
        at: "conf/routes/shop.toml:33:10",
        marked: r#""/legacy""#,
        sentence: r#"`/legacy` is no prefix; it starts and ends with `/`, like "/legacy/"."#,
    },
    Case {
        change: (r#""http://127.0.0.1:1""#, r#""http://127.0.0.1:81011""#),
        at: "conf/routes/shop.toml:34:10",
        marked: r#""http://127.0.0.1:81011""#,
        sentence: r#"`http://127.0.0.1:81011` has a port that is none; write one like "http://127.0.0.1:8101"."#,
    },
    Case {
        change: (r#""http://127.0.0.1:1""#, r#""http://127.0.0.1:""#),
        at: "conf/routes/shop.toml:34:10",
        marked: r#""http://127.0.0.1:""#,
        sentence: r#"`http://127.0.0.1:` has a port that is none; write one like "http://127.0.0.1:8101"."#,
    },
    Case {
        change: (r#""http://127.0.0.1:1""#, r#""http://127.0.0.1:1/deep""#),
        at: "conf/routes/shop.toml:34:10",
        marked: r#""http://127.0.0.1:1/deep""#,
        sentence: r#"`http://127.0.0.1:1/deep` has a path of its own, but the path is the request's; write one like "http://127.0.0.1:8101"."#,
    },
    Case {
        change: ("[[proxy]]", "[[proxi]]"),
        at: "conf/routes/shop.toml:32:3",
        marked: "proxi",
        sentence: "There is no key `proxi`; did you mean `proxy`?",
    },
    Case {
        change: (r#"GET /api/v1/products/{id}""#, "GET /api/v1/products/{id}"),
        at: "conf/routes/shop.toml:8:36",
        marked: "",
        sentence: r#"This is not TOML: invalid basic string, expected `"`."#,
    },
    Case {
        change: (
            r#""GET /api/v1/products"
to     = "shop.list_products""#,
            r#""GET /api/v1/tagged/{tags}"
to     = "shop.list_by_tags""#,
        ),
        at: "conf/routes/shop.toml:3:10",
        marked: r#""GET /api/v1/tagged/{tags}""#,
        sentence: "`{tags}` is a list in `shop.list_by_tags`; one path segment cannot carry that.",
    },
    Case {
        change: (
            r#""GET /api/v1/products"
to     = "shop.list_products""#,
            r#""GET /api/v1/products"
to     = "shop.filter_products""#,
        ),
        at: "conf/routes/shop.toml:3:10",
        marked: r#""GET /api/v1/products""#,
        sentence: "The required query parameter `where` of `shop.filter_products` is an object; a client cannot send that by name.",
    },
    Case {
        change: (r#"GET /api/v1/products/{id}""#, r#"GET /api/v1/products/{Id}""#),
        at: "conf/routes/shop.toml:8:10",
        marked: r#""GET /api/v1/products/{Id}""#,
        sentence: "The path is wrong: `{Id}` is no parameter name; use lower-case letters, digits and `_`.",
    },
    Case {
        change: (
            r#"access = "anyone""#,
            r#"access = "anyone"
to = "shop.list_products""#,
        ),
        at: "conf/routes/shop.toml:6:1",
        marked: "to",
        sentence: "This is not TOML: duplicate key.",
    },
    Case {
        change: ("# The shop.", r#"title = "The shop.""#),
        at: "conf/routes/shop.toml:1:1",
        marked: "title",
        sentence: "There is no key `title` here; there is `proxy` and `route`.",
    },
    Case {
        change: ("timeout = \"500ms\"", "limit = \"few\""),
        at: "conf/routes/shop.toml:11:9",
        marked: r#""few""#,
        sentence: "There is no limit `few`; there is `none`.",
    },
    Case {
        change: ("timeout = \"500ms\"", "limit = 5"),
        at: "conf/routes/shop.toml:11:9",
        marked: "5",
        sentence: "This must be a text in quotes, not a number.",
    },
    Case {
        change: ("access = \"signed_in\"", "access = \"signed_in\"\nlimit = \"nome\""),
        at: "conf/routes/shop.toml:36:9",
        marked: r#""nome""#,
        sentence: "There is no limit `nome`; did you mean `none`?",
    },
];
