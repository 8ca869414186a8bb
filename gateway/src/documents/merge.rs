//! Puts the public operations together into one OpenAPI 3.1 document. Nothing is dropped silently: two things that
//! would need one name are an error. The same input gives the same bytes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    DocumentError, answers,
    components::Components,
    frame,
    operation::{self, Published},
};

/// What the document is made from.
pub(crate) struct Surface<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// Where *Authorize* asks for a token.
    pub(crate) token_url: &'a str,
    /// The status of an upstream that is too slow: 503, or 504 if the operator wants it.
    pub(crate) timeout_status: u16,
    /// The public operations, in the order in which they appear.
    pub(crate) published: Vec<Published<'a>>,
    /// The schemas that every contract has alike: the problem document and what it refers to.
    pub(crate) shared_schemas: Vec<(String, Value)>,
}

/// The public document.
pub(crate) fn merge(surface: &Surface<'_>) -> Result<Value, DocumentError> {
    let mut components = Components::default();
    for (name, schema) in &surface.shared_schemas {
        components.share("schemas", name, schema.clone());
    }
    answers::share(&mut components, surface.timeout_status);
    if let Value::Object(schemes) = frame::security_schemes(surface.token_url) {
        schemes.into_iter().for_each(|(name, scheme)| components.share("securitySchemes", &name, scheme));
    }

    let mut paths = Paths::default();
    for published in &surface.published {
        paths.claim(published)?;
        let operation = operation::build(published, surface.timeout_status, &mut components)?;
        paths.add(published, operation);
    }
    let mut document = frame::document(surface.name, surface.version);
    document.insert("tags".to_owned(), tags(&surface.published)?);
    document.insert("paths".to_owned(), paths.into_value());
    document.insert("components".to_owned(), components.into_value());
    Ok(Value::Object(document))
}

const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

#[derive(Default)]
struct Paths {
    ordered: Map<String, Value>,
    /// By the path with its parameters' names removed: two names for one shape are two paths that cannot be told apart.
    shapes: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
}

impl Paths {
    /// Refuses an operation whose id, path or shape of path is taken.
    fn claim(&mut self, published: &Published<'_>) -> Result<(), DocumentError> {
        let here = format!("{} {}", published.method.to_uppercase(), published.template);
        let template = self.shapes.entry(shape(published.template)).or_insert_with(|| published.template.to_owned());
        if template != published.template {
            return Err(DocumentError::SameShape { first: template.clone(), second: published.template.to_owned() });
        }
        if self.ordered.get(published.template).is_some_and(|item| item.get(&published.method).is_some()) {
            return Err(DocumentError::SamePath { path: here });
        }
        match self.ids.insert(published.id.clone(), here.clone()) {
            Some(first) => Err(DocumentError::SameId { id: published.id.clone(), first, second: here }),
            None => Ok(()),
        }
    }

    fn add(&mut self, published: &Published<'_>, operation: Value) {
        let item = self.ordered.entry(published.template.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(item) = item {
            item.insert(published.method.clone(), operation);
        }
    }

    fn into_value(self) -> Value {
        let sorted = self.ordered.into_iter().map(|(path, item)| {
            let Value::Object(mut item) = item else { return (path, item) };
            let methods = METHODS.iter().filter_map(|m| item.shift_remove_entry(*m));
            (path, Value::Object(methods.collect()))
        });
        Value::Object(sorted.collect())
    }
}

fn shape(template: &str) -> String {
    let segments = template.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The tags that occur, in the order of their first operation, with the one description that a contract gives.
fn tags(published: &[Published<'_>]) -> Result<Value, DocumentError> {
    let mut tags: Vec<(String, Option<(String, Value)>)> = Vec::new();
    for one in published {
        let operation = operation::find(&one.document, one.operation);
        let names = operation.and_then(|o| o.operation.get("tags")).and_then(Value::as_array);
        for name in names.into_iter().flatten().filter_map(Value::as_str) {
            let described = described(&one.document, name).map(|text| (one.service.to_owned(), text.clone()));
            match tags.iter_mut().find(|(known, _)| known == name) {
                None => tags.push((name.to_owned(), described)),
                Some((_, known @ None)) => *known = described,
                Some((_, Some((first, text)))) => {
                    if let Some((second, other)) = described
                        && other != *text
                    {
                        return Err(DocumentError::TagDiffers { tag: name.to_owned(), first: first.clone(), second });
                    }
                }
            }
        }
    }
    let values = tags.into_iter().map(|(name, described)| {
        let mut tag = Map::new();
        tag.insert("name".to_owned(), Value::String(name));
        if let Some((_, text)) = described {
            tag.insert("description".to_owned(), text);
        }
        Value::Object(tag)
    });
    Ok(Value::Array(values.collect()))
}

fn described<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    let tags = document.get("tags")?.as_array()?;
    tags.iter().find(|tag| tag.get("name").and_then(Value::as_str) == Some(name))?.get("description")
}

/// Public operation ids: an operation's own id for the route that is its home, an id with the path for each further route.
/// `routes` are (service, operation, method and path, deprecated); a deprecated route is a home only if there is no other.
pub(crate) fn ids(routes: &[(&str, &str, String, bool)]) -> Vec<String> {
    let home = |service: &str, operation: &str| {
        let same = || routes.iter().enumerate().filter(|(_, r)| r.0 == service && r.1 == operation);
        same().find(|(_, r)| !r.3).or_else(|| same().next()).map(|(index, _)| index)
    };
    let name = |(index, (service, operation, at, _)): (usize, &(&str, &str, String, bool))| {
        if home(service, operation) == Some(index) {
            (*operation).to_owned()
        } else {
            format!("{operation}_at_{}", slug(at))
        }
    };
    routes.iter().enumerate().map(name).collect()
}

fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests;
