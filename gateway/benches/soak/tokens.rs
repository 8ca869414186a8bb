//! Access tokens, signed with the gateway's own key: no service has to play a login.

#[allow(dead_code, reason = "the tests forge much more with it")]
#[path = "../../tests/gateway/tokens/forge.rs"]
pub(crate) mod forge;

pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    i64::try_from(since.as_millis()).expect("a time")
}
