//! Credential providers and their secrets.

use serde_json::{Value, json};

use super::{Bench, DISCOVERY, github, oauth, server_target, wait};
use crate::services::secretsmanager::{Secret, SecretValue};

/// The secrets of the Region: their names and values.
fn secrets(bench: &Bench) -> Vec<(String, String)> {
    let value = |secret: &Secret| match &secret.versions.values().next().unwrap().value {
        SecretValue::Text(text) => text.clone(),
        SecretValue::Binary(_) => panic!("a text was stored"),
    };
    bench.local.read(|account| {
        let secrets = account.region("us-east-1").map(|region| &region.secretsmanager.secrets);
        secrets.into_iter().flatten().map(|(name, secret)| (name.clone(), value(secret))).collect()
    })
}

#[tokio::test(start_paused = true)]
async fn a_managed_secret_lives_and_dies_with_its_provider() {
    let bench = Bench::lenient();
    let made = bench.identity("CreateOauth2CredentialProvider", github("gh")).await;
    assert_eq!(made.0, 201);
    let made = made.ok();
    assert_eq!(
        made["credentialProviderArn"],
        "arn:aws:bedrock-agentcore:us-east-1:111122223333:\
         token-vault/default/oauth2credentialprovider/gh"
    );
    let arn = made["clientSecretArn"]["secretArn"].as_str().unwrap();
    assert!(arn.contains(":secret:bedrock-agentcore-identity!default/oauth2/gh-"), "{arn}");
    let name = "bedrock-agentcore-identity!default/oauth2/gh".to_owned();
    assert_eq!(secrets(&bench), [(name.clone(), "hush-hush".to_owned())]);
    bench.local.read(|account| {
        let secret = &account.region("us-east-1").unwrap().secretsmanager.secrets[&name];
        assert_eq!(secret.tags["aws:secretsmanager:owningService"], "bedrock-agentcore-identity");
    });
    let mut changed = github("gh");
    changed["oauth2ProviderConfigInput"]["githubOauth2ProviderConfig"]["clientSecret"] =
        json!("second");
    let updated = bench.identity("UpdateOauth2CredentialProvider", changed).await.ok();
    assert_eq!(updated["callbackUrl"], made["callbackUrl"]);
    assert_eq!(updated["clientSecretArn"], made["clientSecretArn"]);
    assert_eq!(secrets(&bench), [(name, "second".to_owned())]);
    let gone = bench.identity("DeleteOauth2CredentialProvider", json!({"name": "gh"})).await;
    assert_eq!(gone.0, 204);
    assert_eq!(secrets(&bench), []);
    let got = bench.identity("GetOauth2CredentialProvider", json!({"name": "gh"})).await;
    assert_eq!((got.0, got.code()), (404, "ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_target_holds_its_oauth2_provider_and_not_its_api_key_provider() {
    let bench = Bench::slow();
    let gateway = bench.gateway("g").await;
    let provider = bench.provider("gh").await;
    let key = json!({"name": "k", "apiKey": "v"});
    let key = bench.identity("CreateApiKeyCredentialProvider", key).await.ok();
    wait(1000).await;
    let keyed = json!({"credentialProviderType": "API_KEY", "credentialProvider": {
        "apiKeyCredentialProvider": {"providerArn": key["credentialProviderArn"]}}});
    bench.target(&gateway, server_target("keyed", &keyed)).await;
    let credential = oauth(&provider, "CLIENT_CREDENTIALS");
    let target = bench.target(&gateway, server_target("remote", &credential)).await;
    wait(1000).await;
    let named = json!({"name": "gh"});
    let held = bench.identity("DeleteOauth2CredentialProvider", named.clone()).await.refusal();
    assert_eq!((held.0, held.1.as_str()), (409, "ConflictException"));
    assert!(held.2.contains(&target), "{}", held.2);
    let free = bench.identity("DeleteApiKeyCredentialProvider", json!({"name": "k"})).await;
    assert_eq!(free.0, 204);
    let path = format!("/gateways/{gateway}/targets/{target}/");
    bench.send("DELETE", &path, Value::Null).await.ok();
    let held = bench.identity("DeleteOauth2CredentialProvider", named.clone()).await;
    assert_eq!(held.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.identity("DeleteOauth2CredentialProvider", named).await.0, 204);
}

#[tokio::test(start_paused = true)]
async fn no_reply_shows_a_secret() {
    let bench = Bench::lenient();
    let key = json!({"name": "k", "apiKey": "hush-hush"});
    let replies = [
        bench.identity("CreateOauth2CredentialProvider", github("gh")).await,
        bench.identity("GetOauth2CredentialProvider", json!({"name": "gh"})).await,
        bench.identity("UpdateOauth2CredentialProvider", github("gh")).await,
        bench.identity("ListOauth2CredentialProviders", json!({})).await,
        bench.identity("CreateApiKeyCredentialProvider", key.clone()).await,
        bench.identity("GetApiKeyCredentialProvider", json!({"name": "k"})).await,
        bench.identity("UpdateApiKeyCredentialProvider", key).await,
    ];
    for reply in replies {
        assert!(!reply.ok().to_string().contains("hush-hush"));
    }
}

#[tokio::test(start_paused = true)]
async fn callback_urls_differ() {
    let bench = Bench::lenient();
    let one = bench.identity("CreateOauth2CredentialProvider", github("one")).await.ok();
    let two = bench.identity("CreateOauth2CredentialProvider", github("two")).await.ok();
    assert_ne!(one["callbackUrl"], two["callbackUrl"]);
    let start = "http://identity.localhost:4566/identities/oauth2/callback/";
    assert!(one["callbackUrl"].as_str().unwrap().starts_with(start));
}

#[tokio::test(start_paused = true)]
async fn the_configuration_must_be_the_vendors() {
    let bench = Bench::lenient();
    let refused = |vendor: &'static str, config: Value| {
        let bench = Bench { local: bench.local.clone() };
        async move {
            let mut request = github("p");
            request["credentialProviderVendor"] = json!(vendor);
            request["oauth2ProviderConfigInput"] = config;
            bench.identity("CreateOauth2CredentialProvider", request).await.code()
        }
    };
    let client = json!({"clientId": "id", "clientSecret": "s"});
    for (vendor, config) in [
        ("GoogleOauth2", json!({"githubOauth2ProviderConfig": client})),
        ("OktaOauth2", json!({"githubOauth2ProviderConfig": client})),
        ("GithubOauth2", json!({"includedOauth2ProviderConfig": client})),
        ("GithubOauth2", json!({})),
        (
            "GithubOauth2",
            json!({
            "githubOauth2ProviderConfig": client, "googleOauth2ProviderConfig": client}),
        ),
        ("Nobody", json!({"githubOauth2ProviderConfig": client})),
        ("CustomOauth2", json!({"customOauth2ProviderConfig": client})),
        (
            "CustomOauth2",
            json!({"customOauth2ProviderConfig": {
            "oauthDiscovery": {"discoveryUrl": "https://x/nope"},
            "clientId": "id", "clientSecret": "s"}}),
        ),
        ("GithubOauth2", json!({"githubOauth2ProviderConfig": {"clientId": "id"}})),
    ] {
        let shown = config.to_string();
        assert_eq!(refused(vendor, config).await, "ValidationException", "{vendor} {shown}");
    }
    let okta = json!({
        "name": "okta", "credentialProviderVendor": "OktaOauth2",
        "oauth2ProviderConfigInput": {"includedOauth2ProviderConfig": {
            "clientId": "id", "clientSecret": "s", "issuer": "https://okta.example.com"}},
    });
    let made = bench.identity("CreateOauth2CredentialProvider", okta).await.ok();
    let config = &made["oauth2ProviderConfigOutput"]["includedOauth2ProviderConfig"];
    assert_eq!(
        config["oauthDiscovery"]["authorizationServerMetadata"]["issuer"],
        "https://okta.example.com"
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_the_callers_own_is_never_touched() {
    let bench = Bench::lenient();
    let external = |secret: &str| {
        json!({
            "name": "own", "credentialProviderVendor": "CustomOauth2",
            "oauth2ProviderConfigInput": {"customOauth2ProviderConfig": {
                "oauthDiscovery": {"discoveryUrl": DISCOVERY},
                "clientId": "id",
                "clientSecretSource": "EXTERNAL",
                "clientSecretConfig": {"secretId": secret, "jsonKey": "client_secret"},
            }},
        })
    };
    let got = bench.identity("CreateOauth2CredentialProvider", external("mine")).await;
    assert_eq!(got.code(), "ResourceNotFoundException");
    let mut both = external("mine");
    both["oauth2ProviderConfigInput"]["customOauth2ProviderConfig"]["clientSecret"] = json!("s");
    let got = bench.identity("CreateOauth2CredentialProvider", both).await;
    assert_eq!(got.code(), "ValidationException");

    // An SDK that knows the value as required sends an empty one.
    let mut empty = external("mine");
    empty["oauth2ProviderConfigInput"]["customOauth2ProviderConfig"]["clientSecret"] = json!("");
    let got = bench.identity("CreateOauth2CredentialProvider", empty).await;
    assert_eq!(got.code(), "ResourceNotFoundException", "it is looked for");

    // Another provider's managed secret serves as the caller's own one here.
    bench
        .identity("CreateApiKeyCredentialProvider", json!({"name": "k", "apiKey": "v"}))
        .await
        .ok();
    let mine = "bedrock-agentcore-identity!default/apikey/k";
    let made = bench.identity("CreateOauth2CredentialProvider", external(mine)).await.ok();
    assert_eq!(made["clientSecretSource"], "EXTERNAL");
    assert_eq!(made["clientSecretJsonKey"], "client_secret");
    bench.identity("DeleteOauth2CredentialProvider", json!({"name": "own"})).await.ok();
    assert_eq!(secrets(&bench), [(mine.to_owned(), "v".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn some_clients_have_no_secret() {
    let bench = Bench::lenient();
    let made = async |name: &str, more: Value| {
        let mut config = json!({"oauthDiscovery": {"discoveryUrl": DISCOVERY}, "clientSecret": ""});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = json!({
            "name": name, "credentialProviderVendor": "CustomOauth2",
            "oauth2ProviderConfigInput": {"customOauth2ProviderConfig": config},
        });
        bench.identity("CreateOauth2CredentialProvider", request).await
    };
    let exchange = |more: Value| json!({"clientId": "id", "onBehalfOfTokenExchangeConfig": more});
    let alone = json!({
        "grantType": "TOKEN_EXCHANGE",
        "onBehalfOfAuthenticationConfig": {"clientAuthenticationMethod": "NO_CLIENT"},
    });
    made("no-client", exchange(alone)).await.ok();
    let identity = json!({"clientId": "id", "clientAuthenticationMethod": "AWS_IAM_ID_TOKEN_JWT"});
    made("identity-token", identity).await.ok();
    for (name, more) in [
        ("plain", json!({"clientId": "id"})),
        ("exchanged", exchange(json!({"grantType": "TOKEN_EXCHANGE"}))),
    ] {
        assert_eq!(made(name, more).await.code(), "ValidationException", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_fifty_first_provider_is_over_the_quota() {
    let bench = Bench::lenient();
    for number in 0..50 {
        let name = format!("p{number:02}");
        bench.identity("CreateOauth2CredentialProvider", github(&name)).await.ok();
        let key = json!({"name": name, "apiKey": "v"});
        bench.identity("CreateApiKeyCredentialProvider", key).await.ok();
    }
    let taken = bench.identity("CreateOauth2CredentialProvider", github("p00")).await;
    assert_eq!((taken.0, taken.code()), (409, "ConflictException".to_owned()));
    let over = bench.identity("CreateOauth2CredentialProvider", github("p50")).await;
    assert_eq!((over.0, over.code()), (402, "ServiceQuotaExceededException".to_owned()));
    let key = json!({"name": "p50", "apiKey": "v"});
    assert_eq!(bench.identity("CreateApiKeyCredentialProvider", key).await.0, 402);
    let page = bench.identity("ListOauth2CredentialProviders", json!({})).await.ok();
    assert_eq!(page["credentialProviders"].as_array().unwrap().len(), 20);
    let large = bench.identity("ListOauth2CredentialProviders", json!({"maxResults": 21})).await;
    assert_eq!(large.code(), "ValidationException");
    let keys = bench.identity("ListApiKeyCredentialProviders", json!({})).await.ok();
    assert_eq!(keys["credentialProviders"].as_array().unwrap().len(), 50);
    let abroad = bench
        .send_to("eu-west-1", "POST", "/identities/CreateOauth2CredentialProvider", github("p50"))
        .await;
    assert_eq!(abroad.0, 201);
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_ready_after_its_delay_and_keeps_its_vendor() {
    let bench = Bench::slow();
    let made = bench.identity("CreateOauth2CredentialProvider", github("gh")).await.ok();
    assert_eq!(made["status"], "CREATING");
    let early = bench.identity("DeleteOauth2CredentialProvider", json!({"name": "gh"})).await;
    assert_eq!(early.code(), "ConflictException");
    wait(1000).await;
    let got = bench.identity("GetOauth2CredentialProvider", json!({"name": "gh"})).await.ok();
    assert_eq!(got["status"], "READY");
    let mut other = github("gh");
    other["credentialProviderVendor"] = json!("GoogleOauth2");
    other["oauth2ProviderConfigInput"] =
        json!({"googleOauth2ProviderConfig": {"clientId": "id", "clientSecret": "s"}});
    let got = bench.identity("UpdateOauth2CredentialProvider", other).await;
    assert_eq!(got.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn an_api_key_provider_needs_one_key() {
    let bench = Bench::lenient();
    for request in [
        json!({"name": "k"}),
        json!({"name": "k", "apiKeySecretSource": "EXTERNAL"}),
        json!({"name": "k", "apiKey": "v", "apiKeySecretConfig": {"secretId": "s", "jsonKey": "j"}}),
        json!({"name": "k!", "apiKey": "v"}),
        json!({"name": "k", "apiKey": 1}),
    ] {
        let shown = request.to_string();
        let got = bench.identity("CreateApiKeyCredentialProvider", request).await;
        assert_eq!(got.code(), "ValidationException", "{shown}");
    }
    let missing = bench.identity("DeleteApiKeyCredentialProvider", json!({"name": "k"})).await;
    assert_eq!(missing.code(), "ResourceNotFoundException");
}
