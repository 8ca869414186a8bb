//! Tags: those that are named, and those in a text.

use problem::Fields;
use serde::Serialize;
use service::Mistake;

/// The most characters of a tag.
const LONGEST: usize = 50;
/// The most tags of a post.
const MOST: usize = 20;

/// 1–50 letters, digits and `_`, in lower case, without `#`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Tag(String);

impl Tag {
    /// A tag in any case.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let characters = text.chars().count();
        if characters == 0 {
            return Err(Mistake::new("too_short", "At least 1 character."));
        }
        if characters > LONGEST {
            return Err(Mistake::new("too_long", format!("At most {LONGEST} characters.")));
        }
        if !text.chars().all(is_of_tag) {
            return Err(Mistake::new("invalid_characters", "Letters, digits and `_`, without `#`."));
        }
        // The small form of a letter may have marks, which are no letters: İ.
        Ok(Self(text.chars().flat_map(char::to_lowercase).filter(|letter| is_of_tag(*letter)).take(LONGEST).collect()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_inner(self) -> String {
        self.0
    }
}

fn is_of_tag(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Different tags, at most 20.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tags(Vec<Tag>);

impl Tags {
    /// The tags that somebody names, each once; every one that is none is refused at `/tags/N`.
    pub(crate) fn parse(named: &[String], fields: &mut Fields) -> Option<Self> {
        let mut tags = Self::default();
        let mut is_whole = true;
        for (index, text) in named.iter().enumerate() {
            match fields.check(&format!("/tags/{index}"), Tag::parse(text)) {
                Some(tag) => tags.add(tag),
                None => is_whole = false,
            }
        }
        if tags.0.len() > MOST {
            fields.refuse("/tags", "too_many", &too_many());
            return None;
        }
        is_whole.then_some(tags)
    }

    /// Tags as they are stored: JSON that this service has written.
    pub(crate) fn stored(json: &str) -> Self {
        let texts: Vec<String> = serde_json::from_str(json).unwrap_or_default();
        Self(texts.into_iter().map(Tag).collect())
    }

    /// These, and then the `#words` of a text that are tags.
    ///
    /// # Errors
    /// `too_many` together.
    pub(crate) fn with_those_in(&self, text: &str) -> Result<Self, Mistake> {
        let mut all = self.clone();
        for word in words(text) {
            // A longer word is no tag, and no mistake.
            if let Ok(tag) = Tag::parse(word) {
                all.add(tag);
            }
        }
        if all.0.len() > MOST { Err(Mistake::new("too_many", too_many())) } else { Ok(all) }
    }

    fn add(&mut self, tag: Tag) {
        if !self.0.contains(&tag) {
            self.0.push(tag);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Tag::as_str)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_else(|_| "[]".to_owned())
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0.into_iter().map(Tag::into_inner).collect()
    }
}

fn too_many() -> String {
    format!("At most {MOST} tags, those in the text counted.")
}

/// What follows each `#` that does not stand in a word or an address.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('#').filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|letter| is_of_tag(letter) || "#/&?".contains(letter)) {
            return None;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|letter| !is_of_tag(letter)).unwrap_or(rest.len());
        Some(&rest[..end])
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        Tags::default().with_those_in(text).unwrap().into_vec()
    }

    #[test]
    fn words_with_a_hash_are_tags_each_once_and_in_lower_case() {
        assert_eq!(found("#Rust and #rust, #W\u{fc}rfel_2! (#a)#b"), ["rust", "w\u{fc}rfel_2", "a", "b"]);
        assert_eq!(found("\u{130}x #\u{130}x"), ["ix"]);
        for text in ["", "#", "# a", "a#b", "##a", "https://x.org/#a", "&#39;", "?#a"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert_eq!(found(&format!("#{} #{}", "a".repeat(51), "b".repeat(50))), ["b".repeat(50)]);
    }

    #[test]
    fn those_that_are_named_come_first_and_all_together_are_not_too_many() {
        let named: Vec<String> = (0..18).map(|number| format!("t{number}")).collect();
        let mut fields = Fields::new();
        let tags = Tags::parse(&named, &mut fields).unwrap();
        fields.finish().unwrap();
        assert_eq!(tags.with_those_in("#T0 #x #y").unwrap().into_vec().len(), 20);
        assert!(tags.with_those_in("#x #y #z").is_err());
        assert_eq!(Tags::stored(&tags.to_json()), tags);
    }

    #[test]
    fn every_name_that_is_no_tag_is_refused_where_it_stands() {
        let mut fields = Fields::new();
        let named = ["ok", "", "#a", "a b", &"a".repeat(51)].map(str::to_owned);
        assert_eq!(Tags::parse(&named, &mut fields), None);
        let problem = fields.finish().unwrap_err();
        let refused: Vec<_> =
            problem.errors().iter().map(|error| (error.pointer.as_str(), error.code.as_str())).collect();
        let expected = [
            ("/tags/1", "too_short"),
            ("/tags/2", "invalid_characters"),
            ("/tags/3", "invalid_characters"),
            ("/tags/4", "too_long"),
        ];
        assert_eq!(refused, expected);
    }
}
