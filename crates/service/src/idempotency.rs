//! Requests that may be sent twice and are done once: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
//!
//! A key is kept for a day, with the answer, in the transaction of its effect: both are there or neither is. Of two requests at once
//! under one key the second waits for the first in the database, and gets its answer. What is refused is not kept: whoever mends the
//! request may send it under the same key.
//!
//! ```ignore
//! let key = Key::of(&headers, &caller, "create_post", &body)?;
//! let transaction = service.db.write().await?;
//! if let Some(kept) = begin(&transaction, key.as_ref(), now).await? {
//!     return Ok(kept.into_response());
//! }
//! // … the effect …
//! keep(&transaction, key.as_ref(), &answer, now).await?;
//! transaction.commit().await?;
//! ```

mod entity;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG, LOCATION},
};
use principal::Principal;
use problem::{Code, Problem};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, sea_query::OnConflict,
};

/// The field in which a caller names a request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The field of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long a key is kept, in milliseconds: a day.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// The most characters of a key.
const MOST: usize = 255;

/// A named request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose it is, and for which operation: the same key elsewhere is another.
    scope: String,
    name: String,
    /// What was asked.
    fingerprint: String,
}

/// What is answered, and is kept under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Usually 201.
    pub status: StatusCode,
    /// Where what was made is.
    pub location: Option<String>,
    /// Its version, with quotes.
    pub etag: Option<HeaderValue>,
    /// JSON.
    pub body: String,
}

/// Why a named request is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The key was used for another request: 422.
    #[error("the key was used for another request")]
    Reused,
    /// The database's.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reused => Self::new(Code::IdempotencyKeyReused),
            Refused::Database(error) => crate::failure::database(&error),
        }
    }
}

impl Key {
    /// The key of a request, if it has one. `asked` is what it asks: its parsed fields and the digests of its files, in any form that is the
    /// same for the same request. A caller who is not signed in shares keys with all others who are not.
    ///
    /// # Errors
    /// 400 `invalid_parameter` for a key that is empty, longer than 255 characters or not visible ASCII, and for two of them.
    pub fn of(headers: &HeaderMap, caller: &Principal, operation: &str, asked: &[u8]) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
        let Some(value) = values.next() else { return Ok(None) };
        let name = value.to_str().unwrap_or_default();
        let is_visible = name.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        if values.next().is_some() || name.is_empty() || name.len() > MOST || !is_visible {
            let message = format!("One key of 1 to {MOST} visible ASCII characters.");
            return Err(Problem::new(Code::InvalidParameter).with_error("Idempotency-Key", "invalid_value", message));
        }
        let whose = caller.user_id().map_or_else(|| "-".to_owned(), |id| id.to_string());
        let fingerprint = digest(&SHA256, asked).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Some(Self { scope: format!("{whose} {operation}"), name: name.to_owned(), fingerprint }))
    }
}

/// Takes the key for this transaction, or finds what was answered under it. Without a key there is nothing to find.
///
/// # Errors
/// [`Refused`]
pub async fn begin(db: &impl ConnectionTrait, key: Option<&Key>, now: i64) -> Result<Option<Answer>, Refused> {
    let Some(key) = key else { return Ok(None) };
    let of_key = entity::Column::Scope.eq(&key.scope).and(entity::Column::Name.eq(&key.name));
    let too_old = of_key.clone().and(entity::Column::CreatedAt.lt(now - KEPT_MS));
    entity::Entity::delete_many().filter(too_old).exec(db).await?;
    let taken = entity::Model {
        scope: key.scope.clone(),
        name: key.name.clone(),
        fingerprint: key.fingerprint.clone(),
        status: 0,
        location: None,
        etag: None,
        body: String::new(),
        created_at: now,
    };
    let nothing = OnConflict::new().do_nothing().to_owned();
    let inserted = entity::Entity::insert(taken.into_active_model().reset_all())
        .on_conflict(nothing)
        .exec_without_returning(db)
        .await?;
    if inserted > 0 {
        return Ok(None);
    }
    let kept = entity::Entity::find().filter(of_key).one(db).await?;
    let kept = kept.ok_or_else(|| DbErr::RecordNotFound("the key".to_owned()))?;
    if kept.fingerprint == key.fingerprint { Ok(Some(kept.into())) } else { Err(Refused::Reused) }
}

/// Keeps the answer under the key that [`begin`] has taken in this transaction.
///
/// # Errors
/// The database's.
pub async fn keep(db: &impl ConnectionTrait, key: Option<&Key>, answer: &Answer, now: i64) -> Result<(), DbErr> {
    let Some(key) = key else { return Ok(()) };
    let kept = entity::Model {
        scope: key.scope.clone(),
        name: key.name.clone(),
        fingerprint: key.fingerprint.clone(),
        status: i64::from(answer.status.as_u16()),
        location: answer.location.clone(),
        etag: answer.etag.as_ref().and_then(|tag| tag.to_str().ok()).map(str::to_owned),
        body: answer.body.clone(),
        created_at: now,
    };
    entity::Entity::update(kept.into_active_model().reset_all()).exec(db).await.map(drop)
}

/// Forgets the keys of yesterday; answers how many those were.
///
/// # Errors
/// The database's.
pub async fn clean(db: &impl ConnectionTrait, now: i64) -> Result<u64, DbErr> {
    let old = entity::Column::CreatedAt.lt(now - KEPT_MS);
    Ok(entity::Entity::delete_many().filter(old).exec(db).await?.rows_affected)
}

impl From<entity::Model> for Answer {
    fn from(kept: entity::Model) -> Self {
        let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Self {
            status: status.unwrap_or(StatusCode::OK),
            location: kept.location,
            etag: kept.etag.and_then(|tag| HeaderValue::try_from(tag).ok()),
            body: kept.body,
        }
    }
}

impl Answer {
    /// The answer as one that was given before.
    #[must_use]
    pub fn replayed(self) -> Response {
        let mut response = self.into_response();
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(CONTENT_TYPE, "application/json")], self.body).into_response();
        let location = self.location.and_then(|location| HeaderValue::try_from(location).ok());
        for (name, value) in [(LOCATION, location), (ETAG, self.etag)] {
            value.map(|value| response.headers_mut().insert(name, value));
        }
        response
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key(value: &str, id: &str, operation: &str, asked: &[u8]) -> Result<Option<Key>, Problem> {
        let headers = HeaderMap::from_iter([(IDEMPOTENCY_KEY, HeaderValue::from_str(value).unwrap())]);
        let caller = Principal { sub: Some(id.to_owned()), ..Principal::anonymous() };
        Key::of(&headers, &caller, operation, asked)
    }

    #[test]
    fn a_key_is_its_callers_own_and_its_operations() {
        let one = key("k", "7", "create_post", b"{}").unwrap().unwrap();
        assert_eq!(key("k", "7", "create_post", b"{}").unwrap().unwrap(), one);
        assert_ne!(key("k", "8", "create_post", b"{}").unwrap().unwrap().scope, one.scope);
        assert_ne!(key("k", "7", "create_comment", b"{}").unwrap().unwrap().scope, one.scope);
        assert_ne!(key("k", "7", "create_post", b"{ }").unwrap().unwrap().fingerprint, one.fingerprint);
    }

    #[test]
    fn a_key_that_nobody_can_read_is_refused() {
        for value in ["", "a b", &"k".repeat(256)] {
            assert_eq!(key(value, "7", "o", b"").unwrap_err().code(), Code::InvalidParameter, "{value}");
        }
        assert!(key(&"k".repeat(255), "7", "o", b"").is_ok());
        assert_eq!(Key::of(&HeaderMap::new(), &Principal::anonymous(), "o", b"").unwrap(), None);
    }
}
