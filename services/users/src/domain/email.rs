//! An e-mail address, good enough to send to: one `@`, a name before it and a domain of labels after it.

use super::Mistake;

/// An e-mail address in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let address = text.trim().to_lowercase();
        if address.len() > 254 {
            return Err(Mistake::new("too_long", "An e-mail address has at most 254 characters."));
        }
        let invalid = || Mistake::new("invalid_email", "This is not an e-mail address.");
        let (name, domain) = address.split_once('@').ok_or_else(invalid)?;
        let bad = |letter: char| letter.is_whitespace() || letter.is_control() || "@<>()[],;:\\\"".contains(letter);
        if name.is_empty() || name.len() > 64 || name.contains(bad) || !is_domain(domain) {
            return Err(invalid());
        }
        Ok(Self(address))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(Email::parse(" Ada@Example.ORG ").map(|email| email.0), Ok("ada@example.org".to_owned()));
    }

    #[test]
    fn what_nobody_could_send_to_is_refused() {
        for text in [
            "",
            "ada",
            "@x.org",
            "ada@",
            "a b@x.org",
            "a@b@x.org",
            "ada@local",
            "ada@-x.org",
            "ada@x..org",
            "a\0@x.org",
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
        assert!(Email::parse(&format!("{}@x.org", "a".repeat(65))).is_err());
    }
}
