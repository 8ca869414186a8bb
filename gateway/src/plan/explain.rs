//! What a plan would do, in words and tables: for the person who wrote the files.

use std::fmt::Write as _;

use http::Method;

use super::read::{show_duration, show_size};
use super::{Access, Operation, Plan, Route, Service, ServiceKind, Target, TokenRule};
use crate::routes::{Found, Parameters};

/// The request that is explained.
struct Asked<'a> {
    method: &'a Method,
    path: &'a str,
    query: Option<&'a str>,
    parameters: Parameters<'a>,
}

impl Plan {
    /// Every route, as an aligned table: method, path, who may call, what is behind it, how long it may take.
    #[must_use]
    pub fn listing(&self) -> String {
        let row = |route: &Route| {
            let mut notes = Vec::new();
            if route.token == TokenRule::Ignore {
                notes.push("token ignored".to_owned());
            }
            if route.websocket {
                notes.push("websocket".to_owned());
            }
            if let Some(successor) = &route.deprecated {
                notes.push(format!("deprecated: {}", successor.path));
            }
            [
                route.method_name().to_owned(),
                route.template.clone(),
                route.access.to_string(),
                self.behind(route),
                show_duration(route.timeout),
                notes.join(", "),
            ]
        };
        let head = ["METHOD", "PATH", "ACCESS", "TO", "TIMEOUT", ""].map(str::to_owned);
        aligned(&std::iter::once(head).chain(self.routes.iter().map(row)).collect::<Vec<_>>())
    }

    /// What would happen to a request. The path may have a query, which goes along unchanged.
    ///
    /// # Errors
    ///
    /// A sentence where no route would take it.
    pub fn explain(&self, method: &Method, target: &str) -> Result<String, String> {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        match self.table.find(method, path) {
            Found::Route { id, parameters } => {
                Ok(self.explained(self.route(id), &Asked { method, path, query, parameters }))
            }
            Found::MethodNotAllowed { allow } => {
                let allow = String::from_utf8_lossy(allow.as_bytes()).into_owned();
                Err(format!("{method} {path} is answered with 405: the path has {allow}."))
            }
            Found::Nothing => {
                let templates: Vec<&str> = self.routes.iter().map(|route| route.template.as_str()).collect();
                let near = super::read::nearest(path, &templates);
                let hint = near.map_or_else(String::new, |near| format!(" The nearest path is `{near}`."));
                Err(format!("No route takes {method} {path}.{hint}"))
            }
        }
    }

    fn explained(&self, route: &Route, asked: &Asked<'_>) -> String {
        let service = self.service(route.target.service());
        let mut rows = vec![
            ["route".to_owned(), format!("{} {}", route.method_name(), route.template)],
            ["written at".to_owned(), route.origin.to_string()],
        ];
        let names = route.template.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        rows.extend(
            names
                .zip(asked.parameters.as_slice())
                .map(|(name, value)| ["parameter".to_owned(), format!("{name} = {value}")]),
        );
        rows.push(["access".to_owned(), access(route)]);
        if !route.assert_roles.is_empty() {
            rows.push(["asserts".to_owned(), format!("the roles {} for every caller", route.assert_roles.join(", "))]);
        }
        if !route.profiles.is_empty() {
            rows.push(["profiles".to_owned(), route.profiles.join(", ")]);
        }
        rows.push(["body".to_owned(), format!("at most {}", show_size(route.body_limit))]);
        rows.push(["deadline".to_owned(), self.deadline(route, service)]);
        rows.push(["call".to_owned(), self.call(route, service, asked)]);
        rows.push(["number of calls".to_owned(), calls(service).to_owned()]);
        rows.push(["worst case".to_owned(), self.worst_case(route, service)]);
        if let Some(successor) = &route.deprecated {
            rows.push(["deprecated".to_owned(), format!("use {}", successor.path)]);
        }
        aligned(&rows)
    }

    fn behind(&self, route: &Route) -> String {
        let service = self.service(route.target.service());
        match &route.target {
            Target::Operation { operation, .. } => format!("{}.{operation}", service.name),
            Target::Proxy { .. } => service.urls.first().map_or_else(String::new, ToString::to_string),
        }
    }

    fn deadline(&self, route: &Route, service: &Service) -> String {
        let whole = show_duration(route.timeout);
        let connect = show_duration(self.settings.limits.upstream_connect_timeout);
        match service.kind {
            ServiceKind::BuiltIn => format!("{whole} to the head of the answer"),
            _ => format!("{whole} to the head of the answer, {connect} of it to connect"),
        }
    }

    fn call(&self, route: &Route, service: &Service, asked: &Asked<'_>) -> String {
        let (what, target) = match &route.target {
            Target::Operation { path, .. } => (format!("{} — ", self.behind(route)), joined(path, &asked.parameters)),
            Target::Proxy { prefix, strip_prefix: true, .. } => {
                let rest = asked.path.get(prefix.len() - 1..).filter(|rest| !rest.is_empty());
                (String::new(), rest.unwrap_or("/").to_owned())
            }
            Target::Proxy { .. } => (String::new(), asked.path.to_owned()),
        };
        let query = asked.query.map_or_else(String::new, |query| format!("?{query}"));
        let place = match service.kind {
            ServiceKind::BuiltIn => "in this process".to_owned(),
            _ => format!("at {}", service.urls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        format!("{what}{} {target}{query} {place}", asked.method)
    }

    /// What a client gets if the service does not respond.
    fn worst_case(&self, route: &Route, service: &Service) -> String {
        let timeout = show_duration(route.timeout);
        let status = self.settings.timeout_status.as_u16();
        match service.kind {
            ServiceKind::BuiltIn => {
                format!("503 with Retry-After if a service that it needs is down; {status} after {timeout}")
            }
            _ => format!(
                "503 with Retry-After if `{}` is down; {status} with Retry-After after {timeout} if it hangs",
                service.name
            ),
        }
    }
}

fn access(route: &Route) -> String {
    let who = match &route.access {
        Access::Anyone => "anyone".to_owned(),
        Access::SignedIn => "signed_in: 401 without a valid access token".to_owned(),
        Access::Role(role) => format!("role:{role}: 401 without a valid access token, 403 without the role"),
    };
    match (&route.access, route.token) {
        (_, TokenRule::Ignore) => format!("{who}; an access token is not looked at"),
        (Access::Anyone, TokenRule::Check) => format!("{who}; 401 if an access token is sent and is not valid"),
        _ => who,
    }
}

fn calls(service: &Service) -> &'static str {
    match service.kind {
        ServiceKind::BuiltIn => "1 in this process, and what that operation asks of `users`",
        _ => "1",
    }
}

fn joined(pieces: &[super::PathPiece], parameters: &Parameters<'_>) -> String {
    let piece = |piece: &super::PathPiece| match piece {
        super::PathPiece::Literal(text) => text.clone(),
        super::PathPiece::Parameter(index) => parameters.get(*index).unwrap_or_default().to_owned(),
    };
    pieces.iter().map(piece).collect()
}

/// Rows as columns, two spaces apart, without spaces at the end of a line.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a String cannot fail.
            let _infallible = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

impl Plan {
    /// What a plan consists of, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let operations = self.services.iter().flat_map(|service| service.contract.operations());
        let (internal, public): (Vec<&Operation>, Vec<&Operation>) =
            operations.partition(|operation| operation.internal);
        let services = self.services.len();
        let (routes, reached) = (self.routes.len(), self.reached());
        let (public, internal) = (public.len(), internal.len());
        format!(
            "{routes} routes to {reached} of {public} public operations ({internal} are internal), {services} services"
        )
    }

    fn reached(&self) -> usize {
        let mut reached: Vec<String> = self.routes.iter().map(|route| self.behind(route)).collect();
        reached.sort_unstable();
        reached.dedup();
        reached.len()
    }
}
