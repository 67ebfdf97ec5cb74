//! A user's consent from the tool call that asks for it to the one that has the data.

use construct_local::Options;
use serde_json::json;

use crate::browser::parameter;
use crate::stage::{RETURN_URL, Stage, elicited};

const TOOL: &str = "github___getAuthenticatedUser";

#[tokio::test]
async fn a_consent_leads_from_the_first_call_to_the_data() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let token = stage.sign_in("ann").await;

    // Tools are listed without any consent.
    let listed = stage.mcp(&site, &token, "tools/list", json!({})).await.json();
    let names: Vec<_> = listed["result"]["tools"].as_array().unwrap().iter().collect();
    assert!(names.iter().any(|tool| tool["name"] == TOOL), "{listed}");

    let url = elicited(&stage.call(&site, &token, TOOL, json!({})).await);
    let start = format!("http://identity.localhost:{}/identities/oauth2/authorize", stage.port);
    assert!(url.starts_with(&format!("{start}?request_uri=urn%3Aietf%3Aparams%3Aoauth%3A")));
    let back = stage.consent(&url, "mona", "allow").await;
    assert!(back.starts_with(&format!("{RETURN_URL}?session_id=urn%3Aietf")), "{back}");
    let session = parameter(&back, "session_id").unwrap();

    // Not before it is completed.
    elicited(&stage.call(&site, &token, TOOL, json!({})).await);
    let done = stage.complete(&session, &token).await;
    assert_eq!((done.status, done.body.as_str()), (200, ""));
    let called = stage.call(&site, &token, TOOL, json!({})).await;
    assert_eq!(called["result"]["isError"], json!(false), "{called}");
    assert_eq!(called["result"]["structuredContent"]["login"], "mona");

    // A new token of the same person finds the consent; another person does not.
    let renewed = stage.sign_in("ann").await;
    assert_ne!(renewed, token);
    let again = stage.call(&site, &renewed, TOOL, json!({})).await;
    assert_eq!(again["result"]["structuredContent"]["login"], "mona");
    let other = stage.sign_in("bob").await;
    elicited(&stage.call(&site, &other, TOOL, json!({})).await);

    // The link and the session were good once.
    let used = stage.complete(&session, &token).await;
    assert_eq!((used.status, used.header("x-amzn-errortype")), (403, "AccessDeniedException"));
    let mut browser = crate::browser::Browser::default();
    assert_eq!(browser.get(&url).await.status, 400);

    // What was said in confidence is in no document.
    let document = stage.local.snapshot().to_string();
    let entry = document.split("\"vault\"").nth(1).unwrap();
    assert!(entry.contains("blob") && !document.contains("\"access\""), "{entry}");
}

#[tokio::test]
async fn only_the_very_token_that_asked_completes_in_time() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let (ann, bob) = (stage.sign_in("ann").await, stage.sign_in("bob").await);
    let url = elicited(&stage.call(&site, &ann, TOOL, json!({})).await);
    let session = parameter(&url, "request_uri").unwrap();

    // Nobody has consented yet.
    assert_eq!(stage.complete(&session, &ann).await.status, 403);
    let back = stage.consent(&url, "mona", "allow").await;
    assert_eq!(parameter(&back, "session_id").unwrap(), session);
    // The wrong user, and a fresh token of the right one.
    let fresh = stage.sign_in("ann").await;
    for wrong in [&bob, &fresh] {
        let refused = stage.complete(&session, wrong).await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.json()["message"], "Invalid or expired session");
    }
    // Ten minutes later it is too late, also for the right one.
    stage.local.edit(|account| {
        let agentcore = &mut account.region_mut("us-east-1").agentcore;
        for session in agentcore.consents.values_mut() {
            session.expires -= 10 * 60 * 1000;
        }
    });
    assert_eq!(stage.complete(&session, &ann).await.status, 403);
}

#[tokio::test]
async fn a_refusal_at_the_vendor_returns_with_its_reason() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let token = stage.sign_in("ann").await;
    let url = elicited(&stage.call(&site, &token, TOOL, json!({})).await);
    let back = stage.consent(&url, "mona", "deny").await;
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    let session = parameter(&back, "session_id").unwrap();
    assert_eq!(stage.complete(&session, &token).await.status, 403);
    elicited(&stage.call(&site, &token, TOOL, json!({})).await);
}

#[tokio::test]
async fn an_old_token_is_renewed_and_a_forgotten_one_asked_for_again() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let token = stage.sign_in("ann").await;
    let url = elicited(&stage.call(&site, &token, TOOL, json!({})).await);
    let back = stage.consent(&url, "mona", "allow").await;
    stage.complete(&parameter(&back, "session_id").unwrap(), &token).await;

    let age = || {
        stage.local.edit(|account| {
            let vault = &mut account.region_mut("us-east-1").agentcore.vault;
            let entry = vault.values_mut().next().unwrap();
            entry.expires = Some(0);
            entry.blob.clone()
        })
    };
    let before = age();
    let called = stage.call(&site, &token, TOOL, json!({})).await;
    assert_eq!(called["result"]["structuredContent"]["login"], "mona", "{called}");
    // The new tokens took the place of the old ones.
    assert_ne!(age(), before);
    assert!(stage.local.blob(&before).is_none());
    // A vendor that knows nothing of it any more.
    stage.local.edit(|account| account.vendor = construct_local::vendor::State::default());
    elicited(&stage.call(&site, &token, TOOL, json!({})).await);
}

#[tokio::test]
async fn a_stateless_client_is_asked_in_a_result() {
    let stage = Stage::with(Options::instant()).await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let token = stage.sign_in("ann").await;
    let params = json!({"name": TOOL, "arguments": {}});
    let able = json!({"elicitation": {"url": {}}});

    let unable = stage.stateless(&site, &token, ("tools/call", params.clone()), &json!({})).await;
    assert_eq!((unable.status, &unable.json()["error"]["code"]), (400, &json!(-32021)));

    let asked = stage.stateless(&site, &token, ("tools/call", params.clone()), &able).await.json();
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let request = &asked["result"]["inputRequests"]["authorization"];
    assert_eq!(
        (&request["method"], &request["params"]["mode"]),
        (&json!("elicitation/create"), &json!("url"))
    );
    let url = crate::stage::text(&request["params"]["url"]);

    let mut declined = params.clone();
    declined["inputResponses"] = json!({"authorization": {"action": "decline"}});
    let told = stage.stateless(&site, &token, ("tools/call", declined), &able).await.json();
    assert_eq!(told["result"]["isError"], true, "{told}");

    let back = stage.consent(&url, "mona", "allow").await;
    stage.complete(&parameter(&back, "session_id").unwrap(), &token).await;
    let mut accepted = params;
    accepted["inputResponses"] = json!({"authorization": {"action": "accept"}});
    let called = stage.stateless(&site, &token, ("tools/call", accepted), &able).await.json();
    assert_eq!(called["result"]["resultType"], "complete");
    assert_eq!(called["result"]["structuredContent"]["login"], "mona", "{called}");
}

#[tokio::test]
async fn a_return_url_that_the_gateway_does_not_allow_is_no_way_back() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    stage.github_target(&site).await;
    let input = json!({"name": site.id, "allowedResourceOauth2ReturnUrls": []});
    stage.agentcore("POST", "/identities/UpdateWorkloadIdentity", input).await;
    let token = stage.sign_in("ann").await;
    let called = stage.call(&site, &token, TOOL, json!({})).await;
    assert_eq!(called["error"]["code"], -32603, "{called}");

    // The client may ask for another one, and is held to the same list.
    stage.allow_return(&site).await;
    let own = |url: &str| {
        json!({"name": TOOL, "arguments": {}, "_meta": {
            "aws.bedrock-agentcore.gateway/credentialProviderConfiguration":
                {"oauthCredentialProvider": {"returnUrl": url}}}})
    };
    let elsewhere = stage.mcp(&site, &token, "tools/call", own("https://evil.example/")).await;
    assert_eq!(elsewhere.json()["error"]["code"], -32603);
    elicited(&stage.mcp(&site, &token, "tools/call", own(RETURN_URL)).await.json());
}
