//! The demo accounts and who of them follows whom: the same every time, and an administrator with a password of its own. Others
//! are told of them as of accounts that have changed, so nobody writes a letter.

use std::collections::BTreeSet;

use database::Database;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _, NotSet, PaginatorTrait as _,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    domain::{Description, DisplayName, Email, Name, Password, Roles, Username, base32},
    entity::{follow, user},
    error::Error,
    events,
    hashing::Passwords,
    users::{NewAccount, insert},
};
use service::{Clock, Mistake, Random, demo::SEED};

/// The password of every demo account but the administrator.
pub const PASSWORD: &str = "password";
/// The demo account that documentation and examples sign in with.
pub const LOGIN: &str = "demo";
/// The administrator's username. It is reserved, so nobody else can have taken it.
pub const ADMIN: &str = "admin";
/// How many demo accounts there are, without the administrator.
pub const USERS: usize = service::demo::ACCOUNTS;

/// 2025-01-01; every demo account joined a day or so after the one before.
const FIRST_JOINED_AT: i64 = 1_735_689_600_000;
const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;

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
    let follows = follows();
    let mut ids = Vec::with_capacity(USERS);
    for (index, account) in accounts()?.iter().enumerate() {
        let user = match insert(&transaction, account, &shared, joined_at(index)).await {
            // Another process was seeding at the same time.
            Err(Error::UsernameTaken) => return Ok(None),
            inserted => inserted?,
        };
        ids.push(user.id);
        let mut user = user.into_active_model();
        let count = |side: fn(&(usize, usize)) -> usize| follows.iter().filter(|pair| side(pair) == index).count();
        user.following_count = Set(whole(count(|pair| pair.0)));
        user.followers_count = Set(whole(count(|pair| pair.1)));
        user.status = Set(if index % 3 == 0 { "around" } else { "" }.to_owned());
        let user = user.update(&transaction).await?;
        events::changed(&transaction, &user, user.joined_at).await?;
    }
    for (number, pair) in follows.iter().enumerate() {
        let follow = row(&ids, number, *pair).insert(&transaction).await?;
        events::follow(&transaction, &follow, follow.since).await?;
    }
    let admin = named(ADMIN, "Administrator", "", "", Roles { admin: true, seller: false })?;
    let admin = insert(&transaction, &admin, &own, Clock::system().now()).await?;
    events::changed(&transaction, &admin, admin.joined_at).await?;
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

/// Who follows whom, as indexes among the accounts: everybody 3 to 12 others, more likely those who joined early.
fn follows() -> Vec<(usize, usize)> {
    let mut random = Random::new(SEED + 1);
    let mut follows = Vec::new();
    for follower in 0..USERS {
        let wanted = 3 + random.below(10);
        let mut followed = BTreeSet::new();
        while followed.len() < wanted {
            let index = random.below(USERS).min(random.below(USERS)).min(random.below(USERS));
            if index != follower {
                followed.insert(index);
            }
        }
        follows.extend(followed.into_iter().map(|followed| (follower, followed)));
    }
    follows
}

/// A follow that began after both had joined, each at a moment of its own.
fn row(ids: &[i64], number: usize, (follower, followed): (usize, usize)) -> follow::ActiveModel {
    let id = |index: usize| ids.get(index).copied().unwrap_or_default();
    let since = joined_at(follower.max(followed)) + whole(number + 1) * MINUTE;
    follow::ActiveModel {
        id: NotSet,
        follower_id: Set(id(follower)),
        followed_id: Set(id(followed)),
        is_active: Set(true),
        since: Set(since),
        version: Set(1),
    }
}

fn joined_at(index: usize) -> i64 {
    FIRST_JOINED_AT + whole(index) * DAY
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or_default()
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

    #[test]
    fn everybody_follows_some_others_and_few_are_popular() {
        let (once, again) = (follows(), follows());
        assert_eq!(once, again);
        let count = |side: fn(&(usize, usize)) -> usize, index| once.iter().filter(|pair| side(pair) == index).count();
        assert!((0..USERS).all(|index| (3..=12).contains(&count(|pair| pair.0, index))));
        assert!(once.iter().all(|(follower, followed)| follower != followed));
        let followers: Vec<usize> = (0..USERS).map(|index| count(|pair| pair.1, index)).collect();
        let popular: usize = followers[..8].iter().sum();
        assert!(popular * 2 > once.len() * 8 / 10, "{followers:?}");
    }
}
