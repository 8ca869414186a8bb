#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn table(routes: &[(&str, &str)]) -> Table {
    let mut table = Table::default();
    for (index, (method, template)) in routes.iter().enumerate() {
        let id = RouteId(u16::try_from(index).unwrap());
        let added = match *method {
            "*" => table.add_prefix(template, id),
            _ => table.add(&method.parse().unwrap(), &Pattern::parse(template).unwrap(), id),
        };
        added.unwrap();
    }
    table
}

/// The index of the route and its parameters.
fn found<'p>(table: &Table, method: &str, path: &'p str) -> Option<(u16, Vec<&'p str>)> {
    match table.find(&method.parse().unwrap(), path) {
        Found::Route { id, parameters } => Some((id.0, parameters.as_slice().to_vec())),
        _ => None,
    }
}

fn allowed(table: &Table, method: &str, path: &str) -> String {
    match table.find(&method.parse().unwrap(), path) {
        Found::MethodNotAllowed { allow } => allow.to_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_literal_segment_goes_before_a_parameter() {
    let table = table(&[("GET", "/users/{name}"), ("GET", "/users/me"), ("GET", "/users/{name}/posts")]);
    assert_eq!(found(&table, "GET", "/users/me"), Some((1, vec![])));
    assert_eq!(found(&table, "GET", "/users/ada"), Some((0, vec!["ada"])));
    assert_eq!(found(&table, "GET", "/users/me/posts"), Some((2, vec!["me"])));
    assert_eq!(found(&table, "GET", "/users"), None);
}

#[test]
fn a_literal_without_the_method_falls_back_to_a_parameter() {
    let table =
        table(&[("GET", "/users/me"), ("PUT", "/users/{name}"), ("DELETE", "/users/me/x"), ("GET", "/{a}/me/x")]);
    assert_eq!(found(&table, "PUT", "/users/me"), Some((1, vec!["me"])));
    assert_eq!(found(&table, "GET", "/users/me/x"), Some((3, vec!["users"])));
}

#[test]
fn a_known_path_without_the_method_names_the_methods_of_every_pattern() {
    let table = table(&[("GET", "/users/me"), ("PUT", "/users/{name}"), ("PATCH", "/users/{name}")]);
    assert_eq!(allowed(&table, "DELETE", "/users/me"), "GET, HEAD, PATCH, PUT");
    assert_eq!(allowed(&table, "DELETE", "/users/ada"), "PATCH, PUT");
    assert_eq!(table.find(&Method::GET, "/nowhere"), Found::Nothing);
    assert_eq!(table.find(&Method::OPTIONS, "*"), Found::Nothing);
}

#[test]
fn head_falls_back_to_get_and_a_trailing_slash_is_accepted() {
    let table = table(&[("GET", "/users/{name}"), ("GET", "/"), ("GET", "/posts"), ("HEAD", "/posts")]);
    assert_eq!(found(&table, "HEAD", "/users/ada/"), Some((0, vec!["ada"])));
    assert_eq!(found(&table, "GET", "/"), Some((1, vec![])));
    assert_eq!(found(&table, "HEAD", "/posts/"), Some((3, vec![])));
    assert_eq!(found(&table, "GET", "/users/"), None);
    assert_eq!(found(&table, "GET", "/users//"), None);
}

#[test]
fn what_is_encoded_is_handed_over_as_it_came_and_equals_no_literal() {
    let table = table(&[("GET", "/users/{name}"), ("GET", "/users/me")]);
    assert_eq!(found(&table, "GET", "/users/%6de"), Some((0, vec!["%6de"])));
    assert_eq!(found(&table, "GET", "/users/a%20b"), Some((0, vec!["a%20b"])));
    assert_eq!(found(&table, "GET", "/Users/me"), None);
}

#[test]
fn a_proxy_takes_what_no_pattern_takes_and_the_longest_prefix_wins() {
    let table = table(&[("*", "/old/"), ("*", "/old/deep/"), ("GET", "/old/new"), ("GET", "/old/{x}/y")]);
    assert_eq!(found(&table, "GET", "/old/new"), Some((2, vec![])));
    assert_eq!(found(&table, "BREW", "/old/new"), Some((0, vec![])));
    assert_eq!(found(&table, "GET", "/old/deep/down"), Some((1, vec![])));
    assert_eq!(found(&table, "GET", "/old/deep/y"), Some((3, vec!["deep"])));
    assert_eq!(found(&table, "GET", "/old"), Some((0, vec![])));
    assert_eq!(found(&table, "GET", "/older"), None);
}

#[test]
fn two_routes_of_one_shape_collide_whatever_their_parameters_are_called() {
    let mut table = table(&[("GET", "/users/{name}"), ("GET", "/users/me"), ("*", "/old/")]);
    let mut add = |method: Method, template: &str| table.add(&method, &Pattern::parse(template).unwrap(), RouteId(9));
    assert_eq!(add(Method::GET, "/users/{id}"), Err(RouteId(0)));
    assert_eq!(add(Method::GET, "/users/me"), Err(RouteId(1)));
    assert_eq!(add(Method::PUT, "/users/{id}"), Ok(()));
    assert_eq!(table.add_prefix("/old", RouteId(9)), Err(RouteId(2)));
}

/// What the table must do, in the plainest words: every pattern is tried, and the most specific one that has the method wins.
fn naively<'p>(routes: &[(&str, String)], method: &str, path: &'p str) -> Option<(u16, Vec<&'p str>)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let mut best: Option<(Vec<bool>, u16, Vec<&'p str>)> = None;
    for (index, (of, template)) in routes.iter().enumerate() {
        let template: Vec<&str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
        let fits = template.len() == segments.len()
            && template.iter().zip(&segments).all(|(t, s)| if t.starts_with('{') { !s.is_empty() } else { t == s });
        if *of != method || !fits {
            continue;
        }
        let shape: Vec<bool> = template.iter().map(|t| t.starts_with('{')).collect();
        let captured = template.iter().zip(&segments).filter(|(t, _)| t.starts_with('{')).map(|(_, s)| *s).collect();
        if best.as_ref().is_none_or(|(known, ..)| shape < *known) {
            best = Some((shape, u16::try_from(index).unwrap(), captured));
        }
    }
    best.map(|(_, index, captured)| (index, captured))
}

fn segment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "ab", "{x}"])
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["GET", "PUT", "DELETE"])
}

proptest! {
    #[test]
    fn the_table_finds_what_a_naive_search_finds(
        routes in prop::collection::vec((method(), prop::collection::vec(segment(), 0..5)), 0..24),
        method in method(),
        path in prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", "c", "%61", ""]), 0..6),
    ) {
        let mut table = Table::default();
        let mut kept: Vec<(&str, String)> = Vec::new();
        for (method, segments) in routes {
            let named = segments.iter().enumerate().map(|(i, s)| s.replace('x', &format!("x{i}")));
            let template = format!("/{}", named.collect::<Vec<_>>().join("/"));
            let id = RouteId(u16::try_from(kept.len()).unwrap());
            if table.add(&method.parse().unwrap(), &Pattern::parse(&template).unwrap(), id).is_ok() {
                kept.push((method, template));
            }
        }
        let path = format!("/{}", path.join("/"));
        prop_assert_eq!(found(&table, method, &path), naively(&kept, method, &path));
        let elsewhere = ["GET", "PUT", "DELETE"].iter().any(|method| naively(&kept, method, &path).is_some());
        match table.find(&method.parse().unwrap(), &path) {
            Found::Route { .. } => prop_assert!(elsewhere),
            Found::MethodNotAllowed { allow } => {
                prop_assert!(elsewhere);
                prop_assert!(!allow.to_str().unwrap().split(", ").any(|allowed| allowed == method));
            }
            Found::Nothing => prop_assert!(!elsewhere),
        }
    }

    #[test]
    fn no_path_makes_the_table_panic(path in "\\PC*") {
        let table = table(&[("GET", "/{a}/{b}/{c}"), ("GET", "/a/{b}"), ("*", "/old/")]);
        let _ = table.find(&Method::GET, &path);
    }
}
