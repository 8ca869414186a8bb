//! What an operator does to accounts from the command line, beside the API and its permissions.

use ::events::Replayed;
use database::Database;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _};
use secrecy::SecretString;

use crate::{
    config::Config,
    domain::{Description, Email, Name, Password, Role, Roles, Username},
    entity::user,
    error::Error,
    events,
    relations::avatar,
    revocations, sessions,
    users::{NewAccount, insert, roles},
    welcome::welcome,
};
use service::clock::Clock;

/// Creates an account and returns its id.
///
/// # Errors
/// [`Error::Invalid`] if a value is not acceptable, [`Error::UsernameTaken`] or [`Error::EmailTaken`].
pub async fn create_account(
    db: &Database,
    config: &Config,
    username: &str,
    email: Option<&str>,
    password: SecretString,
    given: &[Role],
) -> Result<i64, Error> {
    let mut fields = problem::Fields::new();
    let username = fields.check("/username", Username::parse_new(username));
    let email = email.and_then(|email| fields.check("/email", Email::parse(email)));
    let password = fields.check("/password", Password::parse_new(password, config.password_least));
    let (Some(username), Some(password)) = (username, password) else { return Err(fields.refused().into()) };
    fields.finish()?;
    let hash = config.passwords.hash(password.clone()).await?;
    let account = NewAccount {
        username: Some(username),
        email,
        password,
        display_name: None,
        first_name: Name::default(),
        last_name: Name::default(),
        description: Description::default(),
        roles: Roles { admin: given.contains(&Role::Admin), seller: given.contains(&Role::Seller) },
    };
    let transaction = db.write().await?;
    let user = insert(&transaction, &account, &hash, Clock::system().now()).await?;
    events::registered(&transaction, &user).await?;
    transaction.commit().await?;
    let roles: Vec<&str> = given.iter().map(|role| role.as_str()).collect();
    tracing::info!(target: "audit", user_id = user.id, ?roles, "an operator made an account");
    Ok(user.id)
}

/// Gives an account a role; `false` if it had it. Access tokens without it are no longer good.
///
/// # Errors
/// [`Error::NoSuchUser`]
pub async fn promote(db: &Database, username: &str, role: Role) -> Result<bool, Error> {
    let transaction = db.write().await?;
    let before = find(&transaction, username).await?;
    let mut after = before.clone();
    match role {
        Role::Admin => after.is_admin = true,
        Role::Seller => after.is_seller = true,
    }
    if roles(&before) == roles(&after) {
        return Ok(false);
    }
    let (id, now) = (after.id, Clock::system().now());
    after.version += 1;
    let after = after.into_active_model().reset_all().update(&transaction).await?;
    events::changed(&transaction, &after, now).await?;
    revocations::of_user(&transaction, id, now).await?;
    transaction.commit().await?;
    tracing::info!(target: "audit", user_id = id, role = role.as_str(), "an operator gave a role");
    Ok(true)
}

/// Sets the password of an account and ends every session of it.
///
/// # Errors
/// [`Error::NoSuchUser`], or [`Error::Invalid`] if the password is not acceptable.
pub async fn set_password(db: &Database, config: &Config, username: &str, password: SecretString) -> Result<(), Error> {
    let mut fields = problem::Fields::new();
    let password = fields.check("/password", Password::parse_new(password, config.password_least));
    let Some(password) = password else { return Err(fields.refused().into()) };
    let hash = config.passwords.hash(password).await?;
    let transaction = db.write().await?;
    let user = find(&transaction, username).await?;
    let now = Clock::system().now();
    if !sessions::exchange(&transaction, user.id, None, &hash, now).await? {
        return Err(Error::NoSuchUser);
    }
    let ended = sessions::end_all(&transaction, user.id, None, now).await?;
    revocations::of_sessions(&transaction, &ended, now).await?;
    transaction.commit().await?;
    tracing::info!(target: "audit", user_id = user.id, "an operator set a password");
    Ok(())
}

/// Tries once more to handle the events that this service could not.
///
/// # Errors
/// If the database does not answer.
pub async fn replay(db: &Database, config: &Config) -> Result<Replayed, Error> {
    let (letters, pictures) = (welcome(db, config).replay().await?, avatar(db, &Clock::system()).replay().await?);
    Ok(Replayed { handled: letters.handled + pictures.handled, parked: letters.parked + pictures.parked })
}

/// How many accounts there are, without the deleted ones.
///
/// # Errors
/// If the database does not answer.
pub async fn count_accounts(db: &Database) -> Result<u64, Error> {
    use sea_orm::PaginatorTrait as _;

    let accounts = user::Entity::find().filter(user::COLUMN.deleted_at.is_null());
    Ok(accounts.count(db.reader()).await?)
}

async fn find(transaction: &sea_orm::DatabaseTransaction, username: &str) -> Result<user::Model, Error> {
    let username = Username::parse(username).map_err(|_| Error::NoSuchUser)?;
    let user = user::Entity::find()
        .filter(user::COLUMN.username.eq(username.as_str()))
        .filter(user::COLUMN.deleted_at.is_null());
    // Whoever changes an account writes all of it, the counters too.
    user.lock_exclusive().one(transaction).await?.ok_or(Error::NoSuchUser)
}
