//! Where files are kept: a directory, or a bucket that speaks S3.

use std::{fmt, path::PathBuf, sync::Arc};

use boot::Vars;
use object_store::ObjectStore;
use secrecy::SecretString;

/// Where files of pictures are kept. A place belongs to one database: whatever that does not know is swept away.
#[derive(Clone, Debug)]
pub enum Place {
    /// A directory.
    Directory(PathBuf),
    /// A bucket.
    S3(Bucket),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(out),
            Self::S3(bucket) => bucket.url.fmt(out),
        }
    }
}

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be made, or is none.
    #[error("the directory of pictures {} cannot be used: {why}", path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Its settings are not valid.
    #[error("the bucket of pictures {url} cannot be used: {why}")]
    Bucket {
        /// `MEDIA_URL`
        url: String,
        /// Why.
        why: String,
    },
}

/// A bucket that speaks S3, and how to get in.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// `s3://BUCKET` or `s3://BUCKET/PREFIX`
    pub(super) url: String,
    /// Where it is, if not at Amazon.
    #[cfg_attr(not(feature = "s3"), allow(dead_code, reason = "it is checked, and then refused"))]
    pub(super) endpoint: Option<String>,
    #[cfg_attr(not(feature = "s3"), allow(dead_code, reason = "it is checked, and then refused"))]
    pub(super) region: String,
    /// Who comes in, and with what; otherwise whom the machine at Amazon is known as.
    #[cfg_attr(not(feature = "s3"), allow(dead_code, reason = "it is checked, and then refused"))]
    pub(super) key: Option<(SecretString, SecretString)>,
}

impl Place {
    /// The same, in another directory; a bucket stays what it is.
    #[must_use]
    pub fn kept_in(self, directory: PathBuf) -> Self {
        match self {
            Self::Directory(_) => Self::Directory(directory),
            Self::S3(bucket) => Self::S3(bucket),
        }
    }

    /// Reads `MEDIA_URL` and what belongs to it; without it, pictures are in `directory`.
    pub(crate) fn from_vars(vars: &mut Vars, directory: PathBuf) -> Self {
        let endpoint = vars.optional("MEDIA_S3_ENDPOINT");
        let region = vars.text("MEDIA_S3_REGION", "us-east-1");
        let key = match (vars.secret("MEDIA_S3_ACCESS_KEY_ID"), vars.secret("MEDIA_S3_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => Some((id, secret)),
            (None, None) => None,
            _ => {
                vars.mistake("MEDIA_S3_ACCESS_KEY_ID and MEDIA_S3_SECRET_ACCESS_KEY are of no use without each other");
                None
            }
        };
        let Some(url) = vars.optional("MEDIA_URL") else { return Self::Directory(directory) };
        if !url.strip_prefix("s3://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
            vars.mistake(format!("MEDIA_URL=\"{url}\" cannot be used: it is s3://BUCKET or s3://BUCKET/PREFIX"));
        }
        if endpoint.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            vars.mistake("MEDIA_S3_ENDPOINT cannot be used: it is http://HOST or https://HOST, with a port if need be");
        }
        if !cfg!(feature = "s3") {
            vars.mistake("MEDIA_URL needs a program that was built with `--features s3`; this one was not");
        }
        Self::S3(Bucket { url, endpoint, region, key })
    }
}

impl Bucket {
    #[cfg(not(feature = "s3"))]
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, OpenError> {
        Err(OpenError::Bucket { url: self.url.clone(), why: "this program was built without `s3`".to_owned() })
    }

    #[cfg(feature = "s3")]
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, OpenError> {
        super::bucket::open(self).map_err(|why| OpenError::Bucket { url: self.url.clone(), why: super::told(&why) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(url: &str) -> (Place, usize) {
        let mut vars = Vars::from_pairs([("MEDIA_URL", url)]);
        let place = Place::from_vars(&mut vars, "media".into());
        (place, vars.finish().map_or_else(|mistakes| mistakes.len(), |()| 0))
    }

    #[test]
    fn pictures_are_in_a_directory_unless_a_bucket_is_named() {
        assert!(matches!(read(""), (Place::Directory(path), 0) if path == std::path::Path::new("media")));
        let unbuilt = usize::from(!cfg!(feature = "s3"));
        for url in ["s3://bucket", "s3://bucket/a/prefix"] {
            assert!(matches!(read(url), (Place::S3(_), mistakes) if mistakes == unbuilt), "{url}");
        }
        for url in ["bucket", "s3://", "s3:///prefix", "http://bucket"] {
            assert_eq!(read(url).1, unbuilt + 1, "{url}");
        }
    }

    #[test]
    fn what_can_be_no_bucket_is_a_mistake() {
        let mistakes = |name: &str, value: &str| {
            let mut vars = Vars::from_pairs([("MEDIA_URL", "s3://bucket"), (name, value)]);
            Place::from_vars(&mut vars, "media".into());
            vars.finish().map_or_else(|mistakes| mistakes.len(), |()| 0)
        };
        let usual = mistakes("MEDIA_S3_ENDPOINT", "http://127.0.0.1:8333");
        assert_eq!(mistakes("MEDIA_S3_ENDPOINT", "127.0.0.1:8333"), usual + 1);
        for half in ["MEDIA_S3_ACCESS_KEY_ID", "MEDIA_S3_SECRET_ACCESS_KEY"] {
            assert_eq!(mistakes(half, "x"), usual + 1, "{half}");
        }
    }

    #[test]
    fn another_directory_is_for_directories_alone() {
        assert!(
            matches!(read("").0.kept_in("data/media".into()), Place::Directory(path) if path.ends_with("data/media"))
        );
        assert!(matches!(read("s3://bucket").0.kept_in("data/media".into()), Place::S3(_)));
    }

    #[test]
    fn a_place_that_cannot_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let told = super::super::Files::open(&Place::Directory(file.join("media"))).unwrap_err().to_string();
        assert!(told.starts_with("the directory of pictures ") && told.contains("file/media cannot be used"), "{told}");
    }
}
