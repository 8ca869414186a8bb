//! One request: a door, a caller, and whatever else a client may say.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use testkit::client::{Body, full};

use super::dice::Dice;
use super::{DOORS, Door, MEMBERS, Member};

/// A request, and what of it the answer is held to.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(super) door: &'static Door,
    pub(super) member: &'static Member,
    pub(super) id: String,
    pub(super) query: String,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    /// Whether the credentials are none that count.
    pub(super) forged: bool,
}

/// One of two dozen, some far more often than others, and some of them written with percent signs.
pub(super) fn id(dice: &mut Dice) -> String {
    let number = dice.below(24).min(dice.below(24));
    match number {
        3 => "a%20b".to_owned(),
        5 => "%C3%A9".to_owned(),
        _ => number.to_string(),
    }
}

/// Pieces of a query: those that the service declares, one of them in disguise, and those that it does not.
const PIECES: [&str; 9] = ["a=1", "a=2", "b=1", "b=2", "b=", "%61=3", "utm=x", "sub=8", "utm=y"];

impl Asked {
    /// The next request; `tag` is one that an answer to somebody had.
    pub(super) fn new(dice: &mut Dice, tokens: &[String], tag: impl Fn() -> Option<String>) -> Self {
        let door = dice.pick(&DOORS);
        let number = usize::try_from(dice.below(MEMBERS.len() as u64)).unwrap();
        let pieces: Vec<&str> = (0..dice.below(3)).map(|_| dice.word(&PIECES)).collect();
        let mut asked = Self {
            door,
            member: &MEMBERS[number],
            id: if door.has_id { id(dice) } else { String::new() },
            query: pieces.join("&"),
            method: if dice.one_in(20) { Method::HEAD } else { Method::GET },
            headers: HeaderMap::new(),
            forged: dice.one_in(40),
        };
        asked.present(dice, &tokens[number]);
        asked.choose(dice);
        asked.already_know(dice, tag);
        asked.forge(dice);
        asked
    }

    pub(super) fn request(&self) -> Request<Body> {
        let mut target = format!("{}{}", self.door.public, self.id);
        if !self.query.is_empty() {
            target = format!("{target}?{}", self.query);
        }
        let mut request = Request::builder().method(self.method.clone()).uri(target).body(full("")).unwrap();
        request.headers_mut().clone_from(&self.headers);
        request
    }

    fn say(&mut self, name: &'static str, value: &str) {
        self.headers.append(HeaderName::from_static(name), HeaderValue::try_from(value).unwrap());
    }

    /// Credentials, in any form that counts, or in one that does not.
    fn present(&mut self, dice: &mut Dice, token: &str) {
        if self.forged {
            let cut = if token.is_empty() { "e30.e30." } else { &token[..token.len() - 2] };
            match dice.below(4) {
                0 => self.say("authorization", "Basic Zm9vOmJhcg=="),
                1 => self.say("authorization", "Bearer"),
                2 => self.say("authorization", &format!("Bearer {cut}")),
                _ => {
                    self.say("authorization", &format!("Bearer {token}"));
                    self.say("authorization", &format!("Bearer {token}"));
                }
            }
        } else if !token.is_empty() {
            let scheme = dice.word(&["Bearer", "Bearer", "bearer", "BEARER", "Bearer "]);
            self.say("authorization", &format!("{scheme} {token}"));
        }
    }

    /// What selects an answer, and how fresh it shall be.
    fn choose(&mut self, dice: &mut Dice) {
        let language = dice.word(&["", "", "de", "en", "DE", "en, de;q=0.5", "en,de;q=0.5"]);
        if !language.is_empty() {
            self.say("accept-language", language);
        }
        if dice.one_in(4) {
            let control = dice.word(&[
                "no-cache",
                "no-store",
                "max-age=0",
                "max-age=9",
                "max-stale",
                "max-stale=100",
                "min-fresh=5",
                "only-if-cached",
                "only-if-cached, max-stale",
            ]);
            self.say("cache-control", control);
        } else if dice.one_in(20) {
            self.say("pragma", "no-cache");
        }
        if dice.one_in(10) {
            self.say("host", dice.word(&["a.test", "b.test", "A.test"]));
        }
    }

    /// What a client says that has something already.
    fn already_know(&mut self, dice: &mut Dice, tag: impl Fn() -> Option<String>) {
        if dice.one_in(6)
            && let Some(tag) = tag()
        {
            self.say("if-none-match", &tag);
        } else if dice.one_in(30) {
            self.say("if-none-match", dice.word(&["*", "\"none\"", "W/\"none\", \"other\""]));
        }
        if dice.one_in(8) {
            self.say("range", dice.word(&["bytes=0-99", "bytes=-150", "bytes=40-300", "bytes=0-", "bytes=9999-"]));
        }
        if dice.one_in(40) {
            self.say("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
        }
    }

    /// What a client has no business to say.
    fn forge(&mut self, dice: &mut Dice) {
        if dice.one_in(8) {
            self.say("cookie", &format!("sid={}", dice.below(4)));
        }
        if dice.one_in(8) {
            let name = dice.word(&["x-forwarded-for", "x-forwarded-user", "x-forwarded-host", "forwarded"]);
            self.say(name, "for=8");
        }
        if dice.one_in(8) {
            let name = dice.word(&[
                "x-internal-assertion",
                "x-internal-sub",
                "x-internal-roles",
                "x-user-id",
                "x_internal_assertion",
                "x_user_id",
            ]);
            self.say(name, "v1.eyJzdWIiOiI4Iiwicm9sZXMiOlsiYWRtaW4iXX0.AAAA");
        }
        if dice.one_in(20) {
            self.say("x-user-roles", "admin");
        }
    }
}
