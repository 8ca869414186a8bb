//! What goes beyond one contracted call: an origin without a contract, and WebSockets.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use testkit::{Fault, Faulty, Raw, Stub, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::Gateway;

const PATIENCE: Duration = Duration::from_secs(5);
const HANDSHAKE: &str = "GET /api/v1/socket HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n";

/// Switches the protocol if it is asked to, and then says back what it hears.
async fn echoing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = vec![0; 4096];
                let length = stream.read(&mut heard).await.unwrap();
                let head = String::from_utf8_lossy(&heard[..length]).to_lowercase();
                let asked = head.contains("\r\nupgrade: websocket\r\n") && head.contains("\r\nconnection: upgrade\r\n");
                let answer: &[u8] = if asked {
                    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
                } else {
                    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nplain"
                };
                stream.write_all(answer).await.unwrap();
                while let Ok(length @ 1..) = stream.read(&mut heard).await {
                    stream.write_all(&heard[..length]).await.unwrap();
                }
            });
        }
    });
    address
}

/// Waits until the only connection that there may be is none any more.
async fn place_is_free(gateway: &Gateway) {
    until("the place is free again", PATIENCE, async || {
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send("GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await;
        (raw.answer().await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_websocket_is_a_tunnel_that_keeps_its_place_under_the_caps() {
    let service = echoing().await;
    let gateway = Gateway::with(&format!("http://{service}"), "[limits]\nconnections_per_address = 1").await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(HANDSHAKE).await;
    let head = raw.head().await;
    assert_eq!((head.status().as_u16(), &head.headers()["upgrade"]), (101, &"websocket".parse().unwrap()));
    // No HTTP at all, which the guard would refuse.
    raw.send(b"\0\n\nnot HTTP").await;
    let mut heard = 0;
    while heard < b"\0\n\nnot HTTP".len() {
        heard += raw.read_some(64).await;
    }
    let second = Raw::connect(gateway.address()).await.answer().await;
    assert_eq!(second.status.as_u16(), 503, "the tunnel is a connection");
    drop(raw);
    place_is_free(&gateway).await;
}

#[tokio::test]
async fn an_upgrade_is_forwarded_only_where_a_route_says_so_and_only_to_websocket() {
    let no_handshakes = [
        HANDSHAKE.replace("/socket", "/items/1"),
        HANDSHAKE.replace("upgrade: websocket", "upgrade: h2c"),
        HANDSHAKE.replace("connection: upgrade\r\n", ""),
        HANDSHAKE.replace("connection: upgrade", "connection: close"),
        HANDSHAKE.replace("HTTP/1.1", "HTTP/1.0").replace("connection: upgrade", "connection: upgrade, keep-alive"),
    ];
    for head in no_handshakes {
        let service = echoing().await;
        let gateway = Gateway::over(&format!("http://{service}")).await;
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(head).await;
        assert_eq!(raw.answer().await.text(), "plain");
    }
}

#[tokio::test]
async fn a_service_that_takes_up_another_protocol_than_was_asked_for_is_not_understood() {
    for upgrade in ["upgrade: h2c\r\n", ""] {
        let answer = format!("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n{upgrade}\r\n");
        let service = Faulty::start(Fault::Answer(answer.into())).await;
        let gateway = Gateway::over(&service.url()).await;
        let mut raw = Raw::connect(gateway.address()).await;
        raw.send(HANDSHAKE).await;
        assert_eq!(raw.answer().await.status.as_u16(), 502, "{upgrade}");
    }
}

#[tokio::test]
async fn a_handshake_that_ends_in_a_drain_is_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Gateway::over(&format!("http://{}", listener.local_addr().unwrap())).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(HANDSHAKE).await;
    let (mut service, _peer) = listener.accept().await.unwrap();
    assert_ne!(service.read(&mut [0; 4096]).await.unwrap(), 0);
    let address = gateway.address();
    let stopped = tokio::spawn(gateway.stop());
    until("it drains", PATIENCE, async || tokio::net::TcpStream::connect(address).await.err()).await;
    service.write_all(SWITCHED).await.unwrap();
    let head = raw.head().await;
    assert_eq!((head.status().as_u16(), &head.headers()["connection"]), (101, &"upgrade".parse().unwrap()));
    drop((raw, service));
    tokio::time::timeout(PATIENCE, stopped).await.expect("it stops").unwrap();
}

const SWITCHED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

/// A tunnel from a client to a service, of whose sides none is given more than 400 ms after the other has closed.
async fn tunnel() -> (Gateway, Raw, tokio::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = "[limits]\nbody_idle_timeout = \"400ms\"\nconnections_per_address = 1";
    let gateway = Gateway::with(&format!("http://{}", listener.local_addr().unwrap()), limits).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send(HANDSHAKE).await;
    let (mut service, _peer) = listener.accept().await.unwrap();
    assert_ne!(service.read(&mut [0; 4096]).await.unwrap(), 0);
    service.write_all(SWITCHED).await.unwrap();
    assert_eq!(raw.head().await.status().as_u16(), 101);
    (gateway, raw, service)
}

#[tokio::test]
async fn a_tunnel_whose_client_has_left_ends_though_its_service_stays() {
    let (gateway, raw, mut service) = tunnel().await;
    drop(raw);
    assert_eq!(service.read(&mut [0; 64]).await.unwrap(), 0, "the service learns it");
    place_is_free(&gateway).await;
}

#[tokio::test]
async fn a_tunnel_whose_client_was_reset_ends_at_once_though_its_service_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = "[limits]\nconnections_per_address = 1";
    let gateway = Gateway::with(&format!("http://{}", listener.local_addr().unwrap()), limits).await;
    let mut client = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    client.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let (mut service, _peer) = listener.accept().await.unwrap();
    assert_ne!(service.read(&mut [0; 4096]).await.unwrap(), 0);
    service.write_all(SWITCHED).await.unwrap();
    assert_ne!(client.read(&mut [0; 4096]).await.unwrap(), 0);
    socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let ended = tokio::time::timeout(PATIENCE, service.read(&mut [0; 64])).await.expect("the service learns it");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    place_is_free(&gateway).await;
}

#[tokio::test]
async fn what_a_client_says_after_its_service_has_closed_its_side_is_handed_on() {
    let (_gateway, mut raw, mut service) = tunnel().await;
    service.shutdown().await.unwrap();
    assert_eq!(raw.read_some(64).await, 0, "the client learns it");
    raw.send("last words").await;
    let mut heard = [0; 10];
    service.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"last words");
    let ended = tokio::time::timeout(PATIENCE, service.read(&mut heard)).await.expect("it ends");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn an_origin_without_a_contract_gets_the_path_whole_and_no_credentials_of_ours() {
    let stub = Stub::start(Router::new().fallback(async || {
        let cookies = [("set-cookie", "agora_refresh=forged"), ("location", "/elsewhere")];
        (http::StatusCode::FOUND, cookies, "<p>a page</p>")
    }))
    .await;
    let gateway = Gateway::over(&stub.url()).await;
    let mut raw = Raw::connect(gateway.address()).await;
    raw.send("PURGE /legacy/a/b?c=d HTTP/1.1\r\nhost: a\r\ncookie: agora_refresh=secret; theirs=1\r\n\r\n").await;
    let answer = raw.answer().await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (302, "<p>a page</p>"));
    assert!(answer.headers.get("set-cookie").is_none(), "{answer:?}");
    let seen = stub.last();
    assert_eq!((seen.method.as_str(), seen.uri.to_string().as_str()), ("PURGE", "/legacy/a/b?c=d"));
    assert_eq!(seen.headers["cookie"], "theirs=1");
    assert!(!seen.headers.contains_key("x-internal-assertion"));
}
