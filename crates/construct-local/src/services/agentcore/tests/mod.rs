//! The control plane as its clients see it: HTTP in, HTTP out, on a clock that stands still until
//! a test moves it.

mod consent_portals;
mod gateways;
mod identities;
mod policies;
mod providers;
mod rules;
mod runtime_endpoints;
mod runtimes;
mod target_permissions;
mod target_statuses;
mod targets;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::options::Delays;
use crate::{LocalAws, Options};

const ROLE: &str = "arn:aws:iam::111122223333:role/gateway";
const DISCOVERY: &str = "https://idp.example.com/.well-known/openid-configuration";

/// A local AWS, and what a client needs to talk to its control plane.
struct Bench {
    local: LocalAws,
}

/// A reply: its status and its body.
#[derive(Debug, PartialEq)]
struct Got(u16, Value);

impl Got {
    /// The body of a success.
    fn ok(self) -> Value {
        assert!(self.0 < 300, "{} {}", self.0, self.1);
        self.1
    }

    /// Status, error code and message of a refusal.
    fn refusal(self) -> (u16, String, String) {
        let text = |name: &str| self.1[name].as_str().unwrap_or_default().to_owned();
        assert!(self.0 >= 400, "accepted: {}", self.1);
        (self.0, text("__code"), text("message"))
    }

    /// The error code of a refusal.
    fn code(self) -> String {
        self.refusal().1
    }
}

impl Bench {
    /// Everything settles at once and roles are not looked at.
    fn lenient() -> Self {
        Self::with(Options { strict_permissions: false, ..Options::instant() })
    }

    /// As [`Self::lenient`], but statuses take a second and provider statuses too.
    fn slow() -> Self {
        let delays =
            Delays { gateway_ms: 1000, target_ms: 1000, provider_ms: 1000, ..Delays::none() };
        Self::with(Options { strict_permissions: false, delays, ..Options::instant() })
    }

    fn with(options: Options) -> Self {
        Self { local: LocalAws::in_memory(Options { port: Some(4566), ..options }) }
    }

    /// Sends a request in Region us-east-1.
    async fn send(&self, method: &str, path: &str, body: Value) -> Got {
        self.send_to("us-east-1", method, path, body).await
    }

    async fn send_to(&self, region: &str, method: &str, path: &str, body: Value) -> Got {
        let scope = format!("AKID/20260101/{region}/bedrock-agentcore/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization)
            .body(bytes)
            .unwrap();
        let response = self.local.handle(request).await;
        let mut body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        if let Some(code) = response.headers().get("x-amzn-errortype") {
            body["__code"] = json!(code.to_str().unwrap());
        }
        Got(response.status().as_u16(), body)
    }

    async fn get(&self, path: &str) -> Got {
        self.send("GET", path, Value::Null).await
    }

    /// One of the identity operations, which are all `POST` to a path with their name.
    async fn identity(&self, operation: &str, body: Value) -> Got {
        self.send("POST", &format!("/identities/{operation}"), body).await
    }

    /// Makes a gateway without an authorizer and gives its id.
    async fn gateway(&self, name: &str) -> String {
        let made = self.send("POST", "/gateways/", gateway(name)).await.ok();
        made["gatewayId"].as_str().unwrap().to_owned()
    }

    /// Makes a target and gives its id.
    async fn target(&self, gateway: &str, body: Value) -> String {
        let made = self.send("POST", &format!("/gateways/{gateway}/targets/"), body).await.ok();
        made["targetId"].as_str().unwrap().to_owned()
    }

    /// Makes an `OAuth2` provider and gives its ARN.
    async fn provider(&self, name: &str) -> String {
        let made = self.identity("CreateOauth2CredentialProvider", github(name)).await.ok();
        made["credentialProviderArn"].as_str().unwrap().to_owned()
    }

    /// The status of the object at `path`.
    async fn status(&self, path: &str) -> String {
        let got = self.get(path).await.ok();
        got["status"].as_str().unwrap().to_owned()
    }
}

/// Lets time pass.
async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn gateway(name: &str) -> Value {
    json!({"name": name, "roleArn": ROLE, "protocolType": "MCP", "authorizerType": "NONE"})
}

fn github(name: &str) -> Value {
    json!({
        "name": name,
        "credentialProviderVendor": "GithubOauth2",
        "oauth2ProviderConfigInput": {
            "githubOauth2ProviderConfig": {"clientId": "id", "clientSecret": "hush-hush"},
        },
    })
}

/// A Lambda target with one tool.
fn lambda_target(name: &str) -> Value {
    json!({
        "name": name,
        "targetConfiguration": {"mcp": {"lambda": {
            "lambdaArn": "arn:aws:lambda:us-east-1:111122223333:function:tools",
            "toolSchema": {"inlinePayload": [{
                "name": "hello", "description": "says hello", "inputSchema": {"type": "object"},
            }]},
        }}},
        "credentialProviderConfigurations": [{"credentialProviderType": "GATEWAY_IAM_ROLE"}],
    })
}

/// An MCP server target; `credentials` is the one entry of its list.
fn server_target(name: &str, credentials: &Value) -> Value {
    json!({
        "name": name,
        "targetConfiguration": {"mcp": {"mcpServer": {"endpoint": "https://example.com/mcp"}}},
        "credentialProviderConfigurations": [credentials],
    })
}

/// An OAuth credential of a target.
fn oauth(provider: &str, grant: &str) -> Value {
    json!({"credentialProviderType": "OAUTH", "credentialProvider": {"oauthCredentialProvider": {
        "providerArn": provider,
        "scopes": ["repo"],
        "grantType": grant,
        "defaultReturnUrl": "https://example.com/back",
    }}})
}

#[tokio::test(start_paused = true)]
async fn the_state_survives_its_document() {
    let bench = Bench::slow();
    let gateway = bench.gateway("kept").await;
    let provider = bench.provider("gh").await;
    wait(1000).await;
    bench.target(&gateway, lambda_target("tools")).await;
    let consent = server_target("remote", &oauth(&provider, "AUTHORIZATION_CODE"));
    bench.target(&gateway, consent).await;
    let runtime = json!({
        "agentRuntimeName": "server", "roleArn": ROLE,
        "agentRuntimeArtifact": {"containerConfiguration": {
            "containerUri": "public.ecr.aws/own/server:1"}},
    });
    bench.send("PUT", "/runtimes/", runtime).await.ok();
    let document = bench.local.snapshot();
    let read: crate::Account = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), document);
    let kept = &read.regions["us-east-1"].agentcore;
    assert_eq!((kept.gateways[&gateway].targets.len(), kept.runtimes.len()), (2, 1));
}
