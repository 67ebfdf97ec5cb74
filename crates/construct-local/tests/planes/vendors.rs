//! Real vendors, on answers written down as their documentation shows them: the consent at GitHub and at
//! Atlassian, the exchange, renewals, and what a vendor says no to. No request leaves this machine: servers
//! here stand in for the vendors' hosts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use construct_local::Options;
use serde_json::{Value, json};

use crate::browser::{Browser, parameter};
use crate::servers::Recording;
use crate::stage::{RETURN_URL, Site, Stage, elicited, oauth, openapi};

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const GITHUB_TOOL: &str = "github___getAuthenticatedUser";
const CONFLUENCE_TOOL: &str = "confluence___listSpaces";

/// A stage on which `vendor` stands in for these hosts.
async fn stage(vendor: &Recording, hosts: &[&str]) -> Stage {
    let stand_ins: BTreeMap<String, String> =
        hosts.iter().map(|host| ((*host).to_owned(), vendor.url.clone())).collect();
    Stage::with(Options { internet: true, stand_ins, ..Options::instant() }).await
}

/// Begins a consent for `tool`: what the vendor's page is asked, and the session.
async fn begun(stage: &Stage, site: &Site, token: &str, tool: &str) -> (String, String) {
    let url = elicited(&stage.call(site, token, tool, json!({})).await);
    let to_vendor = Browser::default().get(&url).await;
    assert_eq!(to_vendor.status, 302, "{}", to_vendor.body);
    (to_vendor.header("location").to_owned(), parameter(&url, "request_uri").expect("a session"))
}

/// The vendor sends the browser back with a code; whether the consent then completes.
async fn agreed(stage: &Stage, page: &str, session: &str, token: &str) -> (u16, String) {
    let callback = parameter(page, "redirect_uri").expect("a callback");
    let state = parameter(page, "state").expect("a state");
    let back = Browser::default().get(&format!("{callback}?code=c0de&state={state}")).await;
    assert!(back.header("location").starts_with(RETURN_URL), "{}", back.body);
    let done = stage.complete(session, token).await;
    (done.status, done.body)
}

/// The form of a request.
fn form(request: &str) -> String {
    format!("?{}", request.split_once("\r\n\r\n").expect("a body").1)
}

fn host(request: &str) -> &str {
    let line = request.lines().find(|line| line.to_lowercase().starts_with("host:"));
    line.and_then(|line| line.split(':').nth(1)).unwrap_or_default().trim()
}

#[tokio::test]
async fn a_consent_at_github_ends_in_its_api() {
    let is_refusing = Arc::new(AtomicU8::new(1));
    let switch = Arc::clone(&is_refusing);
    let github = Recording::answering(move |request| {
        match host(request) {
        "api.github.com" => (200, JSON, json!({"login": "octocat", "id": 1}).to_string()),
        // GitHub refuses with status 200, and in a form where JSON is not asked for.
        _ if switch.load(Ordering::SeqCst) == 1 => (
            200,
            FORM,
            "error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired."
                .to_owned(),
        ),
        _ => (
            200,
            JSON,
            json!({"access_token": "gho_16C7e42F292c6912E7710c838347Ae178B4a",
                "scope": "repo,read:user", "token_type": "bearer"})
            .to_string(),
        ),
    }
    })
    .await;
    let stage = stage(&github, &["github.com", "api.github.com"]).await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let token = stage.sign_in("ann").await;

    let (page, session) = begun(&stage, &site, &token, GITHUB_TOOL).await;
    assert!(page.starts_with("https://github.com/login/oauth/authorize?"), "{page}");
    for (name, value) in [
        ("client_id", "github-client"),
        ("response_type", "code"),
        ("scope", "repo read:user"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&page, name).as_deref(), Some(value), "{page}");
    }
    let (status, body) = agreed(&stage, &page, &session, &token).await;
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("the vendor answered bad_verification_code"), "{body}");

    is_refusing.store(0, Ordering::SeqCst);
    let (page, session) = begun(&stage, &site, &token, GITHUB_TOOL).await;
    assert_eq!(agreed(&stage, &page, &session, &token).await.0, 200);
    let exchange = github.last();
    assert!(exchange.starts_with("POST /login/oauth/access_token HTTP/1.1"), "{exchange}");
    assert!(exchange.to_lowercase().contains("accept: application/json"), "{exchange}");
    let sent = form(&exchange);
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("client_id", "github-client"),
        ("client_secret", "hush-hush"),
        ("code", "c0de"),
        ("redirect_uri", &parameter(&page, "redirect_uri").unwrap()),
    ] {
        assert_eq!(parameter(&sent, name).as_deref(), Some(value), "{sent}");
    }
    assert!(parameter(&sent, "code_verifier").is_some());

    let called = stage.call(&site, &token, GITHUB_TOOL, json!({})).await;
    assert_eq!(called["result"]["structuredContent"]["login"], "octocat", "{called}");
    let request = github.last();
    assert!(request.starts_with("GET /user HTTP/1.1") && host(&request) == "api.github.com");
    let bearer = "authorization: bearer gho_16c7e42f292c6912e7710c838347ae178b4a";
    assert!(request.to_lowercase().contains(bearer), "{request}");
}

/// What the stand-in for Atlassian does next: renew, be down, or not know the refresh token.
const RENEWS: u8 = 0;
const IS_DOWN: u8 = 1;

/// Atlassian, whose refresh tokens are good once: `r1`, `r2` and so on.
async fn atlassian(mood: Arc<AtomicU8>) -> Recording {
    let issued = AtomicU8::new(0);
    Recording::answering(move |request| {
        if host(request) == "api.atlassian.com" {
            return (200, JSON, json!({"results": [], "_links": {}}).to_string());
        }
        let sent = form(request);
        let last = issued.load(Ordering::SeqCst);
        let is_known = parameter(&sent, "grant_type").as_deref() == Some("authorization_code")
            || parameter(&sent, "refresh_token") == Some(format!("r{last}"));
        if mood.load(Ordering::SeqCst) == IS_DOWN {
            return (503, "text/html", "<html>Service Unavailable</html>".to_owned());
        }
        if !is_known {
            let over = json!({"error": "invalid_grant",
                "error_description": "Unknown or invalid refresh token."});
            return (403, JSON, over.to_string());
        }
        let next = issued.fetch_add(1, Ordering::SeqCst) + 1;
        let tokens = json!({"access_token": format!("a{next}"), "expires_in": 3600,
            "refresh_token": format!("r{next}"), "scope": "read:space:confluence offline_access",
            "token_type": "Bearer"});
        (200, JSON, tokens.to_string())
    })
    .await
}

/// Lets the kept token be over, with this refresh token or with its own.
fn age(stage: &Stage) {
    stage.local.edit(|account| {
        for entry in account.region_mut("us-east-1").agentcore.vault.values_mut() {
            entry.expires = Some(0);
        }
    });
}

#[tokio::test]
async fn refresh_tokens_of_atlassian_rotate() {
    let mood = Arc::new(AtomicU8::new(RENEWS));
    let atlassian = atlassian(Arc::clone(&mood)).await;
    let stage = stage(&atlassian, &["auth.atlassian.com", "api.atlassian.com"]).await;
    let site = stage.gateway("tools").await;
    let provider =
        stage.provider("atlassian", "AtlassianOauth2", "atlassianOauth2ProviderConfig").await;
    let scopes = ["read:space:confluence", "offline_access"];
    let credential = oauth(&provider, "AUTHORIZATION_CODE", &scopes);
    stage.target(&site, "confluence", &openapi("confluence"), Some(credential)).await;
    stage.allow_return(&site).await;
    let token = stage.sign_in("ann").await;

    let (page, session) = begun(&stage, &site, &token, CONFLUENCE_TOOL).await;
    assert!(page.starts_with("https://auth.atlassian.com/authorize?"), "{page}");
    for (name, value) in [("audience", "api.atlassian.com"), ("prompt", "consent")] {
        assert_eq!(parameter(&page, name).as_deref(), Some(value), "{page}");
    }
    assert_eq!(agreed(&stage, &page, &session, &token).await.0, 200);
    let works = |called: &Value| called["result"]["isError"] == false;
    let called = stage.call(&site, &token, CONFLUENCE_TOOL, json!({})).await;
    assert!(works(&called), "{called}");

    // Two calls at once find the token over: it is renewed once, and both go on with the new one.
    age(&stage);
    let (one, other) = tokio::join!(
        stage.call(&site, &token, CONFLUENCE_TOOL, json!({})),
        stage.call(&site, &token, CONFLUENCE_TOOL, json!({})),
    );
    assert!(works(&one) && works(&other), "{one} {other}");
    let requests = atlassian.all();
    let renewals = requests.iter().filter(|request| request.contains("grant_type=refresh_token"));
    assert_eq!(renewals.count(), 1);
    let bearers = requests.iter().filter(|one| one.to_lowercase().contains("bearer a2"));
    assert_eq!(bearers.count(), 2);

    // The next renewal takes the new refresh token.
    age(&stage);
    assert!(works(&stage.call(&site, &token, CONFLUENCE_TOOL, json!({})).await));
    // A vendor that is down ends the call and not the consent.
    age(&stage);
    mood.store(IS_DOWN, Ordering::SeqCst);
    let failed = stage.call(&site, &token, CONFLUENCE_TOOL, json!({})).await;
    assert_eq!(failed["error"]["code"], -32603, "{failed}");
    mood.store(RENEWS, Ordering::SeqCst);
    assert!(works(&stage.call(&site, &token, CONFLUENCE_TOOL, json!({})).await));
}

#[tokio::test]
async fn a_refresh_token_that_is_over_needs_a_new_consent() {
    let atlassian = atlassian(Arc::new(AtomicU8::new(RENEWS))).await;
    let stage = stage(&atlassian, &["auth.atlassian.com", "api.atlassian.com"]).await;
    let site = stage.gateway("tools").await;
    let provider =
        stage.provider("atlassian", "AtlassianOauth2", "atlassianOauth2ProviderConfig").await;
    for (name, scopes) in [("first", ["a"]), ("second", ["b"])] {
        let credential = oauth(&provider, "AUTHORIZATION_CODE", &scopes);
        stage.target(&site, name, &openapi("confluence"), Some(credential)).await;
    }
    stage.allow_return(&site).await;
    let token = stage.sign_in("ann").await;
    // The second consent gives `r2`: this vendor forgets `r1` with it.
    for tool in ["first___listSpaces", "second___listSpaces"] {
        let (page, session) = begun(&stage, &site, &token, tool).await;
        assert_eq!(agreed(&stage, &page, &session, &token).await.0, 200);
    }
    age(&stage);
    elicited(&stage.call(&site, &token, "first___listSpaces", json!({})).await);
    let called = stage.call(&site, &token, "second___listSpaces", json!({})).await;
    assert_eq!(called["result"]["isError"], false, "{called}");
}
