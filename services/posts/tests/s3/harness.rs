//! The service `posts`, alone, with its pictures in a bucket.

use std::{ops::Deref, time::Duration};

use boot::Vars;
use bus::Bus;
use database::Database;
use migration::Schema;
use posts::Config;
use tempfile::TempDir;
use testkit::{
    alone::{self, Alone, Answer, Call, Person},
    s3::{ACCESS_KEY_ID, REGION, S3, SECRET_ACCESS_KEY},
};

/// What is swept after so long: an upload that ended without a word, and a picture that no post has.
pub(crate) const DAY: Duration = Duration::from_secs(25 * 60 * 60);
/// The bucket.
pub(crate) const BUCKET: &str = "pictures";

/// A running service; its database goes with it.
pub(crate) struct Service {
    alone: Alone,
    _directory: Option<TempDir>,
}

impl Deref for Service {
    type Target = Alone;

    fn deref(&self) -> &Alone {
        &self.alone
    }
}

/// What is set, unless a test says otherwise.
pub(crate) fn settings(server: &str) -> Vec<(&'static str, String)> {
    [
        ("MEDIA_URL", format!("s3://{BUCKET}/some/prefix")),
        ("MEDIA_S3_ENDPOINT", server.to_owned()),
        ("MEDIA_S3_REGION", REGION.to_owned()),
        ("MEDIA_S3_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
        ("MEDIA_S3_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
    ]
    .into()
}

/// The configuration of that, with another value for one of them.
pub(crate) fn config(server: &str, other: Option<(&'static str, &str)>) -> Config {
    let mut vars = Vars::from_pairs(settings(server));
    if let Some((name, value)) = other {
        vars.set(name, value);
    }
    let config = Config::from_vars(&mut vars);
    vars.finish().unwrap();
    Config { cleanup_interval: Duration::from_millis(20), ..config }
}

impl Service {
    /// One with these settings and a new database.
    pub(crate) async fn with(config: Config) -> Self {
        let (db, directory) = alone::sqlite(Schema::Posts).await;
        Self { _directory: Some(directory), ..Self::over(db, config) }
    }

    /// One with these settings over this database.
    pub(crate) fn over(db: Database, config: Config) -> Self {
        let app = |parts| posts::app(config, parts).unwrap();
        Self { alone: Alone::new("posts", db, Bus::in_process(), &posts::openapi(), app), _directory: None }
    }

    /// Uploads this file.
    pub(crate) fn send(&self, file: &[u8]) -> Call<'_> {
        self.form("/media", file)
    }

    /// A form with this file.
    pub(crate) fn form(&self, path: &str, file: &[u8]) -> Call<'_> {
        let head = b"--XyX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"x\"\r\n\r\n";
        let form = [&head[..], file, b"\r\n--XyX--\r\n"].concat();
        let call = self.post(path, serde_json::Value::Null);
        call.header("content-type", "multipart/form-data; boundary=XyX").body(form)
    }

    /// Everything that refers to a picture, and what there is of posts.
    pub(crate) async fn rows(&self) -> (i64, i64) {
        (self.count("media").await, self.count("posts").await)
    }
}

/// A picture; another one for another seed.
pub(crate) fn drawn(seed: u64) -> Vec<u8> {
    picture::draw(seed, 300, 200).unwrap().to_vec()
}

/// Who uploads.
pub(crate) fn ada() -> Person {
    Person::new(7)
}

/// Where the variants of what was uploaded are, each as a path of the service and as a key.
pub(crate) fn files(made: &Answer) -> Vec<(String, String)> {
    let variants = made["variants"].as_array().unwrap().iter();
    let paths = variants.map(|variant| variant["url"].as_str().unwrap().strip_prefix("/media/").unwrap());
    paths.map(|path| (format!("/files/{path}"), format!("some/prefix/{path}"))).collect()
}

/// The keys of these, in order.
pub(crate) fn keys(made: &[&Answer], others: &[&str]) -> Vec<String> {
    let mut keys: Vec<_> = made.iter().flat_map(|made| files(made)).map(|(_, key)| key).collect();
    keys.extend(others.iter().map(|&key| key.to_owned()));
    keys.sort_unstable();
    keys
}

/// Waits until these are the keys that there are.
pub(crate) async fn become_of(server: &S3, keys: &[String]) {
    eventually(async || (server.keys() == keys).then_some(())).await;
}

/// Tries again until something is there; fails after ten seconds.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: impl FnMut() -> F) -> T {
    testkit::until("it happens", Duration::from_secs(10), what).await
}
