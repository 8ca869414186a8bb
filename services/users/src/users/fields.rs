//! The bodies that change an account, and what they are once they have been parsed.

use problem::{Fields, Problem};
use serde::Deserialize;
use service::parameters::{Patch, present};
use utoipa::ToSchema;

use crate::domain::{Description, DisplayName, Email, Name, Roles, Status};

/// What is to be changed; `None` stays as it is. An empty display name means the username.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) display_name: Option<DisplayName>,
    pub(super) first_name: Option<Name>,
    pub(super) last_name: Option<Name>,
    pub(super) description: Option<Description>,
    pub(super) status: Option<Status>,
    pub(super) email: Option<Option<Email>>,
    pub(super) roles: Option<Roles>,
    pub(super) is_active: Option<bool>,
}

/// A change of one's own profile.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "Ada Lovelace", "status": "computing"}))]
pub(crate) struct UpdateMe {
    /// 1–80 characters; `null` means the username.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    display_name: Patch<String>,
    /// At most 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 80)]
    first_name: Patch<String>,
    /// At most 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 80)]
    last_name: Patch<String>,
    /// At most 500 characters, in lines.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 500)]
    description: Patch<String>,
    /// At most 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 100)]
    status: Patch<String>,
    /// `null` takes the address away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Patch<String>,
}

impl UpdateMe {
    pub(super) fn parse(self) -> Result<Changes, Problem> {
        let mut fields = Fields::new();
        let changes = self.changes(&mut fields);
        fields.finish().map(|()| changes)
    }

    fn changes(&self, fields: &mut Fields) -> Changes {
        Changes {
            display_name: self.display_name.as_ref().and_then(|name| match name {
                Some(name) => fields.check("/display_name", DisplayName::parse(name)),
                None => Some(DisplayName::default()),
            }),
            first_name: text(&self.first_name, |name| fields.check("/first_name", Name::parse(name))),
            last_name: text(&self.last_name, |name| fields.check("/last_name", Name::parse(name))),
            description: text(&self.description, |text| fields.check("/description", Description::parse(text))),
            status: text(&self.status, |text| fields.check("/status", Status::parse(text))),
            email: self.email.as_ref().and_then(|email| match email {
                Some(email) => fields.check("/email", Email::parse(email)).map(Some),
                None => Some(None),
            }),
            roles: None,
            is_active: None,
        }
    }
}

/// `null` is the empty text.
fn text<T>(field: &Patch<String>, check: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    field.as_ref().and_then(|value| check(value.as_deref().unwrap_or_default()))
}

/// A change of an account by the account itself or by an administrator.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"roles": ["seller"], "is_active": true}))]
pub(crate) struct UpdateUser {
    /// 1–80 characters; `null` means the username.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    display_name: Patch<String>,
    /// At most 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 80)]
    first_name: Patch<String>,
    /// At most 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 80)]
    last_name: Patch<String>,
    /// At most 500 characters, in lines.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 500)]
    description: Patch<String>,
    /// At most 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 100)]
    status: Patch<String>,
    /// `null` takes the address away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Patch<String>,
    /// All roles of the account. Only administrators may change them, and never their own.
    #[schema(value_type = Vec<crate::domain::Role>, required = false)]
    roles: Option<Vec<String>>,
    /// `false` disables the account. Only administrators may change it, and never their own.
    #[schema(value_type = bool, required = false)]
    is_active: Option<bool>,
}

impl UpdateUser {
    pub(super) fn parse(self) -> Result<Changes, Problem> {
        let Self { display_name, first_name, last_name, description, status, email, roles, is_active } = self;
        let profile = UpdateMe { display_name, first_name, last_name, description, status, email };
        let mut fields = Fields::new();
        let changes = profile.changes(&mut fields);
        let roles = roles.and_then(|roles| fields.check("/roles", Roles::parse(&roles)));
        fields.finish().map(|()| Changes { roles, is_active, ..changes })
    }
}

/// A whole profile: what is left out becomes empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "Ada Lovelace", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"}))]
pub(crate) struct ReplaceUser {
    /// 1–80 characters.
    #[schema(min_length = 1, max_length = 80)]
    display_name: String,
    /// At most 80 characters.
    #[serde(default)]
    #[schema(max_length = 80)]
    first_name: String,
    /// At most 80 characters.
    #[serde(default)]
    #[schema(max_length = 80)]
    last_name: String,
    /// At most 500 characters, in lines.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    /// At most 100 characters.
    #[serde(default)]
    #[schema(max_length = 100)]
    status: String,
    /// The account has no address if this is left out or `null`.
    #[schema(max_length = 254)]
    email: Option<String>,
}

impl ReplaceUser {
    pub(super) fn parse(self) -> Result<Changes, Problem> {
        let mut fields = Fields::new();
        let email = self.email.map(|email| fields.check("/email", Email::parse(&email)));
        let changes = Changes {
            display_name: fields.check("/display_name", DisplayName::parse(&self.display_name)),
            first_name: fields.check("/first_name", Name::parse(&self.first_name)),
            last_name: fields.check("/last_name", Name::parse(&self.last_name)),
            description: fields.check("/description", Description::parse(&self.description)),
            status: fields.check("/status", Status::parse(&self.status)),
            email: Some(email.flatten()),
            roles: None,
            is_active: None,
        };
        fields.finish().map(|()| changes)
    }
}
