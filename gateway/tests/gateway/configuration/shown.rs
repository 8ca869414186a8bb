//! What `gateway routes` and `gateway explain` print.

use http::Method;

use super::{ROUTES, SHOP, edited, load};

#[test]
fn routes_are_listed_as_a_table() {
    let expected = "\
METHOD  PATH                   ACCESS       TO                    TIMEOUT
GET     /api/v1/products       anyone       shop.list_products    2s
GET     /api/v1/products/{id}  anyone       shop.show_product     500ms
PUT     /api/v1/products/{id}  role:seller  shop.replace_product  2s
POST    /api/v1/login          anyone       gateway.login         3s       token ignored
GET     /api/products/{id}     anyone       shop.show_product     2s       deprecated: /api/v1/products/{id}
*       /legacy/               signed_in    http://127.0.0.1:1/   3s
";
    assert_eq!(load(&[]).unwrap().listing(), expected);
}

fn explained(method: Method, target: &str) -> Result<String, String> {
    load(&[]).unwrap().explain(&method, target)
}

#[test]
fn explain_tells_the_route_its_parameters_the_call_and_the_worst_case() {
    let expected = "\
route            GET /api/v1/products/{id}
written at       conf/routes/shop.toml:7:1
parameter        id = 7%20
access           anyone; 401 if an access token is sent and is not valid
body             at most 1MiB
deadline         500ms to the head of the answer, 300ms of it to connect
call             shop.show_product — GET /products/7%20?full=true at http://127.0.0.1:1/
number of calls  1, or 2 if the first breaks off or is answered with 502, 503 or 504
guard            503 above 256 calls in flight, and for 5s or more once it keeps failing
worst case       503 with Retry-After if `shop` is down; 503 with Retry-After after 500ms if it hangs
";
    assert_eq!(explained(Method::GET, "/api/v1/products/7%20?full=true").unwrap(), expected);
}

#[test]
fn explain_shows_what_is_sent_and_not_what_was_written() {
    let kept = "match  = \"GET /api/v1/products/{id}\"\ncache  = { scope = \"public\" }";
    let routes = edited("conf/routes/shop.toml", "match  = \"GET /api/v1/products/{id}\"", kept);
    let plan = load(&[("conf/routes/shop.toml", routes)]).unwrap();
    let told = plan.explain(&Method::GET, "/api/v1/%70roducts/%37?x=9").unwrap();
    assert!(told.contains("shop.show_product — GET /products/7 at "), "{told}");
}

#[test]
fn explain_tells_who_is_refused() {
    let seller = explained(Method::PUT, "/api/v1/products/7").unwrap();
    assert!(seller.contains("role:seller: 401 without a valid access token, 403 without the role"), "{seller}");
    let login = explained(Method::POST, "/api/v1/login").unwrap();
    assert!(login.contains("anyone; an access token is not looked at"), "{login}");
    assert!(login.contains("gateway.login — POST /auth/login in this process"), "{login}");
}

#[test]
fn explain_knows_what_a_proxy_forwards() {
    let forwarded = explained(Method::DELETE, "/legacy/a/b?c").unwrap();
    assert!(forwarded.contains("DELETE /legacy/a/b?c at http://127.0.0.1:1/"), "{forwarded}");
}

#[test]
fn explain_says_why_a_request_has_no_route() {
    let method = explained(Method::DELETE, "/api/v1/products/7").unwrap_err();
    assert_eq!(method, "DELETE /api/v1/products/7 is answered with 405: the path has GET, HEAD, PUT.");
    let path = explained(Method::GET, "/api/v1/product").unwrap_err();
    assert_eq!(path, "No route takes GET /api/v1/product. The nearest path is `/api/v1/products`.");
}

#[test]
fn how_answers_are_held_to_their_contract_is_listed_and_explained() {
    for (mode, explained) in [
        ("sample", "sample: one answer in 100 is inspected; what is wrong is counted and logged"),
        ("warn", "warn: every answer is inspected; what is wrong is counted and logged"),
        ("enforce", "enforce: 502 contract_violation instead of an answer that is wrong or larger than 1MiB"),
    ] {
        let routes = ROUTES.replacen("timeout = \"500ms\"", &format!("contract = \"{mode}\""), 1);
        let plan = load(&[("conf/routes/shop.toml", routes)]).unwrap();
        let listing = plan.listing();
        let ending = format!("shop.show_product     2s       contract: {mode}\n");
        assert!(listing.contains(&ending), "{listing}");
        let shown = plan.explain(&Method::GET, "/api/v1/products/7").unwrap();
        assert!(shown.contains(&format!("contract         {explained}\n")), "{shown}");
    }
    let off = load(&[("conf/routes/shop.toml", ROUTES.replace("timeout = \"500ms\"", "contract = \"off\""))]).unwrap();
    assert!(!off.listing().contains("contract"), "{}", off.listing());
}

#[test]
fn the_gateways_own_operations_may_be_held_to_their_contract() {
    let routes = ROUTES.replacen("token  = \"ignore\"", "token  = \"ignore\"\ncontract = \"enforce\"", 1);
    assert!(load(&[("conf/routes/shop.toml", routes)]).is_ok());
}

#[test]
fn what_cannot_be_compared_or_held_back_is_refused_where_it_is_asked_for() {
    let told = |answer: &str, mode: &str| {
        let shop = SHOP.replacen(r#"{"description": "One."}"#, answer, 1);
        let routes = ROUTES.replacen("timeout = \"500ms\"", &format!("contract = \"{mode}\""), 1);
        let loaded = load(&[("conf/routes/shop.toml", routes), ("openapi/shop.json", shop)]);
        loaded.err().map(|mistakes| mistakes.iter().map(ToString::to_string).collect::<String>())
    };
    let stream = r#"{"description": "One.", "content": {"text/event-stream": {}}}"#;
    assert_eq!(told(stream, "warn"), None);
    let enforced = told(stream, "enforce").unwrap();
    assert!(
        enforced.contains("`shop.show_product` answers with `text/event-stream`, which cannot be held back"),
        "{enforced}"
    );
    let broken = r##"{"description": "One.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/None"}}}}"##;
    assert_eq!(told(broken, "off"), None);
    let sampled = told(broken, "sample").unwrap();
    let sentence = "Nothing can be held to the contract of `shop.show_product`: the schema of 200 `application/json` cannot be used: ";
    assert!(sampled.contains(sentence) && sampled.contains("conf/routes/shop.toml:11:12"), "{sampled}");
}
