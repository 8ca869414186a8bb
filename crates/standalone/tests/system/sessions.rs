//! Accounts, tokens and sessions, from the register form to the last refresh, with tokens in the body and with cookies.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use testkit::{Caller, until};

use crate::{PASSWORD, System, over_both};

/// How long a revoked token may go on working, by the promise of the gateway.
const REVOKED_WITHIN: Duration = Duration::from_secs(1);

async fn refresh(caller: &Caller, token: &str) -> testkit::Answer {
    caller.post("/api/v1/auth/refresh", &json!({ "refresh_token": token })).await
}

fn text(document: &Value, member: &str) -> String {
    let text = document[member].as_str();
    text.unwrap_or_else(|| panic!("no {member} in {document}")).to_owned()
}

async fn dies(caller: &Caller, access: &str) {
    let refused = async || {
        let answer = caller.get("/api/v1/users/me").bearer(access).await;
        (answer.status == 401).then(|| answer.problem(401, "session_revoked"))
    };
    until("the access token is refused", REVOKED_WITHIN, refused).await;
}

over_both! {
    async fn an_account_lives_from_registration_to_logout_with_tokens_in_the_body(system: &System) {
        let caller = system.anonymous();
        let account = json!({ "username": "ada", "email": "ada@example.test", "password": PASSWORD, "display_name": "Ada" });
        let registered = caller.post("/api/v1/auth/register", &account).await.expect(201);
        assert_eq!(registered.header("location"), "/api/v1/users/ada");
        assert_eq!(registered.header("cache-control"), "no-store");
        assert_eq!(registered.json()["user"]["username"], "ada");

        for login in ["ada", "ADA", "ada@example.test"] {
            let _ = caller.post("/api/v1/auth/login", &json!({ "login": login, "password": PASSWORD })).await.expect(200);
        }
        let login = json!({ "login": "ada", "password": PASSWORD, "session": "token" });
        let tokens = caller.post("/api/v1/auth/login", &login).await.expect(200);
        assert_eq!(tokens.header("set-cookie"), "");
        let tokens = tokens.json();
        assert_eq!(tokens["token_type"].as_str().unwrap().to_lowercase(), "bearer");
        assert_eq!(tokens["expires_in"], 600);
        let access = text(&tokens, "access_token");

        let me = caller.get("/api/v1/users/me").bearer(&access).await.expect(200).json();
        assert_eq!((&me["email"], &me["display_name"]), (&json!("ada@example.test"), &json!("Ada")));

        let refreshed = refresh(&caller, &text(&tokens, "refresh_token")).await.expect(200).json();
        let access = text(&refreshed, "access_token");
        let _ = caller.get("/api/v1/users/me").bearer(&access).await.expect(200);

        let logout = caller.post("/api/v1/auth/logout", &json!({ "refresh_token": text(&refreshed, "refresh_token") }));
        let _ = logout.bearer(&access).await.expect(204);
        dies(&caller, &access).await;
        refresh(&caller, &text(&refreshed, "refresh_token")).await.problem(400, "invalid_grant");
    }

    async fn a_browser_keeps_its_session_in_a_cookie_that_scripts_cannot_read(system: &System) {
        let _ = system.user("ada").await;
        let browser = system.anonymous().with_cookies().with_header("origin", &system.origin()).with_header("sec-fetch-site", "same-origin");
        let login = json!({ "login": "ada", "password": PASSWORD, "session": "cookie" });
        let answer = browser.post("/api/v1/auth/login", &login).await.expect(200);
        let cookie = answer.header("set-cookie").to_owned();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(answer.json()["refresh_token"].is_null(), "the refresh token is in the body too");
        let access = text(&answer.json(), "access_token");
        let _ = browser.get("/api/v1/users/me").bearer(&access).await.expect(200);

        let refreshed = browser.call(Method::POST, "/api/v1/auth/refresh").await.expect(200);
        assert_ne!(refreshed.header("set-cookie"), "", "the cookie is rotated");
        let access = text(&refreshed.json(), "access_token");
        let _ = browser.get("/api/v1/users/me").bearer(&access).await.expect(200);

        let foreign = browser.call(Method::POST, "/api/v1/auth/refresh").header("origin", "https://evil.example.test");
        foreign.header("sec-fetch-site", "cross-site").await.problem(403, "forbidden");

        let _ = browser.call(Method::POST, "/api/v1/auth/logout").bearer(&access).await.expect(204);
        dies(&browser, &access).await;
        assert_eq!(browser.call(Method::POST, "/api/v1/auth/refresh").await.status.as_u16(), 400);
    }

    async fn twenty_refreshes_at_once_get_one_successor(system: &System) {
        let user = system.user("ada").await;
        let asking: Vec<_> = (0..20).map(|_| {
            let (caller, token) = (system.anonymous(), user.refresh_token.clone());
            tokio::spawn(async move { refresh(&caller, &token).await.expect(200).json() })
        }).collect();
        let mut successors = BTreeSet::new();
        for one in asking {
            successors.insert(text(&one.await.unwrap(), "refresh_token"));
        }
        assert_eq!(successors.len(), 1, "{successors:?}");
        let successor = successors.first().unwrap();
        let _ = refresh(&system.anonymous(), successor).await.expect(200);
    }

    async fn a_refresh_token_that_comes_back_late_ends_the_whole_family(system: &System) {
        let user = system.user("ada").await;
        let other = system.login("ada").await;
        let caller = system.anonymous();
        let successor = refresh(&caller, &user.refresh_token).await.expect(200).json();
        let again = refresh(&caller, &user.refresh_token).await.expect(200).json();
        assert_eq!(text(&successor, "refresh_token"), text(&again, "refresh_token"), "within the grace");
        let access = text(&successor, "access_token");
        let _ = caller.get("/api/v1/users/me").bearer(&access).await.expect(200);

        system.pass(Duration::from_secs(21));
        refresh(&caller, &user.refresh_token).await.problem(400, "invalid_grant");
        dies(&caller, &access).await;
        dies(&caller, &user.access_token).await;
        refresh(&caller, &text(&successor, "refresh_token")).await.problem(400, "invalid_grant");
        let _ = other.get("/api/v1/users/me").await.expect(200);
    }

    async fn a_wrong_password_and_an_unknown_account_cannot_be_told_apart(system: &System) {
        let _ = system.user("ada").await;
        let caller = system.anonymous();
        let login = async |login: &str| {
            let answer = caller.post("/api/v1/auth/login", &json!({ "login": login, "password": "not this one" })).await;
            let mut document = answer.problem(401, "invalid_credentials");
            document["request_id"] = Value::Null;
            document
        };
        assert_eq!(login("ada").await, login("nobody").await);
        assert_eq!(login("ada@example.test").await, login("nobody@example.test").await);
    }

    async fn the_form_of_oauth2_works_with_an_empty_client_and_unknown_fields(system: &System) {
        let _ = system.user("ada").await;
        let caller = system.anonymous().with_header("authorization", "Basic Og==");
        let form = |fields: &[(&str, &str)]| caller.call(Method::POST, "/api/v1/auth/token").form(fields);
        let password = [("grant_type", "password"), ("username", "ada"), ("password", PASSWORD), ("scope", ""), ("unknown", "1")];
        let tokens = form(&password).await.expect(200).json();
        let access = text(&tokens, "access_token");
        let _ = caller.get("/api/v1/users/me").bearer(&access).await.expect(200);
        let token = text(&tokens, "refresh_token");
        let _ = form(&[("grant_type", "refresh_token"), ("refresh_token", &token)]).await.expect(200);
        let refused = form(&[("grant_type", "password"), ("username", "ada"), ("password", "wrong")]).await;
        assert_eq!(refused.problem(400, "invalid_grant")["error"], "invalid_grant");
        let unknown = form(&[("grant_type", "client_credentials")]).await;
        assert_eq!(unknown.status, 400);
        assert_eq!(unknown.json()["error"], "unsupported_grant_type");
    }

    async fn a_token_can_be_asked_about(system: &System) {
        let user = system.user("ada").await;
        let known = user.get("/api/v1/auth/introspect").await.expect(200).json();
        assert_eq!(known["active"], true, "{known}");
        system.anonymous().get("/api/v1/auth/introspect").await.problem(401, "unauthenticated");
    }

    async fn one_session_can_be_ended_and_the_others_live_on(system: &System) {
        let user = system.user("ada").await;
        let other = system.login("ada").await;
        let sessions = user.get("/api/v1/auth/sessions").await.expect(200).json();
        let sessions = sessions["items"].as_array().unwrap().clone();
        assert_eq!(sessions.len(), 2, "{sessions:?}");
        let claims = system.claims(&other.access_token);
        let path = format!("/api/v1/auth/sessions/{}", text(&claims, "sid"));
        let _ = user.delete(&path).await.expect(204);
        dies(&system.anonymous(), &other.access_token).await;
        refresh(&system.anonymous(), &other.refresh_token).await.problem(400, "invalid_grant");
        let _ = user.get("/api/v1/users/me").await.expect(200);
        user.delete(&path).await.problem(404, "not_found");
        let stranger = system.user("bob").await;
        let own = format!("/api/v1/auth/sessions/{}", text(&system.claims(&user.access_token), "sid"));
        stranger.delete(&own).await.problem(404, "not_found");
        system.anonymous().get("/api/v1/auth/sessions").await.problem(401, "unauthenticated");
    }

    async fn logout_everywhere_ends_every_session(system: &System) {
        let user = system.user("ada").await;
        let other = system.login("ada").await;
        let _ = user.call(Method::POST, "/api/v1/auth/logout?all=true").await.expect(204);
        dies(&system.anonymous(), &user.access_token).await;
        dies(&system.anonymous(), &other.access_token).await;
        refresh(&system.anonymous(), &other.refresh_token).await.problem(400, "invalid_grant");
        let _ = system.login("ada").await.get("/api/v1/users/me").await.expect(200);
    }

    async fn a_new_password_ends_every_other_session(system: &System) {
        let user = system.user("ada").await;
        let other = system.login("ada").await;
        let change = |current: &str, new: &str| user.put("/api/v1/auth/password", &json!({ "current_password": current, "new_password": new }));
        assert!(change("wrong", "another password").await.status.is_client_error());
        let changed = change(PASSWORD, "another password").await.expect(200).json();
        dies(&system.anonymous(), &other.access_token).await;
        refresh(&system.anonymous(), &other.refresh_token).await.problem(400, "invalid_grant");
        let access = text(&changed, "access_token");
        let _ = system.anonymous().get("/api/v1/users/me").bearer(&access).await.expect(200);
        let login = |password: &str| system.anonymous().post("/api/v1/auth/login", &json!({ "login": "ada", "password": password }));
        login(PASSWORD).await.problem(401, "invalid_credentials");
        let _ = login("another password").await.expect(200);
    }

    async fn a_deleted_account_is_gone_with_its_sessions_and_its_name_is_never_given_again(system: &System) {
        let user = system.user("ada").await;
        let _ = user.delete("/api/v1/users/me").await.expect(204);
        dies(&system.anonymous(), &user.access_token).await;
        system.anonymous().get("/api/v1/users/ada").await.problem(404, "not_found");
        let login = json!({ "login": "ada", "password": PASSWORD });
        system.anonymous().post("/api/v1/auth/login", &login).await.problem(401, "invalid_credentials");
        let again = json!({ "username": "ada", "password": PASSWORD });
        system.anonymous().post("/api/v1/auth/register", &again).await.problem(409, "username_taken");
    }

    async fn whoever_signs_in_may_still_carry_the_token_of_an_ended_session(system: &System) {
        let user = system.user("ada").await;
        let caller = system.anonymous();
        let _ = caller.post("/api/v1/auth/logout", &json!({ "refresh_token": user.refresh_token })).await.expect(204);
        dies(&caller, &user.access_token).await;
        let login = json!({ "login": "ada", "password": PASSWORD });
        for token in [user.access_token.as_str(), "nonsense"] {
            let _ = caller.post("/api/v1/auth/login", &login).bearer(token).await.expect(200);
        }
        let other = json!({ "username": "bob", "password": PASSWORD });
        let _ = caller.post("/api/v1/auth/register", &other).bearer("nonsense").await.expect(201);
    }

    async fn an_account_is_throttled_from_its_fifth_failure_on_and_others_are_not(system: &System) {
        let _ = system.user("ada").await;
        let _ = system.user("bob").await;
        let login = |login: &str, password: &str| system.anonymous().post("/api/v1/auth/login", &json!({ "login": login, "password": password }));
        for _ in 0..4 {
            login("ada", "wrong").await.problem(401, "invalid_credentials");
        }
        let _fifth = login("ada", "wrong").await;
        let throttled = login("ada", PASSWORD).await;
        throttled.problem(429, "login_throttled");
        assert!(throttled.header("retry-after").parse::<u32>().unwrap() >= 1);
        assert!(throttled.took < Duration::from_secs(1), "nothing sleeps");
        let _ = login("bob", PASSWORD).await.expect(200);
        until("the account is let in again", Duration::from_secs(5), async || (login("ada", PASSWORD).await.status == 200).then_some(())).await;
    }
}

/// A reuse that was noticed before a restart.
async fn reuse_survives(system: System) {
    let user = system.user("ada").await;
    let successor = refresh(&system.anonymous(), &user.refresh_token).await.expect(200).json();
    let access = text(&successor, "access_token");
    system.pass(Duration::from_secs(21));
    refresh(&system.anonymous(), &user.refresh_token).await.problem(400, "invalid_grant");
    let system = system.restart().await;
    let caller = system.anonymous();
    caller.get("/api/v1/users/me").bearer(&access).await.problem(401, "session_revoked");
    refresh(&caller, &text(&successor, "refresh_token")).await.problem(400, "invalid_grant");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_that_was_ended_is_ended_after_a_restart_in_one_process() {
    reuse_survives(System::standalone().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_that_was_ended_is_ended_after_a_restart_of_both_parts() {
    reuse_survives(System::split().await).await;
}
