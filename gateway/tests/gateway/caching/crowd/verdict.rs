//! Whether an answer may be this caller's.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, COOKIE, ETAG, RANGE};
use http::{HeaderMap, Method, Response};
use serde_json::Value;

use super::asked::Asked;
use super::service;
use super::{MOST_TAGS, Shows, Tally};

/// Counts an answer, or says what is wrong with it.
pub(super) fn judge(
    asked: &Asked,
    answer: &Response<Bytes>,
    tags: &Mutex<HashMap<String, String>>,
    tally: &mut Tally,
) -> Result<(), String> {
    let word = said(answer.headers(), "cache-status");
    tally.hits += u64::from(word.contains("; hit"));
    tally.stored += u64::from(word.contains("; stored"));
    let status = answer.status().as_u16();
    if asked.may_not_ask() {
        tally.refused += 1;
        return if status == 401 { Ok(()) } else { Err(format!("{status} for one who may not ask")) };
    }
    if asked.method == Method::HEAD && matches!(status, 200 | 304 | 500 | 502) {
        return answer.body().is_empty().then_some(()).ok_or_else(|| "a head with a body".to_owned());
    }
    match status {
        200 => {
            tally.whole += 1;
            let document = serde_json::from_slice(answer.body()).map_err(|error| error.to_string())?;
            whole(asked, &document)?;
            remember(asked, answer, &document, tags)
        }
        206 => {
            tally.pieces += 1;
            names(asked, &String::from_utf8_lossy(answer.body()))
        }
        304 => {
            tally.unchanged += 1;
            unchanged(asked, answer, tags)
        }
        416 if asked.headers.contains_key(RANGE) => Ok(()),
        500 | 502 => {
            tally.failures += 1;
            Ok(())
        }
        504 if said(&asked.headers, CACHE_CONTROL.as_str()).contains("only-if-cached") => Ok(()),
        other => Err(format!("{other} is no answer to this")),
    }
}

impl Asked {
    fn may_not_ask(&self) -> bool {
        let signed_in_only = !self.door.has_id;
        self.forged || (signed_in_only && self.member.sub.is_none())
    }

    /// The language that the service sees, in the form in which it selects.
    fn language(&self) -> String {
        plain(said(&self.headers, "accept-language"))
    }
}

/// A whole answer: of one service, or of parts.
fn whole(asked: &Asked, document: &Value) -> Result<(), String> {
    names(asked, &document.to_string())?;
    for (part, path) in asked.door.service {
        let told = if part.is_empty() { document } else { &document[*part] };
        if told.is_null() && *part == "profile" {
            // A part that failed is left out, and the answer is not kept.
            continue;
        }
        let same = |what: &str, expected: Value| match &told[what] {
            told if *told == expected => Ok(()),
            told => Err(format!("{what} is {told} and should be {expected}")),
        };
        same("caller", asked.member.seen(asked.door.shows))?;
        same("path", format!("{path}{}", asked.id).into())?;
        same("forged", Value::Array(Vec::new()))?;
        let cookie = asked.headers.get(COOKIE).and_then(|value| value.to_str().ok());
        same("cookie", cookie.filter(|_| asked.door.shows == Shows::Untold).into())?;
        let (expected, query) = (declared(asked, &asked.query), declared(asked, told["query"].as_str().unwrap_or("?")));
        if query != expected {
            return Err(format!("the query is {query:?} and should be {expected:?}"));
        }
        if let Some(language) = told["language"].as_str()
            && plain(language) != asked.language()
        {
            return Err(format!("the language is {language}"));
        }
    }
    Ok(())
}

/// Every name in an answer or a piece of one is that of the caller, as far as it may be seen.
fn names(asked: &Asked, text: &str) -> Result<(), String> {
    let expected = service::name(&asked.member.seen(asked.door.shows));
    let whole = text.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    let wrong = whole.map(|(name, _)| format!("<{name}>")).find(|name| *name != expected);
    wrong.map_or(Ok(()), |name| Err(format!("{name} is told to {expected}")))
}

/// A query as it counts: what the service declares, by name; of one name in the order in which it came.
fn declared(asked: &Asked, query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter_map(|piece| piece.split_once('='));
    let named = pairs.map(|(name, value)| (name.replace("%61", "a"), value.to_owned()));
    let mut named: Vec<_> =
        named.filter(|(name, _)| asked.door.has_query && matches!(name.as_str(), "a" | "b")).collect();
    named.sort_by(|(one, _), (other, _)| one.cmp(other));
    named
}

/// What a tag is the tag of.
fn subject(asked: &Asked, language: &str) -> String {
    let query = declared(asked, &asked.query);
    let seen = service::name(&asked.member.seen(asked.door.shows));
    format!("{}{} {query:?} {seen} {language}", asked.door.public, asked.id)
}

fn remember(
    asked: &Asked,
    answer: &Response<Bytes>,
    document: &Value,
    tags: &Mutex<HashMap<String, String>>,
) -> Result<(), String> {
    let tag = said(answer.headers(), ETAG.as_str());
    if tag.is_empty() {
        return Ok(());
    }
    let subject = subject(asked, &plain(document["language"].as_str().unwrap_or_default()));
    let mut tags = tags.lock().unwrap();
    if tags.len() > MOST_TAGS {
        tags.clear();
    }
    match tags.insert(tag.to_owned(), subject.clone()) {
        Some(other) if other != subject => Err(format!("{tag} is a tag of {other} too")),
        _ => Ok(()),
    }
}

/// Nothing has changed since the caller had it: then it was an answer to the same.
fn unchanged(asked: &Asked, answer: &Response<Bytes>, tags: &Mutex<HashMap<String, String>>) -> Result<(), String> {
    let tag = said(answer.headers(), ETAG.as_str());
    let tags = tags.lock().unwrap();
    let Some(known) = tags.get(tag) else { return Ok(()) };
    let languages = [String::new(), asked.language()];
    if languages.iter().any(|language| *known == subject(asked, language)) {
        return Ok(());
    }
    Err(format!("{tag} is the tag of {known}"))
}

fn said<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A list of languages without space and in lower case.
fn plain(languages: &str) -> String {
    languages.replace(' ', "").to_lowercase()
}
