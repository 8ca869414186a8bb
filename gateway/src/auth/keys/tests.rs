#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::*;

/// Two keys as OpenSSL writes them (PKCS#8 without the public key).
pub(crate) const PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
";
pub(crate) const OTHER_PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
";

fn kids(keys: &Keys) -> Vec<String> {
    let set: Value = serde_json::from_slice(&keys.jwks()).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_missing_key_is_created_for_its_owner_only_and_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys/signing.pem");
    let (first, created) = load(&path, true).unwrap();
    assert!(created);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing temporary is left");
    let (second, created) = load(&path, true).unwrap();
    assert!(!created);
    assert_eq!(kids(&first), kids(&second));
}

#[test]
fn processes_that_create_the_key_at_once_all_have_the_same_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("signing.pem");
    let starts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| kids(&load(&path, true).unwrap().0))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(starts.iter().all(|kids| *kids == starts[0]), "{starts:?}");
}

#[test]
fn a_missing_key_is_refused_where_none_may_be_created() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("signing.pem");
    let error = load(&path, false).err().unwrap();
    assert!(matches!(error, KeyFileError::Missing(_)), "{error}");
    assert!(error.to_string().contains("openssl genpkey"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_key_that_others_can_read_is_refused_even_where_one_may_be_created() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("signing.pem");
    load(&path, true).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = load(&path, true).err().unwrap();
        assert!(matches!(error, KeyFileError::ReadableByOthers(..)), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_directory_in_place_of_the_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = load(directory.path(), true).err().unwrap();
    assert!(matches!(error, KeyFileError::NotAFile(_)), "{error}");
}

#[test]
fn content_that_is_no_ed25519_key_is_refused_with_the_reason() {
    let p256 =
        "-----BEGIN PRIVATE KEY-----\nMEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCA=\n-----END PRIVATE KEY-----\n";
    let cases = [
        ("", KeyMistake::Empty),
        ("not a key", KeyMistake::Empty),
        ("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n", KeyMistake::NotPem),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAw", KeyMistake::NotPem),
        (p256, KeyMistake::NotEd25519),
    ];
    for (pem, mistake) in cases {
        assert_eq!(Keys::from_pem(pem).err(), Some(mistake), "{pem:?}");
    }
    assert_eq!(Keys::from_pem(&format!("{PEM}{PEM}")).err(), Some(KeyMistake::Twice));
}

#[test]
fn a_new_key_before_the_old_one_signs_while_the_old_one_goes_on_verifying() {
    let old = Keys::from_pem(OTHER_PEM).unwrap();
    let token = old.sign("{}").unwrap();
    let both = Keys::from_pem(&format!("{PEM}{OTHER_PEM}")).unwrap();
    let new = Keys::from_pem(PEM).unwrap();
    assert_eq!(kids(&both), [kids(&new), kids(&old)].concat());
    assert_eq!(both.sign("{}").unwrap(), new.sign("{}").unwrap(), "the first key signs");
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert!(both.verifies(&kids(&old)[0], message, signature));
    assert!(!both.verifies(&kids(&new)[0], message, signature));
    assert!(!new.verifies(&kids(&old)[0], message, signature));
    let old_id = &old.current_refresh().unwrap().id;
    assert!(both.refresh(old_id).is_some());
    assert_ne!(&both.current_refresh().unwrap().id, old_id);
}

#[test]
fn the_key_id_is_the_keys_thumbprint() {
    // RFC 8037, appendix A.1 and A.3.
    let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend(URL_SAFE_NO_PAD.decode(seed).unwrap());
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let keys = Keys::from_pem(&format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")).unwrap();
    assert_eq!(kids(&keys), ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]);
}

#[test]
fn the_published_set_holds_nothing_private() {
    let set: Value = serde_json::from_slice(&Keys::from_pem(PEM).unwrap().jwks()).unwrap();
    let members: Vec<_> = set["keys"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["kty", "crv", "use", "alg", "kid", "x"]);
}

/// The first private key of a PEM text.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    file::private_keys(pem).unwrap().remove(0)
}
