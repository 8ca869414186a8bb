//! The OAuth 2 form.

use http::StatusCode;

use super::world::{Answer, World};

const LOGIN: &str = "grant_type=password&username=ada&password=secret";

fn is_oauth_error(answer: &Answer, status: u16, code: &str, error: &str) {
    answer.is_problem(status, code);
    assert_eq!(answer.body["error"], error, "{answer:?}");
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(description.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'), "{description}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn swagger_ui_gets_tokens_with_an_empty_client_and_fields_that_nobody_reads() {
    let world = World::new();
    let form = format!("{LOGIN}&scope=&client_id=&client_secret=&whatever=1");
    for headers in [&[("bearer", "Basic Og==")][..], &[]] {
        let answer = world.form(&form, headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
        assert!(world.check(&answer).is_ok());
        assert_eq!(answer.body["token_type"], "bearer");
    }
}

#[tokio::test]
async fn a_refresh_by_form_has_the_same_successor_as_by_json() {
    let world = World::new();
    let login = world.form(LOGIN, &[]).await;
    let form = format!("grant_type=refresh_token&refresh_token={}", login.refresh_token());
    let by_form = world.form(&form, &[]).await;
    let by_json = world.refresh(login.refresh_token()).await;
    assert_eq!(by_form.refresh_token(), by_json.refresh_token());
}

#[tokio::test]
async fn wrong_credentials_and_wrong_tokens_are_invalid_grant() {
    let world = World::new();
    let wrong = world.form("grant_type=password&username=ada&password=no", &[]).await;
    is_oauth_error(&wrong, 400, "invalid_grant", "invalid_grant");
    let wrong = world.form("grant_type=refresh_token&refresh_token=nonsense", &[]).await;
    is_oauth_error(&wrong, 400, "invalid_grant", "invalid_grant");
}

#[tokio::test]
async fn a_form_that_cannot_be_used_is_invalid_request() {
    let world = World::new();
    for form in
        ["", "grant_type=password", "grant_type=password&username=ada", "grant_type=refresh_token&refresh_token="]
    {
        is_oauth_error(&world.form(form, &[]).await, 400, "invalid_parameter", "invalid_request");
    }
    let twice = world.form(&format!("{LOGIN}&username=eve"), &[]).await;
    is_oauth_error(&twice, 400, "invalid_parameter", "invalid_request");
    let other = world.form("grant_type=client_credentials", &[]).await;
    is_oauth_error(&other, 400, "invalid_parameter", "unsupported_grant_type");
    let json = world.post("/auth/token", serde_json::json!({"grant_type": "password"}), &[]).await;
    is_oauth_error(&json, 415, "unsupported_media_type", "invalid_request");
    assert!(world.stub.know(|known| known.seen.is_empty()));
}

#[tokio::test]
async fn a_client_that_authenticates_is_not_known() {
    let world = World::new();
    let answer = world.form(LOGIN, &[("bearer", "Basic YWRtaW46YWRtaW4=")]).await;
    is_oauth_error(&answer, 401, "unauthenticated", "invalid_client");
    assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
}

#[tokio::test]
async fn users_being_down_is_temporary_and_uses_nothing_up() {
    let world = World::new();
    let login = world.form(LOGIN, &[]).await;
    world.users.sever(true);
    let form = format!("grant_type=refresh_token&refresh_token={}", login.refresh_token());
    let down = world.form(&form, &[]).await;
    is_oauth_error(&down, 503, "upstream_unavailable", "temporarily_unavailable");
    assert!(down.header("retry-after").is_some());
    world.users.sever(false);
    assert_eq!(world.form(&form, &[]).await.status, StatusCode::OK);
}
