//! What `gateway routes` and `gateway explain` print.

use http::Method;

use super::load;

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
number of calls  1
worst case       503 with Retry-After if `shop` is down; 503 with Retry-After after 500ms if it hangs
";
    assert_eq!(explained(Method::GET, "/api/v1/products/7%20?full=true").unwrap(), expected);
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
