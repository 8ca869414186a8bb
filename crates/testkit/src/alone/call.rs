//! One request and its answer. Every answer is held against the service's own document.

use std::{ops::Index, time::SystemTime};

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use principal::{ASSERTION, Principal};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Alone, Person};

/// A request that has not been sent.
#[derive(Clone)]
pub struct Call<'a> {
    service: &'a Alone,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    caller: Option<Principal>,
}

impl<'a> Call<'a> {
    pub(super) fn new(service: &'a Alone, method: &str, path: &str) -> Self {
        let (method, path) = (method.parse().unwrap(), path.to_owned());
        Self {
            service,
            method,
            path,
            headers: HeaderMap::new(),
            body: Vec::new(),
            caller: Some(Principal::anonymous()),
        }
    }

    /// With this body.
    pub fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// With these bytes as the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this field.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// The caller is this person, with their present session.
    pub fn by(self, person: &Person) -> Self {
        self.with_roles(person, &[])
    }

    /// The caller is this person, as an administrator.
    pub fn by_admin(self, person: &Person) -> Self {
        self.with_roles(person, &["admin"])
    }

    /// The caller is this person, with these roles.
    pub fn with_roles(mut self, person: &Person, roles: &[&str]) -> Self {
        self.caller = Some(person.principal(roles));
        self
    }

    /// No assertion at all.
    pub fn unasserted(mut self) -> Self {
        self.caller = None;
        self
    }

    /// The request as it is sent.
    pub fn request(&self) -> Request<Body> {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.path);
        *request.headers_mut().unwrap() = self.headers.clone();
        let mut request = request.body(Body::from(self.body.clone())).unwrap();
        if let Some(caller) = &self.caller {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
            request.headers_mut().insert(ASSERTION, self.service.signer.assert(caller, now as i64));
        }
        request
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        let response = self.service.router.clone().oneshot(self.request()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            what: format!("{} {}", self.method, self.path),
            status: parts.status,
            headers: parts.headers,
            json: serde_json::from_slice(&body).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&body).into_owned(),
            bytes: body.to_vec(),
        };
        let documented = if self.method == Method::HEAD { Method::GET } else { self.method.clone() };
        answer.hold_against(&self.service.document, &documented, &self.path);
        answer
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    what: String,
    /// Its status.
    pub status: StatusCode,
    /// Its fields.
    pub headers: HeaderMap,
    /// Its body, if that is JSON.
    pub json: Value,
    /// Its body, as text.
    pub text: String,
    /// Its body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The answer, if it has this status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }

    /// The answer, if it is a problem document of this status and code.
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.json["code"], code, "{}: {}", answer.what, answer.text);
        answer
    }

    /// The answer, if it refuses exactly these fields, each for this reason.
    pub fn refuses(self, fields: &[(&str, &str)]) -> Self {
        let answer = self.refused(422, "validation_failed");
        let mut found: Vec<_> = answer.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        let mut expected = fields.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{}", answer.what);
        answer
    }

    /// A field, which has to be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.what)).to_str().unwrap()
    }

    /// What the items of a page say under `name`.
    pub fn all(&self, name: &str) -> Vec<Value> {
        self.json["items"].as_array().unwrap().iter().map(|item| item[name].clone()).collect()
    }

    /// Every status is declared, every error is a problem document of its own request.
    fn hold_against(&self, document: &Value, method: &Method, path: &str) {
        let path = path.split('?').next().unwrap();
        if self.status.is_client_error() || self.status.is_server_error() {
            assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.what);
            assert_eq!(self.json["instance"], path, "{}", self.what);
            assert_eq!(self.json["status"], self.status.as_u16(), "{}", self.what);
        }
        let code = self.json["code"].as_str().unwrap_or_default();
        if matches!(code, "route_not_found" | "method_not_allowed")
            || ["/readyz", "/livez", "/openapi.json"].contains(&path)
        {
            return;
        }
        let segments: Vec<_> = path.split('/').collect();
        let fits = |template: &str| {
            let pieces: Vec<_> = template.split('/').collect();
            pieces.len() == segments.len()
                && pieces.iter().zip(&segments).all(|(piece, segment)| piece.starts_with('{') || piece == segment)
        };
        let paths = document["paths"].as_object().unwrap();
        let exact = paths.get(path).filter(|item| item.get(method.as_str().to_lowercase()).is_some());
        let item = exact.or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, item)| item));
        let item = item.unwrap_or_else(|| panic!("{}: no such path in the document", self.what));
        let responses = &item[method.as_str().to_lowercase()]["responses"];
        assert!(responses.get(self.status.as_str()).is_some(), "{}: {} is not declared", self.what, self.status);
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.json[name]
    }
}
