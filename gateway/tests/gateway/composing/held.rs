//! Parts are held to their contracts like everything else: counted, or not let into an answer.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Caller, until};

use super::world::{Scripted, World};

fn routes(mode: &str) -> String {
    format!(
        r#"
[[route]]
match = "GET /home"
access = "anyone"
contract = "{mode}"
doc = {{ id = "show_home", summary = "Show the home page", tag = "Home" }}
parts.me = {{ to = "people.show_me", required = true }}
parts.cart = {{ to = "shop.show_cart" }}
parts.author = {{ to = "people.batch_people", join = {{ key = ".cart.items[].buyer_id", as = "ids", on = ".id" }} }}
"#
    )
}

/// A cart without the field `total`.
fn broken() -> Scripted {
    Scripted::json(200, &json!({"items": [{"buyer_id": 7}]}))
}

async fn counted(world: &World, line: &str) {
    let admin = Caller::new(world.gateway.admin);
    let counts = async || admin.get("/metrics").await.text().contains(line).then_some(());
    until(line, Duration::from_secs(5), counts).await;
}

#[tokio::test]
async fn a_part_that_breaks_an_enforced_contract_is_no_part() {
    let world = World::with(&routes("enforce")).await;
    world.script("shop", "/cart", broken());
    let body = world.get("/home").await.expect(200).json();
    assert_eq!((&body["cart"], &body["_parts"][0]["code"]), (&Value::Null, &json!("contract_violation")));
    counted(&world, "agora_contract_violations_total{operation=\"shop.show_cart\",kind=\"missing_field\"} 1\n").await;

    let nameless = json!({"items": [{"id": 7, "name": 1, "team_id": null}]});
    world.script("shop", "/cart", Scripted::json(200, &json!({"items": [{"buyer_id": 7}], "total": 1})));
    world.script("people", "/internal/people", Scripted::json(200, &nameless));
    let body = world.get("/home").await.expect(200).json();
    assert_eq!(body["cart"]["items"][0]["author"], Value::Null);
    assert_eq!(body["_parts"], json!([{"name": "author", "state": "error", "code": "contract_violation"}]));

    world.script("people", "/people/me", Scripted::json(200, &json!({"id": "seven"})));
    let answer = world.get("/home").await;
    answer.problem(502, "contract_violation");
    assert!(!answer.text().contains("seven"), "{}", answer.sentence());
}

#[tokio::test]
async fn a_part_that_breaks_a_watched_contract_is_counted_and_passes() {
    for mode in ["warn", "sample"] {
        let world = World::with(&routes(mode)).await;
        world.script("shop", "/cart", broken());
        let body = world.caller().get("/home").await.expect(200).json();
        assert_eq!((&body["cart"]["items"][0]["buyer_id"], body.get("_parts")), (&json!(7), None));
        counted(&world, "agora_contract_violations_total{operation=\"shop.show_cart\",kind=\"missing_field\"} 1\n")
            .await;
    }
}

#[tokio::test]
async fn an_error_that_a_part_does_not_declare_is_counted() {
    let world = World::with(&routes("warn")).await;
    world.script("shop", "/cart", Scripted::problem(500, "internal"));
    let _ = world.get("/home").await.expect(200);
    counted(&world, "agora_contract_violations_total{operation=\"shop.show_cart\",kind=\"undeclared_status\"} 1\n")
        .await;
}

#[tokio::test]
async fn a_contract_whose_schema_is_none_is_refused_for_a_part_too() {
    use gateway::plan::{Plan, Sources};
    let directory = tempfile::tempdir().unwrap();
    let urls = super::world::SERVICES.map(|service| (service, "http://127.0.0.1:9".to_owned()));
    super::world::write(directory.path(), &routes("enforce"), "", &urls);
    let path = directory.path().join("openapi/shop.json");
    let broken = std::fs::read_to_string(&path).unwrap().replacen(
        r#""total":{"type":"integer""#,
        r#""total":{"type":"intger""#,
        1,
    );
    std::fs::write(&path, broken).unwrap();
    let mistakes = Plan::load(&Sources::directory(directory.path())).unwrap_err().to_string();
    assert!(mistakes.contains("shop.show_cart"), "{mistakes}");
}
