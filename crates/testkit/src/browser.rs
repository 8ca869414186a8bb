//! A real Chromium, driven through chromedriver: what a page does is seen where a person would see it.
//!
//! Host names can be mapped to this machine, so that a page is tested under a name other than `localhost`,
//! and every request that a page makes is in [`Browser::requests`].

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Caller;
use crate::process::Process;
use crate::wait::until;

const DRIVER: &str = "/usr/bin/chromedriver";
const PATIENCE: Duration = Duration::from_secs(20);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One browser window; it closes when it is dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Caller,
    session: String,
    #[expect(dead_code, reason = "lives as long as the window")]
    process: Process,
    #[expect(dead_code, reason = "lives as long as the window")]
    profile: TempDir,
}

/// One element of a page.
#[derive(Debug)]
pub struct Element<'b> {
    browser: &'b Browser,
    id: String,
}

impl Browser {
    /// Opens a window in which the host name `host` is this machine.
    pub async fn open(host: &str) -> Self {
        let process = Process::start(DRIVER, &["--port=0"], &[("HOME", "/tmp")]);
        let line = process.line_with("started successfully on port");
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        let port: u16 = digits.parse().expect("chromedriver prints its port");
        let driver = Caller::new(SocketAddr::from(([127, 0, 0, 1], port)));
        let profile = TempDir::new().expect("a directory");
        let wanted = capabilities(host, &profile);
        let answer = driver.post("/session", &wanted).await.expect(200).json();
        let session = answer["value"]["sessionId"].as_str();
        Self { driver, session: session.expect("a session").to_owned(), process, profile }
    }

    /// Goes to this address and waits for the page to be loaded.
    pub async fn visit(&self, url: &str) {
        self.command("url", &json!({ "url": url })).await;
    }

    /// Waits for an element that fits this CSS selector.
    pub async fn find(&self, selector: &str) -> Element<'_> {
        self.wait_for("css selector", selector).await
    }

    /// Waits for an element that fits this XPath expression.
    pub async fn find_by_path(&self, path: &str) -> Element<'_> {
        self.wait_for("xpath", path).await
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn script(&self, source: &str) -> Value {
        let body = json!({ "script": source, "args": [] });
        self.command("execute/sync", &body).await
    }

    /// The text of the page as a person sees it.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows this text.
    pub async fn shows(&self, text: &str) {
        let shown = async || self.text().await.contains(text).then_some(());
        until(&format!("the page shows {text:?}"), PATIENCE, shown).await;
    }

    /// The addresses of all requests that pages have made since this was last asked; the browser's own pages do not count.
    pub async fn requests(&self) -> Vec<String> {
        let entries = self.command("se/log", &json!({ "type": "performance" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let message = |entry: &Value| -> Option<String> {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &message["message"];
            let sent = event["method"] == "Network.requestWillBeSent";
            let url = event["params"]["request"]["url"].as_str()?;
            (sent && !url.starts_with("chrome://")).then(|| url.to_owned())
        };
        entries.iter().filter_map(message).collect()
    }

    /// A picture of the window, as PNG in Base64.
    pub async fn screenshot(&self) -> String {
        let address = format!("/session/{}/screenshot", self.session);
        let answer = self.driver.get(&address).await.expect(200).json();
        answer["value"].as_str().unwrap_or_default().to_owned()
    }

    async fn wait_for(&self, using: &str, selector: &str) -> Element<'_> {
        let wanted = json!({ "using": using, "value": selector });
        let address = format!("/session/{}/element", self.session);
        let found = async || {
            let answer = self.driver.post(&address, &wanted).await.json();
            answer["value"][ELEMENT].as_str().map(str::to_owned)
        };
        let id = until(&format!("the page has {selector}"), PATIENCE, found).await;
        Element { browser: self, id }
    }

    async fn command(&self, name: &str, body: &Value) -> Value {
        let address = format!("/session/{}/{name}", self.session);
        let answer = self.driver.post(&address, body).await.expect(200);
        answer.json()["value"].take()
    }
}

impl Element<'_> {
    /// Clicks it, as soon as that is possible.
    pub async fn click(&self) {
        let address = self.address("click");
        let clicked = async || {
            let answer = self.browser.driver.post(&address, &json!({})).await;
            (answer.status == 200).then_some(())
        };
        until("the element can be clicked", PATIENCE, clicked).await;
    }

    /// Types this text into it.
    pub async fn write(&self, text: &str) {
        let body = json!({ "text": text });
        let answer = self.browser.driver.post(&self.address("value"), &body);
        let _ = answer.await.expect(200);
    }

    /// Its text as a person sees it.
    pub async fn text(&self) -> String {
        let answer = self.browser.driver.get(&self.address("text")).await;
        let answer = answer.expect(200).json();
        answer["value"].as_str().unwrap_or_default().to_owned()
    }

    fn address(&self, name: &str) -> String {
        format!("/session/{}/element/{}/{name}", self.browser.session, self.id)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let request =
            format!("DELETE /session/{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", self.session);
        let Ok(mut stream) = std::net::TcpStream::connect(self.driver.address()) else {
            return;
        };
        let _ = std::io::Write::write_all(&mut stream, request.as_bytes());
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = std::io::Read::read(&mut stream, &mut [0; 64]);
    }
}

fn capabilities(host: &str, profile: &TempDir) -> Value {
    let arguments = [
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--window-size=1280,1600".to_owned(),
        format!("--host-resolver-rules=MAP {host} 127.0.0.1"),
        format!("--user-data-dir={}", profile.path().display()),
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "performance": "ALL" },
    } } })
}
