//! What routes and parts are told to do, in words.

use super::super::composition::{Binding, Claim, Composition, FieldSource, Need, Shape, Source};
use super::super::read::show_duration;
use super::super::{Access, CacheClaim, Caching, ErrorRule, Route, Scope, Tag, TagPiece, TokenRule};
use transform::{Form, Path, Program, Reshape};

/// A fallback is shown up to this many characters.
const SHOWN: usize = 60;

pub(super) fn access(route: &Route) -> String {
    let who = match &route.access {
        Access::Anyone => "anyone".to_owned(),
        Access::SignedIn => "signed_in: 401 without a valid access token".to_owned(),
        Access::Role(role) => format!("role:{role}: 401 without a valid access token, 403 without the role"),
    };
    match (&route.access, route.token) {
        (_, TokenRule::Ignore) => format!("{who}; an access token is not looked at"),
        (Access::Anyone, TokenRule::Check) => format!("{who}; 401 if an access token is sent and is not valid"),
        _ => who,
    }
}

/// How the answers of a route are kept, and what a change through it ends.
pub(super) fn kept(route: &Route) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let names: Vec<&str> = route.parameter_names().collect();
    let tags = |tags: &[Tag]| tags.iter().map(|tag| named(tag, &names)).collect::<Vec<_>>().join(", ");
    if let Some(caching) = &route.cache {
        rows.push(["cache".to_owned(), lifetime(caching)]);
        rows.push(["cache key".to_owned(), key(caching)]);
        if !caching.tags.is_empty() {
            rows.push(["groups".to_owned(), format!("{}, and those that services name", tags(&caching.tags))]);
        }
    }
    if !route.invalidates.is_empty() {
        rows.push(["ends".to_owned(), format!("{}, and what services name", tags(&route.invalidates))]);
    }
    rows
}

fn lifetime(caching: &Caching) -> String {
    let mut words = vec![match caching.ttl {
        Some(ttl) => format!("{}: as long as services say, else {}", caching.scope, show_duration(ttl)),
        None => format!("{}: as long as services say, else not at all", caching.scope),
    }];
    if !caching.stale_while_revalidate.is_zero() {
        words.push(format!("{} longer while it is asked for again", show_duration(caching.stale_while_revalidate)));
    }
    if !caching.stale_if_error.is_zero() {
        words.push(format!("{} longer if nobody answers", show_duration(caching.stale_if_error)));
    }
    words.join("; ")
}

/// What two requests must have in common to get the same answer.
fn key(caching: &Caching) -> String {
    let who = match &caching.scope {
        Scope::Public => String::new(),
        Scope::Viewer | Scope::User => "user and roles, ".to_owned(),
        Scope::Claims(claims) => {
            let name = |claim: &CacheClaim| CacheClaim::NAMES.iter().find(|(_, known)| known == claim);
            claims.iter().filter_map(name).map(|(name, _)| format!("{name}, ")).collect()
        }
    };
    let query = match &caching.query {
        None => ", the whole query".to_owned(),
        Some(names) if names.is_empty() => String::new(),
        Some(names) => format!(", the query's {}", names.join(", ")),
    };
    let fields: String = caching.fields.iter().map(|name| format!(", the field {name}")).collect();
    format!("{who}host, path{query}{fields}, and what answers vary by")
}

fn named(tag: &Tag, names: &[&str]) -> String {
    let piece = |piece: &TagPiece| match piece {
        TagPiece::Text(text) => text.clone(),
        TagPiece::Path(index) => format!("{{path:{}}}", names.get(*index).copied().unwrap_or_default()),
        TagPiece::Sub => "{claim:sub}".to_owned(),
    };
    tag.0.iter().map(piece).collect()
}

/// What the failure of a part means.
pub(super) fn need(need: &Need) -> String {
    match need {
        Need::Required => "required".to_owned(),
        Need::Optional => "optional".to_owned(),
        Need::Fallback(json) => format!("otherwise {}", shortened(&String::from_utf8_lossy(json))),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}

/// Where the value of a binding comes from; `names` are those of the route's path parameters.
pub(super) fn source(binding: &Binding, composition: &Composition, names: &[&str]) -> String {
    match &binding.source {
        Source::Path(index) => format!("path:{}", names.get(*index).copied().unwrap_or_default()),
        Source::Query(name) => format!("query:{name}"),
        Source::Header(name) => format!("header:{name}"),
        Source::Body(made) => format!("{} of the request's body", program(made)),
        Source::Claim(Claim::Sub) => "claim:sub".to_owned(),
        Source::Claim(Claim::Sid) => "claim:sid".to_owned(),
        Source::Part(from, made) => format!("{} of {}", program(made), composition.parts[*from].name),
        Source::Text(text) => format!("\"{text}\""),
    }
}

/// A program: the path that it is, or what it looks at.
fn program(program: &Program) -> String {
    if let Some(Form::Path(path)) = program.form() {
        return path.to_string();
    }
    let mut reads: Vec<String> = program.reads().iter().map(|read| read.path.to_string()).collect();
    reads.dedup();
    if reads.is_empty() { "a program".to_owned() } else { format!("a program over {}", reads.join(", ")) }
}

/// What is made of an answer.
pub(super) fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Program(made) => program(made),
        Shape::Reshape(reshape) => reshaped(reshape),
    }
}

fn reshaped(reshape: &Reshape) -> String {
    let list = |paths: &[Path]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut steps = Vec::new();
    if let Some(picked) = reshape.pick() {
        steps.push(format!("only {}", list(picked)));
    }
    if !reshape.omit().is_empty() {
        steps.push(format!("without {}", list(reshape.omit())));
    }
    steps.extend(reshape.rename().iter().map(|(path, to)| format!("{path} renamed to {to}")));
    steps.join("; ")
}

/// One row for each thing that the route does to what is sent and answered.
pub(super) fn changes(route: &Route, composition: &Composition) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let mut row = |title: &str, text: String| rows.push([title.to_owned(), text]);
    if let Some(made) = &composition.request {
        row("sends", program(made));
    }
    if let Some(made) = &composition.shape {
        row("answers", shape(made));
    }
    if let Some(finish) = &composition.finish {
        row("for the caller", program(&finish.0));
    }
    if let Some(status) = composition.status {
        row("status", status.as_str().to_owned());
    }
    for (name, source) in &composition.headers {
        let source = match source {
            FieldSource::Header(old) => format!("header:{old} of the main part"),
            FieldSource::Body(made) => format!("{} of the answer", program(made)),
            FieldSource::Text(value) => format!("\"{}\"", String::from_utf8_lossy(value.as_bytes())),
        };
        row("field", format!("{name} = {source}"));
    }
    route.errors.iter().for_each(|rule| row("problem", problem(rule)));
    rows
}

fn problem(rule: &ErrorRule) -> String {
    let status = rule.status.map(|status| format!("answered with {}", status.as_u16()));
    let detail = rule.detail.as_ref().map(|_| "in words of this route".to_owned());
    let how: Vec<String> = status.into_iter().chain(detail).collect();
    format!("{} {}", rule.code, how.join(", "))
}
