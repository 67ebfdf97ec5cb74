//! What an administrator does to accounts, and what passwords the pool takes.

use std::time::Duration;

use super::*;

const PASSWORD: &str = "CorrectHorse12!";

struct Account {
    pools: Pools,
    pool: String,
    client: String,
}

impl Account {
    async fn new(policy: Value) -> Self {
        let pools = Pools::new();
        let pool = pools.pool(json!({ "Policies": { "PasswordPolicy": policy } })).await;
        let client = json!({ "UserPoolId": pool, "ClientName": "c",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        let client = pools.done("CreateUserPoolClient", client).await;
        let client = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
        let user = json!({ "UserPoolId": pool, "Username": "ann", "TemporaryPassword": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": "ann@example.com" },
                               { "Name": "email_verified", "Value": "true" }] });
        pools.done("AdminCreateUser", user).await;
        Self { pools, pool, client }
    }

    fn ann(&self) -> Value {
        json!({ "UserPoolId": self.pool, "Username": "ann" })
    }

    async fn set_password(&self, password: &str) -> (u16, Value) {
        let mut input = self.ann();
        input["Password"] = json!(password);
        input["Permanent"] = json!(true);
        self.pools.ask("AdminSetUserPassword", input).await
    }

    async fn sign_in(&self) -> (u16, Value) {
        let input = json!({ "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ann", "PASSWORD": PASSWORD } });
        self.pools.ask("InitiateAuth", input).await
    }

    async fn renew(&self, tokens: &Value) -> u16 {
        let token = &tokens["AuthenticationResult"]["RefreshToken"];
        let input = json!({ "ClientId": self.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": { "REFRESH_TOKEN": token } });
        self.pools.ask("InitiateAuth", input).await.0
    }
}

#[tokio::test]
async fn signing_out_and_disabling_end_what_was_begun() {
    let account = Account::new(json!({ "MinimumLength": 12 })).await;
    assert_eq!(account.set_password(PASSWORD).await.0, 200);
    let (_, tokens) = account.sign_in().await;
    assert_eq!(account.renew(&tokens).await, 200);
    account.pools.done("AdminUserGlobalSignOut", account.ann()).await;
    assert_eq!(account.renew(&tokens).await, 400);

    let (_, tokens) = account.sign_in().await;
    account.pools.done("AdminDisableUser", account.ann()).await;
    let (status, answer) = account.sign_in().await;
    assert_eq!((status, &answer["message"]), (400, &json!("User is disabled.")));
    account.pools.done("AdminEnableUser", account.ann()).await;
    assert_eq!(account.renew(&tokens).await, 400);
    assert_eq!(account.sign_in().await.0, 200);
    let nobody = json!({ "UserPoolId": account.pool, "Username": "bob" });
    for operation in
        ["AdminDisableUser", "AdminEnableUser", "AdminUserGlobalSignOut", "AdminResetUserPassword"]
    {
        account.pools.refused(operation, nobody.clone(), "UserNotFoundException").await;
    }
}

#[tokio::test]
async fn a_reset_password_lets_nobody_in() {
    let account = Account::new(json!({ "MinimumLength": 12 })).await;
    let early =
        account.pools.refused("AdminResetUserPassword", account.ann(), "NotAuthorizedException");
    assert_eq!(early.await, "User password cannot be reset in the current state.");
    account.set_password(PASSWORD).await;
    account.pools.done("AdminResetUserPassword", account.ann()).await;
    let shown = account.pools.done("AdminGetUser", account.ann()).await;
    assert_eq!(shown["UserStatus"], "RESET_REQUIRED");
    assert_eq!(account.sign_in().await.1["code"], "PasswordResetRequiredException");
    account.set_password(PASSWORD).await;
    assert_eq!(account.sign_in().await.0, 200);
}

#[tokio::test]
async fn a_pool_remembers_as_many_passwords_as_it_is_told() {
    let account = Account::new(json!({ "MinimumLength": 6, "PasswordHistorySize": 2 })).await;
    for (password, status) in
        [("second", 200), (PASSWORD, 400), ("second", 400), ("third1", 200), (PASSWORD, 200)]
    {
        let (got, answer) = account.set_password(password).await;
        assert_eq!(got, status, "{password}: {answer}");
        if status == 400 {
            assert_eq!(answer["code"], "PasswordHistoryPolicyViolationException");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_temporary_password_is_good_for_its_days() {
    let days = json!({ "MinimumLength": 12, "TemporaryPasswordValidityDays": 2 });
    let account = Account::new(days).await;
    tokio::time::advance(Duration::from_hours(47)).await;
    assert_eq!(account.sign_in().await.1["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    tokio::time::advance(Duration::from_hours(2)).await;
    let (status, answer) = account.sign_in().await;
    assert_eq!((status, &answer["code"]), (400, &json!("NotAuthorizedException")), "{answer}");
}
