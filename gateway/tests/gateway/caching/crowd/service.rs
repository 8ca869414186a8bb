//! A service that says in each answer whom it saw, what it was asked, and what it should never have been told.
//!
//! How an answer may be kept depends on its path alone. Beside its members an answer has room that is filled with the
//! caller's name, so that any piece of it tells whose it is.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use principal::{InternalKey, Verifier};
use serde_json::{Value, json};

use super::dice::mixed;

/// The service, which believes what a gateway with this key asserts.
pub(crate) fn router(key: &InternalKey) -> Router {
    let key = key.derive("gateway", "things");
    let service = Arc::new(Service {
        verifier: Verifier::new("things", vec![("gateway".to_owned(), key)]),
        version: AtomicU64::new(0),
    });
    Router::new().fallback(move |request: Request| std::future::ready(service.answer(&request)))
}

struct Service {
    verifier: Verifier,
    version: AtomicU64,
}

/// How answers at a path may be kept.
enum Keeps {
    AsTheRouteSays,
    ForAMinute,
    PerLanguage,
    /// It is out of date when it comes.
    Stale,
    Private,
    /// It has a tag, and is asked about each time.
    IfItHolds,
    Never,
    InGroups,
}

fn keeps(path: &str) -> Keeps {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    match mixed(hasher.finish()) % 10 {
        0 => Keeps::AsTheRouteSays,
        1..4 => Keeps::ForAMinute,
        4 => Keeps::PerLanguage,
        5 => Keeps::Stale,
        6 => Keeps::Private,
        7 => Keeps::IfItHolds,
        8 => Keeps::Never,
        _ => Keeps::InGroups,
    }
}

impl Service {
    fn answer(&self, request: &Request) -> Response {
        let (path, headers) = (request.uri().path(), request.headers());
        let version = self.version.fetch_add(1, Ordering::Relaxed);
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let answer = Response::builder().header("cache-group-invalidation", "\"written\"");
            return answer.body(Body::from("{}")).unwrap();
        }
        let seconds = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let caller = self.verifier.verify(headers, i64::try_from(seconds).unwrap());
        let caller = caller.map_or_else(
            |_| json!("nobody"),
            |caller| json!({ "sub": caller.sub, "sid": caller.sid, "roles": caller.roles }),
        );
        let keeps = keeps(path);
        let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let tag =
            format!("\"{:x}\"", mixed(path.len() as u64 ^ hashed(&(path, request.uri().query(), &name(&caller)))));
        let fields: &[(&str, &str)] = match keeps {
            Keeps::AsTheRouteSays => &[],
            Keeps::ForAMinute => &[("cache-control", "max-age=60")],
            Keeps::PerLanguage => &[("cache-control", "max-age=60"), ("vary", "accept-language")],
            Keeps::Stale if version.is_multiple_of(8) => return problem(),
            Keeps::Stale => &[("cache-control", "max-age=60, stale-if-error=600"), ("age", "70")],
            Keeps::Private => &[("cache-control", "private, max-age=60")],
            Keeps::IfItHolds => &[("cache-control", "no-cache"), ("etag", &tag)],
            Keeps::Never => &[("cache-control", "no-store")],
            Keeps::InGroups => &[("cache-control", "max-age=60"), ("cache-groups", "\"written\"")],
        };
        let mut answer = Response::builder().header("content-type", "application/json");
        for (name, value) in fields {
            answer = answer.header(*name, *value);
        }
        if matches!(keeps, Keeps::IfItHolds) && said("if-none-match").is_some_and(|known| known == tag) {
            return answer.status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap();
        }
        let document = json!({
            "path": path,
            "query": request.uri().query().unwrap_or_default(),
            "caller": caller,
            "language": said("accept-language").filter(|_| matches!(keeps, Keeps::PerLanguage)),
            "cookie": said("cookie"),
            "forged": forged(headers),
            "version": version,
            "room": name(&caller).repeat(8),
        });
        answer.body(Body::from(document.to_string())).unwrap()
    }
}

/// A caller in brackets that nothing else has.
pub(super) fn name(caller: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let roles: Vec<String> = caller["roles"].as_array().into_iter().flatten().map(text).collect();
    format!("<{} {} {}>", text(&caller["sub"]), text(&caller["sid"]), roles.join("+"))
}

/// What reached the service although only the gateway may say it, or nobody.
fn forged(headers: &HeaderMap) -> Vec<&str> {
    let names = headers.keys().map(http::HeaderName::as_str);
    let may_not = |name: &&str| {
        let plain = name.replace('_', "-");
        plain.starts_with("x-user-")
            || (plain.starts_with("x-internal-") && !matches!(*name, "x-internal-assertion" | "x-internal-timeout-ms"))
            || plain == "x-forwarded-user"
            || plain == "authorization"
    };
    names.filter(may_not).collect()
}

fn hashed(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn problem() -> Response {
    Response::builder().status(500).body(Body::from("{}")).unwrap()
}
