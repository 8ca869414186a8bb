//! Somebody who is signed in.

use std::ops::Deref;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use testkit::Caller;

/// An account with a session; it calls with its access token.
pub(crate) struct User {
    pub(crate) caller: Caller,
    pub(crate) id: i64,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl User {
    /// From the answer to a registration or a login.
    pub(crate) fn new(anonymous: &Caller, answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned();
        let access_token = text("access_token");
        Self {
            caller: anonymous.clone().with_token(&access_token),
            id: answer["user"]["id"].as_i64().expect("an id"),
            access_token,
            refresh_token: text("refresh_token"),
        }
    }
}

impl Deref for User {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// What a token says, without asking whether it is true.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
