//! One listener per data-plane thread on one address.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel queues for a listener until they are accepted.
const BACKLOG: i32 = 1024;

/// Binds `count` listeners to `address`; port 0 is resolved once for all of them.
///
/// The first bind is made without `SO_REUSEPORT`: otherwise a second gateway of the same user would silently share
/// the port instead of being told that it is taken.
///
/// # Errors
///
/// The error of the system, `AddrInUse` where the port is taken.
pub(crate) fn bind(address: SocketAddr, count: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let first = socket(address)?;
    first.bind(&address.into())?;
    first.set_reuse_port(true)?;
    let address = first.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut sockets = vec![first];
    for _ in 1..count.max(1) {
        let next = socket(address)?;
        next.set_reuse_port(true)?;
        next.bind(&address.into())?;
        sockets.push(next);
    }
    for socket in &sockets {
        socket.listen(BACKLOG)?;
    }
    Ok((address, sockets.into_iter().map(TcpListener::from).collect()))
}

fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Without it, a restart would wait for the connections of the last run to time out.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // What is accepted inherits it.
    socket.set_tcp_keepalive(&upstream::KEEPALIVE)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn loopback(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn all_listeners_share_one_port() {
        let (address, listeners) = bind(loopback(0), 3).unwrap();
        assert_ne!(address.port(), 0);
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap() == address));
        assert_eq!(listeners.len(), 3);
    }

    #[test]
    fn a_client_that_has_died_is_noticed() {
        let (address, listeners) = bind(loopback(0), 1).unwrap();
        listeners[0].set_nonblocking(false).unwrap();
        let _client = std::net::TcpStream::connect(address).unwrap();
        let (accepted, _peer) = listeners[0].accept().unwrap();
        let accepted = socket2::SockRef::from(&accepted);
        assert!(accepted.keepalive().unwrap());
        assert_eq!(accepted.tcp_keepalive_time().unwrap(), std::time::Duration::from_secs(60));
    }

    #[test]
    fn a_taken_port_is_found() {
        let (address, _listeners) = bind(loopback(0), 2).unwrap();
        assert_eq!(bind(address, 2).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
