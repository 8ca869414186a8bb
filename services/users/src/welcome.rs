//! A letter to everybody who registers with an e-mail address: one file in the mail directory, named by the event, so that telling
//! of a registration twice makes no second letter.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use ::events::{BoxError, Event, Follow, Inbox};
use database::Database;
use lettre::{
    Message,
    message::{
        Mailbox,
        header::{ContentType, MIME_VERSION_1_0},
    },
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};
use tokio::{fs, io::AsyncWriteExt as _};

use crate::{config::Config, entity::user};

/// Who writes, and where the letters go.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The directory of the letters; it is made when the first one is written.
    pub directory: PathBuf,
    /// The sender.
    pub from: Mailbox,
}

impl Mail {
    /// Letters in `directory`, from nobody in particular.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a literal, which every test parses")]
    pub fn into(directory: PathBuf) -> Self {
        Self { directory, from: "Agora <agora@localhost>".parse().expect("an address") }
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

    async fn handle(&self, transaction: &DatabaseTransaction, event: &Event) -> Result<(), BoxError> {
        let user = user::Entity::find_by_id(event.aggregate.id).one(transaction).await?;
        // Without an address, or with one that is gone since, there is nobody to write to.
        let Some((user, address)) = user.and_then(|user| user.email.clone().map(|email| (user, email))) else {
            return Ok(());
        };
        let letter = letter(&self.mail.from, event, &user, &address)?;
        keep(&self.mail.directory, &format!("{}.eml", event.id), &letter).await?;
        Ok(())
    }
}

fn letter(from: &Mailbox, event: &Event, user: &user::Model, address: &str) -> Result<Vec<u8>, BoxError> {
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
    Ok(message.formatted())
}

/// Writes a file that is whole or not there, also after a crash.
async fn keep(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(directory).await?;
    let unfinished = directory.join(format!(".{name}"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(unfinished, directory.join(name)).await
}
