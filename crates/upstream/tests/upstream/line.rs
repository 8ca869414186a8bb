//! A server that says exactly these bytes at these moments, one script for each connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use upstream::{Policy, Upstream};

/// What a server does next on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Reads until this has come.
    Until(&'static str),
    /// Writes these bytes at once.
    Says(Vec<u8>),
    /// Writes them one by one, each in a segment of its own.
    Drips(Vec<u8>),
    /// Reads until the client closes the connection, and reports how much came.
    Drains,
    /// Neither reads nor says anything more.
    Waits,
}

pub(crate) fn says(text: &str) -> Step {
    Step::Says(text.as_bytes().to_vec())
}

/// The end of a head.
pub(crate) const HEAD: Step = Step::Until("\r\n\r\n");

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) upstream: Upstream,
    connections: Arc<AtomicUsize>,
    /// All that came on a connection, when it has ended.
    pub(crate) ended: mpsc::UnboundedReceiver<String>,
}

impl Line {
    /// Each connection does what the script says, then it is closed.
    pub(crate) async fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (connections, (ends, ended)) = (Arc::new(AtomicUsize::new(0)), mpsc::unbounded_channel());
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (script, ends) = (script.clone(), ends.clone());
                tokio::spawn(async move {
                    let came = perform(stream, script).await;
                    // The test may be over.
                    let _nobody = ends.send(String::from_utf8_lossy(&came).into_owned());
                });
            }
        });
        let upstream = Upstream::remote("stub", &[url]).unwrap();
        Self { upstream: upstream.with_policy(Policy::unguarded()), connections, ended }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn perform(mut stream: TcpStream, script: Vec<Step>) -> Vec<u8> {
    let (mut came, mut seen) = (Vec::new(), 0);
    for step in script {
        let done = match step {
            Step::Says(bytes) => stream.write_all(&bytes).await,
            Step::Drips(bytes) => drip(&mut stream, &bytes).await,
            Step::Drains => stream.read_to_end(&mut came).await.map(|_| ()),
            Step::Waits => std::future::pending().await,
            Step::Until(text) => loop {
                if let Some(at) = came[seen..].windows(text.len()).position(|part| part == text.as_bytes()) {
                    seen += at + text.len();
                    break Ok(());
                }
                match stream.read_buf(&mut came).await {
                    Ok(0) => break Err(std::io::ErrorKind::UnexpectedEof.into()),
                    Ok(_) => {}
                    Err(error) => break Err(error),
                }
            },
        };
        if done.is_err() {
            break;
        }
    }
    came
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
