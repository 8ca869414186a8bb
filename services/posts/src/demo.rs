//! Demo posts with pictures, comments and likes, in the names of the demo accounts of `users`: always the same ones, of the thirty days
//! before they are made, so that they are in the timeline of whoever follows somebody today.

mod plan;
mod words;

use std::fmt;

use bus::Bus;
use database::Database;
use picture::Refused;
use problem::Fields;
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait as _, PaginatorTrait as _};
use service::{
    Clock, Mistake,
    demo::{ACCOUNTS, SEED},
};

use crate::{
    Config, OpenError, Service, accounts, comments,
    domain::{AltText, CommentText},
    entity::{account, like, post},
    error::Error,
    files::Files,
    likes,
    media::{self, Caption},
    posts::{self, Draft, store},
    uploads::{self, Stored},
};
use plan::Planned;

/// How many pictures the posts share.
const PICTURES: usize = 24;
/// Their widths and heights, in turn.
const SIZES: [(u32, u32); 4] = [(720, 480), (720, 540), (540, 720), (720, 720)];

/// What seeding did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// How many posts.
    pub posts: usize,
    /// How many different pictures they have.
    pub pictures: usize,
    /// How many comments.
    pub comments: usize,
    /// How many likes.
    pub likes: usize,
}

impl fmt::Display for Seeded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { posts, pictures, comments, likes } = self;
        write!(out, "{posts} posts with {pictures} pictures, {comments} comments and {likes} likes")
    }
}

/// Why there are no demo posts. The database is still empty then.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Pictures cannot be kept.
    #[error(transparent)]
    Files(#[from] OpenError),
    /// They cannot be made.
    #[error(transparent)]
    Posts(#[from] Error),
}

impl From<DbErr> for SeedError {
    fn from(error: DbErr) -> Self {
        Self::Posts(error.into())
    }
}

/// Fills an empty database; `None` if somebody has ever written in it. The same seed and the same time make the same posts.
///
/// # Errors
/// [`SeedError`]
pub async fn seed(config: Config, db: &Database, clock: Clock) -> Result<Option<Seeded>, SeedError> {
    if account::Entity::find().count(db.reader()).await? > 0 {
        return Ok(None);
    }
    let files = Files::open(&config.media)?;
    // The quota is about what people bring.
    let config = Config { media_quota: i64::MAX, ..config };
    let service = Service::new(config, db.clone(), clock, &Bus::in_process(), files);
    let pictures = draw(&service).await?;
    let transaction = db.write().await?;
    enter(&transaction).await?;
    if post::Entity::find().count(&transaction).await? > 0 {
        return Ok(None);
    }
    let mut seeded = Seeded { pictures: pictures.len(), ..Seeded::default() };
    let now = service.clock.now();
    for planned in plan::posts(PICTURES) {
        write(&service, &transaction, &planned, &pictures, now).await?;
        seeded.posts += 1;
        seeded.comments += planned.comments.len();
        seeded.likes += planned.likes.len();
    }
    transaction.commit().await?;
    Ok(Some(seeded))
}

/// The pictures that the posts share. They are stored, and swept away if no post comes to have them.
async fn draw(service: &Service) -> Result<Vec<Stored>, Error> {
    let mut stored = Vec::with_capacity(PICTURES);
    for (seed, (width, height)) in (SEED..).zip(SIZES.into_iter().cycle().take(PICTURES)) {
        let drawing = tokio::task::spawn_blocking(move || picture::draw(seed, width, height));
        let drawn = drawing.await.unwrap_or_else(|why| Err(Refused::Failed { reason: why.to_string() }));
        let drawn = drawn.map_err(|refused| Error::Picture { pointer: "/image".to_owned(), refused })?;
        stored.push(uploads::store(service, &drawn).await?);
    }
    Ok(stored)
}

/// Begins to write in all their names. Of two who fill the same database the second waits here.
async fn enter(transaction: &DatabaseTransaction) -> Result<(), Error> {
    for account in 1..=whole(ACCOUNTS) {
        accounts::enter_alone(transaction, account).await?;
    }
    Ok(())
}

/// A post with all that belongs to it, as if everybody had sent it in.
async fn write(
    service: &Service,
    transaction: &DatabaseTransaction,
    planned: &Planned,
    pictures: &[Stored],
    now: i64,
) -> Result<(), Error> {
    let at = now - planned.age;
    let mut ids = Vec::new();
    for stored in planned.pictures.iter().filter_map(|index| pictures.get(*index)) {
        let caption = Caption { alt: checked(AltText::parse(planned.alt))?, focus: None };
        ids.push(media::insert(service, transaction, planned.author, stored, &caption).await?.id);
    }
    let draft = Draft::parse(&planned.text, &[], ids, false)?;
    let (post, _) = posts::insert(transaction, planned.author, draft, at).await?;
    let mut last = at;
    for (author, text, after) in &planned.comments {
        last = last.max(at + after);
        let text = checked(CommentText::parse(text))?;
        comments::insert(transaction, post.id, *author, &text, at + after).await?;
    }
    for (user, after) in &planned.likes {
        last = last.max(at + after);
        let like = like::Model { post_id: post.id, user_id: *user, created_at: at + after };
        likes::insert(transaction, like).await?;
    }
    let (likes, comments) = (whole(planned.likes.len()), whole(planned.comments.len()));
    store::count(transaction, post, likes, comments, last).await?;
    Ok(())
}

fn checked<T>(text: Result<T, Mistake>) -> Result<T, Error> {
    let mut fields = Fields::new();
    let text = fields.check("/text", text);
    text.ok_or_else(|| fields.refused().into())
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
