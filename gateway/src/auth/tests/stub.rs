//! The service users, as far as its contract with the gateway goes, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::{HeaderValue, StatusCode};
use principal::{Principal, Verifier};
use problem::{Code, Problem};
use serde_json::{Value, json};

/// What the stub knows and has seen.
#[derive(Default)]
pub(super) struct Stub {
    pub(super) state: Mutex<Known>,
}

#[derive(Default)]
pub(super) struct Known {
    pub(super) now_ms: i64,
    pub(super) passwords: HashMap<String, String>,
    /// Hash of a refresh token → session, and the successor once it was used.
    pub(super) tokens: HashMap<String, (String, Option<String>)>,
    pub(super) revocations: Vec<Value>,
    /// What was sent to each operation, in order.
    pub(super) seen: Vec<(String, Value, Principal)>,
    /// What every answer says that it has changed.
    pub(super) changed: Option<&'static str>,
    /// Answers every call with this instead.
    pub(super) instead: Option<(StatusCode, Value)>,
    sessions: usize,
}

type Answer = Result<(StatusCode, Json<Value>), Problem>;

impl Stub {
    pub(super) fn know<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    pub(super) fn router(self: Arc<Self>, verifier: Arc<Verifier>) -> Router {
        Router::new()
            .route("/internal/accounts", post(register))
            .route("/internal/sessions", post(open))
            .route("/internal/sessions/rotate", post(rotate))
            .route("/internal/sessions/close", post(close))
            .route("/internal/password", put(password))
            .route("/internal/revocations", get(revocations))
            .layer(from_fn_with_state((self.clone(), verifier), require))
            .with_state(self)
    }
}

/// What `principal::require` does, by the clock of the test.
async fn require(
    State((stub, verifier)): State<(Arc<Stub>, Arc<Verifier>)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let now = stub.know(|known| known.now_ms) / 1000;
    let caller = verifier.verify(request.headers(), now).map_err(|_| Problem::new(Code::Unauthenticated))?;
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(changed) = stub.know(|known| known.changed) {
        response.headers_mut().insert("cache-group-invalidation", HeaderValue::from_static(changed));
    }
    Ok(response)
}

impl Known {
    fn take(&mut self, operation: &str, body: &Value, caller: Principal) -> Result<(), (StatusCode, Value)> {
        self.seen.push((operation.to_owned(), body.clone(), caller));
        self.instead.clone().map_or(Ok(()), Err)
    }

    fn opened(&self, sid: &str) -> Value {
        json!({
            "user": {"id": 7, "username": "ada", "display_name": "Ada", "roles": ["seller"], "email": "ada@demo.test"},
            "session": {"id": sid, "created_at": "2027-01-15T08:00:00.000Z", "expires_at": "2027-01-29T08:00:00.000Z"},
            "as_of_ms": self.now_ms,
        })
    }

    fn begin(&mut self, hash: &Value) -> Value {
        self.sessions += 1;
        let sid = format!("session-{}", self.sessions);
        self.tokens.insert(hash.as_str().unwrap().to_owned(), (sid.clone(), None));
        self.opened(&sid)
    }

    /// Ends a session and returns its revocation.
    pub(super) fn end(&mut self, sid: &str) -> Value {
        self.tokens.retain(|_, (session, _)| session != sid);
        self.revoke("sid", sid, self.now_ms)
    }

    pub(super) fn revoke(&mut self, kind: &str, subject: &str, not_before: i64) -> Value {
        let id = self.revocations.len() + 1;
        let revocation = json!({"id": id, "kind": kind, "subject": subject, "not_before": not_before,
            "created_at": "2027-01-15T08:00:00.000Z"});
        self.revocations.push(revocation.clone());
        revocation
    }
}

/// An answer that a test wants instead becomes a problem with its body's code, or a success.
fn instead((status, body): (StatusCode, Value)) -> Answer {
    match body["code"].as_str() {
        None => Ok((status, Json(body))),
        Some(code) => {
            let mut problem = Problem::new(code.parse().unwrap()).with_status(status);
            for error in body["errors"].as_array().into_iter().flatten() {
                let text = |name: &str| error[name].as_str().unwrap().to_owned();
                problem = problem.with_error(text("pointer"), text("code"), text("message"));
            }
            Err(problem)
        }
    }
}

async fn register(State(stub): State<Arc<Stub>>, caller: Principal, Json(body): Json<Value>) -> Answer {
    stub.know(|known| match known.take("register", &body, caller) {
        Err(other) => instead(other),
        Ok(()) => {
            known
                .passwords
                .insert(body["username"].as_str().unwrap_or("user_x").to_owned(), body["password"].to_string());
            Ok((StatusCode::CREATED, Json(known.begin(&body["token_hash"]))))
        }
    })
}

async fn open(State(stub): State<Arc<Stub>>, caller: Principal, Json(body): Json<Value>) -> Answer {
    stub.know(|known| match known.take("open", &body, caller) {
        Err(other) => instead(other),
        Ok(())
            if known.passwords.get(body["login"].as_str().unwrap()).map(String::as_str)
                == body["password"].as_str() =>
        {
            Ok((StatusCode::CREATED, Json(known.begin(&body["token_hash"]))))
        }
        Ok(()) => Err(Problem::new(Code::InvalidCredentials)),
    })
}

async fn rotate(State(stub): State<Arc<Stub>>, caller: Principal, Json(body): Json<Value>) -> Answer {
    let (presented, successor) = (body["presented"].as_str().unwrap(), body["successor"].as_str().unwrap());
    stub.know(|known| {
        if let Err(other) = known.take("rotate", &body, caller) {
            return instead(other);
        }
        let Some((sid, used)) = known.tokens.get_mut(presented) else { return Err(Problem::new(Code::InvalidGrant)) };
        if used.get_or_insert_with(|| successor.to_owned()) != successor {
            return Err(Problem::new(Code::InvalidGrant));
        }
        let sid = sid.clone();
        known.tokens.entry(successor.to_owned()).or_insert((sid.clone(), None));
        Ok((StatusCode::OK, Json(known.opened(&sid))))
    })
}

async fn close(State(stub): State<Arc<Stub>>, caller: Principal, Json(body): Json<Value>) -> Answer {
    stub.know(|known| {
        if let Err(other) = known.take("close", &body, caller.clone()) {
            return instead(other);
        }
        let own = body["sid"].as_str().filter(|sid| caller.sid.as_deref() == Some(*sid)).map(ToOwned::to_owned);
        let presented = body["presented"].as_str().and_then(|hash| known.tokens.get(hash)).map(|(sid, _)| sid.clone());
        let live = |sid: &String| known.tokens.values().any(|(session, _)| session == sid);
        let revoked: Vec<Value> = own.or(presented).filter(live).map(|sid| known.end(&sid)).into_iter().collect();
        Ok((StatusCode::OK, Json(json!({ "revoked": revoked }))))
    })
}

async fn password(State(stub): State<Arc<Stub>>, caller: Principal, Json(body): Json<Value>) -> Answer {
    stub.know(|known| {
        if let Err(other) = known.take("password", &body, caller) {
            return instead(other);
        }
        if known.passwords.get("ada").map(String::as_str) != body["current_password"].as_str() {
            let problem = Problem::new(Code::ValidationFailed);
            return Err(problem.with_error("/current_password", "wrong_password", "The current password is wrong."));
        }
        Ok((StatusCode::OK, Json(known.begin(&body["token_hash"]))))
    })
}

async fn revocations(
    State(stub): State<Arc<Stub>>,
    caller: Principal,
    Query(query): Query<HashMap<String, i64>>,
) -> Answer {
    assert!(caller.has_role("service"));
    let (after, limit) = (query["after"], usize::try_from(query["limit"]).unwrap());
    stub.know(|known| {
        let items: Vec<_> =
            known.revocations.iter().filter(|item| item["id"].as_i64() > Some(after)).take(limit).collect();
        let next_after = items.last().map_or(after, |last| last["id"].as_i64().unwrap());
        Ok((StatusCode::OK, Json(json!({"items": items, "next_after": next_after}))))
    })
}
