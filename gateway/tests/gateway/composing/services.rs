//! Gateways whose routes ask several services: each service is a contract, and a stub that plays it.

use axum::Router;
use axum::routing::get;
use gateway::plan::{Mistakes, Plan, Sources};
use serde_json::{Map, Value, json};
use testkit::Stub;

use crate::Gateway;

/// What a service offers and what it answers.
pub(crate) struct Service {
    name: &'static str,
    paths: Map<String, Value>,
    router: Router,
}

impl Service {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, paths: Map::new(), router: Router::new() }
    }

    /// An operation that reads, with the answer that it always gives; its schema is that of the answer. `parameters` are those
    /// of its path as they are written there, and of its query: `limit`, or `ids[]` for a list of at most a hundred.
    pub(crate) fn reads(mut self, id: &str, path: &'static str, parameters: &[&str], answer: Value) -> Self {
        let content = json!({ "application/json": { "schema": schema_of(&answer) } });
        let parameters: Vec<Value> = parameters.iter().map(|name| parameter(path, name)).collect();
        let operation = json!({
            "operationId": id,
            "x-internal": path.starts_with("/internal/"),
            "parameters": parameters,
            "responses": { "200": { "description": "It.", "content": content } },
        });
        self.paths.insert(path.to_owned(), json!({ "get": operation }));
        self.router = self.router.route(path, get(async move || axum::Json(answer)));
        self
    }

    fn contract(&self) -> Value {
        json!({ "openapi": "3.1.0", "info": { "title": self.name, "version": "1" }, "paths": self.paths })
    }
}

/// The services and routes of a gateway.
pub(crate) struct World {
    services: Vec<Service>,
    settings: String,
    routes: String,
}

impl World {
    pub(crate) fn new(services: Vec<Service>, routes: &str) -> Self {
        Self { services, settings: String::new(), routes: routes.to_owned() }
    }

    /// With this at the top of its `gateway.toml`.
    pub(crate) fn with_settings(mut self, settings: &str) -> Self {
        self.settings.push_str(settings);
        self
    }

    /// The plan of its files, in the directory `conf`; no service has to be there.
    pub(crate) fn plan(&self) -> Result<Plan, Mistakes> {
        let nowhere = self.services.iter().map(|_| "http://127.0.0.1:1".to_owned()).collect::<Vec<_>>();
        let files = self.files(&nowhere).into_iter().map(|(name, text)| (format!("conf/{name}"), text));
        Plan::load(&Sources::texts("conf", files))
    }

    /// Starts the services and the gateway.
    pub(crate) async fn start(self) -> Running {
        let mut stubs = Vec::new();
        for service in &self.services {
            stubs.push((service.name, Stub::start(service.router.clone()).await));
        }
        let urls: Vec<String> = stubs.iter().map(|(_, stub)| stub.url()).collect();
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in self.files(&urls) {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let plan = self.plan().unwrap_or_else(|mistakes| panic!("{mistakes}"));
        Running { gateway: Gateway::of(directory), plan, stubs }
    }

    /// No breaker opens: what these tests take away and give back, they find as they left it.
    fn files(&self, urls: &[String]) -> Vec<(String, String)> {
        let mut settings = format!("{}\n[services.gateway]\ncontract = \"openapi/gateway.json\"\n", self.settings);
        let mut files = vec![("openapi/gateway.json".to_owned(), Service::new("gateway").contract().to_string())];
        let users = Service::new("users");
        let others = self.services.iter().zip(urls.iter().map(String::as_str));
        for (service, url) in others.chain([(&users, "http://127.0.0.1:9")]) {
            let name = service.name;
            settings.push_str(&format!(
                "[services.{name}]\nurl = \"{url}\"\ncontract = \"openapi/{name}.json\"\ntimeout = \"2s\"\n\
                 breaker = false\n"
            ));
            files.push((format!("openapi/{name}.json"), service.contract().to_string()));
        }
        files.push(("gateway.toml".to_owned(), settings));
        files.push(("routes/all.toml".to_owned(), self.routes.clone()));
        files
    }
}

/// A gateway in front of its services.
pub(crate) struct Running {
    pub(crate) gateway: Gateway,
    pub(crate) plan: Plan,
    stubs: Vec<(&'static str, Stub)>,
}

impl Running {
    pub(crate) fn stub(&self, service: &str) -> &Stub {
        &self.stubs.iter().find(|(name, _)| *name == service).unwrap().1
    }

    /// The names of the services.
    pub(crate) fn services(&self) -> impl Iterator<Item = &'static str> {
        self.stubs.iter().map(|(name, _)| *name)
    }
}

fn parameter(path: &str, name: &str) -> Value {
    if path.contains(&format!("{{{name}}}")) {
        return json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    }
    match name.strip_suffix("[]") {
        Some(name) => {
            let schema = json!({ "type": "array", "items": { "type": "integer" }, "maxItems": 100 });
            json!({ "name": name, "in": "query", "explode": false, "schema": schema })
        }
        None => json!({ "name": name, "in": "query", "schema": { "type": "string" } }),
    }
}

/// A schema that this value fits, with everything in it required.
fn schema_of(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "type": "null" }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(number) if number.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => json!({ "type": "array", "items": items.first().map_or(json!({}), schema_of) }),
        Value::Object(fields) => {
            let required: Vec<&String> = fields.keys().collect();
            let properties: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), schema_of(value))).collect();
            json!({ "type": "object", "required": required, "properties": properties })
        }
    }
}

/// Texts, the people who wrote them, their teams, and a shop: one service each.
pub(crate) fn texts(routes: &str) -> World {
    let text = |id: u32, author: u32| json!({ "id": id, "title": "A", "author_id": author });
    let person = |id: u32, team: u32| json!({ "id": id, "name": "Ann", "team_id": team });
    let team = |id: u32| json!({ "id": id, "name": "Red" });
    let services = vec![
        Service::new("texts")
            .reads("list_texts", "/texts", &["limit"], json!({ "items": [text(1, 7), text(2, 8)] }))
            .reads("show_text", "/texts/{id}", &["id", "full"], text(1, 7)),
        Service::new("people").reads("show_me", "/people/me", &[], person(7, 3)).reads(
            "batch_people",
            "/internal/people",
            &["ids[]"],
            json!({ "items": [person(7, 3), person(8, 4)] }),
        ),
        Service::new("teams").reads(
            "batch_teams",
            "/internal/teams",
            &["ids[]"],
            json!({ "items": [team(3), team(4)] }),
        ),
        Service::new("shop").reads("show_cart", "/cart", &[], json!({ "items": [] })).reads(
            "show_price",
            "/prices/{id}",
            &["id"],
            json!({ "cents": 5 }),
        ),
    ];
    World::new(services, routes)
}
