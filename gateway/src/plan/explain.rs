//! What a plan would do, in words and tables: for the person who wrote the files.

mod calls;
mod columns;
mod statuses;
mod words;

use http::Method;

use self::calls::Calls;
use self::columns::{aligned, section};
use super::composition::Composition;
use super::query::sent_query;
use super::read::{show_duration, show_size};
use super::{ContractMode, Operation, Plan, Route, Service, ServiceKind, Target, TokenRule};
use crate::compose::select;
use crate::guard::target::plain;
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
            notes.extend(route.composition.iter().flat_map(|composition| choices(composition)));
            notes.extend(self.policy(route).map(|policy| format!("limit: {}", policy.name)));
            if let Some(successor) = &route.deprecated {
                notes.push(format!("deprecated: {}", successor.path));
            }
            notes.extend(route.cache.as_ref().map(|caching| format!("cache: {}", caching.scope)));
            if !route.breaker {
                notes.push("its 5xx do not count for the breaker".to_owned());
            }
            if route.contract != ContractMode::Off {
                notes.push(format!("contract: {}", route.contract));
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

    /// What would happen to a request. The path may have a query, which goes along unchanged, except for what it chooses of
    /// a composed route.
    ///
    /// # Errors
    ///
    /// A sentence where no route would take it.
    pub fn explain(&self, method: &Method, target: &str) -> Result<String, String> {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = &*plain(path);
        match self.table.find(method, path) {
            Found::Route { id, parameters } => {
                let (route, asked) = (self.route(id), Asked { method, path, query, parameters });
                match &route.composition {
                    Some(composition) => self.composed(route, composition, &asked),
                    None => Ok(aligned(&self.explained(route, &asked))),
                }
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

    /// The rows of a route that hands one call on.
    fn explained(&self, route: &Route, asked: &Asked<'_>) -> Vec<[String; 2]> {
        let service = self.service(route.target.service());
        let mut rows = head(route, asked);
        rows.extend(self.limit(route, 1));
        rows.push(["deadline".to_owned(), self.deadline(route, service)]);
        rows.push(["call".to_owned(), self.call(route, service, asked)]);
        rows.push(["number of calls".to_owned(), calls(service, asked.method).to_owned()]);
        rows.extend(guard(service));
        rows.push(["worst case".to_owned(), self.worst_case(route, service)]);
        rows.extend(last(route));
        rows
    }

    /// A route that makes one answer of its parts, or something else of one answer.
    fn composed(&self, route: &Route, composition: &Composition, asked: &Asked<'_>) -> Result<String, String> {
        let selection = select(composition, asked.query).map_err(|errors| {
            let reasons: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            format!("{} {} is answered with 400 invalid_include: {}", asked.method, asked.path, reasons.join(" "))
        })?;
        let connect = show_duration(self.settings.limits.upstream_connect_timeout);
        let deadline =
            format!("{} to the whole answer, {connect} of each call to connect", show_duration(route.timeout));
        let mut rows = head(route, asked);
        rows.extend(self.limit(route, selection.calls()));
        rows.push(["deadline".to_owned(), deadline]);
        rows.extend(offered(composition));
        rows.extend(words::changes(route, composition));
        rows.push(["number of calls".to_owned(), calls::number(self, composition, &selection)]);
        rows.extend(last(route));
        let tree = Calls { plan: self, route, composition, asked, selection: &selection }.tree();
        let statuses = statuses::table(self, route, composition, asked.query, &selection);
        let notes: String = statuses.notes.iter().map(|note| format!("  {note}\n")).collect();
        Ok(format!(
            "{}{}{}{notes}",
            aligned(&rows),
            section("calls", &tree),
            section("if parts are down", &statuses.rows)
        ))
    }

    /// The row of a route that is limited, for a request that makes so many calls.
    fn limit(&self, route: &Route, calls: u32) -> Option<[String; 2]> {
        let policy = self.policy(route)?;
        let cost = policy.cost(calls);
        let all = if u64::from(calls) > u64::from(cost.get()) { ", which is all of it" } else { "" };
        Some(["limit".to_owned(), format!("{policy}; costs {cost}{all}")])
    }

    fn behind(&self, route: &Route) -> String {
        let service = self.service(route.target.service());
        let parts = route.composition.as_ref().map_or(0, |composition| composition.parts.len());
        let plural = |parts: usize| if parts == 1 { "1 part".to_owned() } else { format!("{parts} parts") };
        match &route.target {
            Target::Operation { operation, .. } if parts > 1 => {
                format!("{}.{operation} + {}", service.name, plural(parts - 1))
            }
            Target::Operation { operation, .. } => format!("{}.{operation}", service.name),
            Target::Parts => plural(parts),
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
            // What is put together of parts has more than one call.
            Target::Parts => return String::new(),
            Target::Proxy { prefix, strip_prefix: true, .. } => {
                let rest = asked.path.get(prefix.len() - 1..).filter(|rest| !rest.is_empty());
                (String::new(), rest.unwrap_or("/").to_owned())
            }
            Target::Proxy { .. } => (String::new(), asked.path.to_owned()),
        };
        let declared = route.cache.as_ref().and_then(|cache| cache.query.as_ref());
        let sent = asked.query.map(|query| declared.map_or(query.to_owned(), |known| sent_query(query, known)));
        let query = sent.filter(|query| !query.is_empty()).map_or_else(String::new, |query| format!("?{query}"));
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

/// What every route has to be asked for.
fn head(route: &Route, asked: &Asked<'_>) -> Vec<[String; 2]> {
    let mut rows = vec![
        ["route".to_owned(), format!("{} {}", route.method_name(), route.template)],
        ["written at".to_owned(), route.origin.to_string()],
    ];
    let values = route.parameter_names().zip(asked.parameters.as_slice());
    rows.extend(values.map(|(name, value)| ["parameter".to_owned(), format!("{name} = {value}")]));
    rows.push(["access".to_owned(), words::access(route)]);
    if !route.assert_roles.is_empty() {
        rows.push(["asserts".to_owned(), format!("the roles {} for every caller", route.assert_roles.join(", "))]);
    }
    if !route.profiles.is_empty() {
        rows.push(["profiles".to_owned(), route.profiles.join(", ")]);
    }
    if let Some(renames) = &route.form {
        rows.push(["form".to_owned(), renames.to_string()]);
    }
    rows.push(["body".to_owned(), format!("at most {}", show_size(route.body_limit))]);
    rows.extend(words::kept(route));
    rows
}

/// What replaces a route, and how its answers are held to their contracts.
fn last(route: &Route) -> Vec<[String; 2]> {
    let successor =
        route.deprecated.as_ref().map(|successor| ["deprecated".to_owned(), format!("use {}", successor.path)]);
    let contract =
        (route.contract != ContractMode::Off).then(|| ["contract".to_owned(), route.contract.explained().to_owned()]);
    successor.into_iter().chain(contract).collect()
}

/// What a client may choose, as a note.
fn choices(composition: &Composition) -> Vec<String> {
    let names: Vec<&str> = composition.choices.iter().map(|(name, _)| name.as_str()).collect();
    let include = (!names.is_empty()).then(|| format!("include: {}", names.join(" ")));
    include.into_iter().chain(composition.fields.as_ref().map(|_| "fields".to_owned())).collect()
}

/// What a client may choose, with every name.
fn offered(composition: &Composition) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    if !composition.choices.is_empty() {
        let names: Vec<&str> = composition.choices.iter().map(|(name, _)| name.as_str()).collect();
        rows.push(["include".to_owned(), names.join(", ")]);
    }
    if let Some(names) = &composition.fields {
        rows.push(["fields".to_owned(), names.join(", ")]);
    }
    rows
}

fn calls(service: &Service, method: &Method) -> &'static str {
    match service.kind {
        ServiceKind::BuiltIn => "1 in this process, and what that operation asks of `users`",
        _ if !service.policy.retries => "1",
        _ if upstream::is_idempotent(method) => "1, or 2 if the first breaks off or is answered with 502, 503 or 504",
        _ => "1, or 2 if not a byte of the first could be sent",
    }
}

/// What keeps a service that fails from taking others with it.
fn guard(service: &Service) -> Option<[String; 2]> {
    if service.kind == ServiceKind::BuiltIn {
        return None;
    }
    let most = format!("503 above {} calls in flight", service.policy.max_in_flight);
    let pause = show_duration(service.policy.breaker_pause);
    let alone = service.policy.breaker.then(|| format!(", and for {pause} or more once it keeps failing"));
    Some(["guard".to_owned(), most + &alone.unwrap_or_default()])
}

fn joined(pieces: &[super::PathPiece], parameters: &Parameters<'_>) -> String {
    let piece = |piece: &super::PathPiece| match piece {
        super::PathPiece::Literal(text) => text.clone(),
        super::PathPiece::Parameter(index) => parameters.get(*index).unwrap_or_default().to_owned(),
        super::PathPiece::Bound(_) => "…".to_owned(),
    };
    pieces.iter().map(piece).collect()
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

    /// How many operations and origins can be reached.
    fn reached(&self) -> usize {
        let mut reached: Vec<String> = self.routes.iter().flat_map(|route| self.reached_by(route)).collect();
        reached.sort_unstable();
        reached.dedup();
        reached.len()
    }

    fn reached_by(&self, route: &Route) -> Vec<String> {
        let Some(composition) = &route.composition else { return vec![self.behind(route)] };
        let parts = composition.parts.iter().filter_map(|part| {
            let service = self.service(part.service);
            let operation = service.contract.operation(&part.operation).filter(|operation| !operation.internal)?;
            Some(format!("{}.{}", service.name, operation.id))
        });
        parts.collect()
    }
}
