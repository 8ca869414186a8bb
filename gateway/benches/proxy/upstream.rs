//! The upstream of the benchmark: one thread, fixed answers, as little work as a server can do.
//!
//! It plays the service `users` as far as the gateway needs it to hand out tokens: a session is opened for whoever asks,
//! and nothing has been revoked. All other services are it, too.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::composition::{self, answers::Answer};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Starts it and returns where it listens.
pub(crate) fn start() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || super::load::runtime().block_on(serve(listener)));
    address
}

async fn serve(listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let answers: &[Ready] = Vec::leak(answers());
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        tokio::spawn(converse(stream, answers));
    }
}

/// How large what users answer is. The gateway asks at `/users`, others where they are asked themselves.
const PADDED: [(&str, usize); 8] = [
    ("GET /users/small ", 1024),
    ("GET /users/large ", 64 * 1024),
    ("GET /api/v1/users/small ", 1024),
    ("GET /api/v1/users/large ", 64 * 1024),
    ("GET /cached/small ", 1024),
    ("GET /cached/large ", 64 * 1024),
    ("GET /checked/small ", 1024),
    ("GET /limited/small ", 1024),
];

/// An answer as it is sent: how its request begins, and how late it is.
type Ready = (&'static [u8], Vec<u8>, Duration);

fn answers() -> Vec<Ready> {
    let ready = |known: Answer| (known.line, answer(200, &known.body), known.late);
    let padded =
        |(line, length): (&'static str, usize)| (line.as_bytes(), answer(200, &padded(length)), Duration::ZERO);
    let mut answers: Vec<Ready> = PADDED.into_iter().map(padded).collect();
    answers.extend(composition::answers::all().into_iter().map(ready));
    answers
}

async fn converse(mut stream: TcpStream, answers: &[Ready]) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut filled = 0;
    loop {
        let length = stream.read(&mut buffer[filled..]).await?;
        if length == 0 {
            return Ok(());
        }
        filled += length;
        let request = &buffer[..filled];
        if !complete(request) {
            continue;
        }
        match answers.iter().find(|(line, ..)| request.starts_with(line)) {
            Some((_, answer, late)) => {
                if !late.is_zero() {
                    tokio::time::sleep(*late).await;
                }
                stream.write_all(answer).await?;
            }
            None => stream.write_all(&play_users(request)).await?,
        }
        filled = 0;
    }
}

/// Whether the head and the announced body are there.
fn complete(request: &[u8]) -> bool {
    if request.starts_with(b"GET ") {
        return request.ends_with(b"\r\n\r\n");
    }
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    length.map_or_else(|| body.ends_with("0\r\n\r\n"), |length: usize| body.len() >= length)
}

fn play_users(request: &[u8]) -> Vec<u8> {
    if request.starts_with(b"POST /internal/sessions ") {
        return answer(201, &session(NEXT.fetch_add(1, Ordering::Relaxed)));
    }
    if request.starts_with(b"GET /internal/revocations") {
        return answer(200, r#"{"items":[],"next_after":0}"#);
    }
    answer(200, "{}")
}

fn session(id: u64) -> String {
    let (then, later) = ("2026-01-01T00:00:00.000Z", "2036-01-01T00:00:00.000Z");
    json!({
        "user": {
            "id": id, "username": format!("bench_{id}"), "display_name": null, "first_name": null, "last_name": null,
            "description": null, "avatar": null, "status": null, "roles": [], "followers_count": 0,
            "following_count": 0, "joined_at": then, "email": null, "is_active": true,
        },
        "session": { "id": format!("00000000-0000-7000-8000-{id:012}"), "created_at": then, "expires_at": later },
        "as_of_ms": 1_767_225_600_000_i64,
    })
    .to_string()
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    let reason = if status == 201 { "Created" } else { "OK" };
    let length = body.len();
    format!("HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into()
}

/// A JSON document of exactly that many bytes.
fn padded(length: usize) -> String {
    let frame = r#"{"padding":""}"#.len();
    format!(r#"{{"padding":"{}"}}"#, "p".repeat(length - frame))
}
