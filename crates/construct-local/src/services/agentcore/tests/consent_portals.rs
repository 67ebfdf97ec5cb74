//! Consent portals.

use serde_json::{Value, json};

use super::{Bench, DISCOVERY, ROLE, gateway, github, wait};
use crate::Options;
use crate::options::Delays;

/// A gateway that takes the tokens of `discovery`'s issuer: its id.
async fn jwt_gateway(bench: &Bench, name: &str, discovery: &str) -> String {
    let mut request = gateway(name);
    request["authorizerType"] = json!("CUSTOM_JWT");
    request["authorizerConfiguration"] =
        json!({"customJWTAuthorizer": {"discoveryUrl": discovery, "allowedClients": ["c"]}});
    let made = bench.send("POST", "/gateways/", request).await.ok();
    made["gatewayId"].as_str().unwrap().to_owned()
}

/// An `OAuth2` provider for the issuer of `discovery`: its ARN.
async fn sign_in(bench: &Bench, name: &str, discovery: &str) -> String {
    let request = json!({
        "name": name, "credentialProviderVendor": "CustomOauth2",
        "oauth2ProviderConfigInput": {"customOauth2ProviderConfig": {
            "oauthDiscovery": {"discoveryUrl": discovery},
            "clientId": "id", "clientSecret": "hush-hush"}},
    });
    let made = bench.identity("CreateOauth2CredentialProvider", request).await.ok();
    made["credentialProviderArn"].as_str().unwrap().to_owned()
}

fn portal(name: &str, gateway: &str, provider: &str) -> Value {
    json!({
        "name": name,
        "executionRoleArn": ROLE,
        "sources": [{"identifier": gateway, "type": "agentcore-gateway"}],
        "idpConfig": {"credentialProviderArn": provider, "scopes": ["openid", "email"]},
    })
}

#[tokio::test(start_paused = true)]
async fn a_portal_has_its_url_when_it_is_made() {
    let bench = Bench::slow();
    let gateway = jwt_gateway(&bench, "g", DISCOVERY).await;
    let provider = sign_in(&bench, "idp", DISCOVERY).await;
    let mut request = portal("Consent", &gateway, &provider);
    request["tags"] = json!({"a": "1"});
    let made = bench.identity("CreateConsentPortal", request).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    assert_eq!((&made["status"], made.get("portalUrl")), (&json!("CREATING"), None));
    let id = made["consentPortalId"].as_str().unwrap();
    let named = json!({"consentPortalIdentifier": id});
    let busy = bench.identity("DeleteConsentPortal", named.clone()).await;
    assert_eq!(busy.code(), "ConflictException");
    wait(1000).await;
    let got = bench.identity("GetConsentPortal", named.clone()).await.ok();
    assert_eq!(got["status"], "ACTIVE");
    let url = got["portalUrl"].as_str().unwrap();
    assert!(url.starts_with("https://consent-") && !url.ends_with('/'), "{url}");
    let tags = bench.get(&format!("/tags/{}", made["consentPortalArn"].as_str().unwrap())).await;
    assert_eq!(tags.ok()["tags"], json!({"a": "1"}));
    let listed = bench.identity("ListConsentPortals", json!({})).await.ok();
    assert_eq!(listed["consentPortals"][0]["portalUrl"], got["portalUrl"]);
    assert_eq!(listed["consentPortals"][0].get("idpConfig"), None);

    let deleted = bench.identity("DeleteConsentPortal", named.clone()).await;
    assert_eq!(deleted, super::Got(204, Value::Null));
    let going = bench.identity("GetConsentPortal", named.clone()).await.ok();
    assert_eq!(going["status"], "DELETING");
    wait(1000).await;
    let gone = bench.identity("GetConsentPortal", named).await;
    assert_eq!(gone.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn the_gateway_and_the_provider_must_be_of_one_issuer() {
    let bench = Bench::lenient();
    let open = bench.gateway("open").await;
    let jwt = jwt_gateway(&bench, "jwt", DISCOVERY).await;
    let same = sign_in(&bench, "same", DISCOVERY).await;
    let other =
        sign_in(&bench, "other", "https://else.example.com/.well-known/openid-configuration").await;
    let outbound = bench.identity("CreateOauth2CredentialProvider", github("gh")).await.ok();
    let outbound = outbound["credentialProviderArn"].as_str().unwrap();
    let mut scopes = portal("p", &jwt, &same);
    scopes["idpConfig"]["scopes"] = json!(["email"]);
    for (request, word) in [
        (portal("p", &open, &same), "CUSTOM_JWT"),
        (portal("p", &jwt, &other), "issuer"),
        (portal("p", &jwt, outbound), "GithubOauth2"),
        (scopes, "openid"),
    ] {
        let (status, code, message) =
            bench.identity("CreateConsentPortal", request).await.refusal();
        assert_eq!((status, code.as_str()), (400, "ValidationException"), "{message}");
        assert!(message.contains(word), "{message}");
    }
    for request in [portal("p", "absent-0123456789", &same), portal("p", &jwt, &format!("{same}x"))]
    {
        let absent = bench.identity("CreateConsentPortal", request).await;
        assert_eq!((absent.0, absent.code().as_str()), (404, "ResourceNotFoundException"));
    }
    let arn = format!("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/{jwt}");
    assert_eq!(bench.identity("CreateConsentPortal", portal("p", &arn, &same)).await.0, 202);
    let taken = bench.identity("CreateConsentPortal", portal("p", &jwt, &same)).await;
    assert_eq!(taken.code(), "ConflictException");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_of_microsofts_is_an_issuer_of_its_own() {
    let bench = Bench::lenient();
    let tenant = "https://login.microsoftonline.com/t-1/v2.0/.well-known/openid-configuration";
    let gateway = jwt_gateway(&bench, "g", tenant).await;
    let provider = |name: &str, tenant: &str| {
        json!({
            "name": name, "credentialProviderVendor": "MicrosoftOauth2",
            "oauth2ProviderConfigInput": {"microsoftOauth2ProviderConfig": {
                "clientId": "id", "clientSecret": "hush-hush", "tenantId": tenant}},
        })
    };
    for (name, tenant, status) in [("other", "t-2", 400), ("own", "t-1", 202)] {
        let request = provider(name, tenant);
        let made = bench.identity("CreateOauth2CredentialProvider", request).await.ok();
        let arn = made["credentialProviderArn"].as_str().unwrap();
        let got = bench.identity("CreateConsentPortal", portal("p", &gateway, arn)).await;
        assert_eq!(got.0, status, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_it_names() {
    let bench = Bench::slow();
    let gateway = jwt_gateway(&bench, "g", DISCOVERY).await;
    let provider = sign_in(&bench, "idp", DISCOVERY).await;
    let mut request = portal("p", &gateway, &provider);
    request["description"] = json!("before");
    let made = bench.identity("CreateConsentPortal", request).await.ok();
    let id = &made["consentPortalId"];
    let update = json!({"consentPortalIdentifier": id, "description": "after", "name": "other"});
    let early = bench.identity("UpdateConsentPortal", update.clone()).await;
    assert_eq!(early.code(), "ConflictException");
    wait(1000).await;
    let updated = bench.identity("UpdateConsentPortal", update).await;
    assert_eq!(updated.0, 202);
    let updated = updated.ok();
    assert_eq!(
        (&updated["status"], &updated["description"]),
        (&json!("UPDATING"), &json!("after"))
    );
    assert_eq!((&updated["name"], &updated["idpConfig"]), (&made["name"], &made["idpConfig"]));
    wait(1000).await;
    let mut scopes = made["idpConfig"].clone();
    scopes["scopes"] = json!(["email"]);
    let update = json!({"consentPortalIdentifier": id, "idpConfig": scopes});
    let refused = bench.identity("UpdateConsentPortal", update).await;
    assert_eq!(refused.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn its_role_must_trust_the_service_and_be_old_enough() {
    let delays = Delays { iam_propagation_ms: 1000, ..Delays::none() };
    let bench = Bench::with(Options { delays, ..Options::instant() });
    super::target_permissions::put_role(&bench, "bedrock-agentcore.amazonaws.com", &[]);
    wait(1000).await;
    let gateway = jwt_gateway(&bench, "g", DISCOVERY).await;
    let provider = sign_in(&bench, "idp", DISCOVERY).await;
    let request = portal("p", &gateway, &provider);
    super::target_permissions::put_role(&bench, "lambda.amazonaws.com", &[]);
    wait(1000).await;
    let refused = bench.identity("CreateConsentPortal", request.clone()).await;
    assert_eq!(refused.1["fieldList"][0]["name"], "executionRoleArn");
    assert!(refused.refusal().2.starts_with("Consent portal execution role"));
    super::target_permissions::put_role(&bench, "bedrock-agentcore.amazonaws.com", &[]);
    assert_eq!(bench.identity("CreateConsentPortal", request.clone()).await.0, 400);
    wait(1000).await;
    assert_eq!(bench.identity("CreateConsentPortal", request).await.0, 202);
}
