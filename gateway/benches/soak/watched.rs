//! What a long run asks of the gateway that it watches.

use bytes::Bytes;
use http::{Method, Request, Response};
use principal::InternalKey;
use serde_json::Value;
use testkit::client::{Connection, full};

use crate::process::{Gateway, KEY};
use crate::tokens::forge::Forger;

/// The key of the deployment.
pub(crate) fn internal_key() -> InternalKey {
    InternalKey::from_secret(&KEY.to_owned().into()).expect("a key")
}

impl Gateway {
    /// Who signs as it does.
    pub(crate) fn forger(&self) -> Forger {
        Forger::new(&self.files().join("keys/signing.pem"))
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        let kilobytes: u64 = line.trim().split(' ').next().and_then(|size| size.parse().ok()).expect("a number");
        kilobytes * 1024
    }

    /// What the admin listener answers.
    pub(crate) async fn tell(&self, method: Method, path: &str) -> Response<Bytes> {
        let request = Request::builder().method(method).uri(path).header("agora-admin", "yes");
        let connection = Connection::open(self.admin).await;
        connection.exchange(request.body(full("")).expect("a request")).await.expect("an answer")
    }

    /// How full its cache is.
    pub(crate) async fn kept(&self) -> Value {
        serde_json::from_slice(self.tell(Method::GET, "/cache").await.body()).expect("a document")
    }
}
