//! Copies what one contract refers to into the public document, under names that stay what they are when a service is added.
//!
//! A component `User` of the service `users` is always `users.User`; only the schemas that every service shares keep their
//! bare name. Whatever is copied is copied with everything it refers to, so a reference cannot dangle.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::DocumentError;

const PREFIX: &str = "#/components/";

/// The `components` of the public document while it grows. Sorted by kind and name, so the order of routes does not show.
#[derive(Default)]
pub(crate) struct Components {
    kinds: BTreeMap<String, BTreeMap<String, Component>>,
}

struct Component {
    /// The service that it came from; `None` is what the gateway itself says for all of them.
    owner: Option<String>,
    value: Value,
}

impl Components {
    /// Adds a component of the gateway's own, under its bare name.
    pub(crate) fn share(&mut self, kind: &str, name: &str, value: Value) {
        let component = Component { owner: None, value };
        self.kinds.entry(kind.to_owned()).or_default().insert(name.to_owned(), component);
    }

    /// Adds a component that was made here, under the name of its owner.
    pub(crate) fn add(&mut self, owner: &str, kind: &str, name: &str, value: Value) -> Result<(), DocumentError> {
        let public = format!("{owner}.{name}");
        let component = Component { owner: Some(owner.to_owned()), value };
        match self.kinds.entry(kind.to_owned()).or_default().insert(public.clone(), component) {
            None => Ok(()),
            Some(first) => Err(DocumentError::Collision {
                name: public,
                first: first.owner.unwrap_or_default(),
                second: owner.to_owned(),
            }),
        }
    }

    /// The finished `components` object.
    pub(crate) fn into_value(self) -> Value {
        let kinds = self.kinds.into_iter().map(|(kind, named)| {
            let named = named.into_iter().map(|(name, component)| (name, component.value));
            (kind, Value::Object(named.collect()))
        });
        Value::Object(kinds.collect())
    }

    /// A component of the gateway's own.
    pub(crate) fn shared(&self, kind: &str, name: &str) -> Option<&Value> {
        let component = self.kinds.get(kind)?.get(name)?;
        component.owner.is_none().then_some(&component.value)
    }

    fn owner(&self, kind: &str, name: &str) -> Option<Option<&str>> {
        let component = self.kinds.get(kind)?.get(name)?;
        Some(component.owner.as_deref())
    }
}

/// One contract from which parts are copied.
pub(crate) struct Import<'a> {
    service: &'a str,
    document: &'a Value,
    components: &'a mut Components,
    waiting: Vec<(String, String)>,
}

impl<'a> Import<'a> {
    /// Starts to copy from `document`, the contract of `service`.
    pub(crate) fn new(service: &'a str, document: &'a Value, components: &'a mut Components) -> Self {
        Self { service, document, components, waiting: Vec::new() }
    }

    /// Rewrites every reference in `value` to its public name and copies what they name.
    pub(crate) fn adopt(&mut self, value: &mut Value) -> Result<(), DocumentError> {
        self.rewrite(value, Keys::Keywords)?;
        while let Some((kind, name)) = self.waiting.pop() {
            let mut component = self.lookup(&kind, &name)?.clone();
            self.rewrite(&mut component, Keys::Keywords)?;
            let public = self.public_name(&name);
            if let Some(entry) = self.components.kinds.get_mut(&kind).and_then(|named| named.get_mut(&public)) {
                entry.value = component;
            }
        }
        Ok(())
    }

    fn public_name(&self, name: &str) -> String {
        format!("{}.{name}", self.service)
    }

    fn lookup(&self, kind: &str, name: &str) -> Result<&'a Value, DocumentError> {
        let found = self.document.get("components").and_then(|c| c.get(kind)).and_then(|k| k.get(name));
        found.ok_or_else(|| DocumentError::Dangling {
            service: self.service.to_owned(),
            reference: format!("{PREFIX}{kind}/{name}"),
        })
    }

    /// The public form of one reference; what it names is queued to be copied.
    fn target(&mut self, reference: &str) -> Result<String, DocumentError> {
        let foreign = || DocumentError::Foreign { service: self.service.to_owned(), reference: reference.to_owned() };
        let (kind, rest) = reference.strip_prefix(PREFIX).and_then(|r| r.split_once('/')).ok_or_else(foreign)?;
        let (name, inside) = rest.split_once('/').map_or((rest, None), |(name, inside)| (name, Some(inside)));
        let public = self.claim(kind, name)?;
        Ok(inside.map_or_else(|| format!("{PREFIX}{kind}/{public}"), |i| format!("{PREFIX}{kind}/{public}/{i}")))
    }

    /// The public name of one component. The first one to ask reserves the name and queues the copy.
    fn claim(&mut self, kind: &str, name: &str) -> Result<String, DocumentError> {
        let own = self.lookup(kind, name)?;
        if let Some(shared) = self.components.shared(kind, name) {
            return if shared == own {
                Ok(name.to_owned())
            } else {
                Err(DocumentError::SharedDiffers { service: self.service.to_owned(), name: name.to_owned() })
            };
        }
        let public = self.public_name(name);
        match self.components.owner(kind, &public) {
            Some(Some(owner)) if owner == self.service => {}
            Some(owner) => {
                return Err(DocumentError::Collision {
                    name: public,
                    first: owner.unwrap_or("gateway").to_owned(),
                    second: self.service.to_owned(),
                });
            }
            None => {
                let reserved = Component { owner: Some(self.service.to_owned()), value: Value::Null };
                self.components.kinds.entry(kind.to_owned()).or_default().insert(public.clone(), reserved);
                self.waiting.push((kind.to_owned(), name.to_owned()));
            }
        }
        Ok(public)
    }

    fn rewrite(&mut self, value: &mut Value, keys: Keys) -> Result<(), DocumentError> {
        match value {
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.rewrite(item, Keys::Keywords)),
            Value::Object(map) => {
                if matches!(keys, Keys::Keywords) {
                    self.rewrite_reference(map)?;
                    self.rewrite_discriminator(map)?;
                }
                for (key, child) in map.iter_mut() {
                    if let Some(below) = keys.below(key, child) {
                        self.rewrite(child, below)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn rewrite_reference(&mut self, map: &mut Map<String, Value>) -> Result<(), DocumentError> {
        if let Some(Value::String(reference)) = map.get_mut("$ref") {
            *reference = self.target(reference)?;
        }
        Ok(())
    }

    /// A mapping may name schemas bare, or be left out and mean the schemas' names: both break when names change,
    /// so the public document always has the mapping, with whole references.
    fn rewrite_discriminator(&mut self, map: &mut Map<String, Value>) -> Result<(), DocumentError> {
        if !map.get("discriminator").is_some_and(Value::is_object) {
            return Ok(());
        }
        let mut mapping = Map::new();
        for alternative in ["oneOf", "anyOf"].iter().filter_map(|k| map.get(*k)).filter_map(Value::as_array).flatten() {
            let reference = alternative.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|r| r.strip_prefix("#/components/schemas/")) {
                let public = self.claim("schemas", name)?;
                mapping.insert(name.to_owned(), Value::String(format!("#/components/schemas/{public}")));
            }
        }
        let stated = map.get("discriminator").and_then(|d| d.get("mapping")).and_then(Value::as_object);
        if let Some(stated) = stated.cloned() {
            mapping.clear();
            for (tag, target) in &stated {
                let target = target.as_str().unwrap_or_default();
                let whole =
                    if target.contains('/') { target.to_owned() } else { format!("#/components/schemas/{target}") };
                mapping.insert(tag.clone(), Value::String(self.target(&whole)?));
            }
        }
        if let Some(Value::Object(discriminator)) = map.get_mut("discriminator") {
            discriminator.insert("mapping".to_owned(), Value::Object(mapping));
        }
        Ok(())
    }
}

/// What the keys of an object are: words of OpenAPI and JSON Schema, or names that the contract's author chose.
#[derive(Clone, Copy)]
enum Keys {
    Keywords,
    Names,
}

impl Keys {
    /// How to go on below `key`; `None` where values are data in which `$ref` would be just a string.
    fn below(self, key: &str, child: &Value) -> Option<Self> {
        if matches!(self, Self::Names) {
            return Some(Self::Keywords);
        }
        match key {
            "example" | "default" | "const" | "enum" | "value" | "discriminator" => None,
            "examples" if child.is_array() => None,
            "properties" | "patternProperties" | "$defs" | "dependentSchemas" | "responses" | "headers" | "content"
            | "examples" | "links" | "callbacks" | "encoding" => Some(Self::Names),
            _ if key.starts_with("x-") => None,
            _ => Some(Self::Keywords),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use serde_json::json;

    use super::*;

    fn adopt(document: &Value, value: Value) -> Result<(Value, Value), DocumentError> {
        let mut components = Components::default();
        components.share("schemas", "Problem", json!({"type": "object"}));
        let mut value = value;
        Import::new("users", document, &mut components).adopt(&mut value)?;
        Ok((value, components.into_value()))
    }

    #[test]
    fn a_component_takes_the_name_of_its_service_and_brings_what_it_refers_to() {
        let document = json!({"components": {"schemas": {
            "Page": {"properties": {"items": {"items": {"$ref": "#/components/schemas/User"}}}},
            "User": {"properties": {"friend": {"$ref": "#/components/schemas/User"}}},
            "Secret": {"type": "string"},
        }}});
        let (value, components) = adopt(&document, json!({"schema": {"$ref": "#/components/schemas/Page"}})).unwrap();
        assert_eq!(value, json!({"schema": {"$ref": "#/components/schemas/users.Page"}}));
        let schemas = components["schemas"].as_object().unwrap();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["Problem", "users.Page", "users.User"]);
        assert_eq!(schemas["users.User"]["properties"]["friend"], json!({"$ref": "#/components/schemas/users.User"}));
    }

    #[test]
    fn a_discriminator_without_a_mapping_keeps_its_meaning() {
        let document = json!({"components": {"schemas": {"Cat": {}, "Dog": {}}}});
        let pet = json!({
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind"},
        });
        let (value, _) = adopt(&document, pet).unwrap();
        assert_eq!(
            value["discriminator"]["mapping"],
            json!({"Cat": "#/components/schemas/users.Cat", "Dog": "#/components/schemas/users.Dog"})
        );
    }

    #[test]
    fn a_mapping_by_bare_name_and_by_reference_is_rewritten() {
        let document = json!({"components": {"schemas": {"Cat": {}, "Dog": {}}}});
        let mapping = json!({"c": "Cat", "d": "#/components/schemas/Dog"});
        let pet = json!({"oneOf": [], "discriminator": {"propertyName": "kind", "mapping": mapping}});
        let (value, components) = adopt(&document, pet).unwrap();
        assert_eq!(
            value["discriminator"]["mapping"],
            json!({"c": "#/components/schemas/users.Cat", "d": "#/components/schemas/users.Dog"})
        );
        assert!(components["schemas"].get("users.Cat").is_some());
    }

    #[test]
    fn data_is_left_alone_even_when_it_looks_like_a_reference() {
        let document = json!({"components": {"schemas": {"User": {}}}});
        let value = json!({
            "example": {"$ref": "#/components/schemas/Nobody"},
            "properties": {"example": {"$ref": "#/components/schemas/User"}, "default": {"type": "string"}},
            "examples": {"one": {"value": {"$ref": "nonsense"}}},
        });
        let (value, _) = adopt(&document, value).unwrap();
        assert_eq!(value["example"]["$ref"], "#/components/schemas/Nobody");
        assert_eq!(value["properties"]["example"]["$ref"], "#/components/schemas/users.User");
        assert_eq!(value["examples"]["one"]["value"]["$ref"], "nonsense");
    }

    #[test]
    fn a_shared_schema_keeps_its_name_and_must_be_the_same_everywhere() {
        let same = json!({"components": {"schemas": {"Problem": {"type": "object"}}}});
        let reference = json!({"$ref": "#/components/schemas/Problem"});
        let (value, components) = adopt(&same, reference.clone()).unwrap();
        assert_eq!(value, reference);
        assert_eq!(components["schemas"].as_object().unwrap().len(), 1);

        let other = json!({"components": {"schemas": {"Problem": {"type": "string"}}}});
        let error = adopt(&other, reference).expect_err("another Problem").to_string();
        assert!(error.contains("users") && error.contains("Problem"), "{error}");
    }

    #[test]
    fn a_reference_to_nothing_and_one_to_elsewhere_are_refused() {
        let document = json!({"components": {"schemas": {}}});
        let dangling = adopt(&document, json!({"$ref": "#/components/schemas/Gone"})).expect_err("dangling");
        assert!(dangling.to_string().contains("#/components/schemas/Gone"), "{dangling}");
        let foreign = adopt(&document, json!({"$ref": "https://example.test/x.json"})).expect_err("foreign");
        assert!(foreign.to_string().contains("https://example.test/x.json"), "{foreign}");
    }

    #[test]
    fn two_services_cannot_claim_one_public_name() {
        let document = json!({"components": {"schemas": {"b.C": {}, "C": {}}}});
        let mut components = Components::default();
        let mut first = json!({"$ref": "#/components/schemas/b.C"});
        Import::new("a", &document, &mut components).adopt(&mut first).unwrap();
        let mut second = json!({"$ref": "#/components/schemas/C"});
        let error = Import::new("a.b", &document, &mut components).adopt(&mut second).expect_err("collision");
        assert!(error.to_string().contains("a.b.C"), "{error}");
    }
}
