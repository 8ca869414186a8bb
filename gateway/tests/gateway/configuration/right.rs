//! What comes of a configuration that is right, and how several mistakes are told.

use std::time::Duration;

use gateway::plan::{Access, Partition, PathPiece, Plan, ServiceKind, Sources, Target, TokenRule};
use gateway::routes::Found;
use http::Method;

use proptest::prelude::*;

use super::{ROUTES, SETTINGS, edited, load, sources};

/// No service runs behind these tests, so nothing here can have asked one.
#[test]
fn a_right_configuration_makes_a_plan_with_every_service_down() {
    let plan = load(&[]).unwrap();
    let names: Vec<_> = plan.services.iter().map(|service| (service.name.as_str(), service.kind)).collect();
    let expected =
        [("gateway", ServiceKind::BuiltIn), ("shop", ServiceKind::Contracted), ("legacy", ServiceKind::Origin)];
    assert_eq!(names, expected);
    assert_eq!(plan.summary(), "6 routes to 5 of 8 public operations (1 are internal), 3 services");
    assert_eq!(plan.variables, ["SHOP_URL"]);
}

#[test]
fn a_route_has_everything_decided() {
    let plan = load(&[]).unwrap();
    let show = &plan.routes[1];
    assert_eq!((show.method_name(), show.template.as_str()), ("GET", "/api/v1/products/{id}"));
    let (shop, _) = plan.service_named("shop").unwrap();
    let path = vec![PathPiece::Literal("/products/".to_owned()), PathPiece::Parameter(0)];
    assert_eq!(show.target, Target::Operation { service: shop, operation: "show_product".to_owned(), path });
    assert_eq!((show.timeout, show.body_limit), (Duration::from_millis(500), 1024 * 1024));
    let replace = &plan.routes[2];
    assert_eq!(replace.access, Access::Role("seller".to_owned()));
    assert_eq!((replace.timeout, replace.body_limit), (Duration::from_secs(2), 64 * 1024));
    let login = &plan.routes[3];
    assert_eq!((login.token, login.timeout), (TokenRule::Ignore, Duration::from_secs(3)));
    let old = &plan.routes[4];
    assert_eq!(old.deprecated.as_ref().unwrap().path, "/api/v1/products/{id}");
    assert_eq!(old.origin.to_string(), "conf/routes/shop.toml:25:1");
}

#[test]
fn an_access_token_may_last_as_long_as_its_revocation_is_remembered() {
    let longest = SETTINGS.replacen("deadline", "auth.access_token_ttl = \"895s\"\ndeadline", 1);
    let plan = load(&[("conf/gateway.toml", longest)]).unwrap();
    assert_eq!(plan.settings.auth.access_token_ttl, Duration::from_secs(15 * 60 - 5));
}

#[test]
fn the_parameters_of_an_operation_are_bound_by_name_and_not_by_order() {
    let route = "\n[[route]]\nmatch = \"PUT /api/v1/pictures/{number}/of/{id}\"\nto = \"shop.replace_picture\"\naccess = \"signed_in\"\n";
    let plan = load(&[("conf/routes/more.toml", route.to_owned())]).unwrap();
    let route = &plan.routes[0];
    let Target::Operation { path, .. } = &route.target else { panic!("{:?}", route.target) };
    let literal = |text: &str| PathPiece::Literal(text.to_owned());
    let expected = [literal("/products/"), PathPiece::Parameter(1), literal("/pictures/"), PathPiece::Parameter(0)];
    assert_eq!(*path, expected);
    assert_eq!(route.body_limit, 10 * 1024 * 1024, "it takes files");
}

#[test]
fn the_contract_tells_what_an_operation_answers() {
    let plan = load(&[]).unwrap();
    let replace = plan.operation(&plan.routes[2]).unwrap();
    let declared = [200, 404, 500].map(|status| replace.declares(http::StatusCode::from_u16(status).unwrap()));
    assert_eq!(declared, [true, true, false]);
    assert_eq!((replace.has_body, replace.takes_upload()), (true, false));
    let shop = &plan.service_named("shop").unwrap().1.contract;
    assert_eq!(shop.value_of(replace).unwrap()["operationId"], "replace_product");
    assert_eq!(shop.operation("batch_products").map(|operation| operation.internal), Some(true));
}

#[test]
fn variables_set_what_the_files_leave_open() {
    let variables = [("SHOP_URL".to_owned(), "http://shop:8104".to_owned())];
    let plan = Plan::load(&sources(&[]).with_variables(variables)).unwrap();
    assert_eq!(plan.service_named("shop").unwrap().1.urls, ["http://shop:8104/"]);
    let settings = format!("limits.connections = \"${{MANY:-7}}\"\nlog.requests = \"${{LOG:-false}}\"\n{SETTINGS}");
    let plan = load(&[("conf/gateway.toml", settings)]).unwrap();
    assert_eq!((plan.settings.limits.connections, plan.settings.log.requests), (7, false));
}

#[test]
fn a_route_of_another_profile_does_not_exist() {
    let demo = load(&[]).unwrap();
    assert!(matches!(demo.table.find(&Method::GET, "/api/products/7"), Found::Route { .. }));
    let production = Plan::load(&sources(&[]).with_profile("production")).unwrap();
    assert_eq!(production.table.find(&Method::GET, "/api/products/7"), Found::Nothing);
}

#[test]
fn routes_of_different_profiles_may_match_the_same_requests() {
    let same = ROUTES.replace("GET /api/products/{id}\"", "GET /api/v1/products/{id}\"");
    let collides = load(&[("conf/routes/shop.toml", same.clone())]).unwrap_err();
    assert_eq!(collides.iter().count(), 1, "{collides}");
    let apart = same.replacen("timeout = \"500ms\"", "profiles = [\"production\"]", 1);
    assert!(load(&[("conf/routes/shop.toml", apart)]).is_ok());
}

#[test]
fn mistakes_of_all_files_are_reported_at_once_in_order() {
    let settings = edited("conf/gateway.toml", "deadline", "deadlien");
    let routes = ROUTES.replace("shop.show_product", "shop.shw_product").replace("\"role:seller\"", "\"role:\"");
    let mistakes = load(&[("conf/gateway.toml", settings), ("conf/routes/shop.toml", routes)]).unwrap_err();
    let places: Vec<_> = mistakes.iter().map(|mistake| mistake.at.to_string()).collect();
    let expected = [
        "conf/gateway.toml:1:1",
        "conf/routes/shop.toml:9:10",
        "conf/routes/shop.toml:16:10",
        "conf/routes/shop.toml:27:10",
    ];
    assert_eq!(places, expected);
    assert!(mistakes.to_string().ends_with("4 mistakes in the configuration"));
}

#[test]
fn a_mistake_shows_its_line_and_marks_what_is_meant() {
    let mistakes =
        load(&[("conf/routes/shop.toml", edited("conf/routes/shop.toml", "\"anyone\"", "\"anyon\""))]).unwrap_err();
    let expected = "\
conf/routes/shop.toml:5:10: `anyon` does not say who may call; did you mean `anyone`?
  |
5 | access = \"anyon\"
  |          ^^^^^^^

1 mistake in the configuration";
    assert_eq!(mistakes.to_string(), expected);
}

#[test]
fn what_depends_on_a_mistake_is_not_blamed_again() {
    let settings = edited("conf/gateway.toml", "../openapi/shop.json", "../openapi/shp.json");
    let mistakes = load(&[("conf/gateway.toml", settings)]).unwrap_err();
    assert_eq!(mistakes.iter().count(), 1, "{mistakes}");
    let settings = edited("conf/gateway.toml", "[services.shop]", "[services.shop");
    let mistakes = load(&[("conf/gateway.toml", settings)]).unwrap_err();
    assert_eq!(mistakes.iter().count(), 1, "{mistakes}");
}

#[test]
fn a_misspelt_service_is_suggested_to_the_routes_that_meant_it() {
    let settings = edited("conf/gateway.toml", "[services.shop]", "[services.shpo]");
    let mistakes = load(&[("conf/gateway.toml", settings)]).unwrap_err();
    assert_eq!(mistakes.iter().count(), 4, "{mistakes}");
    assert!(mistakes.iter().all(|mistake| mistake.sentence == "There is no service `shop`; did you mean `shpo`?"));
}

#[test]
fn a_pipe_is_no_file_and_nobody_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("gateway.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (tell, told) = std::sync::mpsc::channel();
    let sources = Sources::directory(directory.path());
    std::thread::spawn(move || tell.send(Plan::load(&sources).unwrap_err().to_string()));
    let mistakes = told.recv_timeout(Duration::from_secs(10)).expect("it is not waited for");
    assert!(mistakes.contains("it is no file"), "{mistakes}");
}

#[test]
fn a_directory_that_is_not_there_is_one_mistake_per_file() {
    let nowhere = tempfile::tempdir().unwrap().path().join("nowhere");
    let mistakes = Plan::load(&Sources::directory(&nowhere)).unwrap_err();
    let places: Vec<_> = mistakes.iter().map(|mistake| (mistake.at.file.to_string(), mistake.at.line)).collect();
    let path = |name: &str| (nowhere.join(name).display().to_string(), 0);
    assert_eq!(places, [path("gateway.toml"), path("routes")]);
}

#[test]
fn the_configuration_of_this_repository_is_right_embedded_and_as_files() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"));
    for profile in ["demo", "production"] {
        let embedded = Plan::load(&Sources::embedded().with_profile(profile)).unwrap_or_else(|e| panic!("{e}"));
        let files = Plan::load(&Sources::directory(directory).with_profile(profile)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(embedded.listing(), files.listing());
        assert_eq!(embedded.settings, files.settings);
    }
}

proptest! {
    #[test]
    fn no_damage_to_a_file_makes_the_reader_panic(
        at in 0..ROUTES.len(),
        length in 0..40_usize,
        damage in "[\\PC\n\r\t\"'\\[\\]{}=.#$é日]{0,6}",
    ) {
        let boundary = |at: usize| (0..=at.min(ROUTES.len())).rev().find(|at| ROUTES.is_char_boundary(*at)).unwrap_or(0);
        let text = format!("{}{damage}{}", &ROUTES[..boundary(at)], &ROUTES[boundary(at + length)..]);
        if let Err(mistakes) = load(&[("conf/routes/shop.toml", text)]) {
            prop_assert!(mistakes.to_string().contains("in the configuration"));
            prop_assert!(mistakes.iter().all(|mistake| mistake.at.line > 0 && mistake.at.column > 0));
        }
    }
}

#[test]
fn a_route_has_the_limit_that_it_names_else_the_default_and_none_if_it_says_so() {
    let limits = "limits.default = { rate = \"100/m\", burst = 50 }\nlimits.few = { rate = \"20/s\", burst = 5, per = \"address\" }\n";
    let routes = ROUTES
        .replacen("timeout = \"500ms\"", "limit = \"few\"", 1)
        .replacen("body_limit = \"64KiB\"", "limit = \"none\"", 1)
        .replacen("access = \"signed_in\"", "access = \"signed_in\"\nlimit = \"few\"", 1);
    let settings = format!("{limits}{SETTINGS}");
    let plan = load(&[("conf/gateway.toml", settings), ("conf/routes/shop.toml", routes)]).unwrap();
    let named = |route| plan.policy(route).map(|policy| policy.name.as_str());
    let named: Vec<_> = plan.routes.iter().map(named).collect();
    assert_eq!(named, [Some("default"), Some("few"), None, Some("default"), Some("default"), Some("few")]);
    let few = &plan.settings.limits.policies[1];
    assert_eq!((few.rate.to_string().as_str(), few.burst.get(), few.per), ("20/s", 5, Partition::Address));
    assert_eq!(few.window(), Duration::from_millis(250));
    assert_eq!(plan.settings.limits.policies[0].per, Partition::User);
    assert_eq!(plan.settings.limits.body_bytes, 1024 * 1024, "the rest of [limits] is as it was");
    let listing = plan.listing();
    assert!(listing.contains("shop.show_product     2s       limit: few\n"), "{listing}");
    let explained = plan.explain(&Method::GET, "/api/v1/products/7").unwrap();
    assert!(explained.contains("limit            few: 20/s, burst 5, per address; costs 1\n"), "{explained}");
}

#[test]
fn the_gateways_own_configuration_limits_who_guesses_at_signing_in() {
    let plan = Plan::load(&Sources::embedded()).unwrap();
    for route in &plan.routes {
        let is_sign_in =
            ["register", "login", "token"].iter().any(|end| route.template == format!("/api/v1/auth/{end}"));
        let limit = plan.policy(route).map(ToString::to_string);
        assert_eq!(
            limit.as_deref(),
            is_sign_in.then_some("sign_in: 20/s, burst 200, per address"),
            "{}",
            route.template
        );
    }
}

#[test]
fn a_prefix_may_be_called_as_a_service_is() {
    let text = edited("conf/routes/shop.toml", "prefix = \"/legacy/\"", "prefix = \"/shop/\"");
    let plan = load(&[("conf/routes/shop.toml", text)]).unwrap();
    let names: Vec<_> = plan.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["gateway", "shop", "shop-2"]);
}
