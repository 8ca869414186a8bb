//! Asks the admin listener of a running gateway: one request, one answer, no client of anybody else's.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a connection and each piece of an answer may take. A reload reads and proves files, and says so when it is done.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer that is read.
const LONGEST: u64 = 1024 * 1024;

/// An answer: its status and its text.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) text: String,
}

/// Sends a request without a body.
pub(super) fn ask(address: SocketAddr, method: &str, target: &str) -> io::Result<Reply> {
    asked(address, method, target).map_err(in_words)
}

/// The system calls it something else on each system when a time is over.
fn in_words(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, format!("nothing came within {} s", PATIENCE.as_secs()))
        }
        _ => error,
    }
}

fn asked(address: SocketAddr, method: &str, target: &str) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0, so that the answer ends with the connection and is in one piece.
    let head =
        format!("{method} {target} HTTP/1.0\r\nhost: {address}\r\nagora-admin: yes\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    read(&answer).ok_or_else(|| io::Error::other("what answers is no HTTP server"))
}

fn read(answer: &[u8]) -> Option<Reply> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, text: body.to_owned() })
}

/// Where somebody who listens on every address can be reached from here.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_over_is_called_so() {
        let error = in_words(io::Error::from_raw_os_error(11));
        assert_eq!(error.to_string(), "nothing came within 10 s");
        assert_eq!(in_words(io::Error::other("no")).to_string(), "no");
    }

    #[test]
    fn an_answer_has_a_status_and_a_text() {
        let reply = read(b"HTTP/1.0 409 Conflict\r\ncontent-type: text/plain\r\n\r\nno\r\n\r\nmore");
        assert_eq!(reply.map(|reply| (reply.status, reply.text)), Some((409, "no\r\n\r\nmore".to_owned())));
        assert!(read(b"SSH-2.0-x\r\n\r\n").is_none() && read(b"HTTP/1.1 200").is_none());
    }
}
