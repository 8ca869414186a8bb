//! Which server, and how we are known there.

use std::fmt;

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};

use crate::InvalidUrl;

/// A URL taken apart, so that what is secret in it is nowhere where URLs are logged.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(super) server: ServerAddr,
    pub(super) credentials: Credentials,
}

/// What the server wants to know of us.
#[derive(Clone)]
pub(super) enum Credentials {
    None,
    Token(SecretString),
    User(String, SecretString),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "none",
            Self::Token(_) => "a token",
            Self::User(..) => "a user and a password",
        })
    }
}

impl Credentials {
    pub(super) fn apply(self, options: ConnectOptions) -> ConnectOptions {
        match self {
            Self::None => options,
            Self::Token(token) => options.token(token.expose_secret().to_owned()),
            Self::User(user, password) => options.user_and_password(user, password.expose_secret().to_owned()),
        }
    }
}

impl Address {
    /// Reads `nats://HOST:PORT` or `tls://…`, with `USER:PASSWORD@` or `TOKEN@` before the host, where there are characters that mean
    /// something in a URL as `%` and their number.
    pub(crate) fn parse(url: &str) -> Result<Self, InvalidUrl> {
        if !url.starts_with("nats://") && !url.starts_with("tls://") {
            return Err(InvalidUrl);
        }
        let given: ServerAddr = url.parse().map_err(|_| InvalidUrl)?;
        if given.host().is_empty() {
            return Err(InvalidUrl);
        }
        let credentials = match (given.username(), given.password()) {
            (None, None) => Credentials::None,
            (Some(token), None) => Credentials::Token(plain(token)?.into()),
            (user, Some(password)) => Credentials::User(plain(user.unwrap_or_default())?, plain(password)?.into()),
        };
        let mut bare = given.into_inner();
        bare.set_username("").and_then(|()| bare.set_password(None)).map_err(|()| InvalidUrl)?;
        let server = ServerAddr::from_url(bare).map_err(|_| InvalidUrl)?;
        Ok(Self { server, credentials })
    }
}

fn plain(text: &str) -> Result<String, InvalidUrl> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| InvalidUrl)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn credentials_are_taken_out_of_the_url() {
        let known = |url| match Address::parse(url).unwrap().credentials {
            Credentials::None => String::new(),
            Credentials::Token(token) => token.expose_secret().to_owned(),
            Credentials::User(user, password) => format!("{user} {}", password.expose_secret()),
        };
        let urls = ["nats://host", "nats://quiet@host:4222", "nats://me:quiet%40night@host", "tls://:quiet@host"];
        assert_eq!(urls.map(known), ["", "quiet", "me quiet@night", " quiet"]);
        for url in urls {
            assert!(!format!("{:?}", Address::parse(url).unwrap()).contains("quiet"), "{url}");
        }
        assert_eq!(Address::parse("nats://me:quiet@host:1").unwrap().server.as_url_str(), "nats://host:1");
    }
}
