//! The documentation in a real browser, under a host name that is not `localhost`.

use testkit::browser::Browser;
use testkit::until;

use crate::System;

const HOST: &str = "agora.test";

/// Every request that a page made went to the host that served it.
async fn nothing_foreign(browser: &Browser, origin: &str) -> Vec<String> {
    let requests = browser.requests().await;
    let foreign: Vec<_> = requests
        .iter()
        .filter(|url| !url.starts_with(origin) && !url.starts_with("data:") && !url.starts_with("blob:"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    requests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorize_works_with_the_demo_login_and_the_page_asks_nobody_else() {
    let system = System::standalone().await;
    let browser = Browser::open(HOST).await;
    let origin = format!("http://{HOST}:{}", system.address().port());
    browser.visit(&format!("{origin}/docs")).await;
    browser.shows("/api/v1/users/me").await;
    browser.find("button.authorize").await.click().await;
    browser.find("#oauth_username").await.write("demo").await;
    browser.find("#oauth_password").await.write("password").await;
    browser.find(".auth-btn-wrapper button.authorize").await.click().await;
    browser.shows("Authorized").await;
    browser.find(".auth-btn-wrapper .btn-done").await.click().await;

    browser.find("[id$='show_me'] .opblock-summary-control").await.click().await;
    browser.find("[id$='show_me'] .try-out__btn").await.click().await;
    browser.find("[id$='show_me'] .execute").await.click().await;
    let answer = browser.find("[id$='show_me'] .live-responses-table tbody .response-col_status").await;
    until("the answer is there", std::time::Duration::from_secs(10), async || {
        answer.text().await.contains("200").then_some(())
    })
    .await;
    let requests = nothing_foreign(&browser, &origin).await;
    assert!(requests.iter().any(|url| url.ends_with("/api/v1/users/me")), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_renders_and_asks_nobody_else() {
    let system = System::standalone().await;
    let browser = Browser::open(HOST).await;
    let origin = format!("http://{HOST}:{}", system.address().port());
    browser.visit(&format!("{origin}/redoc")).await;
    browser.shows("/api/v1/users/{username}").await;
    let requests = nothing_foreign(&browser, &origin).await;
    assert!(requests.len() > 1, "{requests:?}");
    browser.visit(&format!("{origin}/")).await;
    browser.shows("Swagger UI").await;
    nothing_foreign(&browser, &origin).await;
}
