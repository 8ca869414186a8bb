//! A mail server that keeps what it is sent (RFC 5321, as far as one client needs it).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running server; it ends with this.
pub(crate) struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Starts it. It keeps the first `cuts` letters as any other, but closes the connection instead of saying so.
    #[allow(clippy::disallowed_methods, reason = "a test ends its tasks with itself")]
    pub(crate) async fn start(cuts: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::default();
        let (kept, cuts) = (Arc::clone(&received), Arc::new(AtomicUsize::new(cuts)));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&kept), Arc::clone(&cuts)));
            }
        });
        Self { address, received, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// Nobody listens any more.
    pub(crate) fn stop(self) {
        self.serving.abort();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn talk(mut stream: TcpStream, received: Arc<Mutex<Vec<String>>>, cuts: Arc<AtomicUsize>) {
    let (reading, mut writing) = stream.split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 test\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250-test\r\n250 8BITMIME\r\n",
            "QUIT" => "221 bye\r\n",
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await.unwrap();
                let mut letter = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter.push_str(&line);
                    letter.push('\n');
                }
                received.lock().unwrap().push(letter);
                if cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                    return;
                }
                "250 kept\r\n"
            }
            _ => "250 ok\r\n",
        };
        if writing.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
