//! A bucket, opened. Nobody is asked yet: whoever uses it finds out whether it is there.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, Result, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    prefix::PrefixStore,
};
use secrecy::ExposeSecret as _;

use super::place::Bucket;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(1);
/// How long a server may say nothing at all, in the middle of a file too.
const SILENCE: Duration = Duration::from_secs(10);
/// How often a request is sent again that the server could not answer (5xx, or no connection).
const AGAIN: usize = 2;
/// After this it is not sent again: those who wait have had enough (`files`).
const AGAIN_WITHIN: Duration = Duration::from_secs(2);
/// How long it waits before it sends the request again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// The bucket, or what is below its prefix.
pub(super) fn open(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>> {
    let place = bucket.url.trim_start_matches("s3://");
    let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
    let store = connected(bucket, name)?;
    if prefix.is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

fn connected(bucket: &Bucket, name: &str) -> Result<AmazonS3> {
    // The whole of an answer may take as long as its reader does, so there is no limit for that.
    let options = ClientOptions::new().with_connect_timeout(CONNECT).with_read_timeout(SILENCE).with_timeout_disabled();
    let (init_backoff, max_backoff) = PAUSE;
    let backoff = BackoffConfig { init_backoff, max_backoff, base: 2.0 };
    let retry = RetryConfig { backoff, max_retries: AGAIN, retry_timeout: AGAIN_WITHIN };
    let is_plain = bucket.endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_region(&bucket.region)
        .with_client_options(options.with_allow_http(is_plain))
        .with_retry(retry);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, secret)) = &bucket.key {
        builder = builder.with_access_key_id(id.expose_secret()).with_secret_access_key(secret.expose_secret());
    }
    builder.build()
}
