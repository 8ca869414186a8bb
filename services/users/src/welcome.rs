//! A letter to everybody who registers with an e-mail address: one file in the mail directory, named by the event, so that telling
//! of a registration twice makes no second letter; or by SMTP, at least once, always under the same `Message-ID`.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use ::events::{BoxError, Event, Follow, Inbox};
use database::Database;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, MIME_VERSION_1_0},
    },
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};
use tokio::{fs, io::AsyncWriteExt as _};

use crate::{config::Config, entity::user};

/// How long a mail server may take for one letter.
const SENT_WITHIN: Duration = Duration::from_secs(10);

/// Who writes, and what becomes of letters.
#[derive(Clone, Debug)]
pub struct Mail {
    post: Post,
    pub(crate) from: Mailbox,
}

#[derive(Clone, Debug)]
enum Post {
    /// The directory is made when the first letter is written.
    Directory(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Mail {
    /// Letters in `directory`, from nobody in particular.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a literal, which every test parses")]
    pub fn into(directory: PathBuf) -> Self {
        Self { post: Post::Directory(directory), from: "Agora <agora@localhost>".parse().expect("an address") }
    }

    /// The same in another directory, where letters are files.
    #[must_use]
    pub fn kept_in(self, directory: PathBuf) -> Self {
        match self.post {
            Post::Directory(_) => Self { post: Post::Directory(directory), ..self },
            Post::Smtp(_) => self,
        }
    }

    /// Letters by the server that a URL names: `smtp://`, `smtps://`, or `smtp://…?tls=required`.
    ///
    /// # Errors
    /// What is wrong with the URL. The sentence does not have it: there may be a password in it.
    pub fn over_smtp(self, url: &str) -> Result<Self, &'static str> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let transport = transport.map_err(|_| "it has to be smtp://HOST or smtps://USER:PASSWORD@HOST")?;
        Ok(Self { post: Post::Smtp(transport.timeout(Some(SENT_WITHIN)).build()), ..self })
    }

    async fn send(&self, name: &str, letter: Message) -> Result<(), BoxError> {
        match &self.post {
            Post::Directory(directory) => keep(directory, &format!("{name}.eml"), &letter.formatted()).await?,
            Post::Smtp(server) => drop(server.send(letter).await?),
        }
        Ok(())
    }
}

/// Whoever welcomes those who register, over the service's own database.
pub(crate) fn welcome(db: &Database, config: &Config) -> Inbox<Welcome> {
    Inbox::new(db.clone(), Welcome { mail: config.mail.clone() })
}

#[derive(Clone, Debug)]
pub(crate) struct Welcome {
    mail: Mail,
}

impl Follow for Welcome {
    const NAME: &'static str = "users.welcome";
    const SUBJECTS: &'static [&'static str] = &["agora.users.user.registered"];
    /// One letter too many is enough.
    const AT_ONCE: usize = 1;

    async fn before(&self, db: &Database, event: &Event) -> Result<(), BoxError> {
        let user = user::Entity::find_by_id(event.aggregate.id).one(db.reader()).await?;
        // Without an address, or with one that is gone since, there is nobody to write to.
        let Some((user, address)) = user.and_then(|user| user.email.clone().map(|email| (user, email))) else {
            return Ok(());
        };
        self.mail.send(&event.id.to_string(), letter(&self.mail.from, event, &user, &address)?).await
    }

    /// The letter is all there is.
    async fn handle(&self, _: &DatabaseTransaction, _: &Event) -> Result<(), BoxError> {
        Ok(())
    }
}

fn letter(from: &Mailbox, event: &Event, user: &user::Model, address: &str) -> Result<Message, BoxError> {
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(event.occurred_at).unwrap_or_default());
    let domain = from.email.domain();
    let text = format!(
        "Hello {},\n\nyour account {} is there. Welcome!\n\nYou get this letter because this address was given when the account was \
         made.\nIf that was not you, you need not do anything.\n",
        user.display_name, user.username
    );
    let message = Message::builder()
        .message_id(Some(format!("<{}@{domain}>", event.id)))
        .date(date)
        .from(from.clone())
        .to(Mailbox::new(Some(user.display_name.clone()), address.parse()?))
        .subject("Welcome to Agora")
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(text)?;
    Ok(message)
}

/// Writes a file that is whole or not there, also after a crash.
async fn keep(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(directory).await?;
    // Whoever looks for letters must not find the half of one.
    let unfinished = directory.join(format!(".{name}.unfinished"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(unfinished, directory.join(name)).await
}
