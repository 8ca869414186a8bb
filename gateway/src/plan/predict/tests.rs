use std::time::Duration;

use super::super::composition::{Binding, MAIN};
use super::super::{PathPiece, ServiceId};
use super::*;
use transform::Path;

fn part(name: &str, need: Need) -> Part {
    Part {
        name: name.to_owned(),
        service: ServiceId(1),
        operation: name.to_owned(),
        path: vec![PathPiece::Literal("/".to_owned())],
        bindings: Vec::new(),
        holds: Vec::new(),
        place: if name == MAIN { Place::Root } else { Place::Member },
        need,
        viewer: false,
        choice: None,
        after: Vec::new(),
        shape: None,
        timeout: Duration::from_secs(1),
        stale_if_error: std::time::Duration::ZERO,
        at: if name == MAIN { Vec::new() } else { vec![name.to_owned()] },
        schema: None,
    }
}

/// The same part with a parameter that is taken of `from`.
fn waits_for(mut part: Part, from: usize) -> Part {
    let program = transform::Program::compile(".id", &[]).unwrap();
    let parameter = Parameter::Query { name: "id".to_owned(), repeated: false };
    part.bindings.push(Binding { parameter, required: true, source: Source::Part(from, program) });
    part.after.push(from);
    part
}

/// The same part, joined to keys in `host`.
fn joined(mut part: Part, host: usize, key: &str) -> Part {
    let (key, on) = (Path::parse(key).unwrap(), Path::parse(".id").unwrap());
    let field = part.name.clone();
    part.place = Place::Joined(Join {
        host,
        key,
        field,
        parameter: "ids".to_owned(),
        repeated: false,
        on,
        take: Path::default(),
        max_batch: 100,
    });
    part.after.push(host);
    part
}

fn fallback(json: &'static str) -> Need {
    Need::Fallback(bytes::Bytes::from_static(json.as_bytes()))
}

fn of(parts: Vec<Part>) -> Composition {
    Composition {
        parts,
        choices: Vec::new(),
        fields: Some(vec!["a".to_owned(), "b".to_owned()]),
        request: None,
        shape: None,
        finish: None,
        status: None,
        headers: Vec::new(),
        response_schema: None,
        late: None,
        doc: None,
    }
}

fn predicted(parts: Vec<Part>, down: &[usize]) -> Prediction {
    let composition = of(parts);
    composition.predict(&select(&composition, None).unwrap(), down)
}

/// `200 a error upstream_unavailable; asked 0 1`, or `503 upstream_unavailable; asked 0`
fn told(parts: Vec<Part>, down: &[usize]) -> String {
    let Prediction { status, code, or, lost, asked } = predicted(parts, down);
    let mut words = vec![status.as_str().to_owned()];
    words.extend(code.map(|code| code.to_string()));
    words.extend(or.map(|(status, code)| format!("or {} {code}", status.as_str())));
    words.extend(lost.iter().map(|one| format!("{} {} {}", one.name, one.state, one.code)));
    let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
    format!("{}; asked {}", words.join(" "), asked.join(" "))
}

#[test]
fn what_waits_for_a_lost_part_is_lost_with_it_and_not_asked() {
    let parts = || vec![part(MAIN, Need::Required), part("a", Need::Optional), waits_for(part("b", Need::Optional), 1)];
    assert_eq!(told(parts(), &[]), "200; asked 0 1 2");
    assert_eq!(told(parts(), &[1]), "200 a error upstream_unavailable b error part_failed; asked 0 1");
    assert_eq!(told(parts(), &[2]), "200 b error upstream_unavailable; asked 0 1 2");
    assert_eq!(told(parts(), &[1, 2]), "200 a error upstream_unavailable b error part_failed; asked 0 1");
    assert_eq!(told(parts(), &[0, 1, 2]), "503 upstream_unavailable; asked 0 1");
}

#[test]
fn a_required_part_that_waits_for_a_lost_one_fails_as_that_one_would() {
    let parts = || vec![part(MAIN, Need::Required), part("a", Need::Optional), waits_for(part("b", Need::Required), 1)];
    assert_eq!(told(parts(), &[1]), "503 upstream_unavailable; asked 0 1");
    assert_eq!(told(parts(), &[2]), "503 upstream_unavailable; asked 0 1 2");
    assert_eq!(told(parts(), &[0, 1]), "503 upstream_unavailable; asked 0 1");
}

#[test]
fn nothing_is_asked_after_a_required_part_that_it_waits_for() {
    let parts = vec![
        part(MAIN, Need::Required),
        waits_for(part("a", Need::Optional), 0),
        joined(part("b", Need::Optional), 0, ".k"),
    ];
    assert_eq!(told(parts, &[0]), "503 upstream_unavailable; asked 0");
}

#[test]
fn a_join_without_its_host_has_no_keys_and_fails_nothing() {
    let parts = || {
        vec![
            part("a", Need::Optional),
            joined(part("b", Need::Required), 0, ".k"),
            joined(part("c", Need::Optional), 1, ".k"),
            part("d", Need::Optional),
        ]
    };
    assert_eq!(told(parts(), &[0, 1, 2]), "200 a error upstream_unavailable; asked 0 3");
    assert_eq!(told(parts(), &[1]), "503 upstream_unavailable; asked 0 1 3");
    let optional = || {
        vec![
            part("a", Need::Optional),
            joined(part("b", Need::Optional), 0, ".k"),
            joined(part("c", Need::Required), 1, ".k"),
        ]
    };
    assert_eq!(told(optional(), &[1, 2]), "200 b error upstream_unavailable; asked 0 1");
}

#[test]
fn a_fallback_has_the_keys_that_are_written_in_it() {
    let parts = |json| vec![part("a", fallback(json)), joined(part("b", Need::Optional), 0, ".items[].k")];
    let asked = "200 a default upstream_unavailable b error upstream_unavailable; asked 0 1";
    let not_asked = "200 a default upstream_unavailable; asked 0";
    assert_eq!(told(parts(r#"{"items":[{"k":null},{"k":7}]}"#), &[0, 1]), asked);
    assert_eq!(told(parts(r#"{"items":[{"k":"7"}]}"#), &[0, 1]), asked);
    for none in [
        r#"{"items":[{"k":null}]}"#,
        r#"{"items":[]}"#,
        "[]",
        r#"{"items":[{"k":1},{"k":1.5}]}"#,
        r#"{"items":[{"k":{}}]}"#,
    ] {
        assert_eq!(told(parts(none), &[0, 1]), not_asked, "{none}");
    }
}

#[test]
fn a_fallback_also_stands_in_for_a_part_that_waited_in_vain() {
    let parts = vec![part("a", Need::Optional), waits_for(part("b", fallback("1")), 0)];
    assert_eq!(told(parts, &[0]), "200 a error upstream_unavailable b default part_failed; asked 0");
}

#[test]
fn without_any_part_there_is_no_answer_but_a_fallback_is_one() {
    let parts = |need: Need| vec![part("a", Need::Optional), part("b", need)];
    assert_eq!(told(parts(Need::Optional), &[0]), "200 a error upstream_unavailable; asked 0 1");
    assert_eq!(told(parts(Need::Optional), &[0, 1]), "503 upstream_unavailable; asked 0 1");
    let stands = "200 a error upstream_unavailable b default upstream_unavailable; asked 0 1";
    assert_eq!(told(parts(fallback("{}")), &[0, 1]), stands);
}

#[test]
fn a_value_of_a_batch_is_nothing_to_ask_for() {
    let parts = vec![
        part(MAIN, Need::Required),
        joined(part("a", Need::Optional), 0, ".k"),
        waits_for(part("b", Need::Required), 1),
    ];
    assert_eq!(told(parts, &[2]), "200; asked 0 1");
}

#[test]
fn what_is_only_asked_for_another_part_is_not_told() {
    let composition = of(vec![part("a", Need::Optional), waits_for(part("b", Need::Optional), 0)]);
    let only_b = select(&composition, Some("fields=b")).unwrap();
    let predicted = composition.predict(&only_b, &[0]);
    assert_eq!((predicted.status, predicted.code), (StatusCode::SERVICE_UNAVAILABLE, Some(Code::UpstreamUnavailable)));
    let only_a = select(&composition, Some("fields=a")).unwrap();
    assert_eq!(composition.predict(&only_a, &[1]).asked, [0]);
}
