//! One public operation: what the contract says, at the public path, with what the gateway adds to it.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{
    DocumentError, answers,
    components::{Components, Import},
    composed::{self, Composed},
    form,
};
use crate::form::Renames;
use crate::plan::ErrorRule;

/// Everything that the public document needs to know of one public operation.
pub(crate) struct Published<'a> {
    /// `get`, `post` …
    pub(crate) method: String,
    /// The public path, `/api/v1/users/{username}`.
    pub(crate) template: &'a str,
    /// The service whose contract describes it: the prefix of its components.
    pub(crate) service: &'a str,
    /// That contract.
    pub(crate) document: Cow<'a, Value>,
    /// The operation's id in that contract.
    pub(crate) operation: &'a str,
    /// The operation's id in the public document.
    pub(crate) id: String,
    /// Who may call it.
    pub(crate) caller: Caller<'a>,
    /// Whether a service may be asked, so that it may be missing.
    pub(crate) upstream: bool,
    /// Whether it is the gateway's own. Another service's 401 is about the gateway's assertion and never reaches the caller.
    pub(crate) built_in: bool,
    /// Where to go instead, when it is deprecated.
    pub(crate) successor: Option<&'a str>,
    /// The names of its form's fields, where those are not the contract's.
    pub(crate) form: Option<&'a Renames>,
    /// What the route makes of the operation, if it is more than that.
    pub(crate) composed: Option<Composed<'a>>,
    /// Whether a caller may be over its quota.
    pub(crate) limited: bool,
    /// Whether its answers may be kept.
    pub(crate) kept: bool,
    /// How the route answers problem codes in its own way.
    pub(crate) errors: &'a [ErrorRule],
}

/// How a request's token is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Caller<'a> {
    /// Nobody looks.
    Ignored,
    /// Optional, but if there is one it must be valid.
    Anyone,
    /// Required.
    SignedIn,
    /// Required, and with this role.
    Role(&'a str),
}

impl Caller<'_> {
    fn security(self) -> Value {
        match self {
            Self::Ignored => json!([]),
            Self::Anyone => json!([{}, {"password": []}, {"token": []}]),
            Self::SignedIn => json!([{"password": []}, {"token": []}]),
            Self::Role(role) => json!([{"password": []}, {"token": [role]}]),
        }
    }
}

/// The operation of a contract, with the path that it has there.
pub(crate) struct Described<'a> {
    pub(crate) item: &'a Map<String, Value>,
    pub(crate) operation: &'a Map<String, Value>,
}

/// Finds an operation by its id.
pub(crate) fn find<'a>(document: &'a Value, id: &str) -> Option<Described<'a>> {
    document.get("paths")?.as_object()?.values().filter_map(Value::as_object).find_map(|item| {
        let mut operations = item.values().filter_map(Value::as_object);
        let operation = operations.find(|o| o.get("operationId").and_then(Value::as_str) == Some(id))?;
        Some(Described { item, operation })
    })
}

/// Builds the public operation; what it refers to is copied into `components`.
pub(crate) fn build(
    published: &Published<'_>,
    timeout_status: u16,
    components: &mut Components,
) -> Result<Value, DocumentError> {
    let described = find(&published.document, published.operation).ok_or_else(|| missing(published))?;
    // The plan has checked who may build on an internal operation.
    let internal = described.operation.get("x-internal").is_some_and(|x| x != &Value::Bool(false));
    if internal && published.composed.is_none() {
        return Err(DocumentError::Internal {
            service: published.service.to_owned(),
            operation: published.operation.to_owned(),
        });
    }
    let mut carried = Map::new();
    for key in ["requestBody", "responses"] {
        if let Some(value) = described.operation.get(key) {
            carried.insert(key.to_owned(), value.clone());
        }
    }
    if let (Some(renames), Some(body)) = (published.form, carried.get_mut("requestBody")) {
        form::rename(body, renames, &published.document);
    }
    let parameters = parameters(published, &described)?;
    if !parameters.is_empty() {
        carried.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let Some(Value::Object(responses)) = carried.get_mut("responses").filter(|_| !published.built_in) {
        responses.shift_remove("401");
    }
    let mut carried = Value::Object(carried);
    Import::new(published.service, &published.document, components).adopt(&mut carried)?;
    if let Some(composed) = &published.composed {
        composed.describe(published, &mut carried, components)?;
    }
    composed::rules(published.errors, &mut carried);
    if published.method == "get" {
        // An older route may stand for an operation that reads a body; a GET has none.
        take(&mut carried, "requestBody");
    }
    let body = carried.get("requestBody").is_some();
    let expected = answers::of(published, body, timeout_status);
    let mut responses = answers::merge(take(&mut carried, "responses"), &expected, components);
    if published.limited {
        answers::tell_quota(&mut responses);
    }
    answers::set_instance(&mut responses, &example_path(published.template, carried.get("parameters")));
    Ok(assemble(published, described.operation, carried, responses))
}

fn take(carried: &mut Value, key: &str) -> Option<Value> {
    carried.as_object_mut()?.shift_remove(key)
}

/// The public path with the examples of its parameters in it.
fn example_path(template: &str, parameters: Option<&Value>) -> String {
    let parameters = parameters.and_then(Value::as_array).into_iter().flatten();
    let examples = parameters.filter_map(|parameter| {
        let example = parameter.get("example").or_else(|| parameter.get("schema")?.get("example"))?;
        let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        Some((format!("{{{}}}", parameter.get("name")?.as_str()?), text))
    });
    examples.fold(template.to_owned(), |path, (name, text)| path.replace(&name, &text))
}

fn missing(published: &Published<'_>) -> DocumentError {
    DocumentError::Missing { service: published.service.to_owned(), operation: published.operation.to_owned() }
}

/// The keys in the order in which a reader wants them.
fn assemble(published: &Published<'_>, described: &Map<String, Value>, mut carried: Value, responses: Value) -> Value {
    let own = published.composed.and_then(|composed| composed.composition.doc.as_ref()).map(composed::told);
    let described = own.as_ref().unwrap_or(described);
    let mut operation = Map::new();
    for key in ["tags", "summary"] {
        if let Some(value) = described.get(key) {
            operation.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(text) = description(published, described) {
        operation.insert("description".to_owned(), Value::String(text));
    }
    operation.insert("operationId".to_owned(), Value::String(published.id.clone()));
    for key in ["parameters", "requestBody"] {
        if let Some(value) = take(&mut carried, key) {
            operation.insert(key.to_owned(), value);
        }
    }
    operation.insert("responses".to_owned(), responses);
    if published.successor.is_some() || described.get("deprecated") == Some(&Value::Bool(true)) {
        operation.insert("deprecated".to_owned(), Value::Bool(true));
    }
    operation.insert("security".to_owned(), published.caller.security());
    Value::Object(operation)
}

fn description(published: &Published<'_>, described: &Map<String, Value>) -> Option<String> {
    let own = described.get("description").and_then(Value::as_str).map(|text| text.trim().to_owned());
    let role = match published.caller {
        Caller::Role(role) => Some(format!("Only for callers with the role `{role}`.")),
        _ => None,
    };
    let successor = published.successor.map(|path| format!("Deprecated: use `{path}`."));
    let parts: Vec<String> = [own, role, successor].into_iter().flatten().filter(|t| !t.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The path item's parameters and the operation's own, which win. A path parameter that the public path
/// does not have is bound by the route; one that only the public path has cannot be described.
fn parameters(published: &Published<'_>, described: &Described<'_>) -> Result<Vec<Value>, DocumentError> {
    let mut kept: Vec<(Option<String>, Option<String>, Value)> = Vec::new();
    let listed =
        |map: &Map<String, Value>| map.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    for parameter in listed(described.item).into_iter().chain(listed(described.operation)) {
        let resolved = resolve(&published.document, &parameter);
        let text = |key: &str| resolved.get(key).and_then(Value::as_str).map(str::to_owned);
        let (place, name) = (text("in"), text("name"));
        kept.retain(|(p, n, _)| (p, n) != (&place, &name));
        kept.push((place, name, parameter));
    }
    let in_path = |place: &Option<String>| place.as_deref() == Some("path");
    let names: Vec<&str> = template_names(published.template).collect();
    kept.retain(|(place, name, _)| !in_path(place) || name.as_deref().is_some_and(|n| names.contains(&n)));
    for wanted in names.into_iter().filter(|_| published.composed.is_none()) {
        if !kept.iter().any(|(place, name, _)| in_path(place) && name.as_deref() == Some(wanted)) {
            return Err(DocumentError::Unbound {
                template: published.template.to_owned(),
                parameter: wanted.to_owned(),
                service: published.service.to_owned(),
                operation: published.operation.to_owned(),
            });
        }
    }
    Ok(kept.into_iter().map(|(_, _, parameter)| parameter).collect())
}

/// What a reference refers to; anything else is itself.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|p| document.pointer(p)).unwrap_or(value)
}

/// The names between braces.
pub(crate) fn template_names(template: &str) -> impl Iterator<Item = &str> {
    template.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}
