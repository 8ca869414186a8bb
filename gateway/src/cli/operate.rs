//! What an operator tells a running gateway: to read its files again, what of its kept answers to forget, and to say how
//! full it is.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use boot::Vars;
use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::client::{self, Reply};
use super::{Answer, FAILED, MISCONFIGURED, load};
use crate::plan::Sources;

const ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8011);

/// Which gateway is meant.
#[derive(Args, Debug)]
pub(super) struct Place {
    /// The admin address [default: $GATEWAY_ADMIN_LISTEN, or what the configuration says, or 127.0.0.1:8011]
    #[arg(long, value_name = "ADDRESS", global = true)]
    admin: Option<SocketAddr>,
}

impl Place {
    pub(super) fn address(&self, sources: &Sources, vars: &mut Vars) -> Result<SocketAddr, (u8, String)> {
        let mut told = || vars.optional("GATEWAY_ADMIN_LISTEN").map(|text| parsed(&text)).transpose();
        let given = if self.admin.is_some() { self.admin } else { told()? };
        let address = match given {
            Some(address) => address,
            None => load(sources)?.settings.listen.admin.unwrap_or(ADMIN),
        };
        Ok(client::reachable(address))
    }
}

/// Whoever means another gateway must not reach this one.
fn parsed(text: &str) -> Result<SocketAddr, (u8, String)> {
    let wrong = |why| (MISCONFIGURED, format!("GATEWAY_ADMIN_LISTEN=\"{text}\" cannot be used: {why}"));
    text.parse().map_err(wrong)
}

/// Work on what is kept of answers.
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// Say how full it is
    Stats,
    /// Forget answers
    Purge(Purge),
}

/// Which answers are forgotten: those of one group, those at one path, or all.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Purge {
    /// Those of this group, as services name them
    #[arg(long, value_name = "GROUP")]
    tag: Option<String>,
    /// Those at this path, with whatever query and for whomever
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

impl Cache {
    /// Tells the gateway whose admin listener is at `address`; returns what to print.
    ///
    /// # Errors
    ///
    /// A sentence that says why it was not done.
    pub fn tell(&self, address: SocketAddr) -> Result<String, String> {
        match self {
            Self::Stats => told(address, "GET", "/cache", |text| {
                let stats: Value = serde_json::from_str(text).unwrap_or_default();
                let line = |(name, value): (&String, &Value)| format!("{name:<14}{value}\n");
                stats.as_object().into_iter().flatten().map(line).collect()
            }),
            Self::Purge(purge) => {
                told(address, "DELETE", &format!("/cache?{}", purge.query()), |_| "forgotten\n".to_owned())
            }
        }
    }
}

impl Purge {
    fn query(&self) -> String {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        match (&self.tag, &self.path) {
            (Some(tag), _) => format!("tag={}", escaped(tag)),
            (None, Some(path)) => format!("path={}", escaped(path)),
            (None, None) => format!("all={}", self.all),
        }
    }
}

/// Tells the gateway whose admin listener is at `address` to read its files again; returns what to print.
///
/// # Errors
///
/// Why it goes on with what it had.
pub fn reload(address: SocketAddr) -> Result<String, String> {
    told(address, "POST", "/reload", |text| {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        format!("reloaded: {}\n", told["summary"].as_str().unwrap_or_default())
    })
}

fn told(address: SocketAddr, method: &str, target: &str, said: impl Fn(&str) -> String) -> Result<String, String> {
    match client::ask(address, method, target) {
        Ok(Reply { status: 200..=299, text }) => Ok(said(&text)),
        Ok(Reply { status, text }) => {
            let problem: Value = serde_json::from_str(&text).unwrap_or_default();
            Err(problem["detail"].as_str().map_or_else(|| format!("{address} answers {status}"), str::to_owned))
        }
        Err(error) => Err(format!("no answer at {address}: {error}")),
    }
}

/// The outcome as this program ends with it.
pub(super) fn ended(outcome: Result<String, String>) -> Answer {
    outcome.map_err(|sentence| (FAILED, sentence))
}
