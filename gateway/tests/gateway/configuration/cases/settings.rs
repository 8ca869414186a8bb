//! Mistakes in `gateway.toml`.

use super::Case;

pub(super) const FILE: &str = "conf/gateway.toml";

pub(super) const CASES: &[Case] = &[
    Case {
        change: (r#"deadline = "3s""#, r#"deadlien = "3s""#),
        at: "conf/gateway.toml:1:1",
        marked: "deadlien",
        sentence: "There is no key `deadlien`; did you mean `deadline`?",
    },
    Case {
        change: (r#"deadline = "3s""#, r#"deadline = "3 s""#),
        at: "conf/gateway.toml:1:12",
        marked: r#""3 s""#,
        sentence: r#"`3 s` is no length of time; write one like "500ms", "2s", "10m", "1h" or "14d"."#,
    },
    Case {
        change: ("[shutdown]", "[shutdwn]"),
        at: "conf/gateway.toml:11:2",
        marked: "shutdwn",
        sentence: "There is no key `shutdwn`; did you mean `shutdown`?",
    },
    Case {
        change: (r#"url = "${SHOP_URL:-http://127.0.0.1:1}""#, r#"url = "${SHOP_URL}""#),
        at: "conf/gateway.toml:7:7",
        marked: r#""${SHOP_URL}""#,
        sentence: "The variable `SHOP_URL` is not set, and `${SHOP_URL}` has no default.",
    },
    Case {
        change: (r#"url = "${SHOP_URL:-http://127.0.0.1:1}""#, r#"url = "https://shop""#),
        at: "conf/gateway.toml:7:7",
        marked: r#""https://shop""#,
        sentence: r#"`https://shop` is https, but services are reached by http; write one like "http://127.0.0.1:8101"."#,
    },
    Case {
        change: (r#"url = "${SHOP_URL:-http://127.0.0.1:1}""#, ""),
        at: "conf/gateway.toml:6:11",
        marked: "shop",
        sentence: r#"`url` is missing: where `shop` is, like "http://127.0.0.1:8101"."#,
    },
    Case {
        change: (r#"url = "${SHOP_URL:-http://127.0.0.1:1}""#, "urls = []"),
        at: "conf/gateway.toml:7:8",
        marked: "[]",
        sentence: "There must be at least one URL.",
    },
    Case {
        change: (
            r#"url = "${SHOP_URL:-http://127.0.0.1:1}""#,
            r#"urls = ["http://shop", "http://shop:1", "http://SHOP:80/"]"#,
        ),
        at: "conf/gateway.toml:7:41",
        marked: r#""http://SHOP:80/""#,
        sentence: "`http://SHOP:80/` is there already: one target is not two.",
    },
    Case {
        change: ("../openapi/shop.json", "../openapi/shp.json"),
        at: "conf/gateway.toml:8:12",
        marked: r#""../openapi/shp.json""#,
        sentence: "`openapi/shp.json` cannot be read: there is no such file.",
    },
    Case {
        change: (
            r#"contract = "../openapi/gateway.json""#,
            r#"contract = "../openapi/gateway.json"
url = "http://gateway""#,
        ),
        at: "conf/gateway.toml:3:11",
        marked: "gateway",
        sentence: "`gateway` is the gateway itself, it has no URL.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.connections = "many""#,
        ),
        at: "conf/gateway.toml:2:22",
        marked: r#""many""#,
        sentence: "This must be a whole number that is not too large.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.connections = 0"#,
        ),
        at: "conf/gateway.toml:2:22",
        marked: "0",
        sentence: "This must be greater than 0.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
timeout_status = 500"#,
        ),
        at: "conf/gateway.toml:2:18",
        marked: "500",
        sentence: "A deadline that passed is answered with 503 or 504, not 500.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
cors.origins = ["https://app.example/"]"#,
        ),
        at: "conf/gateway.toml:2:17",
        marked: r#""https://app.example/""#,
        sentence: r#"`https://app.example/` is no origin; write one like "https://app.example", without a path."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
listen.public = "8001""#,
        ),
        at: "conf/gateway.toml:2:17",
        marked: r#""8001""#,
        sentence: r#"`8001` is no address; write one like "127.0.0.1:8001"."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
trusted_proxies = ["proxy"]"#,
        ),
        at: "conf/gateway.toml:2:20",
        marked: r#""proxy""#,
        sentence: "`proxy` is no IP address.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
auth.cookie.name = """#,
        ),
        at: "conf/gateway.toml:2:20",
        marked: r#""""#,
        sentence: "`` is no name for a cookie; use letters, digits, `-` and `_`.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
auth.access_token_ttl = "896s""#,
        ),
        at: "conf/gateway.toml:2:25",
        marked: r#""896s""#,
        sentence: "This must be at most 895s: a revoked token would be accepted again once its revocation is forgotten.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
auth.access_token_ttl = "500ms""#,
        ),
        at: "conf/gateway.toml:2:25",
        marked: r#""500ms""#,
        sentence: "This is counted in whole seconds.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
auth.access_token_ttl = "0s""#,
        ),
        at: "conf/gateway.toml:2:25",
        marked: r#""0s""#,
        sentence: "This must be longer than nothing.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
log.requests = "maybe""#,
        ),
        at: "conf/gateway.toml:2:16",
        marked: r#""maybe""#,
        sentence: "`maybe` is neither `true` nor `false`.",
    },
    Case {
        change: (
            r#"url = "${SHOP_URL:-http://127.0.0.1:1}""#,
            r#"url = "http://127.0.0.1:1"
urls = ["http://127.0.0.1:2"]"#,
        ),
        at: "conf/gateway.toml:6:1",
        marked: "[services.shop]",
        sentence: "A service has `url` or `urls`, not both.",
    },
    Case {
        change: (
            r#"timeout = "2s""#,
            r#"timeout = "2s"
contract_check = true"#,
        ),
        at: "conf/gateway.toml:10:1",
        marked: "contract_check",
        sentence: "There is no key `contract_check` here; there is `breaker`, `breaker_pause`, `contract`, `health`, `max_in_flight`, `retries`, `timeout`, `url` and `urls`.",
    },
    Case {
        change: ("SHOP_URL:-", "shop-url:-"),
        at: "conf/gateway.toml:7:7",
        marked: r#""${shop-url:-http://127.0.0.1:1}""#,
        sentence: "`${shop-url:-http://127.0.0.1:1}` names no variable; write `${NAME}` or `${NAME:-default}`.",
    },
    Case {
        change: ("${SHOP_URL:-http://127.0.0.1:1}", "${SHOP_URL:-http://127.0.0.1:1"),
        at: "conf/gateway.toml:7:7",
        marked: r#""${SHOP_URL:-http://127.0.0.1:1""#,
        sentence: "A `${` has no `}` after it.",
    },
    Case {
        change: (
            r#"timeout = "2s""#,
            r#"timeout = "2s"
retries = "twice""#,
        ),
        at: "conf/gateway.toml:10:11",
        marked: r#""twice""#,
        sentence: r#"`twice` is neither `true` nor `false`."#,
    },
    Case {
        change: (
            r#"timeout = "2s""#,
            r#"timeout = "2s"
braker = false"#,
        ),
        at: "conf/gateway.toml:10:1",
        marked: r#"braker"#,
        sentence: r#"There is no key `braker`; did you mean `breaker`?"#,
    },
    Case {
        change: (
            r#"timeout = "2s""#,
            r#"timeout = "2s"
breaker_pause = "0s""#,
        ),
        at: "conf/gateway.toml:10:17",
        marked: r#""0s""#,
        sentence: r#"This must be longer than nothing."#,
    },
    Case {
        change: (
            r#"timeout = "2s""#,
            r#"timeout = "2s"
max_in_flight = 0"#,
        ),
        at: "conf/gateway.toml:10:17",
        marked: r#"0"#,
        sentence: r#"This must be greater than 0."#,
    },
    Case {
        change: (
            r#"timeout = "2s""#,
            r#"timeout = "2s"
health = "readyz""#,
        ),
        at: "conf/gateway.toml:10:10",
        marked: r#""readyz""#,
        sentence: r#"`readyz` is no path; write one like "/readyz"."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.requests_in_flight = 0"#,
        ),
        at: "conf/gateway.toml:2:29",
        marked: "0",
        sentence: "This must be greater than 0.",
    },
    Case {
        change: (
            r#"contract = "../openapi/gateway.json""#,
            r#"contract = "../openapi/gateway.json"
retries = false"#,
        ),
        at: "conf/gateway.toml:5:1",
        marked: "retries",
        sentence: "There is no key `retries` here; there is `contract`, `timeout`, `url` and `urls`.",
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "20 a second", burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:23",
        marked: r#""20 a second""#,
        sentence: r#"`20 a second` is no rate; write one like "20/s", "100/m" or "1000/h"."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "0/s", burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:23",
        marked: r#""0/s""#,
        sentence: r#"`0/s` is no rate; write one like "20/s", "100/m" or "1000/h"."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "1000001/s", burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:23",
        marked: r#""1000001/s""#,
        sentence: r#"A rate is at most 1000000/s."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "20/s", burst = 0 }"#,
        ),
        at: "conf/gateway.toml:2:39",
        marked: r#"0"#,
        sentence: r#"This must be greater than 0."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "1/h", burst = 25 }"#,
        ),
        at: "conf/gateway.toml:2:38",
        marked: r#"25"#,
        sentence: r#"At 1/h a burst of 25 takes longer than 1d to come back."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "20/s", burst = 5, per = "adress" }"#,
        ),
        at: "conf/gateway.toml:2:48",
        marked: r#""adress""#,
        sentence: r#"`adress` does not say who is one caller; did you mean `address`?"#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { rate = "20/s", bursts = 5 }"#,
        ),
        at: "conf/gateway.toml:2:31",
        marked: r#"bursts"#,
        sentence: r#"There is no key `bursts`; did you mean `burst`?"#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = { burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:14",
        marked: r#"{ burst = 5 }"#,
        sentence: r#"`rate` is missing: how many calls come back to a caller, like "20/s"."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.none = { rate = "20/s", burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:8",
        marked: r#"none"#,
        sentence: r#"`none` is no name for a limit: a route says `limit = "none"` to have none."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.Few = { rate = "20/s", burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:8",
        marked: r#"Few"#,
        sentence: r#"`Few` is no name for a limit; use lower-case letters, digits and `_`."#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.defualt = { rate = "20/s", burst = 5 }"#,
        ),
        at: "conf/gateway.toml:2:8",
        marked: r#"defualt"#,
        sentence: r#"`defualt` is too near to `default` to be another limit; did you mean `default`?"#,
    },
    Case {
        change: (
            r#"deadline = "3s""#,
            r#"deadline = "3s"
limits.few = 5"#,
        ),
        at: "conf/gateway.toml:2:8",
        marked: r#"few"#,
        sentence: r#"There is no key `few` here; none of the 17 that there are is near."#,
    },
];
