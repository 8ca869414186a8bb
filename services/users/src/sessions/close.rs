//! `POST /internal/sessions/close`

use axum::extract::State;
use principal::Principal;
use problem::{Fields, Json};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{end, end_all};
use crate::{
    Service,
    access::{self, Action},
    domain::{SessionId, TokenHash},
    entity::{refresh_token, session},
    error::Error,
    groups::{Changed, changed},
    revocations::{self, Revocation},
};

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sid": "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11", "all": false}))]
pub(crate) struct CloseSession {
    /// SHA-256 of a refresh token of the session, in hexadecimal; also of one that was used before.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    presented: Option<String>,
    /// The id of a session of the signed-in caller.
    sid: Option<String>,
    /// Ends every session of that account.
    #[serde(default)]
    all: bool,
}

/// What was ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Closed {
    /// One revocation per session that was live; empty if there was none.
    pub(crate) revoked: Vec<Revocation>,
}

/// End a session
///
/// By a refresh token, or by the signed-in caller's session id; exactly one of them. A session that has ended, or is not
/// known, is no error: nothing is revoked then.
#[utoipa::path(
    post,
    path = "/internal/sessions/close",
    tag = "Internal",
    extensions(("x-internal" = json!(true))),
    request_body = CloseSession,
    responses((status = 200, description = "What was ended.", body = Closed))
)]
pub(crate) async fn close_session(
    State(service): State<Service>,
    caller: Principal,
    Json(body): Json<CloseSession>,
) -> Result<(Changed, Json<Closed>), Error> {
    access::check(Action::Internal, &caller, 0)?;
    let mut fields = Fields::new();
    let presented = body.presented.and_then(|hash| fields.check("/presented", TokenHash::parse(&hash)));
    if presented.is_some() == body.sid.is_some() {
        fields.refuse("", "one_of", "Give either `presented` or `sid`.");
    }
    fields.finish()?;

    let transaction = service.db.write().await?;
    let found = match (presented, body.sid) {
        (Some(hash), _) => by_token(&transaction, &hash).await?,
        (None, sid) => match sid.as_deref().and_then(SessionId::parse) {
            Some(id) => by_id(&transaction, id.as_str()).await?.filter(|session| {
                // Another account's session is as unknown as one that never was.
                access::may(Action::OwnSessions, &caller, session.user_id)
            }),
            None => None,
        },
    };
    let Some(session) = found else {
        return Ok((Changed::default(), Json(Closed { revoked: Vec::new() })));
    };
    let changed = changed::sessions_of(session.user_id);
    let now = service.clock.now();
    let ended = if body.all {
        end_all(&transaction, session.user_id, None, now).await?
    } else if end(&transaction, session.user_id, &session.id, now).await? {
        vec![session.id]
    } else {
        Vec::new()
    };
    let revoked = revocations::of_sessions(&transaction, &ended, now).await?;
    transaction.commit().await?;
    Ok((changed, Json(Closed { revoked: revoked.into_iter().map(Revocation::from).collect() })))
}

async fn by_token(transaction: &DatabaseTransaction, hash: &TokenHash) -> Result<Option<session::Model>, DbErr> {
    let Some(token) = refresh_token::Entity::find_by_id(hash.as_str()).one(transaction).await? else {
        return Ok(None);
    };
    by_id(transaction, &token.session_id).await
}

async fn by_id(transaction: &DatabaseTransaction, id: &str) -> Result<Option<session::Model>, DbErr> {
    session::Entity::find_by_id(id).one(transaction).await
}
