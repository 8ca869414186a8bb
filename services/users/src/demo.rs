//! The demo accounts: the same ones every time, and an administrator with a password of its own.

use database::Database;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    domain::{Description, DisplayName, Email, Name, Password, Roles, Username, base32},
    entity::user,
    error::Error,
    hashing::Passwords,
    users::{NewAccount, insert},
};
use service::{Clock, Mistake, Random, random::SEED};

/// The password of every demo account but the administrator.
pub const PASSWORD: &str = "password";
/// The demo account that documentation and examples sign in with.
pub const LOGIN: &str = "demo";
/// The administrator's username. It is reserved, so nobody else can have taken it.
pub const ADMIN: &str = "admin";
/// How many demo accounts there are, without the administrator.
pub const USERS: usize = 40;

/// 2025-01-01; every demo account joined a day or so after the one before.
const FIRST_JOINED_AT: i64 = 1_735_689_600_000;
const DAY: i64 = 86_400_000;

const FIRST_NAMES: [&str; 20] = [
    "Ada", "Blaise", "Clara", "Dorothy", "Emmy", "Felix", "Grace", "Hedy", "Ivan", "Joan", "Karl", "Lise", "Mary",
    "Niklaus", "Olga", "Paul", "Radia", "Sofia", "Tim", "Vera",
];
const LAST_NAMES: [&str; 16] = [
    "Abel", "Brandt", "Costa", "Dumas", "Eriksen", "Fuchs", "Grieg", "Haas", "Ito", "Janda", "Kovacs", "Lindgren",
    "Moreau", "Novak", "Okafor", "Petit",
];
const ABOUT: [&str; 8] = [
    "Takes pictures of bridges.",
    "Bakes bread, mostly rye.",
    "Walks a lot and writes it down.",
    "Collects old maps.",
    "Repairs radios.",
    "Grows more tomatoes than anybody can eat.",
    "Plays the viola, quietly.",
    "Reads the manual.",
];

/// What seeding did.
#[derive(Debug)]
pub struct Seeded {
    /// How many demo accounts were created, without the administrator.
    pub users: usize,
    /// The administrator's username.
    pub admin: &'static str,
    /// The administrator's password: to be shown once, it is stored nowhere.
    pub admin_password: SecretString,
}

/// Fills an empty database; `None` if there has ever been an account in it.
///
/// # Errors
/// [`Error`]; the database is still empty then.
pub async fn seed(db: &Database) -> Result<Option<Seeded>, Error> {
    if user::Entity::find().count(db.reader()).await? > 0 {
        return Ok(None);
    }
    let passwords = Passwords::new();
    let admin_password = random_password()?;
    // Everybody has the same password, so one hash does; demo accounts have no secret to keep from each other.
    let shared = passwords.hash(Password::presented(PASSWORD.to_owned().into())).await?;
    let own = passwords.hash(Password::presented(admin_password.clone())).await?;

    let transaction = db.write().await?;
    if user::Entity::find().count(&transaction).await? > 0 {
        return Ok(None);
    }
    for (index, account) in accounts()?.iter().enumerate() {
        let joined_at = FIRST_JOINED_AT + i64::try_from(index).unwrap_or_default() * DAY;
        let user = match insert(&transaction, account, &shared, joined_at).await {
            // Another process was seeding at the same time.
            Err(Error::UsernameTaken) => return Ok(None),
            inserted => inserted?,
        };
        let mut user = user.into_active_model();
        user.status = sea_orm::Set(if index % 3 == 0 { "around" } else { "" }.to_owned());
        user.update(&transaction).await?;
    }
    let admin = named(ADMIN, "Administrator", "", "", Roles { admin: true, seller: false })?;
    insert(&transaction, &admin, &own, Clock::system().now()).await?;
    transaction.commit().await?;
    Ok(Some(Seeded { users: USERS, admin: ADMIN, admin_password }))
}

/// Whether the demo accounts are in a database: production refuses to start with them.
///
/// # Errors
/// If the database does not answer.
pub async fn is_seeded(db: &Database) -> Result<bool, Error> {
    use sea_orm::QueryFilter as _;

    let demo = user::Entity::find()
        .filter(user::COLUMN.username.eq(LOGIN))
        .filter(user::COLUMN.email.eq(format!("{LOGIN}@demo.test")))
        .filter(user::COLUMN.deleted_at.is_null());
    Ok(demo.count(db.reader()).await? > 0)
}

/// The demo accounts, drawn from the seed.
fn accounts() -> Result<Vec<NewAccount>, Error> {
    let mut random = Random::new(SEED);
    let mut accounts =
        vec![named(LOGIN, "Demo", "User", "The account that the documentation signs in with.", Roles::default())?];
    for index in 1..USERS {
        let first = FIRST_NAMES.get(index % FIRST_NAMES.len()).copied().unwrap_or_default();
        let last = random.pick(&LAST_NAMES);
        let seller = index % 10 == 0;
        let username = format!("{}{}", first.to_lowercase(), index);
        accounts.push(named(&username, first, last, random.pick(&ABOUT), Roles { admin: false, seller })?);
    }
    Ok(accounts)
}

fn named(username: &str, first: &str, last: &str, about: &str, roles: Roles) -> Result<NewAccount, Error> {
    let broken = |mistake: Mistake| Error::Hash(mistake.to_string());
    Ok(NewAccount {
        username: Some(Username::parse(username).map_err(broken)?),
        email: Some(Email::parse(&format!("{username}@demo.test")).map_err(broken)?),
        password: Password::presented(PASSWORD.to_owned().into()),
        display_name: Some(DisplayName::parse(&format!("{first} {last}")).map_err(broken)?),
        first_name: Name::parse(first).map_err(broken)?,
        last_name: Name::parse(last).map_err(broken)?,
        description: Description::parse(about).map_err(broken)?,
        roles,
    })
}

/// 24 characters of base32: 120 random bits.
fn random_password() -> Result<SecretString, Error> {
    let mut random = [0; 15];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::Hash("no random numbers".to_owned()))?;
    let password = SecretString::from(base32(&random));
    debug_assert_eq!(password.expose_secret().len(), 24);
    Ok(password)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_accounts_are_the_same_every_time() {
        let names = |accounts: Vec<NewAccount>| {
            accounts.into_iter().map(|account| account.display_name.unwrap().into_inner()).collect::<Vec<_>>()
        };
        assert_eq!(names(accounts().unwrap()), names(accounts().unwrap()));
        assert_eq!(names(accounts().unwrap()).len(), USERS);
        assert_eq!(&names(accounts().unwrap())[..3], ["Demo User", "Blaise Fuchs", "Clara Costa"]);
    }
}
