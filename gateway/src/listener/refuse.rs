//! The answer on a connection for which there is no place.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// What a client is told whose connection is not admitted.
const OVERLOADED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
content-type: application/problem+json\r\n\
retry-after: 1\r\n\
connection: close\r\n\
content-length: 157\r\n\r\n\
{\"type\":\"/problems/overloaded\",\"title\":\"Overloaded\",\"status\":503,\"detail\":\"There are too many connections.\",\
\"code\":\"overloaded\",\"errors\":[],\"retryable\":true}";

/// How much is read of what such a client has sent already.
const UNHEARD: usize = 4 * 1024;

/// Says why, and closes the connection. Nothing waits for this client, and on a new connection there is room for so little.
pub(crate) fn refuse(mut stream: TcpStream) {
    // Closed with something unread it would be reset, and the client might never see the answer. This is so for what comes later.
    let _heard = stream.read(&mut [0; UNHEARD]);
    let _sent = stream.write(OVERLOADED);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn who_is_not_admitted_and_has_asked_already_sees_the_whole_answer() {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let (stream, _peer) = listener.accept().unwrap();
        assert_ne!(stream.peek(&mut [0; 1]).unwrap(), 0, "it is there");
        refuse(stream);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).expect("an end, and no reset");
        assert_eq!(answer, OVERLOADED);
    }

    #[test]
    fn the_static_answer_is_framed_exactly() {
        let text = String::from_utf8_lossy(OVERLOADED);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        assert!(text.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
