//! The program itself: what it prints, and what it ends with.

use std::path::Path;
use std::process::{Command, Output};

use super::{GATEWAY, ROUTES, SETTINGS, SHOP, edited};

pub(crate) fn gateway(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.args(arguments).env_clear();
    command
}

pub(crate) fn ends(mut command: Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

pub(super) fn write(directory: &Path, routes: &str) {
    let files = [
        ("conf/gateway.toml", SETTINGS),
        ("conf/routes/deep/shop.toml", routes),
        ("openapi/shop.json", SHOP),
        ("openapi/gateway.json", GATEWAY),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn check_ends_with_0_and_one_line_for_what_is_compiled_in() {
    let (status, out, err) = ends(gateway(&["check"]));
    assert_eq!((status, err.as_str(), out.lines().count()), (Some(0), "", 1), "{out}{err}");
    assert!(out.starts_with("The configuration is right: 59 routes to 56 of "), "{out}");
}

#[test]
fn check_ends_with_2_and_every_mistake_for_a_directory_that_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &edited("conf/routes/shop.toml", "shop.show_product", "shop.show_prodct"));
    let mut command = gateway(&["--config", "conf", "check"]);
    command.current_dir(directory.path());
    let (status, out, err) = ends(command);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    let first = "conf/routes/deep/shop.toml:9:10: The contract of `shop` has no operation `show_prodct`; did you mean `show_product`?";
    assert_eq!(err.lines().next(), Some(first));
    assert_eq!(err.lines().last(), Some("1 mistake in the configuration"));
}

#[test]
fn run_ends_with_2_and_every_mistake_of_files_and_variables() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &edited("conf/routes/shop.toml", "\"role:seller\"", "\"seller\""));
    let mut command = gateway(&["run", "--config", "conf", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.current_dir(directory.path()).env("AGORA_PROFILE", "prod");
    let (status, _, err) = ends(command);
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("conf/routes/deep/shop.toml:16:10: `seller` does not say who may call"), "{err}");
    assert!(err.contains("AGORA_PROFILE"), "{err}");
}

#[test]
fn routes_explain_and_openapi_read_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), ROUTES);
    let run = |arguments: &[&str]| {
        let mut command = gateway(arguments);
        command.current_dir(directory.path());
        ends(command)
    };
    let (status, out, _) = run(&["--config", "conf", "routes"]);
    assert_eq!((status, out.lines().count()), (Some(0), 7), "{out}");
    let (status, out, _) = run(&["explain", "get", "/api/v1/products/7", "--config", "conf"]);
    assert_eq!(status, Some(0));
    assert!(out.starts_with("route            GET /api/v1/products/{id}\n"), "{out}");
    let (status, _, err) = run(&["explain", "GET", "/nowhere", "--config", "conf"]);
    assert_eq!((status, err.as_str()), (Some(1), "No route takes GET /nowhere.\n"));
    let (status, out, err) = run(&["openapi", "--config", "conf", "--contracts", "openapi"]);
    assert_eq!(status, Some(0), "{err}");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["paths"]["/api/v1/products/{id}"]["get"]["operationId"], "show_product");
}

#[test]
fn openapi_takes_the_contracts_of_another_directory() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), ROUTES);
    let newer = directory.path().join("newer");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("gateway.json"), GATEWAY).unwrap();
    std::fs::write(newer.join("shop.json"), SHOP.replace("show_product", "exhibit_product")).unwrap();
    let mut command = gateway(&["openapi", "--config", "conf", "--contracts", "newer"]);
    command.current_dir(directory.path());
    let (status, _, err) = ends(command);
    assert_eq!(status, Some(2));
    assert!(err.contains("The contract of `shop` has no operation `show_product`"), "{err}");
}

#[test]
fn a_key_is_derived_for_one_service_and_only_from_a_key() {
    let derive = |service: &str| {
        let mut command = gateway(&["keys", "derive", service]);
        command.env("AGORA_INTERNAL_KEY", "a key of at least thirty-two characters");
        ends(command)
    };
    let (users, again, shop) = (derive("users"), derive("users"), derive("shop"));
    assert_eq!((users.0, users.1.trim().len()), (Some(0), 43));
    assert_eq!(users, again);
    assert_ne!(users.1, shop.1);
    let (status, out, err) = ends(gateway(&["keys", "derive", "users"]));
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("AGORA_INTERNAL_KEY"), "{err}");
}

#[test]
fn a_healthcheck_of_nothing_ends_with_1() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (status, _, err) = ends(gateway(&["healthcheck", "--admin", &free.to_string()]));
    assert_eq!(status, Some(1));
    assert!(err.starts_with(&format!("no answer at {free}: ")), "{err}");
}
