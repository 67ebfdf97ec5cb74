//! External identity providers and the clients that name them.

use super::*;

fn oidc(pool: &str, name: &str) -> Value {
    json!({ "UserPoolId": pool, "ProviderName": name, "ProviderType": "OIDC",
        "ProviderDetails": { "client_id": "c", "client_secret": "s3cret",
            "attributes_request_method": "GET", "authorize_scopes": "openid email",
            "oidc_issuer": "https://login.example.com" },
        "AttributeMapping": { "email": "mail" }, "IdpIdentifiers": ["example.com"] })
}

#[tokio::test]
async fn a_provider_is_kept_changed_and_removed() {
    let pools = Pools::new();
    let pool = pools.pool(json!({})).await;
    let made = pools.done("CreateIdentityProvider", oidc(&pool, "Example")).await;
    let made = &made["IdentityProvider"];
    assert_eq!(made["AttributeMapping"], json!({ "email": "mail", "username": "sub" }));
    assert_eq!(made["ProviderDetails"]["attributes_url_add_attributes"], "false");
    pools
        .refused("CreateIdentityProvider", oidc(&pool, "Example"), "DuplicateProviderException")
        .await;
    let one = json!({ "UserPoolId": pool, "ProviderName": "Example" });
    let mut change = one.clone();
    change["IdpIdentifiers"] = json!([]);
    pools.done("UpdateIdentityProvider", change).await;
    let shown = pools.done("DescribeIdentityProvider", one.clone()).await;
    assert_eq!(shown["IdentityProvider"]["IdpIdentifiers"], json!([]));
    assert_eq!(shown["IdentityProvider"]["ProviderDetails"]["client_id"], "c");
    let listed = pools.done("ListIdentityProviders", json!({ "UserPoolId": pool })).await;
    assert_eq!(listed["Providers"][0]["ProviderType"], "OIDC");
    pools.done("DeleteIdentityProvider", one.clone()).await;
    for operation in
        ["DescribeIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider"]
    {
        pools.refused(operation, one.clone(), "ResourceNotFoundException").await;
    }
    assert!(pools.0.local.calls().iter().all(|call| !call.body.contains("s3cret")));
}

#[tokio::test]
async fn what_a_provider_needs_is_asked_for() {
    let pools = Pools::new();
    let pool = pools.pool(json!({})).await;
    for (member, value) in [
        ("client_id", json!("")),
        ("attributes_request_method", json!("PUT")),
        ("authorize_scopes", json!("email")),
        ("oidc_issuer", json!("http://login.example.com")),
    ] {
        let mut input = oidc(&pool, "Example");
        input["ProviderDetails"][member] = value;
        pools.refused("CreateIdentityProvider", input, "InvalidParameterException").await;
    }
    for (member, value) in [
        ("ProviderName", json!("_x1")),
        ("AttributeMapping", json!({ "nothing": "mail" })),
        ("ProviderType", json!("LDAP")),
    ] {
        let mut input = oidc(&pool, "Example");
        input[member] = value;
        pools.refused("CreateIdentityProvider", input, "InvalidParameterException").await;
    }
    let metadata = "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>";
    for (details, works) in [
        (json!({}), false),
        (json!({ "MetadataURL": "ftp://example.com" }), false),
        (json!({ "MetadataFile": "<html/>" }), false),
        (json!({ "MetadataURL": "https://a.example", "MetadataFile": metadata }), false),
        (json!({ "MetadataFile": metadata }), true),
    ] {
        let input = json!({ "UserPoolId": pool, "ProviderName": "Work", "ProviderType": "SAML",
            "ProviderDetails": details });
        if works {
            pools.done("CreateIdentityProvider", input).await;
        } else {
            pools.refused("CreateIdentityProvider", input, "InvalidParameterException").await;
        }
    }
    pools.done("CreateIdentityProvider", oidc(&pool, "Example")).await;
    pools
        .refused("CreateIdentityProvider", oidc(&pool, "Other"), "InvalidParameterException")
        .await;
}

#[tokio::test]
async fn a_client_names_providers_that_are_there() {
    let pools = Pools::new();
    let pool = pools.pool(json!({})).await;
    let client = json!({ "UserPoolId": pool, "ClientName": "c",
        "SupportedIdentityProviders": ["COGNITO", "Example"] });
    let refused =
        pools.refused("CreateUserPoolClient", client.clone(), "InvalidParameterException");
    assert_eq!(refused.await, format!("The provider Example does not exist for User Pool {pool}"));
    pools.done("CreateIdentityProvider", oidc(&pool, "Example")).await;
    let made = pools.done("CreateUserPoolClient", client).await;
    let providers = &made["UserPoolClient"]["SupportedIdentityProviders"];
    assert_eq!(providers, &json!(["COGNITO", "Example"]));
}
