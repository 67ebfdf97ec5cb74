//! The refusals and resets that a step must live with, asked over the wire.

mod accounts;
mod identity_providers;

use serde_json::{Value, json};

use crate::options::Options;
use crate::services::test_client::Client;

struct Pools(Client);

impl Pools {
    fn new() -> Self {
        Self(Client::new(Options::instant()))
    }

    async fn ask(&self, operation: &str, input: Value) -> (u16, Value) {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        self.0.json("cognito-idp", &target, input).await
    }

    async fn done(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.ask(operation, input).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    async fn refused(&self, operation: &str, input: Value, code: &str) -> String {
        let (status, answer) = self.ask(operation, input).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{operation}: {answer}");
        answer["message"].as_str().unwrap_or_default().to_owned()
    }

    async fn pool(&self, extra: Value) -> String {
        let mut input = json!({ "PoolName": "p" });
        if let (Some(input), Some(extra)) = (input.as_object_mut(), extra.as_object()) {
            input.extend(extra.clone());
        }
        let answer = self.done("CreateUserPool", input).await;
        answer["UserPool"]["Id"].as_str().unwrap().to_owned()
    }

    async fn describe(&self, pool: &str) -> Value {
        self.done("DescribeUserPool", json!({ "UserPoolId": pool })).await["UserPool"].clone()
    }
}

#[tokio::test]
async fn an_update_resets_what_it_is_not_given_and_keeps_what_it_cannot_change() {
    let pools = Pools::new();
    let pool = pools
        .pool(json!({
            "UsernameAttributes": ["email"],
            "UserPoolTags": { "a": "1" },
            "UserPoolTier": "PLUS",
            "DeletionProtection": "ACTIVE",
            "Policies": { "PasswordPolicy": { "MinimumLength": 20 } },
        }))
        .await;
    pools.done("UpdateUserPool", json!({ "UserPoolId": pool })).await;
    let shown = pools.describe(&pool).await;
    assert_eq!(shown["Name"], "p");
    assert_eq!(shown["UsernameAttributes"], json!(["email"]));
    assert_eq!(shown["UserPoolTier"], "ESSENTIALS");
    assert_eq!(shown["DeletionProtection"], "INACTIVE");
    assert_eq!(shown["UserPoolTags"], json!({}));
    assert_eq!(shown["Policies"]["PasswordPolicy"]["MinimumLength"], 8);
    assert_eq!(shown["Policies"]["PasswordPolicy"]["RequireSymbols"], true);
}

#[tokio::test]
async fn a_pool_is_deleted_only_without_protection_and_domain() {
    let pools = Pools::new();
    let pool = pools.pool(json!({ "DeletionProtection": "ACTIVE" })).await;
    let own = json!({ "UserPoolId": pool });
    pools.refused("DeleteUserPool", own.clone(), "InvalidParameterException").await;
    pools.done("UpdateUserPool", own.clone()).await;
    let domain = json!({ "UserPoolId": pool, "Domain": "mine" });
    pools.done("CreateUserPoolDomain", domain.clone()).await;
    let message = pools.refused("DeleteUserPool", own.clone(), "InvalidParameterException").await;
    assert!(message.contains("domain"), "{message}");
    pools.done("DeleteUserPoolDomain", domain).await;
    pools.done("DeleteUserPool", own.clone()).await;
    pools.refused("DescribeUserPool", own, "ResourceNotFoundException").await;
}

#[tokio::test]
async fn a_domain_belongs_to_one_pool_and_avoids_reserved_words() {
    let pools = Pools::new();
    let (first, second) = (pools.pool(json!({})).await, pools.pool(json!({})).await);
    let domain = |pool: &str, prefix: &str| json!({ "UserPoolId": pool, "Domain": prefix });
    let refused = "InvalidParameterException";
    for prefix in ["my-aws-pool", "amazonian", "cognito-x", "Upper", "-a"] {
        pools.refused("CreateUserPoolDomain", domain(&first, prefix), refused).await;
    }
    pools.done("CreateUserPoolDomain", domain(&first, "mine")).await;
    let message = pools.refused("CreateUserPoolDomain", domain(&second, "mine"), refused).await;
    assert_eq!(message, "Domain already associated with another user pool.");
    pools.refused("CreateUserPoolDomain", domain(&first, "other"), refused).await;
    pools.refused("DeleteUserPoolDomain", domain(&second, "mine"), refused).await;
    let unknown = pools.done("DescribeUserPoolDomain", json!({ "Domain": "nobodys" })).await;
    assert_eq!(unknown["DomainDescription"], json!({}));
}

async fn with_server(pools: &Pools) -> String {
    let pool = pools.pool(json!({})).await;
    let scopes = json!([{ "ScopeName": "invoke", "ScopeDescription": "d" }]);
    pools
        .done(
            "CreateResourceServer",
            json!({ "UserPoolId": pool, "Identifier": "gw", "Name": "gw", "Scopes": scopes }),
        )
        .await;
    pool
}

fn code_client(pool: &str, callback: &str) -> Value {
    json!({
        "UserPoolId": pool,
        "ClientName": "web",
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthScopes": ["openid", "gw/invoke"],
        "CallbackURLs": [callback],
    })
}

#[tokio::test]
async fn callback_urls_are_https_or_loopback_and_have_no_fragment() {
    let pools = Pools::new();
    let pool = with_server(&pools).await;
    for url in [
        "https://a.example/cb",
        "http://localhost:1/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:8/cb",
        "vscode://x/cb",
    ] {
        pools.done("CreateUserPoolClient", code_client(&pool, url)).await;
    }
    for url in
        ["http://a.example/cb", "https://a.example/cb#x", "/cb", "http://localhost.evil.example/cb"]
    {
        let client = code_client(&pool, url);
        pools.refused("CreateUserPoolClient", client, "InvalidParameterException").await;
    }
}

#[tokio::test]
async fn scopes_and_flows_must_fit() {
    let pools = Pools::new();
    let pool = with_server(&pools).await;
    let with = |name: &str, value: Value| {
        let mut client = code_client(&pool, "https://a.example/cb");
        client[name] = value;
        client
    };
    let flow = "InvalidOAuthFlowException";
    for (client, code) in [
        (with("AllowedOAuthScopes", json!(["gw/none"])), "ScopeDoesNotExistException"),
        (with("AllowedOAuthScopes", json!(["other/invoke"])), "ScopeDoesNotExistException"),
        (with("AllowedOAuthFlows", json!(["code", "client_credentials"])), flow),
        (with("AllowedOAuthFlows", json!(["client_credentials"])), flow),
        (with("AllowedOAuthFlows", json!([])), flow),
        (with("CallbackURLs", json!([])), "InvalidParameterException"),
        (with("DefaultRedirectURI", json!("https://b.example/")), "InvalidParameterException"),
        (with("SupportedIdentityProviders", json!(["GitHub"])), "InvalidParameterException"),
        (with("AccessTokenValidity", json!(25)), "InvalidParameterException"),
        (with("RefreshTokenValidity", json!(3651)), "InvalidParameterException"),
        (with("AuthSessionValidity", json!(2)), "InvalidParameterException"),
    ] {
        pools.refused("CreateUserPoolClient", client, code).await;
    }
}

#[tokio::test]
async fn rotation_excludes_the_refresh_flow() {
    let pools = Pools::new();
    let pool = with_server(&pools).await;
    let mut client = code_client(&pool, "https://a.example/cb");
    client["RefreshTokenRotation"] = json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": 61 });
    pools.refused("CreateUserPoolClient", client.clone(), "InvalidParameterException").await;
    client["RefreshTokenRotation"]["RetryGracePeriodSeconds"] = json!(60);
    client["ExplicitAuthFlows"] = json!(["ALLOW_REFRESH_TOKEN_AUTH"]);
    pools.refused("CreateUserPoolClient", client.clone(), "InvalidParameterException").await;
    client["ExplicitAuthFlows"] = json!(["ALLOW_USER_SRP_AUTH"]);
    pools.done("CreateUserPoolClient", client).await;
}

#[tokio::test]
async fn updating_a_client_resets_it_but_keeps_its_secret_and_name() {
    let pools = Pools::new();
    let pool = with_server(&pools).await;
    let mut client = code_client(&pool, "https://a.example/cb");
    client["GenerateSecret"] = json!(true);
    client["EnableTokenRevocation"] = json!(false);
    client["AccessTokenValidity"] = json!(5);
    client["TokenValidityUnits"] = json!({ "AccessToken": "minutes" });
    let made = pools.done("CreateUserPoolClient", client).await["UserPoolClient"].clone();
    let id = json!({ "UserPoolId": pool, "ClientId": made["ClientId"] });
    pools.done("UpdateUserPoolClient", id.clone()).await;
    let shown = pools.done("DescribeUserPoolClient", id).await["UserPoolClient"].clone();
    assert_eq!(shown["ClientName"], "web");
    assert_eq!(shown["ClientSecret"], made["ClientSecret"]);
    assert_eq!(shown["EnableTokenRevocation"], true);
    assert_eq!(shown["RefreshTokenValidity"], 30);
    for gone in ["CallbackURLs", "AllowedOAuthFlows", "AllowedOAuthScopes", "AccessTokenValidity"] {
        assert_eq!(shown.get(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn users_follow_the_password_policy_and_are_counted() {
    let pools = Pools::new();
    let pool = pools
        .pool(json!({ "Policies": { "PasswordPolicy": {
            "MinimumLength": 12, "RequireNumbers": true } } }))
        .await;
    let user = |name: &str, extra: Value| {
        let mut user = json!({ "UserPoolId": pool, "Username": name });
        if let (Some(user), Some(extra)) = (user.as_object_mut(), extra.as_object()) {
            user.extend(extra.clone());
        }
        user
    };
    let short = user("ann", json!({ "TemporaryPassword": "short1" }));
    pools.refused("AdminCreateUser", short, "InvalidPasswordException").await;
    let email = json!({ "UserAttributes": [{ "Name": "email", "Value": "ann@example.com" }] });
    pools.done("AdminCreateUser", user("ann", email)).await;
    pools.done("AdminCreateUser", user("bob", json!({}))).await;
    pools.refused("AdminCreateUser", user("ann", json!({})), "UsernameExistsException").await;
    let odd = json!({ "UserAttributes": [{ "Name": "custom:x", "Value": "1" }] });
    pools.refused("AdminCreateUser", user("cy", odd), "InvalidParameterException").await;
    assert_eq!(pools.describe(&pool).await["EstimatedNumberOfUsers"], 2);

    let password = json!({ "Password": "CorrectHorse12", "Permanent": true });
    pools.done("AdminSetUserPassword", user("ann", password)).await;
    let shown = pools.done("AdminGetUser", user("ann", json!({}))).await;
    assert_eq!(shown["UserStatus"], "CONFIRMED");
    let list = |filter: &str| json!({ "UserPoolId": pool, "Filter": filter });
    let found = pools.done("ListUsers", list("email = \"ann@example.com\"")).await;
    assert_eq!(found["Users"][0]["Username"], "ann");
    let found = pools.done("ListUsers", list("username ^= \"b\"")).await;
    assert_eq!(found["Users"].as_array().map(Vec::len), Some(1));
    pools.refused("ListUsers", list("custom:x = \"1\""), "InvalidParameterException").await;
    pools.refused("ListUsers", list("email"), "InvalidParameterException").await;

    pools.done("AdminDeleteUser", user("ann", json!({}))).await;
    pools.refused("AdminDeleteUser", user("ann", json!({})), "UserNotFoundException").await;
    let kept = serde_json::to_string(&pools.0.local.snapshot()).unwrap();
    assert!(!kept.contains("CorrectHorse12"));
}

#[tokio::test]
async fn where_people_sign_in_with_their_email_the_user_name_is_their_sub() {
    let pools = Pools::new();
    let pool = pools.pool(json!({ "UsernameAttributes": ["email"] })).await;
    let user = |name: &str| json!({ "UserPoolId": pool, "Username": name });
    pools.refused("AdminCreateUser", user("ann"), "InvalidParameterException").await;
    let made = pools.done("AdminCreateUser", user("ann@example.com")).await;
    assert_eq!(made["User"]["Username"], made["User"]["Attributes"][0]["Value"]);
    let shown = pools.done("AdminGetUser", user("ann@example.com")).await;
    assert_eq!(shown["Username"], made["User"]["Username"]);
    pools.refused("AdminCreateUser", user("ann@example.com"), "UsernameExistsException").await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let pools = Pools::new();
    for _ in 0..3 {
        pools.pool(json!({})).await;
    }
    let page = pools.done("ListUserPools", json!({ "MaxResults": 2 })).await;
    assert_eq!(page["UserPools"].as_array().map(Vec::len), Some(2));
    let next = json!({ "MaxResults": 2, "NextToken": page["NextToken"] });
    let page = pools.done("ListUserPools", next).await;
    assert_eq!(page["UserPools"].as_array().map(Vec::len), Some(1));
    assert_eq!(page.get("NextToken"), None);
    let large = json!({ "MaxResults": 61 });
    pools.refused("ListUserPools", large, "InvalidParameterException").await;
}

#[tokio::test]
async fn second_factors_need_something_to_send_or_compute_them() {
    let pools = Pools::new();
    let pool = pools.pool(json!({})).await;
    let optional = json!({ "UserPoolId": pool, "MfaConfiguration": "OPTIONAL" });
    pools.refused("UpdateUserPool", optional.clone(), "InvalidParameterException").await;
    pools.refused("SetUserPoolMfaConfig", optional.clone(), "InvalidParameterException").await;
    let mut tokens = optional.clone();
    tokens["SoftwareTokenMfaConfiguration"] = json!({ "Enabled": true });
    pools.done("SetUserPoolMfaConfig", tokens).await;
    pools.done("UpdateUserPool", optional).await;
    assert_eq!(pools.describe(&pool).await["MfaConfiguration"], "OPTIONAL");
}
