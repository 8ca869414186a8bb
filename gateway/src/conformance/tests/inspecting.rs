//! The queue of copies, and which answers a sample takes.

use std::sync::Arc;

use boot::Tasks;
use bytes::Bytes;
use http::HeaderValue;

use super::super::Sampling;
use super::super::inspector::{self, Copied, Inspector, Job, QUEUE};
use super::super::tally::{Outcome, Tally};
use super::super::watched::Watched;
use super::{rules, things};
use crate::plan::ServiceId;

fn watched() -> Arc<Watched> {
    Arc::new(Watched {
        service_id: ServiceId(0),
        service: "things".into(),
        operation: "show_thing".into(),
        is_own: false,
        rules: rules(&things()),
        tally: Tally::default(),
    })
}

fn job(watched: &Arc<Watched>, body: Copied) -> Job {
    let shape = watched.rules.head(http::StatusCode::OK, "application/json", false, false).unwrap().unwrap();
    Job { watched: Arc::clone(watched), shape, request_id: HeaderValue::from_static("r"), body }
}

#[test]
fn what_a_full_queue_has_no_room_for_is_dropped_and_counted() {
    let (inspector, _nobody_reads) = Inspector::new();
    let watched = watched();
    for _ in 0..QUEUE + 3 {
        inspector.submit(job(&watched, Copied::Whole(Bytes::from_static(b"{}"))));
    }
    assert_eq!(watched.tally.counted(Outcome::Dropped), 3);
}

#[test]
fn copies_keep_a_bounded_amount_of_memory_alive() {
    let (inspector, _jobs) = Inspector::new();
    let megabyte = Bytes::from(vec![b' '; 1024 * 1024]);
    let mut kept: Vec<_> = (0..33).map(|_| inspector.pieces()).collect();
    let taken = kept.iter_mut().filter_map(|pieces| pieces.push(&megabyte).then_some(())).count();
    assert_eq!(taken, 32);
    kept.clear();
    assert!(inspector.pieces().push(&megabyte), "what was let go is free again");
}

#[tokio::test]
async fn pieces_are_judged_as_one_document_whatever_their_size() {
    let (inspector, jobs) = Inspector::new();
    let tasks = Tasks::new();
    tasks.spawn("conformance", inspector::run(jobs, tasks.token()));
    let watched = watched();
    let padding = Bytes::from(" ".repeat(100_000));
    for (padded, body) in [(false, r#"{"id":1,"owner":null}"#), (true, r#"{"id":1,"owner":null}"#), (true, "{}")] {
        let mut pieces = inspector.pieces();
        for piece in body.as_bytes().chunks(3) {
            assert!(pieces.push(&Bytes::copy_from_slice(piece)));
        }
        assert!(!padded || pieces.push(&padding));
        inspector.submit(job(&watched, Copied::Pieces(pieces)));
    }
    testkit::until("three answers are judged", std::time::Duration::from_secs(10), || async {
        let counted = (watched.tally.counted(Outcome::Ok), watched.tally.counted(Outcome::Violation));
        (counted == (2, 1)).then_some(())
    })
    .await;
}

#[test]
fn a_sample_takes_the_first_answer_and_every_hundredth_after_it() {
    let sampling = Sampling::new(2);
    let taken: Vec<usize> = (0..250).filter(|_| sampling.takes(1)).collect();
    assert_eq!(taken, [0, 100, 200]);
    assert!(sampling.takes(0), "each route has a counter of its own");
    assert!(!sampling.takes(2), "there is no such route");
}
