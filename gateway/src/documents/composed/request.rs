//! What a client sends to a composed route: the parameters that its calls take their values from, and its own body.

use http::Method;
use serde_json::{Map, Value, json};

use super::super::{
    DocumentError,
    components::{Components, Import},
    operation::{Published, template_names},
};
use super::Composed;
use crate::plan::{Binding, Composition, Parameter, Part, PathPiece, Source};
use transform::{Form, Step};

pub(super) fn describe(
    composed: &Composed<'_>,
    published: &Published<'_>,
    carried: &mut Value,
    components: &mut Components,
) -> Result<(), DocumentError> {
    let mut parameters =
        carried.get_mut("parameters").map(Value::take).and_then(|all| all.as_array().cloned()).unwrap_or_default();
    if let Some(main) = composed.composition.main() {
        parameters.retain(|parameter| !is_bound(composed, main, parameter));
    }
    for part in super::parts(composed) {
        for binding in &part.bindings {
            if let Some(found) = offered(composed, part, binding, components)? {
                add(&mut parameters, found);
            }
        }
        by_name(composed, published, part, &mut parameters, components)?;
    }
    for missing in template_names(published.template) {
        if !parameters.iter().any(|one| one["in"] == "path" && one["name"] == missing) {
            return Err(DocumentError::Unbound {
                template: published.template.to_owned(),
                parameter: missing.to_owned(),
                service: published.service.to_owned(),
                operation: published.operation.to_owned(),
            });
        }
    }
    parameters.extend(choices(composed));
    if !parameters.is_empty() {
        carried["parameters"] = parameters.into();
    } else if let Value::Object(carried) = &mut *carried {
        carried.shift_remove("parameters");
    }
    if let Some(body) = body(composed, components)? {
        match carried.get_mut("requestBody").filter(|_| composed.composition.request.is_none()) {
            // Only values are taken of the body, which goes on as it came.
            Some(own) => also_of(own, &body),
            None => carried["requestBody"] = body,
        }
    }
    Ok(())
}

/// Whether a parameter of the main operation has its value from elsewhere.
fn is_bound(composed: &Composed<'_>, main: &Part, parameter: &Value) -> bool {
    let name = parameter["name"].as_str().unwrap_or_default();
    main.bindings
        .iter()
        .any(|binding| target(composed, main, binding).is_some_and(|known| known.eq_ignore_ascii_case(name)))
}

/// The name of the operation's parameter that a binding fills.
fn target<'a>(composed: &'a Composed<'_>, part: &'a Part, binding: &'a Binding) -> Option<&'a str> {
    match &binding.parameter {
        Parameter::Query { name, .. } => Some(name),
        Parameter::Header(name) => Some(name.as_str()),
        Parameter::Path(at) => {
            let operation = composed.plan.service(part.service).contract.operation(&part.operation)?;
            let before = part.path.get(..*at)?.iter().filter(|piece| !matches!(piece, PathPiece::Literal(_))).count();
            operation.path_parameters.get(before).map(|parameter| parameter.name.as_str())
        }
    }
}

/// The parameter that a client sends for a binding.
fn offered(
    composed: &Composed<'_>,
    part: &Part,
    binding: &Binding,
    components: &mut Components,
) -> Result<Option<Value>, DocumentError> {
    let names: Vec<&str> = template_names(&composed.route.template).collect();
    let (place, name) = match &binding.source {
        Source::Path(index) => ("path", names.get(*index).copied().unwrap_or_default()),
        Source::Query(name) => ("query", name.as_str()),
        Source::Header(name) => ("header", name.as_str()),
        Source::Body(_) | Source::Claim(_) | Source::Part(..) | Source::Text(_) => return Ok(None),
    };
    let schema = schema_of(composed, part, target(composed, part, binding), components)?;
    let required = place == "path" || (binding.required && !part.may_stay_unasked());
    Ok(Some(json!({ "name": name, "in": place, "required": required, "schema": schema })))
}

/// The path parameters of a part that take the route's own of the same name.
fn by_name(
    composed: &Composed<'_>,
    published: &Published<'_>,
    part: &Part,
    parameters: &mut Vec<Value>,
    components: &mut Components,
) -> Result<(), DocumentError> {
    let names: Vec<&str> = template_names(published.template).collect();
    for piece in &part.path {
        let PathPiece::Parameter(index) = piece else { continue };
        let Some(name) = names.get(*index) else { continue };
        let schema = schema_of(composed, part, Some(name), components)?;
        add(parameters, json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    Ok(())
}

/// What programs take of a body, beside what the operation reads in it.
fn also_of(own: &mut Value, taken: &Value) {
    let taken = &taken["content"]["application/json"]["schema"];
    let media_types = own.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten();
    for schema in media_types.filter_map(|(_, media_type)| media_type.get_mut("schema")) {
        *schema = json!({ "allOf": [schema.take(), taken] });
    }
}

fn add(parameters: &mut Vec<Value>, one: Value) {
    let same = |known: &Value| known["name"] == one["name"] && known["in"] == one["in"];
    if !parameters.iter().any(same) {
        parameters.push(one);
    }
}

/// The public schema of an operation's parameter.
fn schema_of(
    composed: &Composed<'_>,
    part: &Part,
    name: Option<&str>,
    components: &mut Components,
) -> Result<Value, DocumentError> {
    let service = composed.plan.service(part.service);
    let operation = service.contract.operation(&part.operation);
    let parameter = operation.and_then(|operation| operation.parameter(name?));
    let mut schema = parameter.map_or_else(|| json!({}), |parameter| parameter.schema.clone());
    Import::new(&service.name, &service.contract.document, components).adopt(&mut schema)?;
    Ok(schema)
}

/// What the client may choose of the answer.
fn choices(composed: &Composed<'_>) -> Vec<Value> {
    let composition = composed.composition;
    let list = |name: &str, offered: &[&str], most: usize, text: &str| {
        json!({
            "name": name, "in": "query", "required": false, "style": "form", "explode": false, "description": text,
            "schema": { "type": "array", "items": { "type": "string", "enum": offered }, "maxItems": most },
        })
    };
    let mut parameters = Vec::new();
    if !composition.choices.is_empty() {
        let names: Vec<&str> = composition.choices.iter().map(|(name, _)| name.as_str()).collect();
        let text = "What to add to the answer. Without it none of this is there.";
        parameters.push(list("include", &names, Composition::MOST_INCLUDES, text));
    }
    if let Some(fields) = &composition.fields {
        let names: Vec<&str> = fields.iter().map(String::as_str).collect();
        let text = "The fields to answer with; what none of them needs is not asked for. Without it all are there.";
        parameters.push(list("fields", &names, Composition::MOST_FIELDS, text));
    }
    if composition.may_degrade() && composed.route.method == Some(Method::GET) {
        parameters.push(json!({
            "name": "Prefer", "in": "header", "required": false, "schema": { "type": "string" }, "example": "handling=strict",
            "description": "`handling=strict` (RFC 7240) makes an answer that would be incomplete a 503.",
        }));
    }
    parameters
}

/// The body, where programs make something of it.
fn body(composed: &Composed<'_>, components: &mut Components) -> Result<Option<Value>, DocumentError> {
    let mut properties = Map::new();
    let mut required: Vec<String> = Vec::new();
    let mut reads = false;
    for part in super::parts(composed) {
        for binding in &part.bindings {
            let Source::Body(program) = &binding.source else { continue };
            reads = true;
            let schema = schema_of(composed, part, target(composed, part, binding), components)?;
            if let Some(Form::Path(path)) = program.form() {
                note(path.steps(), schema, binding.required, &mut properties, &mut required);
            }
        }
    }
    if let (Some(program), Some(main)) = (&composed.composition.request, composed.composition.main()) {
        reads = true;
        members(composed, main, program.form(), &mut properties, &mut required, components)?;
    }
    if !reads {
        return Ok(None);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    let content = json!({
        "application/json": { "schema": schema },
        "application/x-www-form-urlencoded": { "schema": schema },
    });
    Ok(Some(json!({ "required": true, "content": content })))
}

/// The fields that a plain program reads, with the schemas of the operation's fields that they become.
fn members(
    composed: &Composed<'_>,
    main: &Part,
    form: Option<&Form>,
    properties: &mut Map<String, Value>,
    required: &mut Vec<String>,
    components: &mut Components,
) -> Result<(), DocumentError> {
    let service = composed.plan.service(main.service);
    let contract = &service.contract;
    let Some(Form::Object(built)) = form else { return Ok(()) };
    let Some(request) = contract.operation(&main.operation).and_then(|operation| contract.request(operation)) else {
        return Ok(());
    };
    let request = contract.resolved(request);
    for (name, form) in built {
        let Form::Path(path) = form else { continue };
        let needed =
            request.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| *one == **name));
        let mut schema =
            request.get("properties").and_then(|all| all.get(&**name)).cloned().unwrap_or_else(|| json!({}));
        Import::new(&service.name, &contract.document, components).adopt(&mut schema)?;
        note(path.steps(), schema, needed, properties, required);
    }
    Ok(())
}

/// A field of the body; what lies deeper is an object.
fn note(steps: &[Step], schema: Value, needed: bool, properties: &mut Map<String, Value>, required: &mut Vec<String>) {
    let Some((Step::Field(name), rest)) = steps.split_first() else { return };
    let schema = if rest.is_empty() { schema } else { json!({ "type": "object" }) };
    properties.entry(name.to_string()).or_insert(schema);
    if needed && !required.contains(&name.to_string()) {
        required.push(name.to_string());
    }
}
