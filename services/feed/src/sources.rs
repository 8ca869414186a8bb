//! What `users` and `posts` export: everything that they have and this service keeps a copy of, by id, a part at a time.

mod rows;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use boot::Vars;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use principal::{ASSERTION, InternalKey, Principal, Signer};
use serde::Deserialize;
use upstream::{Failure, Pool, Upstream};

pub(crate) use rows::{Author, Block, Exported, Follow, Owner, Post};

/// The name under which this service speaks to others.
const FEED: &str = "feed";
/// How long one part of an export may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The services that are asked. Belongs to one runtime; clones are the same.
#[derive(Clone, Debug)]
pub struct Sources(Arc<Both>);

#[derive(Debug)]
struct Both {
    users: Source,
    posts: Source,
}

struct Source {
    upstream: Upstream,
    signer: Signer,
    pool: Pool,
}

impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Source").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// Why a part of an export could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// There was no answer.
    #[error("{service} cannot be asked for what it has: {failure}")]
    Away {
        /// Who was asked.
        service: String,
        /// Why there is none.
        failure: Failure,
    },
    /// There was another answer.
    #[error("{service} answers {status} to {path}")]
    Refused {
        /// Who was asked.
        service: String,
        /// What for.
        path: String,
        /// The answer.
        status: StatusCode,
    },
    /// The answer is not what the contract says.
    #[error("{service} answers {path} with something that is no export: {why}")]
    Unreadable {
        /// Who was asked.
        service: String,
        /// What for.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Rows by id, from a point on.
pub(crate) struct Part<T> {
    pub(crate) rows: Vec<T>,
    /// Whether there are none after these.
    pub(crate) is_last: bool,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

impl Sources {
    /// The services, asked in the name of `feed` with keys that are derived from that of the whole deployment.
    #[must_use]
    pub fn new(users: Upstream, posts: Upstream, key: &InternalKey) -> Self {
        let source = |upstream: Upstream, name: &str| Source {
            upstream,
            signer: Signer::new(FEED, name, key.derive(FEED, name)),
            pool: Pool::new(),
        };
        Self(Arc::new(Both { users: source(users, "users"), posts: source(posts, "posts") }))
    }

    /// Reads `USERS_URL`, `POSTS_URL` and `AGORA_INTERNAL_KEY`; none where one is not set. Mistakes are collected in `vars`.
    pub fn from_vars(vars: &mut Vars) -> Option<Self> {
        let users = upstream(vars, "users", "USERS_URL");
        let posts = upstream(vars, "posts", "POSTS_URL");
        // A key that is none is told by whoever makes the verifier of it.
        let key = vars.secret("AGORA_INTERNAL_KEY").and_then(|text| InternalKey::from_secret(&text).ok());
        Some(Self::new(users?, posts?, &key?))
    }

    /// The rows after this id.
    pub(crate) async fn part<T: Exported>(&self, after: i64) -> Result<Part<T>, Unanswered> {
        let source = match T::OWNER {
            Owner::Users => &self.0.users,
            Owner::Posts => &self.0.posts,
        };
        let mut most = T::MOST;
        loop {
            let path = format!("{}?after={after}&limit={most}", T::PATH);
            match source.ask::<T>(&path).await {
                // The longest texts, with the most pictures: fewer of them at a time.
                Err(Unanswered::Away { failure: Failure::ResponseTooLarge, .. }) if most > 1 => most /= 2,
                Err(why) => return Err(why),
                Ok(rows) => {
                    let is_last = rows.len() < most;
                    let grow = rows.iter().try_fold(after, |last, row| (row.id() > last).then_some(row.id()));
                    return match grow {
                        Some(_) => Ok(Part { rows, is_last }),
                        None => Err(source.unreadable(&path, "its rows are not in the order of their ids")),
                    };
                }
            }
        }
    }
}

fn upstream(vars: &mut Vars, name: &'static str, variable: &str) -> Option<Upstream> {
    let url: Uri = vars.optional_parsed(variable)?;
    Upstream::remote(name, &[url]).map_err(|why| vars.mistake(format!("{variable}: {why}"))).ok()
}

impl Source {
    async fn ask<T: Exported>(&self, path: &str) -> Result<Vec<T>, Unanswered> {
        let service = || self.upstream.name().to_owned();
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = path.parse().map_err(|why: http::uri::InvalidUri| self.unreadable(path, why))?;
        request.headers_mut().insert(ASSERTION, self.signer.assert(&Principal::service(FEED), now()));
        let answer = self.upstream.call(&self.pool, request, Instant::now() + PATIENCE).await;
        let answer = answer.map_err(|failure| Unanswered::Away { service: service(), failure })?;
        if !answer.status().is_success() {
            return Err(Unanswered::Refused { service: service(), path: path.to_owned(), status: answer.status() });
        }
        let items: Items<T> = serde_json::from_slice(answer.body()).map_err(|why| self.unreadable(path, why))?;
        Ok(items.items)
    }

    fn unreadable(&self, path: &str, why: impl fmt::Display) -> Unanswered {
        Unanswered::Unreadable { service: self.upstream.name().to_owned(), path: path.to_owned(), why: why.to_string() }
    }
}

/// Now, in epoch seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
