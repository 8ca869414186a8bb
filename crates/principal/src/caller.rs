//! The axum side: a middleware that lets only asserted requests in, and extractors for the caller.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use problem::{Code, Problem};

use crate::{Principal, Verifier};

/// Middleware for everything that a service serves but its probes: verifies the assertion and leaves the
/// [`Principal`] in the request's extensions, or answers 401 `unauthenticated`.
///
/// ```no_run
/// # use std::sync::Arc;
/// # fn routes() -> axum::Router { axum::Router::new() }
/// # fn app(verifier: Arc<principal::Verifier>) -> axum::Router {
/// routes().layer(axum::middleware::from_fn_with_state(verifier, principal::require))
/// # }
/// ```
pub async fn require(State(verifier): State<Arc<Verifier>>, mut request: Request, next: Next) -> Response {
    match verifier.verify(request.headers(), epoch_seconds()) {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(refused) => unauthenticated(refused.to_string()).into_response(),
    }
}

fn epoch_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn unauthenticated(detail: impl Into<String>) -> Problem {
    Problem::new(Code::Unauthenticated).with_detail(detail)
}

/// Any caller, also an anonymous one.
impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Principal>().cloned();
        caller.ok_or_else(|| unauthenticated("the request's caller has not been established"))
    }
}

/// A signed-in user. As an extractor it refuses everybody else with 401 `unauthenticated`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The user's id.
    pub user_id: i64,
    /// The session that the access token belongs to.
    pub sid: Option<String>,
    /// The roles that the token carries.
    pub roles: Vec<String>,
}

impl SignedIn {
    /// Whether the user has this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Principal::from_request_parts(parts, state).await?;
        let user_id = caller.user_id().ok_or_else(|| unauthenticated("this needs a signed-in user"))?;
        Ok(Self { user_id, sid: caller.sid, roles: caller.roles })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http::{HeaderValue, StatusCode};
    use tower::ServiceExt as _;

    use super::*;
    use crate::{ASSERTION, InternalKey, Signer};

    struct Service {
        router: Router,
        signer: Signer,
    }

    fn service() -> Service {
        let deployment = InternalKey::random();
        let key = || deployment.derive("gateway", "users");
        let verifier = Arc::new(Verifier::new("users", vec![("gateway".to_owned(), key())]));
        let router = Router::new()
            .route("/anyone", get(|caller: Principal| async move { caller.sub.unwrap_or_default() }))
            .route("/mine", get(|user: SignedIn| async move { user.user_id.to_string() }))
            .layer(from_fn_with_state(verifier, require));
        Service { router, signer: Signer::new("gateway", "users", key()) }
    }

    impl Service {
        async fn get(&self, path: &str, assertion: Option<HeaderValue>) -> StatusCode {
            let mut request = Request::get(path).body(Body::empty()).unwrap();
            if let Some(value) = assertion {
                request.headers_mut().insert(ASSERTION, value);
            }
            self.router.clone().oneshot(request).await.unwrap().status()
        }

        fn assert(&self, caller: &Principal) -> Option<HeaderValue> {
            Some(self.signer.assert(caller, epoch_seconds()))
        }
    }

    #[tokio::test]
    async fn a_request_without_a_valid_assertion_never_reaches_a_handler() {
        let service = service();
        assert_eq!(service.get("/anyone", None).await, StatusCode::UNAUTHORIZED);
        let forged = Some(HeaderValue::from_static("v1.e30.AAAA"));
        assert_eq!(service.get("/anyone", forged).await, StatusCode::UNAUTHORIZED);
        let old = Some(service.signer.assert(&Principal::anonymous(), epoch_seconds() - 3600));
        assert_eq!(service.get("/anyone", old).await, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn an_anonymous_caller_is_a_caller_but_not_signed_in() {
        let service = service();
        let anonymous = service.assert(&Principal::anonymous());
        assert_eq!(service.get("/anyone", anonymous.clone()).await, StatusCode::OK);
        assert_eq!(service.get("/mine", anonymous).await, StatusCode::UNAUTHORIZED);
        let another_service = service.assert(&Principal::service("feed"));
        assert_eq!(service.get("/mine", another_service).await, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_signed_in_caller_is_known_by_id() {
        let service = service();
        let seven = Principal { sub: Some("7".to_owned()), ..Principal::anonymous() };
        assert_eq!(service.get("/mine", service.assert(&seven)).await, StatusCode::OK);
    }
}
