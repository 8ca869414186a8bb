//! What a composed route looks like in the public document: what its parts come to, in the terms of each one's contract.
//!
//! The schema of the answer is a component `composed.OPERATION`. What is handed on as it is stays a reference to its service's
//! component; only what is added to is written out.

mod example;
mod request;

use http::StatusCode;
use problem::{Code, Problem};
use serde_json::{Map, Value, json};

use super::{
    DocumentError,
    components::{Components, Import},
    operation::Published,
};
use crate::plan::{
    Binding, Composition, Doc, ErrorRule, Need, Part, PathPiece, Place, Plan, Route, Source, add_beside, at_parent,
    schema_at,
};

/// Whose components the composed schemas are.
pub(crate) const OWNER: &str = "composed";
/// Marks the place of a schema that another service describes.
const ELSEWHERE: &str = "x-elsewhere";

/// A route that is more than one operation.
#[derive(Clone, Copy)]
pub(crate) struct Composed<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) route: &'a Route,
    pub(crate) composition: &'a Composition,
}

/// A document with nothing but the operation of a route that has only parts.
pub(crate) fn alone(route: &Route, composition: &Composition) -> Option<Value> {
    let doc = composition.doc.as_ref()?;
    let mut operation = told(doc);
    operation.insert("operationId".to_owned(), doc.id.as_str().into());
    let content = json!({ "application/json": {} });
    let responses = json!({ "200": { "description": "The parts, each under its name.", "content": content } });
    operation.insert("responses".to_owned(), responses);
    Some(json!({ "paths": { route.template.as_str(): { route.method_name().to_lowercase(): operation } } }))
}

/// What a route says of itself, in terms of OpenAPI.
pub(crate) fn told(doc: &Doc) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("summary".to_owned(), doc.summary.as_str().into());
    told.insert("tags".to_owned(), json!([doc.tag]));
    told.extend(doc.description.iter().map(|text| ("description".to_owned(), text.as_str().into())));
    told
}

impl Composed<'_> {
    /// Makes the operation of the main part, adopted already, that of the route.
    pub(super) fn describe(
        &self,
        published: &Published<'_>,
        carried: &mut Value,
        components: &mut Components,
    ) -> Result<(), DocumentError> {
        request::describe(self, published, carried, components)?;
        self.success(published, carried, components)?;
        self.errors(carried);
        Ok(())
    }

    /// The success: its status, its schema, its fields and an example.
    fn success(
        &self,
        published: &Published<'_>,
        carried: &mut Value,
        components: &mut Components,
    ) -> Result<(), DocumentError> {
        let Some(Value::Object(responses)) = carried.get_mut("responses") else { return Ok(()) };
        let Some(status) = responses.keys().find(|status| status.starts_with('2')).cloned() else { return Ok(()) };
        if !published.kept && (self.composition.is_composed() || self.composition.shape.is_some()) {
            // Conditions of a read are not handed on to what is made into something else; the cache knows what it made.
            responses.shift_remove("304");
        }
        let Some(mut response) = responses.shift_remove(&status) else { return Ok(()) };
        if self.changes_schema() && response.pointer("/content/application~1json").is_some() {
            let (schema, example) = self.answer(components)?;
            components.add(OWNER, "schemas", &published.id, schema)?;
            let reference = format!("#/components/schemas/{OWNER}.{}", published.id);
            response["content"]["application/json"] = json!({ "schema": { "$ref": reference }, "example": example });
        }
        if self.composition.may_degrade() {
            components.share("headers", "GatewayParts", gateway_parts());
            response["headers"]["Gateway-Parts"] = json!({ "$ref": "#/components/headers/GatewayParts" });
        }
        let status = self.composition.status.map_or(status, |status| status.as_u16().to_string());
        responses.insert(status, response);
        Ok(())
    }

    fn changes_schema(&self) -> bool {
        let composition = self.composition;
        composition.is_composed()
            || composition.shape.is_some()
            || composition.finish.is_some()
            || composition.fields.is_some()
            || composition.response_schema.is_some()
    }

    /// The schema of the whole answer in public terms, and an example of it.
    fn answer(&self, components: &mut Components) -> Result<(Value, Value), DocumentError> {
        if let Some(schema) = &self.composition.response_schema {
            return Ok((schema.clone(), example::of(schema, &Value::Null)));
        }
        let mut parts = Vec::new();
        for index in 0..self.composition.parts.len() {
            parts.push(self.part(index, components)?);
        }
        let example = example::composed(self);
        let members = self.members(&parts, components);
        let main = self.composition.main().map(|_| parts.first().cloned().unwrap_or_default());
        let mut schema = match (main, members) {
            (Some(main), None) => main,
            (Some(main), Some(members)) => json!({ "allOf": [main, members] }),
            (None, members) => members.unwrap_or_default(),
        };
        if self.composition.fields.is_some() {
            // Whatever the client does not choose is not there.
            schema = json!({ "anyOf": [schema, { "type": "object", "description": "Only the fields that `fields` names." }] });
        }
        Ok((schema, example))
    }

    /// What is added to the main answer, or all there is without one.
    fn members(&self, parts: &[Value], components: &mut Components) -> Option<Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (part, schema) in self.composition.parts.iter().zip(parts).filter(|(part, _)| part.place == Place::Member) {
            let schema = if part.need == Need::Required { schema.clone() } else { or_null(schema) };
            properties.insert(part.name.clone(), schema);
            if part.choice.is_none() {
                required.push(part.name.as_str());
            }
        }
        if self.composition.may_degrade() {
            components.share("schemas", "MissingPart", missing_part());
            let list = json!({
                "type": "array", "items": { "$ref": "#/components/schemas/MissingPart" },
                "description": "What is missing from this answer or stands in for what is; only there if something is.",
            });
            properties.insert("_parts".to_owned(), list);
        }
        let schema = json!({ "type": "object", "required": required, "properties": properties });
        (!properties_of(&schema).is_empty()).then_some(schema)
    }

    /// The schema of a part with everything that is joined to it; of one that is joined itself, of its items.
    fn part(&self, index: usize, components: &mut Components) -> Result<Value, DocumentError> {
        let part = &self.composition.parts[index];
        let service = self.plan.service(part.service);
        let mut schema = part.schema.clone().unwrap_or_else(|| json!({}));
        if let Place::Joined(join) = &part.place {
            schema = schema_at(&service.contract, &schema, &join.added()).unwrap_or_else(|| json!({}));
        }
        for (joined, join) in self.composition.joined_to(index) {
            let place = json!({ ELSEWHERE: joined });
            schema = at_parent(&service.contract, schema, &join.key, |object, key| {
                let chosen = self.composition.parts[joined].choice != part.choice;
                add_beside(object, key, &join.field, place.clone(), !chosen);
            });
        }
        Import::new(&service.name, &service.contract.document, components).adopt(&mut schema)?;
        self.fill(&mut schema, components)?;
        Ok(schema)
    }

    /// Puts the schemas of other services in the places that are marked.
    fn fill(&self, schema: &mut Value, components: &mut Components) -> Result<(), DocumentError> {
        match schema {
            Value::Object(object) => {
                if let Some(joined) = object.get(ELSEWHERE).and_then(Value::as_u64) {
                    // A key may have no item.
                    *schema = or_null(&self.part(usize::try_from(joined).unwrap_or_default(), components)?);
                    return Ok(());
                }
                object.values_mut().try_for_each(|value| self.fill(value, components))
            }
            Value::Array(items) => items.iter_mut().try_for_each(|value| self.fill(value, components)),
            _ => Ok(()),
        }
    }

    /// The errors that only a composed route has.
    fn errors(&self, carried: &mut Value) {
        let is_required =
            |part: &Part| part.need == Need::Required && matches!(part.place, Place::Member | Place::Aside);
        if self.composition.parts.iter().any(is_required) {
            declare(carried, StatusCode::NOT_FOUND, Code::NotFound);
            declare(carried, StatusCode::BAD_GATEWAY, Code::PartFailed);
        }
        let is_bound = |piece: &PathPiece| matches!(piece, PathPiece::Bound(_));
        let waits = |binding: &Binding| matches!(binding.source, Source::Part(..));
        let main = self.composition.main();
        if main.is_some_and(|main| main.path.iter().any(is_bound) || main.bindings.iter().any(waits)) {
            declare(carried, StatusCode::NOT_FOUND, Code::NotFound);
        }
        if !self.composition.choices.is_empty() || self.composition.fields.is_some() {
            declare(carried, StatusCode::BAD_REQUEST, Code::InvalidInclude);
        }
        let bindings = self.composition.parts.iter().flat_map(|part| &part.bindings);
        let of_body = |binding: &Binding| matches!(binding.source, Source::Body(_));
        if self.composition.request.is_some() || bindings.into_iter().any(of_body) {
            declare(carried, StatusCode::UNPROCESSABLE_ENTITY, Code::ValidationFailed);
        }
    }
}

/// The statuses that a route gives to problem codes.
pub(super) fn rules(rules: &[ErrorRule], carried: &mut Value) {
    for rule in rules {
        declare(carried, rule.status.unwrap_or_else(|| rule.code.status()), rule.code);
    }
}

/// Declares an error, unless the operation does so itself.
fn declare(carried: &mut Value, status: StatusCode, code: Code) {
    if let Some(Value::Object(responses)) = carried.get_mut("responses") {
        responses.entry(status.as_u16().to_string()).or_insert_with(|| error(status, code));
    }
}

fn error(status: StatusCode, code: Code) -> Value {
    let request_id = "0192f0c1-7d1e-7a52-9d3c-1f0a5b6c7d8e";
    let rendered = Problem::new(code).with_status(status).render(Some("/"), Some(request_id));
    let example: Value = serde_json::from_slice(&rendered).unwrap_or_default();
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({
        "description": format!("`{code}`: {}", code.explanation()),
        "content": { problem::MEDIA_TYPE: { "schema": schema, "example": example } },
    })
}

fn properties_of(schema: &Value) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn or_null(schema: &Value) -> Value {
    let own = schema.get("type");
    let nullable = own.is_some_and(|kind| {
        kind == "null" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == "null"))
    });
    let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    if nullable
        || alternatives.is_some_and(|all| all.iter().any(|one| one.get("type").is_some_and(|kind| kind == "null")))
    {
        return schema.clone();
    }
    // Not `oneOf`: a schema that leaves its type open takes null, too.
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn missing_part() -> Value {
    json!({
        "type": "object",
        "description": "A part of an answer that could not be had.",
        "required": ["name", "state", "code"],
        "properties": {
            "name": { "type": "string", "description": "Which part.", "example": "cart" },
            "state": { "type": "string", "enum": ["stale", "default", "error"], "description": "`stale`: an older answer stands in; `default`: a fixed one does; `error`: there is `null`." },
            "code": { "type": "string", "description": "Why, as a problem code.", "example": "upstream_unavailable" },
        },
    })
}

fn gateway_parts() -> Value {
    json!({
        "description": "The parts that are missing from this answer, or that something stands in for (a structured field, RFC 9651).",
        "schema": { "type": "string" },
        "example": "cart;state=error;code=upstream_unavailable",
    })
}

/// The parts that a reader meets, for what describes requests.
fn parts<'a>(composed: &'a Composed<'_>) -> impl Iterator<Item = &'a Part> {
    composed.composition.parts.iter()
}
