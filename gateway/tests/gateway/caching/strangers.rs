//! No answer of one user reaches another, whatever they ask and whatever happens meanwhile.

use testkit::Stub;

use super::crowd::{self, Crowd, MEMBERS};
use super::world;
use crate::tokens::forge::Forger;
use crate::{Gateway, internal_key};

const REQUESTS: u64 = 50_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_of_one_user_reaches_another() {
    let service = Stub::start(crowd::service::router(&internal_key())).await;
    let directory = tempfile::tempdir().unwrap();
    world::write(directory.path(), &service.url(), "[cache]\nbytes = \"512KiB\"", world::ROUTES);
    let gateway = Gateway::of_threads(directory, 2);
    let forger = Forger::new(&gateway.signing_key());
    let token = |member: &crowd::Member| {
        let sub = member.sub?;
        Some(forger.issued(sub, member.sid.unwrap_or_default(), member.roles))
    };
    let crowd = Crowd {
        gateway: gateway.address(),
        admin: gateway.admin,
        tokens: MEMBERS.iter().map(|member| token(member).unwrap_or_default()).collect(),
        seed: 1,
        connections: 16,
        requests: REQUESTS,
    };
    let tally = crowd.run().await;
    let kept = gateway.operator().get("/cache").await.json();
    assert!(tally.hits > REQUESTS / 20 && tally.stored > REQUESTS / 10, "few answers were kept: {tally:?}");
    assert!(kept["keys"].as_u64().unwrap() < tally.stored / 4, "little was evicted: {kept}, {tally:?}");
    assert!(tally.pieces > 50 && tally.unchanged > 20 && tally.writes > 50 && tally.purges > 20, "{tally:?}");
    assert!(tally.failures < REQUESTS / 20, "{tally:?}");
}
