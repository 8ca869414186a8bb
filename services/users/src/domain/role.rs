//! What an account may do besides being itself.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Mistake;

/// A role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May change and delete every account, and give roles.
    Admin,
    /// May offer products.
    Seller,
}

impl Role {
    /// The role's name in tokens and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Seller => "seller",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "admin" => Ok(Self::Admin),
            "seller" => Ok(Self::Seller),
            _ => Err(UnknownRole),
        }
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a role is `admin` or `seller`")]
pub struct UnknownRole;

/// The roles of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles {
    pub(crate) admin: bool,
    pub(crate) seller: bool,
}

impl Roles {
    pub(crate) fn parse(names: &[String]) -> Result<Self, Mistake> {
        let mut roles = Self::default();
        for name in names {
            match name.parse().map_err(|error: UnknownRole| Mistake::new("unknown_role", error.to_string()))? {
                Role::Admin => roles.admin = true,
                Role::Seller => roles.seller = true,
            }
        }
        Ok(roles)
    }

    pub(crate) fn list(self) -> Vec<Role> {
        let held = [(self.admin, Role::Admin), (self.seller, Role::Seller)];
        held.into_iter().filter_map(|(held, role)| held.then_some(role)).collect()
    }
}
