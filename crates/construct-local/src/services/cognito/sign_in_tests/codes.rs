//! The second factor: enrolling an authenticator app, and its codes.

use super::super::software_tokens::code_at;
use super::*;

impl Stage {
    async fn require(&self, mode: &str) {
        let input = json!({ "UserPoolId": self.pool, "MfaConfiguration": mode,
            "SoftwareTokenMfaConfiguration": { "Enabled": mode != "OFF" } });
        let set = self.done("SetUserPoolMfaConfig", input).await;
        assert_eq!(set["MfaConfiguration"], mode);
    }

    /// The code that an app shows now.
    fn shown(&self, secret: &str) -> String {
        code_at(secret, self.client.local.now_ms() / 30_000)
    }

    /// Sends a code on the page that asked for it.
    async fn send_code(&self, query: &str, page: &Seen, jar: &str, code: &str) -> Seen {
        let fields = form(&[
            ("_csrf", &page.hidden("_csrf")),
            ("session", &page.hidden("session")),
            ("code", code),
        ]);
        Seen::of(&self.post(&format!("/login?{query}"), &[("cookie", jar)], fields).await)
    }

    async fn preference(&self, enabled: bool) -> (u16, Value) {
        let input = json!({ "UserPoolId": self.pool, "Username": "ann",
            "SoftwareTokenMfaSettings": { "Enabled": enabled, "PreferredMfa": enabled } });
        self.ask("AdminSetUserMFAPreference", input).await
    }

    async fn begin(&self) -> Value {
        let input = json!({ "ClientId": self.web, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ann", "PASSWORD": PASSWORD } });
        self.ask("InitiateAuth", input).await.1
    }
}

fn secret(page: &Seen) -> String {
    let (_, rest) = page.html.split_once("<code id=\"secret\">").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_requires_codes_enrols_and_then_asks() {
    let stage = Stage::new().await;
    stage.require("ON").await;
    let query = stage.query(&[]);
    assert_eq!(stage.begin().await["code"], "NotImplemented");
    let (page, jar) = stage.sign_in(&query, "ann", PASSWORD).await;
    assert_eq!((page.status, page.location.as_str()), (200, ""));
    let secret = secret(&page);
    let wrong = stage.send_code(&query, &page, &jar, "000000").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(self::secret(&wrong), secret);
    let code = stage.shown(&secret);
    let signed_in = stage.send_code(&query, &page, &jar, &code).await;
    assert_eq!(signed_in.status, 302, "{}", signed_in.html);
    assert_eq!(stage.redeem(&signed_in.parameter("code")).await.0, 200);

    tokio::time::advance(Duration::from_secs(30)).await;
    let (page, jar) = stage.sign_in(&query, "ann", PASSWORD).await;
    assert!(page.html.contains("Enter your code") && !page.html.contains(&secret));
    let replayed = stage.send_code(&query, &page, &jar, &code).await;
    assert_eq!(replayed.status, 400);
    let signed_in = stage.send_code(&query, &page, &jar, &stage.shown(&secret)).await;
    assert_eq!(signed_in.status, 302);
    let spent = stage.send_code(&query, &page, &jar, &stage.shown(&secret)).await;
    assert!(spent.html.contains("took too long"), "{}", spent.html);

    let (page, jar) = stage.sign_in(&query, "ann", PASSWORD).await;
    tokio::time::advance(Duration::from_mins(3)).await;
    let late = stage.send_code(&query, &page, &jar, &stage.shown(&secret)).await;
    assert!(late.html.contains("took too long"), "{}", late.html);
}

#[tokio::test(start_paused = true)]
async fn where_codes_are_optional_the_preference_decides() {
    let stage = Stage::new().await;
    assert_eq!(stage.preference(true).await.1["code"], "InvalidParameterException");
    stage.require("ON").await;
    let query = stage.query(&[]);
    let (page, jar) = stage.sign_in(&query, "ann", PASSWORD).await;
    let secret = secret(&page);
    stage.send_code(&query, &page, &jar, &stage.shown(&secret)).await;
    stage.require("OPTIONAL").await;
    tokio::time::advance(Duration::from_mins(1)).await;

    assert_eq!(stage.preference(true).await.0, 200);
    let user = json!({ "UserPoolId": stage.pool, "Username": "ann" });
    let shown = stage.done("AdminGetUser", user.clone()).await;
    assert_eq!(shown["PreferredMfaSetting"], "SOFTWARE_TOKEN_MFA");
    let begun = stage.begin().await;
    assert_eq!(begun["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let answer = |code: &str| {
        json!({ "ClientId": stage.web, "ChallengeName": "SOFTWARE_TOKEN_MFA",
            "Session": begun["Session"],
            "ChallengeResponses": { "USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code } })
    };
    let (_, wrong) = stage.ask("RespondToAuthChallenge", answer("000000")).await;
    assert_eq!(wrong["code"], "CodeMismatchException");
    let right = answer(&stage.shown(&secret));
    let tokens = stage.done("RespondToAuthChallenge", right).await;
    stage.assert_verifies(tokens["AuthenticationResult"]["AccessToken"].as_str().unwrap()).await;

    assert_eq!(stage.preference(false).await.0, 200);
    assert_eq!(stage.done("AdminGetUser", user).await.get("UserMFASettingList"), None);
    assert_eq!(stage.begin().await["AuthenticationResult"]["TokenType"], "Bearer");
}
