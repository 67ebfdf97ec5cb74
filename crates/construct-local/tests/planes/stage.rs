//! A served local AWS with a user pool and two people, and what clients of a gateway do.

use construct_local::{LocalAws, Options, server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::browser::{Browser, parameter};
use crate::http::{Answer, send};

pub(crate) const RETURN_URL: &str = "https://example.com/back";
const PASSWORD: &str = "Correct-horse-7";
const REDIRECT: &str = "http://localhost:9/callback";

/// The stage.
pub(crate) struct Stage {
    pub(crate) local: LocalAws,
    pub(crate) port: u16,
    pub(crate) pool: String,
    pub(crate) client: String,
    _server: JoinHandle<()>,
}

/// One provider and one target with its consent.
pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) id: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Options::instant()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let local = LocalAws::in_memory(Options { strict_permissions: false, ..options });
        let port = local.port();
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let served = local.clone();
        let server = tokio::spawn(async move {
            let served = server::serve(served, listener, std::future::pending()).await;
            served.expect("it serves until the test ends");
        });
        let mut stage =
            Self { local, port, pool: String::new(), client: String::new(), _server: server };
        stage.make_pool().await;
        stage
    }

    async fn make_pool(&mut self) {
        let made = self.cognito("CreateUserPool", json!({"PoolName": "people"})).await;
        self.pool = text(&made["UserPool"]["Id"]);
        let pool = self.pool.clone();
        self.cognito("CreateUserPoolDomain", json!({"UserPoolId": pool, "Domain": "acme"})).await;
        let client = json!({
            "UserPoolId": pool, "ClientName": "editors",
            "CallbackURLs": [REDIRECT], "SupportedIdentityProviders": ["COGNITO"],
            "AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthScopes": ["openid", "profile"],
        });
        let made = self.cognito("CreateUserPoolClient", client).await;
        self.client = text(&made["UserPoolClient"]["ClientId"]);
        for name in ["ann", "bob"] {
            let user = json!({"UserPoolId": pool, "Username": name});
            self.cognito("AdminCreateUser", user).await;
            let password = json!({"UserPoolId": pool, "Username": name, "Password": PASSWORD,
                "Permanent": true});
            self.cognito("AdminSetUserPassword", password).await;
        }
    }

    async fn cognito(&self, operation: &str, input: Value) -> Value {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let url = format!("http://localhost:{}/", self.port);
        let scope = scope("cognito-idp");
        let headers = [("Authorization", scope.as_str()), ("X-Amz-Target", &target)];
        let answer = send("POST", &url, &headers, &input.to_string()).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// An operation of `AgentCore`, control or data plane.
    pub(crate) async fn agentcore(&self, method: &str, path: &str, input: Value) -> Answer {
        let url = format!("http://localhost:{}{path}", self.port);
        let scope = scope("bedrock-agentcore");
        let body = if input.is_null() { String::new() } else { input.to_string() };
        send(method, &url, &[("Authorization", &scope)], &body).await
    }

    async fn made(&self, method: &str, path: &str, input: Value) -> Value {
        let answer = self.agentcore(method, path, input).await;
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// A gateway that takes the pool's tokens, in all versions.
    pub(crate) async fn gateway(&self, name: &str) -> Site {
        let discovery = format!(
            "https://cognito-idp.us-east-1.amazonaws.com/{}/.well-known/openid-configuration",
            self.pool
        );
        let authorizer = json!({"customJWTAuthorizer": {
            "discoveryUrl": discovery, "allowedClients": [self.client],
            "allowedScopes": ["openid", "admin"], "advertisedScopeMapping": {"admin": "tools"},
        }});
        self.gateway_with(
            name,
            json!({"authorizerType": "CUSTOM_JWT", "authorizerConfiguration": authorizer}),
        )
        .await
    }

    pub(crate) async fn gateway_with(&self, name: &str, members: Value) -> Site {
        let mut input = json!({
            "name": name, "protocolType": "MCP",
            "roleArn": "arn:aws:iam::111122223333:role/gateway",
            "protocolConfiguration": {"mcp": {
                "supportedVersions": ["2025-06-18", "2025-11-25", "2026-07-28"],
                "searchType": "SEMANTIC", "instructions": "Be kind.",
            }},
        });
        for (member, value) in members.as_object().into_iter().flatten() {
            input[member] = value.clone();
        }
        let made = self.made("POST", "/gateways/", input).await;
        Site { url: text(&made["gatewayUrl"]), id: text(&made["gatewayId"]) }
    }

    /// Lets the gateway's users return to [`RETURN_URL`].
    pub(crate) async fn allow_return(&self, site: &Site) {
        let input = json!({"name": site.id, "allowedResourceOauth2ReturnUrls": [RETURN_URL]});
        self.made("POST", "/identities/UpdateWorkloadIdentity", input).await;
    }

    /// A provider of this vendor; its ARN.
    pub(crate) async fn provider(&self, name: &str, vendor: &str, member: &str) -> String {
        let config = json!({"clientId": format!("{name}-client"), "clientSecret": "hush-hush"});
        let input = json!({"name": name, "credentialProviderVendor": vendor,
            "oauth2ProviderConfigInput": {member: config}});
        let made = self.made("POST", "/identities/CreateOauth2CredentialProvider", input).await;
        text(&made["credentialProviderArn"])
    }

    pub(crate) async fn github(&self) -> String {
        self.provider("github", "GithubOauth2", "githubOauth2ProviderConfig").await
    }

    /// A target; its id.
    pub(crate) async fn target(
        &self,
        site: &Site,
        name: &str,
        configuration: &Value,
        credential: Option<Value>,
    ) -> String {
        let mut input = json!({"name": name, "targetConfiguration": {"mcp": configuration}});
        if let Some(credential) = credential {
            input["credentialProviderConfigurations"] = json!([credential]);
        }
        let path = format!("/gateways/{}/targets/", site.id);
        let made = self.made("POST", &path, input).await;
        text(&made["targetId"])
    }

    /// A target of the shipped GitHub description, for which each user consents.
    pub(crate) async fn github_target(&self, site: &Site) {
        let provider = self.github().await;
        let credential = oauth(&provider, "AUTHORIZATION_CODE", &["repo", "read:user"]);
        self.target(site, "github", &openapi("github"), Some(credential)).await;
        self.allow_return(site).await;
    }

    /// Signs a person in at the pool's pages; the access token.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let base = format!("http://idp.localhost:{}", self.port);
        let query = format!(
            "client_id={}&response_type=code&redirect_uri={}&scope=openid%20profile",
            self.client,
            percent_encoding::utf8_percent_encode(REDIRECT, percent_encoding::NON_ALPHANUMERIC)
        );
        let mut browser = Browser::default();
        let first = browser.get(&format!("{base}/oauth2/authorize?{query}")).await;
        let login = format!("{base}{}", first.header("location"));
        let page = browser.get(&login).await;
        let fields = [("username", name), ("password", PASSWORD)];
        let done = browser.submit(&login, &page, &fields).await;
        let code = parameter(done.header("location"), "code").expect("the sign-in gives a code");
        let form = format!(
            "grant_type=authorization_code&client_id={}&code={code}&redirect_uri={REDIRECT}",
            self.client
        );
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = send("POST", &format!("{base}/oauth2/token"), &kind, &form).await;
        text(&answer.json()["access_token"])
    }

    /// An MCP request of the handshake era.
    pub(crate) async fn mcp(
        &self,
        site: &Site,
        token: &str,
        method: &str,
        params: Value,
    ) -> Answer {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
        send("POST", &site.url, &headers, &body.to_string()).await
    }

    /// Calls a tool in the handshake era; the whole answer.
    pub(crate) async fn call(&self, site: &Site, token: &str, tool: &str, own: Value) -> Value {
        let params = json!({"name": tool, "arguments": own});
        self.mcp(site, token, "tools/call", params).await.json()
    }

    /// An MCP request without a handshake, of a client with these capabilities.
    pub(crate) async fn stateless(
        &self,
        site: &Site,
        token: &str,
        (method, mut params): (&str, Value),
        capabilities: &Value,
    ) -> Answer {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let body = json!({"jsonrpc": "2.0", "id": 8, "method": method, "params": params});
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", method),
            ("Mcp-Name", &name),
        ];
        send("POST", &site.url, &headers, &body.to_string()).await
    }

    /// Opens a consent's URL and answers at the vendor; where the browser is sent in the end.
    pub(crate) async fn consent(&self, url: &str, user: &str, decision: &str) -> String {
        let mut browser = Browser::default();
        let to_vendor = browser.get(url).await;
        assert_eq!(to_vendor.status, 302, "{}", to_vendor.body);
        let vendor = to_vendor.header("location").to_owned();
        let page = browser.get(&vendor).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let fields = [("user", user), ("decision", decision)];
        let back = browser.submit(&vendor, &page, &fields).await;
        let last = browser.get(back.header("location")).await;
        assert_eq!(last.status, 302, "{}", last.body);
        last.header("location").to_owned()
    }

    /// `CompleteResourceTokenAuth` with a user's token.
    pub(crate) async fn complete(&self, session: &str, token: &str) -> Answer {
        let input = json!({"sessionUri": session, "userIdentifier": {"userToken": token}});
        self.agentcore("POST", "/identities/CompleteResourceTokenAuth", input).await
    }
}

/// The URL of the first elicitation in an error.
pub(crate) fn elicited(answer: &Value) -> String {
    assert_eq!(answer["error"]["code"], -32042, "{answer}");
    let first = &answer["error"]["data"]["elicitations"][0];
    assert_eq!(first["mode"], "url");
    assert!(first["elicitationId"].is_string() && first["message"].is_string(), "{first}");
    text(&first["url"])
}

/// An OAuth credential of a target.
pub(crate) fn oauth(provider: &str, grant: &str, scopes: &[&str]) -> Value {
    json!({"credentialProviderType": "OAUTH", "credentialProvider": {"oauthCredentialProvider": {
        "providerArn": provider, "scopes": scopes, "grantType": grant,
        "defaultReturnUrl": RETURN_URL,
    }}})
}

/// A shipped description, with its server's variables filled in.
pub(crate) fn openapi(name: &str) -> Value {
    let path = format!("{}/../../specs/{name}-openapi.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the description is shipped");
    json!({"openApiSchema": {"inlinePayload": text.replace("{cloudId}", "00-11")}})
}

pub(crate) fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=00"
    )
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| unreachable!("no text: {value}")).to_owned()
}
