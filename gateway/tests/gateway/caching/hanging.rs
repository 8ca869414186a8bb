//! What is kept is given while the service behind it hangs.

use testkit::{Caller, Fault, Faulty, until};

use super::world::{PATIENCE, World, word};

const ROUTES: &str = r#"
[[route]]
match  = "GET /api/v1/slow/{id}"
to     = "slow.slow_thing"
access = "anyone"
cache  = { scope = "public" }
"#;

fn plays(service: &Faulty, control: &str) {
    service.set(Fault::Answer(format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{control}\r\n\r\n{{}}").into()));
}

fn is_shed(answer: &testkit::Answer) {
    let code = if answer.text().contains("circuit_open") { "circuit_open" } else { "upstream_timeout" };
    answer.problem(503, code);
}

#[tokio::test]
async fn kept_and_stale_answers_and_other_services_go_on_while_a_service_hangs() {
    let service = Faulty::start(Fault::Silent).await;
    let settings = format!(
        "[services.slow]\nurl = \"{}\"\ncontract = \"openapi/slow.json\"\ntimeout = \"200ms\"\nbreaker_pause = \"600s\"\n",
        service.url()
    );
    let world = World::with(&settings, ROUTES).await;
    plays(&service, "cache-control: max-age=600");
    world.get("/api/v1/slow/fresh").await.expect(200);
    plays(&service, "cache-control: max-age=60, stale-while-revalidate=600\r\nage: 70");
    world.get("/api/v1/slow/refreshed").await.expect(200);
    plays(&service, "cache-control: max-age=60, stale-if-error=600\r\nage: 70");
    world.get("/api/v1/slow/stale").await.expect(200);

    service.set(Fault::Silent);
    let caller = world.caller();
    let waiting: Vec<_> = (0..5).map(|number| tokio::spawn(lost(caller.clone(), number))).collect();
    while_it_hangs(&world).await;
    for waiting in waiting {
        waiting.await.unwrap();
    }
    let open = async || world.get("/api/v1/slow/lost").await.text().contains("circuit_open").then_some(());
    until("the service is left alone", PATIENCE, open).await;
    let (seen, others) = (service.calls(), world.calls());
    for _ in 0..20 {
        world.get("/api/v1/slow/lost").await.problem(503, "circuit_open");
        while_it_hangs(&world).await;
    }
    assert_eq!(service.calls(), seen, "nobody calls what is left alone");
    assert_eq!(world.calls(), others + 20, "those who are well are called as ever");
}

async fn lost(caller: Caller, number: usize) {
    is_shed(&caller.get(&format!("/api/v1/slow/lost{number}")).await);
}

async fn while_it_hangs(world: &World) {
    for kind in ["fresh", "refreshed", "stale"] {
        let answer = world.get(&format!("/api/v1/slow/{kind}")).await.expect(200);
        assert_eq!(word(&answer), "hit", "{kind}");
    }
    world.get("/api/v1/plain/1").await.expect(200);
}
