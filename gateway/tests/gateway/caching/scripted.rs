//! What a service says byte for byte: writes whose outcome does not say all that they have done, and an answer without a date.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::Gateway;
use crate::caching::world::{ROUTES, over, word, write};

const KEPT: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=600\r\ncache-groups: \"user:7\"\r\n\
                    content-length: 2\r\n\r\n{}";

/// A service that says these one after the other, each on a connection of its own; the last again and again.
async fn saying(script: Vec<&'static str>) -> (Gateway, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut script = script.into_iter().peekable();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 16 * 1024];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            hears.lock().unwrap().push(request.split(' ').take(2).collect::<Vec<_>>().join(" "));
            let says = script.next_if(|_| true).unwrap_or(KEPT);
            stream.write_all(says.as_bytes()).await.unwrap();
        }
    });
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &format!("http://{address}"), "", ROUTES);
    (Gateway::of(directory), heard)
}

#[tokio::test]
async fn a_write_that_was_sent_twice_may_have_changed_what_is_not_found_any_more() {
    let gone = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let (gateway, heard) = saying(vec![KEPT, "", gone]).await;
    let caller = gateway.caller();
    for expected in ["fwd=uri-miss", "hit"] {
        assert_eq!(word(&caller.get("/api/v1/things/1").await), expected);
    }
    caller.put("/api/v1/things/1", &json!({})).await.expect(404);
    assert_eq!(*heard.lock().unwrap(), ["GET /things/1", "PUT /things/1", "PUT /things/1"]);
    assert_eq!(word(&caller.get("/api/v1/things/1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn a_write_whose_answer_is_cut_has_changed_what_its_head_names() {
    let cut = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncache-group-invalidation: \"user:7\"\r\n\
               content-length: 9\r\n\r\n{";
    let (gateway, heard) = saying(vec![KEPT, cut]).await;
    let caller = gateway.caller();
    for expected in ["fwd=uri-miss", "hit"] {
        assert_eq!(word(&caller.get("/api/v1/things/1").await), expected);
    }
    caller.post("/api/v1/things", &json!({})).await.problem(502, "upstream_incomplete");
    assert_eq!(*heard.lock().unwrap(), ["GET /things/1", "POST /things"]);
    assert_eq!(word(&caller.get("/api/v1/things/1").await), "fwd=uri-miss");
}

#[tokio::test]
async fn an_answer_without_a_date_has_that_of_its_arrival() {
    let (gateway, _heard) = saying(vec![KEPT]).await;
    let asked = async || gateway.caller().get("/api/v1/things/1").await;
    let (first, began) = (asked().await, Instant::now());
    over(began, Duration::from_millis(1_100)).await;
    let second = asked().await;
    assert_eq!((word(&second).as_str(), second.header("date")), ("hit", first.header("date")));
}
