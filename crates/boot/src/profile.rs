//! Whether this process may make things up (demo) or must be told everything (production).

use std::{fmt, str::FromStr};

use crate::Vars;

/// How forgiving a process is when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Keys are created, demo accounts exist, cookies work over plain HTTP.
    Demo,
    /// Every secret has to be given; nothing is invented.
    Production,
}

impl Profile {
    /// Reads `AGORA_PROFILE`; `demo` when it is not set.
    ///
    /// ```
    /// use boot::{Profile, Vars};
    ///
    /// let mut vars = Vars::from_pairs([("AGORA_PROFILE", "production")]);
    /// assert_eq!(Profile::from_vars(&mut vars), Profile::Production);
    /// ```
    pub fn from_vars(vars: &mut Vars) -> Self {
        vars.parsed("AGORA_PROFILE", Self::Demo)
    }

    /// Whether this is [`Profile::Production`].
    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

impl FromStr for Profile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "demo" => Ok(Self::Demo),
            "production" => Ok(Self::Production),
            _ => Err("it is `demo` or `production`"),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Demo => "demo",
            Self::Production => "production",
        })
    }
}
