//! The OpenAPI document of a service: what its operations say, completed by what is the same for all of them.

use serde_json::Value;
use utoipa::openapi::{Array, Header, OpenApi, Ref, RefOr, Response, Schema, path::Operation, path::ParameterIn};

/// What a service knows of its own document.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// Pages: the technical name of the generic type, the name in the document, the name of an item.
    pub pages: &'static [(&'static str, &'static str, &'static str)],
    /// An example of a schema. Made of the very type that is answered, it cannot be out of date.
    pub example: fn(&str) -> Option<Value>,
    /// The operations whose answers belong to no cache group: they are never stored, or never change.
    pub unstored: &'static [&'static str],
    /// Why the service answers 503.
    pub overloaded: &'static str,
}

impl Document {
    /// Completes what the operations say.
    #[must_use]
    pub fn complete(&self, mut document: OpenApi) -> OpenApi {
        // All services have one version, which is this crate's too; and nobody is named.
        document.info.version = env!("CARGO_PKG_VERSION").to_owned();
        document.info.contact = None;
        for item in document.paths.paths.values_mut() {
            let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
            for operation in methods.into_iter().filter_map(Option::as_mut) {
                self.operation(operation);
            }
            if let Some(read) = &mut item.get {
                self.declare(read, "Cache-Groups", "What the answer belongs to (RFC 9875).");
            }
            for write in [&mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
                self.declare(write, "Cache-Group-Invalidation", "What the request has changed (RFC 9875).");
            }
        }
        problem::describe(&mut document);
        self.name_pages(&mut document);
        document
    }

    /// A page of a generic type is written out in full under a technical name; here it gets a name, and names its items.
    fn name_pages(&self, document: &mut OpenApi) {
        let Some(components) = &mut document.components else { return };
        for (generic, name, item) in self.pages {
            let Some(mut page) = components.schemas.remove(*generic) else { continue };
            if let RefOr::T(Schema::Object(object)) = &mut page {
                let items = Array::new(Ref::from_schema_name(*item));
                object.properties.insert("items".to_owned(), RefOr::T(Schema::Array(items)));
            }
            components.schemas.insert((*name).to_owned(), page);
        }
    }

    /// The failures that any operation of its kind can have, and an example of its success.
    fn operation(&self, operation: &mut Operation) {
        for (status, description) in self.common(operation) {
            match operation.responses.responses.get_mut(status) {
                Some(RefOr::T(response)) => {
                    response.description = format!("{} Or {description}", response.description);
                }
                Some(RefOr::Ref(_)) => {}
                None => {
                    let mut response = Response::new(description);
                    response.description = description.to_owned();
                    operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
                }
            }
        }
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && status.starts_with('2')
            {
                self.exemplify(response);
            }
        }
    }

    fn common(&self, operation: &Operation) -> Vec<(&'static str, &'static str)> {
        let mut common = vec![
            ("401", "The request carries no assertion of the gateway, or nobody is signed in."),
            ("500", "An unexpected error."),
            ("503", self.overloaded),
        ];
        if operation.request_body.is_some() {
            common.extend([
                ("400", "`malformed_json`: the body is not JSON."),
                ("413", "The body is too large."),
                ("415", "The body has another media type."),
                ("422", "A field is unknown, missing or not valid; nothing was stored."),
            ]);
        }
        let mut parameters = operation.parameters.iter().flatten();
        if parameters.any(|parameter| matches!(parameter, RefOr::T(known) if known.parameter_in == ParameterIn::Path)) {
            common.push(("400", "`invalid_parameter`: the path is not UTF-8."));
        }
        common
    }

    /// Declares the field that caches go by.
    fn declare(&self, operation: &mut Operation, name: &str, description: &str) {
        if operation.operation_id.as_deref().is_some_and(|id| self.unstored.contains(&id)) {
            return;
        }
        let responses = operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2'));
        for (_, response) in responses {
            if let RefOr::T(response) = response {
                let mut header = Header::default();
                header.description = Some(description.to_owned());
                response.headers.insert(name.to_owned(), RefOr::T(header));
            }
        }
    }

    fn exemplify(&self, response: &mut Response) {
        for content in response.content.values_mut() {
            if let RefOr::T(content) = content
                && let Some(RefOr::Ref(schema)) = &content.schema
            {
                let name = schema.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
                content.example = (self.example)(&name);
                if let Some((_, page, _)) = self.pages.iter().find(|(generic, _, _)| *generic == name) {
                    content.schema = Some(Ref::from_schema_name(*page).into());
                }
            }
        }
    }
}
