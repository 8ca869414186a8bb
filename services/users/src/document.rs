//! The OpenAPI document of this service: what the operations say, completed by what is the same for all of them.

use problem::{ProblemDocument, ProblemError};
use serde_json::Value;
use utoipa::{
    OpenApi as _,
    openapi::{Array, Header, OpenApi, Ref, RefOr, Response, Schema, path::Operation, path::ParameterIn},
};

use crate::{
    clock::rfc3339,
    domain::Role,
    page::Page,
    revocations::{Revocation, RevocationList},
    routes,
    sessions::{Closed, Opened, Session, SessionItem},
    users::{User, UserBatch},
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "users",
        description = "Accounts, their credentials and their refresh sessions. Every request carries the assertion of the \
                       gateway about who the caller is; operations marked `x-internal` are for the gateway and other services.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Users", description = "Accounts and their profiles."),
        (name = "Sessions", description = "Where an account is signed in."),
        (name = "Internal", description = "For the gateway and other services only."),
    ),
    components(schemas(ProblemDocument, ProblemError)),
)]
struct Head;

pub(crate) fn head() -> OpenApi {
    let mut head = Head::openapi();
    head.info.version = env!("CARGO_PKG_VERSION").to_owned();
    head.info.contact = None;
    head
}

/// The document of this service.
#[must_use]
pub fn openapi() -> OpenApi {
    let (_, mut document) = routes::operations();
    for item in document.paths.paths.values_mut() {
        let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in methods.into_iter().filter_map(Option::as_mut) {
            complete(operation);
        }
        if let Some(read) = &mut item.get {
            declare(read, "Cache-Groups", "What the answer belongs to (RFC 9875).");
        }
        for write in [&mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
            declare(write, "Cache-Group-Invalidation", "What the request has changed (RFC 9875).");
        }
    }
    problem::describe(&mut document);
    name_pages(&mut document);
    document
}

/// A page of a generic type is written out in full under a technical name; here it gets a name, and names its items.
fn name_pages(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (generic, name, item) in PAGES {
        let Some(mut page) = components.schemas.remove(generic) else { continue };
        if let RefOr::T(Schema::Object(object)) = &mut page {
            let items = Array::new(Ref::from_schema_name(item));
            object.properties.insert("items".to_owned(), RefOr::T(Schema::Array(items)));
        }
        components.schemas.insert(name.to_owned(), page);
    }
}

/// Pages: the generic name, the name in the document, the name of an item.
const PAGES: [(&str, &str, &str); 2] =
    [("Page_User", "UserPage", "User"), ("Page_SessionItem", "SessionPage", "SessionItem")];

/// The failures that any operation of its kind can have, and an example of its success.
fn complete(operation: &mut Operation) {
    let mut common = vec![
        ("401", "The request carries no assertion of the gateway, or nobody is signed in."),
        ("500", "An unexpected error."),
        ("503", "`overloaded`: the database is not available, or too many passwords are being checked."),
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
    for (status, description) in common {
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
            exemplify(response);
        }
    }
}

/// Declares the field that caches go by. Revocations belong to no group: they are never stored, and change all the time.
fn declare(operation: &mut Operation, name: &str, description: &str) {
    if operation.operation_id.as_deref() == Some("list_revocations") {
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

fn exemplify(response: &mut Response) {
    for content in response.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::Ref(schema)) = &content.schema
        {
            let name = schema.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
            content.example = example(&name);
            if let Some((_, page, _)) = PAGES.iter().find(|(generic, _, _)| *generic == name) {
                content.schema = Some(Ref::from_schema_name(*page).into());
            }
        }
    }
}

/// Examples are values of the very types that are answered, so they cannot be out of date.
fn example(schema: &str) -> Option<Value> {
    let json = match schema {
        "User" => serde_json::to_value(user(true)),
        "Page_User" => serde_json::to_value(page(user(false))),
        "Page_SessionItem" => serde_json::to_value(page(session_item())),
        "UserBatch" => serde_json::to_value(UserBatch { items: vec![user(false)] }),
        "Opened" => serde_json::to_value(Opened { user: user(true), session: session(), as_of_ms: JOINED_AT }),
        "Closed" => serde_json::to_value(Closed { revoked: vec![revocation()] }),
        "RevocationList" => serde_json::to_value(RevocationList { items: vec![revocation()], next_after: 12 }),
        _ => return None,
    };
    json.ok()
}

const JOINED_AT: i64 = 1_735_689_600_000;
const SID: &str = "01931a0b-6f5e-7c3a-9a51-2f1c7d9f0b11";

fn user(private: bool) -> User {
    User {
        id: 7,
        username: "ada".to_owned(),
        display_name: "Ada Lovelace".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        description: "Writes programs for machines that do not exist yet.".to_owned(),
        avatar: None,
        status: "computing".to_owned(),
        roles: vec![Role::Seller],
        followers_count: 12,
        following_count: 3,
        joined_at: rfc3339(JOINED_AT),
        email: private.then(|| Some("ada@example.org".to_owned())),
        is_active: private.then_some(true),
    }
}

fn page<T>(item: T) -> Page<T> {
    let cursor = "AAABlB_fEAA3Q2FudCByZWFkIHRoaXM".to_owned();
    Page { items: vec![item], next_cursor: Some(cursor), has_more: true, total: None }
}

fn session() -> Session {
    Session { id: SID.to_owned(), created_at: rfc3339(JOINED_AT), expires_at: rfc3339(JOINED_AT + 1_209_600_000) }
}

fn session_item() -> SessionItem {
    SessionItem {
        id: SID.to_owned(),
        client: Some("Firefox on Linux".to_owned()),
        created_at: rfc3339(JOINED_AT),
        last_used_at: rfc3339(JOINED_AT + 600_000),
        expires_at: rfc3339(JOINED_AT + 1_210_200_000),
        current: true,
    }
}

fn revocation() -> Revocation {
    let (kind, subject) = ("sid".to_owned(), SID.to_owned());
    Revocation { id: 12, kind, subject, not_before: JOINED_AT, created_at: rfc3339(JOINED_AT) }
}
