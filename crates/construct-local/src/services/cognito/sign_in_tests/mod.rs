//! Signing in as browsers, programs and hostile strangers do it, from the first request to tokens
//! that verify.

mod browser;
mod codes;
mod pool;
mod tokens;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::header::{HOST, LOCATION, SET_COOKIE};
use http::{Request, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::keys::{of_pool, verifies};
use crate::local::{LocalAws, Opened};
use crate::options::Options;
use crate::services::test_client::Client;

const CALLBACK: &str = "http://localhost:8765/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PASSWORD: &str = "CorrectHorse12";

/// A pool with a domain, a client of each kind, and a user.
struct Stage {
    client: Client,
    pool: String,
    web: String,
    machine: String,
    secret: String,
}

/// What a browser is answered.
struct Seen {
    status: u16,
    location: String,
    cookies: Vec<String>,
    html: String,
}

impl Seen {
    fn of(response: &Response<Bytes>) -> Self {
        let text = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap());
        let cookies = response.headers().get_all(SET_COOKIE).iter();
        Self {
            status: response.status().as_u16(),
            location: text(LOCATION).to_owned(),
            cookies: cookies.map(|value| value.to_str().unwrap().to_owned()).collect(),
            html: String::from_utf8(response.body().to_vec()).unwrap(),
        }
    }

    /// The cookies as the browser sends them back.
    fn jar(&self) -> String {
        let pairs = self.cookies.iter().map(|cookie| cookie.split(';').next().unwrap());
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn hidden(&self, name: &str) -> String {
        let (_, rest) = self.html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// A parameter of the address that the browser is sent to.
    fn parameter(&self, name: &str) -> String {
        let (_, query) = self.location.split_once('?').unwrap();
        let pairs = crate::wire::form::pairs(query);
        pairs.into_iter().find(|(own, _)| own == name).unwrap().1
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let encode =
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

impl Stage {
    async fn new() -> Self {
        Self::with(Client::new(Options::instant()), json!({})).await
    }

    async fn with(client: Client, rotation: Value) -> Self {
        let mut stage = Self {
            client,
            pool: String::new(),
            web: String::new(),
            machine: String::new(),
            secret: String::new(),
        };
        let pool = stage
            .done(
                "CreateUserPool",
                json!({ "PoolName": "p",
            "Policies": { "PasswordPolicy": { "MinimumLength": 12 } } }),
            )
            .await;
        stage.pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        let pool = stage.pool.clone();
        stage.done("CreateUserPoolDomain", json!({ "UserPoolId": pool, "Domain": "acme" })).await;
        let server = json!({ "UserPoolId": pool, "Identifier": "gateway", "Name": "g",
            "Scopes": [{ "ScopeName": "invoke", "ScopeDescription": "d" }] });
        stage.done("CreateResourceServer", server).await;
        let mut web = json!({ "UserPoolId": pool, "ClientName": "Web app",
            "AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthScopes": ["openid", "email", "gateway/invoke"],
            "CallbackURLs": [CALLBACK, "http://localhost:1/other"],
            "LogoutURLs": ["http://localhost:8765/bye"],
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        if rotation != json!({}) {
            web["RefreshTokenRotation"] = rotation;
            web["ExplicitAuthFlows"] = json!(["ALLOW_USER_SRP_AUTH"]);
        }
        let web = stage.done("CreateUserPoolClient", web).await;
        stage.web = web["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
        let machine = json!({ "UserPoolId": pool, "ClientName": "m2m", "GenerateSecret": true,
            "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthScopes": ["gateway/invoke"], "AccessTokenValidity": 30,
            "TokenValidityUnits": { "AccessToken": "minutes" },
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
        let machine = stage.done("CreateUserPoolClient", machine).await;
        stage.machine = machine["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
        stage.secret = machine["UserPoolClient"]["ClientSecret"].as_str().unwrap().to_owned();
        stage.user("ann", PASSWORD, true).await;
        stage
    }

    async fn user(&self, name: &str, password: &str, is_permanent: bool) {
        let user = json!({ "UserPoolId": self.pool, "Username": name,
            "UserAttributes": [{ "Name": "email", "Value": format!("{name}@example.com") },
                               { "Name": "email_verified", "Value": "true" }] });
        self.done("AdminCreateUser", user).await;
        let password = json!({ "UserPoolId": self.pool, "Username": name, "Password": password,
            "Permanent": is_permanent });
        self.done("AdminSetUserPassword", password).await;
    }

    async fn ask(&self, operation: &str, input: Value) -> (u16, Value) {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        self.client.json("cognito-idp", &target, input).await
    }

    async fn done(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.ask(operation, input).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    async fn get(&self, path: &str, cookies: &str) -> Seen {
        let request = Request::builder()
            .uri(path)
            .header(HOST, "127.0.0.1:4566")
            .header("cookie", cookies)
            .body(Bytes::new())
            .unwrap();
        Seen::of(&self.client.send(request).await)
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> Response<Bytes> {
        let mut request = Request::builder()
            .method("POST")
            .uri(path)
            .header(HOST, "127.0.0.1:4566")
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.client.send(request.body(Bytes::from(body)).unwrap()).await
    }

    async fn token(&self, pairs: &[(&str, &str)]) -> (u16, Value) {
        let response = self.post("/oauth2/token", &[], form(pairs)).await;
        let body = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), body)
    }

    async fn refused(&self, pairs: &[(&str, &str)], error: &str) {
        assert_eq!(self.token(pairs).await, (400, json!({ "error": error })), "{pairs:?}");
    }

    fn query(&self, more: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("client_id", self.web.as_str()),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("state", "a b&c"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in more {
            pairs.retain(|(own, _)| own != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        form(&pairs)
    }

    /// Fills the form in: the answer to the person, and the browser's cookies before it.
    async fn sign_in(&self, query: &str, name: &str, password: &str) -> (Seen, String) {
        let page = self.get(&format!("/login?{query}"), "").await;
        assert_eq!(page.status, 200, "{}", page.html);
        let jar = page.jar();
        let fields =
            form(&[("_csrf", &page.hidden("_csrf")), ("username", name), ("password", password)]);
        let path = format!("/login?{query}");
        (Seen::of(&self.post(&path, &[("cookie", &jar)], fields).await), jar)
    }

    /// A code for the web client.
    async fn code(&self, more: &[(&str, &str)]) -> String {
        let (seen, _) = self.sign_in(&self.query(more), "ann", PASSWORD).await;
        assert_eq!(seen.status, 302, "{}", seen.html);
        seen.parameter("code")
    }

    async fn redeem(&self, code: &str) -> (u16, Value) {
        self.token(&self.redemption(code, VERIFIER)).await
    }

    fn redemption<'a>(&'a self, code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("grant_type", "authorization_code"),
            ("client_id", &self.web),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier),
        ]
    }

    async fn modulus(&self) -> (String, String) {
        let keys = self.get(&format!("/{}/.well-known/jwks.json", self.pool), "").await;
        let keys: Value = serde_json::from_str(&keys.html).unwrap();
        let text = |name: &str| keys["keys"][0][name].as_str().unwrap().to_owned();
        assert_eq!((text("alg"), text("e")), ("RS256".to_owned(), "AQAB".to_owned()));
        (text("kid"), text("n"))
    }

    async fn assert_verifies(&self, token: &str) {
        let (kid, modulus) = self.modulus().await;
        assert!(verifies(&modulus, token), "{token}");
        let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header, json!({ "kid": kid, "alg": "RS256" }));
    }
}
