//! `POST /internal/accounts`, and what creating an account is for everybody who does.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::LOCATION};
use principal::Principal;
use problem::{Fields, Json};
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _, NotSet,
    QueryFilter as _, sea_query::OnConflict,
};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::search_text;
use crate::{
    Service,
    access::{self, Action},
    domain::{Client, Description, DisplayName, Email, Name, Password, Roles, TokenHash, Username},
    entity::{credential, user},
    error::Error,
    events,
    groups::{Group, changed},
    sessions::{self, Opened},
};

/// How often a generated username is tried.
const TRIES: usize = 8;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "username": "ada", "email": "ada@example.org", "password": "correct horse",
    "token_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}))]
pub(crate) struct RegisterUser {
    /// 3–30 of `a`–`z`, digits and `_` with at least one letter; without it one is made up.
    #[schema(min_length = 3, max_length = 30)]
    username: Option<String>,
    /// The e-mail address.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// At least 6 characters in the demo profile and 8 in production.
    #[schema(value_type = String, min_length = 6, max_length = 256)]
    password: SecretString,
    /// 1–80 characters; without it the username is shown.
    #[schema(min_length = 1, max_length = 80)]
    display_name: Option<String>,
    /// At most 80 characters.
    #[schema(max_length = 80)]
    first_name: Option<String>,
    /// At most 80 characters.
    #[schema(max_length = 80)]
    last_name: Option<String>,
    /// At most 500 characters, in lines.
    #[schema(max_length = 500)]
    description: Option<String>,
    /// SHA-256 of the first refresh token, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    token_hash: String,
    /// What the session is recognised by in a list; shortened to 200 characters.
    client: Option<String>,
}

/// Create an account and open its first session
///
/// The caller has made a refresh token and sends its hash.
#[utoipa::path(
    post,
    path = "/internal/accounts",
    tag = "Internal",
    extensions(("x-internal" = json!(true))),
    request_body = RegisterUser,
    responses(
        (status = 201, description = "The account and its session.", body = Opened, headers(("Location" = String, description = "The account."))),
        (status = 409, description = "`username_taken` or `email_taken`: nothing was created."),
    )
)]
pub(crate) async fn register_user(
    State(service): State<Service>,
    caller: Principal,
    Json(body): Json<RegisterUser>,
) -> Result<Response, Error> {
    access::check(Action::Internal, &caller, 0)?;
    let mut fields = Fields::new();
    let token = fields.check("/token_hash", TokenHash::parse(&body.token_hash));
    let client = body.client.as_deref().map(Client::shorten);
    let account = NewAccount::parse(body, service.config.password_least, &mut fields);
    let (Some(account), Some(token)) = (account, token) else { return Err(fields.refused().into()) };
    fields.finish()?;
    let hash = service.config.passwords.hash(account.password.clone()).await?;

    let transaction = service.db.write().await?;
    let now = service.clock.now();
    let user = insert(&transaction, &account, &hash, now).await?;
    let session = sessions::open(&service, &transaction, user.id, &token, client, now).await?;
    events::registered(&transaction, &user).await?;
    transaction.commit().await?;
    service.outbox.committed();
    tracing::info!(target: "audit", user_id = user.id, "an account was created");
    let location = HeaderValue::try_from(format!("/users/{}", user.username)).ok();
    let changed = changed::user(user.id).and(Group::SessionsOf(user.id));
    let mut response = (StatusCode::CREATED, changed, Json(Opened::new(user, session, now))).into_response();
    location.map(|location| response.headers_mut().insert(LOCATION, location));
    Ok(response)
}

/// An account that does not exist yet.
#[derive(Clone, Debug)]
pub(crate) struct NewAccount {
    /// Made up if it is left out.
    pub(crate) username: Option<Username>,
    pub(crate) email: Option<Email>,
    pub(crate) password: Password,
    /// The username if it is left out.
    pub(crate) display_name: Option<DisplayName>,
    pub(crate) first_name: Name,
    pub(crate) last_name: Name,
    pub(crate) description: Description,
    pub(crate) roles: Roles,
}

impl NewAccount {
    fn parse(body: RegisterUser, least: usize, fields: &mut Fields) -> Option<Self> {
        let username = body.username.map(|name| fields.check("/username", Username::parse_new(&name)));
        let email = body.email.map(|email| fields.check("/email", Email::parse(&email)));
        let password = fields.check("/password", Password::parse_new(body.password, least));
        let display_name = body.display_name.map(|name| fields.check("/display_name", DisplayName::parse(&name)));
        let first_name = fields.check("/first_name", Name::parse(&body.first_name.unwrap_or_default()));
        let last_name = fields.check("/last_name", Name::parse(&body.last_name.unwrap_or_default()));
        let description = body.description.unwrap_or_default();
        let description = fields.check("/description", Description::parse(&description));
        Some(Self {
            username: username.flatten(),
            email: email.flatten(),
            password: password?,
            display_name: display_name.flatten(),
            first_name: first_name?,
            last_name: last_name?,
            description: description?,
            roles: Roles::default(),
        })
    }
}

/// Inserts an account with its credential. The database decides whether username and e-mail address are free.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    account: &NewAccount,
    password_hash: &str,
    now: i64,
) -> Result<user::Model, Error> {
    for _ in 0..TRIES {
        let username = account.username.clone().map_or_else(generated, Ok)?;
        let row = row(account, &username, now);
        let nothing = OnConflict::new().do_nothing().to_owned();
        let mut row = row.into_active_model().reset_all();
        row.id = NotSet;
        let inserted = user::Entity::insert(row).on_conflict(nothing).exec_with_returning_many(transaction).await?;
        if let Some(user) = inserted.into_iter().next() {
            let (user_id, password_hash) = (user.id, password_hash.to_owned());
            let credential = credential::Model { user_id, password_hash, changed_at: now };
            credential.into_active_model().reset_all().insert(transaction).await?;
            return Ok(user);
        }
        let taken = taken(transaction, account, &username).await?;
        if account.username.is_some() || matches!(taken, Error::EmailTaken) {
            return Err(taken);
        }
    }
    Err(Error::UsernameTaken)
}

/// What was in the way: the same answer on every engine if it was both.
async fn taken(transaction: &DatabaseTransaction, account: &NewAccount, username: &Username) -> Result<Error, DbErr> {
    let name = user::Entity::find().filter(user::COLUMN.username.eq(username.as_str()));
    if account.username.is_some() && name.one(transaction).await?.is_some() {
        return Ok(Error::UsernameTaken);
    }
    if let Some(email) = &account.email {
        let same = user::Entity::find().filter(user::COLUMN.email.eq(email.as_str()));
        if same.one(transaction).await?.is_some() {
            return Ok(Error::EmailTaken);
        }
    }
    Ok(Error::UsernameTaken)
}

fn generated() -> Result<Username, Error> {
    let mut random = [0; 5];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::Hash("no random numbers".to_owned()))?;
    Ok(Username::generated(random))
}

fn row(account: &NewAccount, username: &Username, now: i64) -> user::Model {
    let name = username.as_str().to_owned();
    let mut user = user::Model {
        id: 0,
        display_name: account.display_name.clone().map_or_else(|| name.clone(), DisplayName::into_inner),
        username: name,
        email: account.email.as_ref().map(|email| email.as_str().to_owned()),
        first_name: account.first_name.clone().into_inner(),
        last_name: account.last_name.clone().into_inner(),
        description: account.description.clone().into_inner(),
        status: String::new(),
        avatar: None,
        search: String::new(),
        is_admin: account.roles.admin,
        is_seller: account.roles.seller,
        is_active: true,
        followers_count: 0,
        following_count: 0,
        joined_at: now,
        version: 1,
        deleted_at: None,
        avatar_version: 0,
    };
    user.search = search_text(&user);
    user
}
