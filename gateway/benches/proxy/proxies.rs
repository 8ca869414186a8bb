//! This gateway and nginx, started as an operator would start them, each with one worker.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Peer;
use super::load::credentials;

/// This gateway, with the benchmark's upstream as the service `users`.
pub(crate) struct Gateway {
    child: Child,
    address: SocketAddr,
    tokens: OnceLock<Vec<String>>,
    _directory: TempDir,
}

/// nginx with `proxy_pass`, connections to the upstream kept alive, and no log.
pub(crate) struct Nginx {
    served: Served,
    _directory: TempDir,
}

/// A process that serves at an address until this is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Served {
    pub(crate) fn new(child: Child, address: SocketAddr) -> Self {
        Self { child, address }
    }

    /// For comparing with it under this name.
    pub(crate) fn peer<'a>(&self, name: &'a str) -> Peer<'a> {
        Peer { name, address: self.address, id: self.child.id() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// What nginx does with an answer.
#[derive(Clone, Copy)]
pub(crate) enum Setup {
    /// As distributed, it takes 32 KB into memory, and the rest into a file.
    Stock,
    /// It has enough memory for every answer of the benchmark.
    Ample,
    /// It keeps the answer in a file of its cache, in memory if the system has a place for such files, and keeps that open. It
    /// sends files as Debian's configuration has it: `sendfile`, `tcp_nopush`.
    Cache,
    /// The same, but each size is sent in the way that was found to cost the least: 1 KB by a read and a write, 64 KB by `sendfile`
    /// without `tcp_nopush`.
    TunedCache,
}

impl Gateway {
    /// Starts the one that cargo built, with a configuration or with the one that it was built with.
    pub(crate) fn start(core: Option<&str>, upstream: SocketAddr, configuration: Option<&Path>) -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_gateway")), core, upstream, configuration)
    }

    /// Starts another build.
    pub(crate) fn of(program: &Path, core: Option<&str>, upstream: SocketAddr, configuration: Option<&Path>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (port, admin) = (free_port(), free_port());
        let configuration = configuration.map(|path| [Path::new("--config").as_os_str(), path.as_os_str()]);
        let child = pinned(core, program)
            .args(configuration.iter().flatten())
            .arg("run")
            .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
            .env("GATEWAY_ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
            .env("GATEWAY_KEYS_DIR", directory.path().join("keys"))
            .env("GATEWAY_THREADS", "1")
            .env("GATEWAY_LOG_REQUESTS", "false")
            .env("RUST_LOG", "warn")
            .env("USERS_URL", format!("http://{upstream}"))
            .env("AGORA_INTERNAL_KEY", "a key for a benchmark, known to everyone who reads this")
            .stdout(Stdio::null())
            .spawn()
            .expect("the gateway starts");
        let address = ([127, 0, 0, 1], port).into();
        healthy(address, "/livez");
        Self { child, address, tokens: OnceLock::new(), _directory: directory }
    }

    /// The access tokens of that many users, who log in when they are asked for first.
    pub(crate) fn tokens(&self, number: usize) -> Vec<String> {
        self.tokens.get_or_init(|| self.log_in(number)).iter().take(number).cloned().collect()
    }

    fn log_in(&self, number: usize) -> Vec<String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let token = |_| {
            let login = format!("bench_{}", NEXT.fetch_add(1, Ordering::Relaxed));
            let body = json!({ "login": login, "password": "password" }).to_string();
            let answer = self.let_in(&body);
            let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
            answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
        };
        (0..number).map(token).collect()
    }

    /// Logs in, as soon as the gateway's limit of logins allows it.
    fn let_in(&self, body: &str) -> String {
        loop {
            match call(self.address, "POST /api/v1/auth/login", "", body) {
                Ok(answer) => return answer,
                Err(answer) if answer.starts_with("HTTP/1.1 429 ") => std::thread::sleep(Duration::from_millis(50)),
                Err(answer) => panic!("a login: {answer}"),
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Nginx {
    /// Starts it, or says why that is not possible.
    pub(crate) fn start(core: Option<&str>, upstream: SocketAddr, setup: Setup) -> Result<Self, String> {
        let program = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];
        let program = program.iter().map(Path::new).find(|path| path.exists());
        let program = program.ok_or("it is not installed (Debian: apt-get install nginx-light)")?;
        let directory = open_directory().map_err(|error| error.to_string())?;
        let port = free_port();
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, configuration(directory.path(), port, upstream, setup))
            .map_err(|error| error.to_string())?;
        let child = pinned(core, program)
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(directory.path())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let address = ([127, 0, 0, 1], port).into();
        healthy(address, "/users/small");
        Ok(Self { served: Served::new(child, address), _directory: directory })
    }

    pub(crate) fn peer(&self) -> Peer<'static> {
        self.served.peer("nginx")
    }
}

/// A directory in memory, if the system has a place for that, which nginx's worker can enter: it is another user where nginx
/// is started by root.
fn open_directory() -> std::io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(directory)
}

impl Drop for Gateway {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
}

pub(crate) fn pinned(core: Option<&str>, program: &Path) -> Command {
    let Some(core) = core else {
        return Command::new(program);
    };
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

fn configuration(directory: &Path, port: u16, upstream: SocketAddr, setup: Setup) -> String {
    let directory = directory.display();
    let forward = "proxy_pass http://users; proxy_http_version 1.1; proxy_set_header Connection \"\";";
    let cache = format!(
        "proxy_cache_path {directory}/cache levels=1:2 keys_zone=bench:10m inactive=1h use_temp_path=off;
         proxy_cache bench; proxy_cache_valid 200 1h; add_header X-Cache-Status $upstream_cache_status;
         open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;"
    );
    let (all, large) = match setup {
        Setup::Stock => (String::new(), String::new()),
        Setup::Ample => ("proxy_buffer_size 16k; proxy_buffers 16 16k;".to_owned(), String::new()),
        Setup::Cache => (format!("sendfile on; tcp_nopush on; {cache}"), String::new()),
        Setup::TunedCache => (cache, format!("location ~ /large$ {{ sendfile on; {forward} }}")),
    };
    format!(
        "daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log crit;
         events {{ worker_connections 4096; }}
         http {{
           access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
           fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
           keepalive_requests 1000000000; {all}
           upstream users {{ server {upstream}; keepalive 256; keepalive_requests 1000000000; }}
           server {{
             listen 127.0.0.1:{port};
             location / {{ {forward} }}
             {large}
           }}
         }}\n"
    )
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until this path answers 200.
pub(crate) fn healthy(address: SocketAddr, path: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while call(address, &format!("GET {path}"), "", "").is_err() {
        assert!(Instant::now() < deadline, "{address} does not answer");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// One request on a connection of its own; the body of a 2xx answer, or whatever else came.
pub(crate) fn call(address: SocketAddr, line: &str, token: &str, body: &str) -> Result<String, String> {
    exchange(address, line, token, body).map(|(_, body)| body)
}

/// One request on a connection of its own; head and body of a 2xx answer, or whatever else came.
pub(crate) fn exchange(address: SocketAddr, line: &str, token: &str, body: &str) -> Result<(String, String), String> {
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    let length = body.len();
    let token = credentials(token);
    let request = format!(
        "{line} HTTP/1.1\r\n{token}host: bench.test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 2") => Ok((head.to_owned(), body.to_owned())),
        _ => Err(answer),
    }
}
