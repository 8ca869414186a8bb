//! The key file: read only if nobody else can read it, created whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::{KeyMistake, Keys};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
const MAX_BYTES: u64 = 64 * 1024;

/// Why the gateway cannot start with its key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is none, and this profile creates none.
    #[error(
        "the signing key {0} does not exist. Create it with: \
         (umask 077; openssl genpkey -algorithm ed25519 -out {0})"
    )]
    Missing(PathBuf),
    /// It can be read by others than its owner.
    #[error("the signing key {0} can be read by others (mode {1:o}). Run: chmod 600 {0}")]
    ReadableByOthers(PathBuf, u32),
    /// It is a directory, a device or far too large.
    #[error("the signing key {0} is not a small regular file")]
    NotAFile(PathBuf),
    /// It is there but cannot be read or written.
    #[error("the signing key {0} cannot be {1}: {2}")]
    Io(PathBuf, &'static str, #[source] io::Error),
    /// Its content cannot be used.
    #[error("the signing key {0} cannot be used: {1}")]
    Content(PathBuf, #[source] KeyMistake),
}

/// The keys of the file at `path`, and whether they were created just now.
///
/// A missing file is created if `create` says so, otherwise refused.
pub(crate) fn load(path: &Path, create: bool) -> Result<(Keys, bool), KeyFileError> {
    let (pem, created) = match read(path)? {
        Some(pem) => (pem, false),
        None if create => {
            write_new(path).map_err(|error| KeyFileError::Io(path.to_owned(), "created", error))?;
            // Read back what is there: if another process created it first, its key is the key.
            (read(path)?.ok_or_else(|| KeyFileError::Missing(path.to_owned()))?, true)
        }
        None => return Err(KeyFileError::Missing(path.to_owned())),
    };
    let keys = Keys::from_pem(pem.expose_secret()).map_err(|why| KeyFileError::Content(path.to_owned(), why))?;
    Ok((keys, created))
}

/// The file's text; `None` if there is no file. Mode and content are those of the same open file.
fn read(path: &Path) -> Result<Option<SecretString>, KeyFileError> {
    let broken = |error| KeyFileError::Io(path.to_owned(), "read", error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(error)),
    };
    let metadata = file.metadata().map_err(broken)?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(KeyFileError::NotAFile(path.to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::ReadableByOthers(path.to_owned(), mode));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(broken)?;
    Ok(Some(SecretString::from(text)))
}

/// Creates the file with a new key. It appears whole under its name, and never replaces one that is there.
fn write_new(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(io::Error::other)?;
    let pem = SecretString::from(to_pem(pkcs8.as_ref()));
    let temporary = directory.join(format!(".{}.{}", std::process::id(), uuid::Uuid::now_v7().simple()));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
        file.write_all(pem.expose_secret().as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    fs::remove_file(&temporary)?;
    linked?;
    File::open(directory)?.sync_all()
}

fn to_pem(pkcs8: &[u8]) -> String {
    let text = STANDARD.encode(pkcs8);
    let mut pem = format!("{BEGIN}\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem + "\n" + END + "\n"
}

/// Every PKCS#8 private key of a PEM text. Text around the blocks is a comment, as PEM has it.
pub(super) fn private_keys(pem: &str) -> Result<Vec<Vec<u8>>, KeyMistake> {
    let mut keys = Vec::new();
    let mut rest = pem;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (block, next) = after.split_once(END).ok_or(KeyMistake::NotPem)?;
        let text: String = block.split_ascii_whitespace().collect();
        keys.push(STANDARD.decode(text).map_err(|_| KeyMistake::NotPem)?);
        rest = next;
    }
    if keys.is_empty() { Err(KeyMistake::Empty) } else { Ok(keys) }
}
