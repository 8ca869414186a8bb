//! A gateway over three services that play what they are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use testkit::client::Call;
use testkit::{Answer, Caller, Stub};

use super::contracts;
use crate::Gateway;
use crate::documented::fits;

/// The names of the services, in the order of their files.
pub(crate) const SERVICES: [&str; 3] = ["people", "texts", "shop"];

/// What a service answers at a path, instead of what it usually does.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

impl Scripted {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, media_type: "application/json", headers: Vec::new(), body: body.to_string() }
    }

    pub(crate) fn problem(status: u16, code: &str) -> Self {
        let body = json!({
            "type": format!("/problems/{code}"), "title": "t", "status": status, "detail": "theirs", "instance": "/",
            "code": code, "request_id": "r", "retryable": false,
        });
        Self { media_type: "application/problem+json", ..Self::json(status, &body) }
    }

    pub(crate) fn text(media_type: &'static str, body: &str) -> Self {
        Self { status: 200, media_type, headers: Vec::new(), body: body.to_owned() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

type Script = Arc<Mutex<BTreeMap<String, Scripted>>>;

/// The services and the gateway.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
    stubs: BTreeMap<&'static str, Stub>,
    scripts: BTreeMap<&'static str, Script>,
}

impl World {
    /// With these routes.
    pub(crate) async fn with(routes: &str) -> Self {
        Self::configured(routes, "", &[]).await
    }

    /// With these routes and settings; services that are named here are at other URLs.
    pub(crate) async fn configured(routes: &str, settings: &str, elsewhere: &[(&str, String)]) -> Self {
        let (mut stubs, mut scripts, mut urls) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for service in SERVICES {
            let script = Script::default();
            let stub = Stub::start(playing(service, Arc::clone(&script))).await;
            let other = elsewhere.iter().find(|(name, _)| *name == service).map(|(_, url)| url.clone());
            urls.push((service, other.unwrap_or_else(|| stub.url())));
            stubs.insert(service, stub);
            scripts.insert(service, script);
        }
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), routes, settings, &urls);
        Self { gateway: Gateway::of(directory), stubs, scripts }
    }

    pub(crate) fn caller(&self) -> Caller {
        self.gateway.caller()
    }

    /// What a GET of this path is answered with, which has to be as the public document says.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.caller().get(path)).await
    }

    /// What this call is answered with, which has to be as the public document says.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        let answer = call.await;
        fits(&self.document().await, &answer);
        answer
    }

    /// The public document, as the gateway serves it.
    pub(crate) async fn document(&self) -> Value {
        self.caller().get("/openapi.json").await.expect(200).json()
    }

    pub(crate) fn stub(&self, service: &str) -> &Stub {
        &self.stubs[service]
    }

    /// How often each service was called: people, texts, shop.
    pub(crate) fn calls(&self) -> [usize; 3] {
        SERVICES.map(|service| self.stubs[service].calls())
    }

    /// From now on this service answers so at this path.
    pub(crate) fn script(&self, service: &str, path: &str, scripted: Scripted) {
        self.scripts[service].lock().unwrap().insert(path.to_owned(), scripted);
    }
}

/// Writes a configuration of these routes over services at these URLs.
pub(crate) fn write(directory: &std::path::Path, routes: &str, settings: &str, urls: &[(&str, String)]) {
    let mut text = format!(
        "deadline = \"800ms\"\n{settings}\n[services.gateway]\ncontract = \"openapi/gateway.json\"\n[services.users]\nurl = \"http://127.0.0.1:9\"\ncontract = \"openapi/users.json\"\n"
    );
    for (service, url) in urls {
        text += &format!(
            "[services.{service}]\nurl = \"{url}\"\ncontract = \"openapi/{service}.json\"\ntimeout = \"400ms\"\n"
        );
    }
    let nothing = |name: &str| contracts::document(name, &json!({}), &json!({})).to_string();
    let files = [
        ("gateway.toml", text),
        ("routes/composed.toml", routes.to_owned()),
        ("openapi/gateway.json", nothing("gateway")),
        ("openapi/users.json", nothing("users")),
        ("openapi/people.json", contracts::people().to_string()),
        ("openapi/texts.json", contracts::texts().to_string()),
        ("openapi/shop.json", contracts::shop().to_string()),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn playing(service: &'static str, script: Script) -> Router {
    let play = move |request: Request| {
        let scripted = script.lock().unwrap().get(request.uri().path()).cloned();
        let scripted = scripted.unwrap_or_else(|| usual(service, &request));
        async move {
            // The stub remembers of a body what was read of it.
            let _read = axum::body::to_bytes(request.into_body(), usize::MAX).await;
            answer(scripted)
        }
    };
    Router::new().fallback(play)
}

pub(crate) fn answer(scripted: Scripted) -> Response {
    let status = StatusCode::from_u16(scripted.status).unwrap();
    let mut response = (status, [(header::CONTENT_TYPE, scripted.media_type)], scripted.body).into_response();
    for (name, value) in scripted.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// What the services do when nothing is wrong.
fn usual(service: &str, request: &Request) -> Scripted {
    let path = request.uri().path();
    let last = path.rsplit('/').next().unwrap_or_default();
    let number = last.parse::<u64>().unwrap_or(7);
    let created = request.method() == http::Method::POST;
    let body = match (service, path) {
        ("people", "/internal/people" | "/internal/names" | "/internal/teams") => batch(request),
        ("people", "/people/me") => person(7),
        ("people", _) => person(number),
        ("texts", "/texts") if created => text(1),
        ("texts", "/texts" | "/found") => json!({"items": [text(1), text(2), text(3)], "next_cursor": null}),
        ("texts", _) if path.starts_with("/counts/") => json!({"count": number * 10}),
        ("texts", _) => text(number),
        _ => json!({"items": [{"buyer_id": 7}], "total": 999}),
    };
    Scripted::json(if created { 201 } else { 200 }, &body)
}

/// Whoever is asked for is there, but for numbers from 900 on. The last comes first: no answer has to be in order.
fn batch(request: &Request) -> Value {
    let teams = request.uri().path().ends_with("teams");
    let query = request.uri().query().unwrap_or_default();
    let ids = query.split('&').find_map(|pair| pair.strip_prefix("ids=")).unwrap_or_default();
    let known = ids.split(',').filter(|id| id.parse::<u64>().ok().is_none_or(|id| id < 900));
    let item = |id: &str| match id.parse() {
        Ok(id) if teams => json!({"id": id, "label": format!("Team {id}")}),
        Ok(id) => person(id),
        Err(_) => json!({"id": 1, "name": decoded(id), "team_id": null}),
    };
    let mut items: Vec<Value> = known.map(item).collect();
    items.reverse();
    json!({ "items": items })
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub(crate) fn person(id: u64) -> Value {
    json!({"id": id, "name": format!("Person {id}"), "team_id": id % 3})
}

pub(crate) fn text(id: u64) -> Value {
    json!({"id": id, "author_id": 7 + id % 2, "title": format!("Text {id}")})
}
