//! Mistakes in a contract.

use super::Case;

pub(super) const FILE: &str = "openapi/shop.json";

pub(super) const CASES: &[Case] = &[
    Case {
        change: (r#""openapi": "3.1.0","#, r#""openapi": "3.1.0""#),
        at: "openapi/shop.json:3:3",
        marked: r#"""#,
        sentence: "This is not JSON: expected `,` or `}`.",
    },
    Case {
        change: (r#""3.1.0""#, r#""3.0.3""#),
        at: "conf/gateway.toml:8:12",
        marked: r#""../openapi/shop.json""#,
        sentence: "`openapi/shop.json` is no contract: it is OpenAPI 3.0.3, not 3.1.",
    },
    Case {
        change: (r#""create_product""#, r#""list_products""#),
        at: "conf/gateway.toml:8:12",
        marked: r#""../openapi/shop.json""#,
        sentence: "`openapi/shop.json` is no contract: the operationId `list_products` occurs twice.",
    },
    Case {
        change: (r#""operationId": "create_product", "#, ""),
        at: "conf/gateway.toml:8:12",
        marked: r#""../openapi/shop.json""#,
        sentence: "`openapi/shop.json` is no contract: `POST /products` has no operationId.",
    },
];
