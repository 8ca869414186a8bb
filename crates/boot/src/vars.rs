//! The environment, read once, with every mistake collected.
//!
//! A process that stops at its first wrong variable is started once per mistake. [`Vars`] always returns a value, so that the reader
//! of a configuration is a plain list of lines, and remembers what was wrong until [`Vars::finish`].

mod mistakes;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    path::Path,
    str::FromStr,
    time::Duration,
};

use secrecy::SecretString;

pub use mistakes::Mistakes;

/// The shortest name that is compared with the names that were asked for: short names are near each other by chance.
const SHORTEST_COMPARED_NAME: usize = 8;

/// The variables of a process.
///
/// An empty variable counts as not set, which is what compose files and CI systems mean by it.
///
/// ```
/// use boot::Vars;
/// use std::time::Duration;
///
/// let mut vars = Vars::from_pairs([("SHOP_LISTEN", "0.0.0.0:8104"), ("SHOP_TIMEOUT_MS", "soon"), ("SHOP_LSTEN", "x")]);
/// let listen = vars.text("SHOP_LISTEN", "127.0.0.1:8104");
/// let timeout = vars.duration_ms("SHOP_TIMEOUT_MS", Duration::from_millis(250));
///
/// assert_eq!((listen.as_str(), timeout.as_millis()), ("0.0.0.0:8104", 250));
/// let mistakes = vars.finish().unwrap_err();
/// assert_eq!(mistakes.len(), 2, "both the duration and the misspelt name are told: {mistakes}");
/// ```
#[derive(Debug)]
pub struct Vars {
    values: BTreeMap<String, Text>,
    asked: BTreeSet<String>,
    mistakes: Vec<String>,
}

/// What a variable holds. Its content may be a secret, so it cannot be printed.
enum Text {
    Unicode(String),
    NotUnicode,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("…")
    }
}

impl Vars {
    /// The environment of this process.
    pub fn from_env() -> Self {
        #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let pairs = std::env::vars_os();
        let values = pairs.filter_map(|(name, value)| {
            let value = value.into_string().map_or(Text::NotUnicode, Text::Unicode);
            Some((name.into_string().ok()?, value))
        });
        Self { values: values.collect(), asked: BTreeSet::new(), mistakes: Vec::new() }
    }

    /// The given variables and no others: for tests, and for callers that configure a part themselves.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), Text::Unicode(value.into())));
        Self { values: values.collect(), asked: BTreeSet::new(), mistakes: Vec::new() }
    }

    /// Sets a variable over the environment: what a command line says wins.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), Text::Unicode(value.into()));
    }

    /// The text of a variable, or `default`.
    pub fn text(&mut self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    /// The text of a variable that may be absent.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        self.asked.insert(name.to_owned());
        match self.values.get(name) {
            Some(Text::Unicode(text)) if !text.is_empty() => Some(text.clone()),
            Some(Text::NotUnicode) => {
                self.mistake(format!("{name} is not UTF-8"));
                None
            }
            Some(Text::Unicode(_)) | None => None,
        }
    }

    /// A variable that has to parse, or `default`.
    pub fn parsed<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr<Err: Display>,
    {
        self.optional_parsed(name).unwrap_or(default)
    }

    /// A variable that may be absent and otherwise has to parse.
    pub fn optional_parsed<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.optional(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(why) => {
                self.mistake(format!("{name}=\"{text}\" cannot be used: {why}"));
                None
            }
        }
    }

    /// A whole number of milliseconds. The unit belongs into the name: `…_MS`.
    pub fn duration_ms(&mut self, name: &str, default: Duration) -> Duration {
        self.optional_parsed(name).map_or(default, Duration::from_millis)
    }

    /// A whole number of seconds. The unit belongs into the name: `…_S`.
    pub fn duration_s(&mut self, name: &str, default: Duration) -> Duration {
        self.optional_parsed(name).map_or(default, Duration::from_secs)
    }

    /// A switch: `true`, `on`, `1`, `yes` or `false`, `off`, `0`, `no`.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.optional(name) else { return default };
        match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "1" | "yes" => true,
            "false" | "off" | "0" | "no" => false,
            _ => {
                self.mistake(format!("{name}=\"{text}\" cannot be used: it is `true` or `false`"));
                default
            }
        }
    }

    /// A secret from `NAME`, or from the file that `NAME_FILE` names (without its last line break). Both at once is a mistake, and so
    /// is a file that cannot be read or is empty.
    ///
    /// ```
    /// use boot::Vars;
    ///
    /// let mut vars = Vars::from_pairs([("SHOP_KEY", "a"), ("SHOP_KEY_FILE", "/run/secrets/shop-key")]);
    /// assert!(vars.secret("SHOP_KEY").is_none());
    /// assert_eq!(vars.finish().unwrap_err().to_string(), "SHOP_KEY and SHOP_KEY_FILE are both set: keep one");
    /// ```
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        let file_name = format!("{name}_FILE");
        match (self.optional(name), self.optional(&file_name)) {
            (None, None) => None,
            (Some(text), None) => Some(text.into()),
            (None, Some(path)) => self.secret_file(&file_name, Path::new(&path)),
            (Some(_), Some(_)) => {
                self.mistake(format!("{name} and {file_name} are both set: keep one"));
                None
            }
        }
    }

    fn secret_file(&mut self, name: &str, path: &Path) -> Option<SecretString> {
        match std::fs::read_to_string(path) {
            Ok(text) if text.trim_end().is_empty() => {
                self.mistake(format!("{name}={}: the file is empty", path.display()))
            }
            Ok(text) => return Some(text.trim_end_matches(['\r', '\n']).into()),
            Err(why) => self.mistake(format!("{name}={} cannot be read: {why}", path.display())),
        }
        None
    }

    /// Every variable that is set, for files that may refer to any of them by name (`${SHOP_URL:-…}`).
    ///
    /// ```
    /// let vars = boot::Vars::from_pairs([("SHOP_URL", "http://shop:8104")]);
    /// assert_eq!(vars.all().next(), Some(("SHOP_URL", "http://shop:8104")));
    /// ```
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(|(name, value)| match value {
            Text::Unicode(text) => Some((name.as_str(), text.as_str())),
            Text::NotUnicode => None,
        })
    }

    /// The names that were asked for so far: what a process can be told.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        self.asked.iter().map(String::as_str)
    }

    /// Adds a mistake of the caller's own: a sentence that names the variable and what would be right.
    pub fn mistake(&mut self, sentence: impl Into<String>) {
        self.mistakes.push(sentence.into());
    }

    /// Every mistake so far, at once.
    ///
    /// To be called when everything has been asked for: a variable that nobody asked for is a mistake if its name is nearly one that
    /// somebody did ask for. Other unknown variables are none of our business.
    pub fn finish(&mut self) -> Result<(), Mistakes> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        let unknown = self.values.keys().filter(|name| !self.asked.contains(*name));
        mistakes.extend(unknown.filter_map(|name| misspelling(name, &self.asked)));
        Mistakes::from_sentences(mistakes)
    }
}

/// The sentence about a name that was nearly asked for.
fn misspelling(name: &str, asked: &BTreeSet<String>) -> Option<String> {
    if name.len() < SHORTEST_COMPARED_NAME {
        return None;
    }
    let nearest = asked.iter().filter(|known| known.len() >= SHORTEST_COMPARED_NAME);
    let (distance, nearest) = nearest.map(|known| (strsim::osa_distance(name, known), known)).min()?;
    (distance <= 2).then(|| format!("{name} is not known: did you mean {nearest}?"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use secrecy::ExposeSecret;

    use super::*;

    fn told(vars: &mut Vars) -> Vec<String> {
        vars.finish().map_or_else(|mistakes| mistakes.iter().map(str::to_owned).collect(), |()| Vec::new())
    }

    #[test]
    fn absent_and_empty_variables_take_the_default() {
        let mut vars = Vars::from_pairs([("USERS_LISTEN", "")]);
        assert_eq!(vars.text("USERS_LISTEN", "127.0.0.1:8101"), "127.0.0.1:8101");
        assert_eq!(vars.parsed("USERS_POOL", 4), 4);
        assert!(vars.flag("USERS_DEMO", true));
        assert_eq!(told(&mut vars), [""; 0]);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let mut vars = Vars::from_pairs([("A_NUMBER", "x"), ("A_FLAG", "maybe"), ("A_TIME_S", "-1")]);
        assert_eq!(vars.parsed("A_NUMBER", 7), 7);
        assert!(!vars.flag("A_FLAG", false));
        assert_eq!(vars.duration_s("A_TIME_S", Duration::from_secs(9)).as_secs(), 9);
        vars.mistake("A_PAIR needs A_NUMBER");
        let told = told(&mut vars);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told.iter().all(|sentence| sentence.starts_with("A_")), "{told:?}");
    }

    #[test]
    fn flags_have_the_usual_spellings() {
        for (text, value) in [("on", true), ("YES", true), ("1", true), ("off", false), ("No", false), ("0", false)] {
            assert_eq!(Vars::from_pairs([("X_FLAG", text)]).flag("X_FLAG", !value), value, "{text}");
        }
    }

    #[test]
    fn a_misspelt_name_is_a_mistake_and_a_foreign_one_is_not() {
        let mut vars =
            Vars::from_pairs([("USERS_LISTNE", "x"), ("GATEWAY_LISTEN", "y"), ("HOME", "/"), ("USERS_KEY_FILE", "/")]);
        vars.text("USERS_LISTEN", "");
        vars.optional("USERS_KEY");
        assert_eq!(told(&mut vars), ["USERS_LISTNE is not known: did you mean USERS_LISTEN?"]);
    }

    #[test]
    fn a_secret_comes_from_its_variable_or_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from a file\n").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let mut vars =
            Vars::from_pairs([("ONE_SECRET".to_owned(), "plain".to_owned()), ("TWO_SECRET_FILE".to_owned(), path)]);
        assert_eq!(vars.secret("ONE_SECRET").unwrap().expose_secret(), "plain");
        assert_eq!(vars.secret("TWO_SECRET").unwrap().expose_secret(), "from a file");
        assert!(vars.secret("NO_SECRET").is_none());
        assert_eq!(told(&mut vars), [""; 0]);
    }

    #[test]
    fn a_secret_file_that_is_missing_or_empty_is_a_mistake() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        let path = empty.path().to_str().unwrap().to_owned();
        let mut vars = Vars::from_pairs([
            ("ONE_SECRET_FILE".to_owned(), path),
            ("TWO_SECRET_FILE".to_owned(), "/nowhere/at/all".to_owned()),
        ]);
        assert!(vars.secret("ONE_SECRET").is_none() && vars.secret("TWO_SECRET").is_none());
        let told = told(&mut vars);
        assert!(told[0].ends_with("the file is empty"), "{told:?}");
        assert!(told[1].starts_with("TWO_SECRET_FILE=/nowhere/at/all cannot be read"), "{told:?}");
    }

    #[test]
    fn a_command_line_wins_over_the_environment() {
        let mut vars = Vars::from_pairs([("AGORA_PROFILE", "demo")]);
        vars.set("AGORA_PROFILE", "production");
        assert_eq!(vars.text("AGORA_PROFILE", ""), "production");
    }

    #[test]
    fn values_are_not_printed_for_debugging() {
        assert!(!format!("{:?}", Vars::from_pairs([("X_SECRET", "hunter2")])).contains("hunter2"));
    }
}
