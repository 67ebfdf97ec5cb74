//! A gateway as an MCP server: who may call it, both eras of the protocol, lists and calls.

use serde_json::{Value, json};

use crate::http::send;
use crate::stage::{Stage, openapi, scope};

fn rpc(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// A description of one operation at `server`.
fn described(server: &str, operation: &Value) -> Value {
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "servers": [{"url": server}], "paths": {"/things/{id}": {"get": operation}},
    });
    json!({"openApiSchema": {"inlinePayload": document.to_string()}})
}

fn get_thing() -> Value {
    json!({
        "operationId": "getThing",
        "parameters": [{"name": "id", "in": "path", "required": true,
            "schema": {"type": "string"}}],
        "responses": {"200": {"description": "ok", "content": {"application/json": {
            "schema": {"type": "object", "properties": {
                "id": {"type": "string"}, "login": {"type": "string"}}}}}}},
    })
}

#[tokio::test]
async fn only_a_good_token_of_the_pool_passes() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    let base = site.url.strip_suffix("/mcp").unwrap();
    let metadata = format!("{base}/.well-known/oauth-protected-resource");
    let ping = rpc("ping", &json!({}));

    let bare = send("POST", &site.url, &[], &ping).await;
    assert_eq!(bare.status, 401);
    assert_eq!(
        bare.header("www-authenticate"),
        format!("Bearer resource_metadata=\"{metadata}\", scope=\"openid tools\"")
    );

    let good = stage.sign_in("ann").await;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let flipped = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let (_, claims) = head.split_once('.').unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    for bad in ["x", &flipped, &unsigned, "a.b.c"] {
        let refused = stage.mcp(&site, bad, "ping", json!({})).await;
        assert_eq!(refused.status, 401, "{bad}");
        assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    assert_eq!(stage.mcp(&site, &good, "ping", json!({})).await.json()["result"], json!({}));

    // Another pool's client.
    let other = stage
        .gateway_with(
            "other",
            json!({
            "authorizerType": "CUSTOM_JWT",
            "authorizerConfiguration": {"customJWTAuthorizer": {
                "discoveryUrl": format!(
                    "http://localhost:{}/{}/.well-known/openid-configuration",
                    stage.port, stage.pool),
                "allowedScopes": ["admin"]}}}),
        )
        .await;
    let refused = stage.mcp(&other, &good, "ping", json!({})).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").contains("error=\"insufficient_scope\""));

    let document = send("GET", &metadata, &[], "").await.json();
    assert_eq!(document["resource"], json!(site.url));
    assert_eq!(
        document["authorization_servers"],
        json!([format!("https://cognito-idp.us-east-1.amazonaws.com/{}", stage.pool)])
    );
    assert_eq!(document["scopes_supported"], json!(["openid", "tools"]));
    let path = site.url.split_once(&format!(":{}", stage.port)).unwrap().1;
    let inserted =
        format!("http://localhost:{}/.well-known/oauth-protected-resource{path}", stage.port);
    assert_eq!(send("GET", &inserted, &[], "").await.json(), document);
}

#[tokio::test]
async fn a_token_of_yesterday_is_refused() {
    let stage = Stage::with(construct_local::Options {
        // The pool signs by this clock, and the gateway reads it.
        epoch_ms: Some(1_000_000_000_000),
        ..construct_local::Options::instant()
    })
    .await;
    let site = stage.gateway("tools").await;
    let token = stage.sign_in("ann").await;
    assert_eq!(stage.mcp(&site, &token, "ping", json!({})).await.status, 200);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(3_601)).await;
    tokio::time::resume();
    assert_eq!(stage.mcp(&site, &token, "ping", json!({})).await.status, 401);
}

#[tokio::test]
async fn signed_and_open_gateways_ask_for_less() {
    let stage = Stage::new().await;
    let open = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let signed = stage.gateway_with("signed", json!({"authorizerType": "AWS_IAM"})).await;
    let ping = rpc("ping", &json!({}));
    assert_eq!(send("POST", &open.url, &[], &ping).await.status, 200);
    assert_eq!(send("POST", &signed.url, &[], &ping).await.status, 403);
    let scope = scope("bedrock-agentcore");
    let headers = [("Authorization", scope.as_str())];
    let passed = send("POST", &signed.url, &headers, &ping).await;
    assert_eq!((passed.status, &passed.json()["result"]), (200, &json!({})));
    for (origin, status) in
        [("https://evil.example", 403), ("null", 403), ("http://localhost:1", 200)]
    {
        let answer = send("POST", &open.url, &[("Origin", origin)], &ping).await;
        assert_eq!(answer.status, status, "{origin}");
    }
    // A signed request to a gateway is no operation of the control plane.
    let unknown = open.url.replace(&open.id, "none-0123456789");
    assert_eq!(send("POST", &unknown, &headers, &ping).await.status, 404);
}

#[tokio::test]
async fn both_eras_shake_hands_in_their_own_way() {
    let stage = Stage::new().await;
    let site = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let hello = |version: &str| {
        rpc(
            "initialize",
            &json!({"protocolVersion": version,
        "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
        )
    };
    for (asked, given) in [("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")] {
        let answer = send("POST", &site.url, &[], &hello(asked)).await.json();
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], given);
        assert_eq!(result["capabilities"]["tools"]["listChanged"], false);
        assert_eq!(
            (&result["serverInfo"]["name"], &result["instructions"]),
            (&json!("open"), &json!("Be kind."))
        );
    }
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    let accepted = send("POST", &site.url, &[], &ready).await;
    assert_eq!((accepted.status, accepted.body.as_str()), (202, ""));
    let old = [("MCP-Protocol-Version", "2025-03-26")];
    let refused = send("POST", &site.url, &old, &rpc("ping", &json!({}))).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &json!(-32022)));
    assert_eq!(send("GET", &site.url, &[], "").await.status, 405);
    assert_eq!(send("DELETE", &site.url, &[], "").await.header("allow"), "POST");
    let unknown = send("POST", &site.url, &[], &rpc("prompts/list", &json!({}))).await;
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32601)));

    let none = json!({});
    let told = stage.stateless(&site, "", ("server/discover", json!({})), &none).await.json();
    let result = &told["result"];
    assert_eq!(result["supportedVersions"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]));
    assert_eq!((&result["resultType"], &result["ttlMs"]), (&json!("complete"), &json!(0)));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "open");
    for gone in ["initialize", "ping", "subscriptions/listen"] {
        let answer = stage.stateless(&site, "", (gone, json!({})), &none).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!(-32601)));
    }
}

#[tokio::test]
async fn tools_are_paged_found_and_called() {
    let stage = Stage::new().await;
    let open = json!({"authorizerType": "NONE"});
    let site = stage.gateway_with("open", open.clone()).await;
    stage.target(&site, "github", &openapi("github"), None).await;
    stage.target(&site, "wiki", &openapi("confluence"), None).await;
    let tools: Vec<Value> = (0..120)
        .map(|n| {
            json!({"name": format!("t{n:03}"),
        "description": "d", "inputSchema": {"type": "object"}})
        })
        .collect();
    let listed = json!({"mcpServer": {"endpoint": "https://mcp.example.com/mcp",
        "mcpToolSchema": {"inlinePayload": json!({"tools": tools}).to_string()}}});
    stage.target(&site, "many", &listed, None).await;

    let first = stage.mcp(&site, "", "tools/list", json!({})).await.json();
    assert_eq!(first["result"]["tools"].as_array().unwrap().len(), 100);
    let mut names: Vec<String> = Vec::new();
    let mut cursor = json!({});
    loop {
        let page = stage.mcp(&site, "", "tools/list", cursor).await.json();
        let own = page["result"]["tools"].as_array().unwrap();
        names.extend(own.iter().map(|tool| crate::stage::text(&tool["name"])));
        let Some(next) = page["result"].get("nextCursor") else { break };
        cursor = json!({"cursor": next});
    }
    assert!(names.len() > 140 && names.is_sorted(), "{}", names.len());
    assert!(names.contains(&"wiki___listSpaces".to_owned()));
    assert!(names.contains(&"x_amz_bedrock_agentcore_search".to_owned()));
    let strange = stage.mcp(&site, "", "tools/list", json!({"cursor": "x"})).await.json();
    assert_eq!(strange["error"]["code"], -32602);

    let found = stage
        .call(&site, "", "x_amz_bedrock_agentcore_search", json!({"query": "list wiki spaces"}))
        .await;
    let first = crate::stage::text(&found["result"]["structuredContent"]["tools"][0]["name"]);
    assert!(first.starts_with("wiki___list"), "{first}");

    // The built-in upstream answers in the shape of the description and with what was asked for.
    let own = json!({"owner": "octo", "repo": "hello", "title": "It breaks"});
    let made = stage.call(&site, "", "github___createIssue", own).await;
    assert_eq!(made["result"]["structuredContent"]["title"], "It breaks", "{made}");
    let spaces = stage.call(&site, "", "wiki___listSpaces", json!({})).await;
    assert!(spaces["result"]["structuredContent"]["results"][1]["id"].is_string(), "{spaces}");
    let missing = stage.call(&site, "", "github___getRepository", json!({"owner": "o"})).await;
    assert_eq!(missing["result"]["isError"], true);
    for unknown in ["github___nothing", "nobody___getIssue", "createIssue"] {
        let answer = stage.call(&site, "", unknown, json!({})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }

    let mut whole = open;
    whole["protocolConfiguration"] = json!({"mcp": {"supportedVersions": ["2025-11-25"], "disableMcpListToolsPagination": true}});
    let unpaged = stage.gateway_with("whole", whole).await;
    stage.target(&unpaged, "many", &listed, None).await;
    let all = stage.mcp(&unpaged, "", "tools/list", json!({})).await.json();
    assert_eq!(all["result"]["tools"].as_array().unwrap().len(), 120);
}

#[tokio::test]
async fn a_key_and_a_token_of_its_own_reach_the_upstream() {
    let stage = Stage::new().await;
    let site = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let upstream = crate::servers::Recording::start("{\"id\":\"9\"}", "application/json").await;
    let key = json!({"name": "key", "apiKey": "k-123"});
    let made = stage.agentcore("POST", "/identities/CreateApiKeyCredentialProvider", key).await;
    let credential = |members: Value| {
        let mut own = json!({"providerArn": made.json()["credentialProviderArn"]});
        for (name, value) in members.as_object().unwrap() {
            own[name] = value.clone();
        }
        Some(json!({"credentialProviderType": "API_KEY",
            "credentialProvider": {"apiKeyCredentialProvider": own}}))
    };
    let server = described(&upstream.url, &get_thing());
    let header = json!({"credentialLocation": "HEADER", "credentialPrefix": "Bearer "});
    stage.target(&site, "header", &server, credential(header)).await;
    let query = json!({"credentialLocation": "QUERY_PARAMETER", "credentialParameterName": "k"});
    stage.target(&site, "query", &server, credential(query)).await;
    let github = stage.github().await;
    let machine = crate::stage::oauth(&github, "CLIENT_CREDENTIALS", &["read"]);
    stage.target(&site, "machine", &server, Some(machine.clone())).await;
    let elsewhere = described("https://api.example.com/v1", &get_thing());
    stage.target(&site, "elsewhere", &elsewhere, Some(machine)).await;

    let called = stage.call(&site, "", "header___getThing", json!({"id": "a b"})).await;
    assert_eq!(called["result"]["structuredContent"], json!({"id": "9"}), "{called}");
    let seen = upstream.last();
    assert!(seen.starts_with("GET /things/a%20b HTTP/1.1"), "{seen}");
    assert!(seen.to_lowercase().contains("authorization: bearer k-123"), "{seen}");
    stage.call(&site, "", "query___getThing", json!({"id": "x"})).await;
    assert!(upstream.last().starts_with("GET /things/x?k=k-123 "), "{}", upstream.last());
    stage.call(&site, "", "machine___getThing", json!({"id": "x"})).await;
    let first = upstream.last();
    stage.call(&site, "", "machine___getThing", json!({"id": "x"})).await;
    assert_eq!(first, upstream.last(), "the token was fetched again");
    assert!(first.to_lowercase().contains("authorization: bearer "), "{first}");

    let played = stage.call(&site, "", "elsewhere___getThing", json!({"id": "7"})).await;
    assert_eq!(played["result"]["structuredContent"], json!({"id": "7", "login": "github-client"}));
}

#[tokio::test]
async fn a_description_in_a_bucket_becomes_tools() {
    let stage = Stage::new().await;
    let site = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let scope = scope("s3");
    let base = format!("http://localhost:{}/schemas", stage.port);
    let headers = [("Authorization", scope.as_str())];
    assert_eq!(send("PUT", &base, &headers, "").await.status, 200);
    let document = described("https://api.example.com", &get_thing());
    let document = document["openApiSchema"]["inlinePayload"].as_str().unwrap();
    let put = send("PUT", &format!("{base}/a/things.json"), &headers, document).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let part = json!({"openApiSchema": {"s3": {"uri": "s3://schemas/a/things.json"}}});
    stage.target(&site, "things", &part, None).await;
    let called = stage.call(&site, "", "things___getThing", json!({"id": "7"})).await;
    let expected = json!({"id": "7", "login": "local"});
    assert_eq!(called["result"]["structuredContent"], expected, "{called}");
}

#[tokio::test]
async fn a_function_behind_a_tool_really_runs() {
    const CODE: &str = "def handler(event, context):\n    \
        return {'event': event, 'custom': context.client_context.custom}\n";
    let stage = Stage::new().await;
    let site = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let function = crate::servers::python_function(&stage, "tools", CODE).await;
    let tools = json!([{"name": "hello", "description": "d", "inputSchema": {"type": "object"}}]);
    let part = json!({"lambda": {"lambdaArn": function,
        "toolSchema": {"inlinePayload": tools}}});
    let role = json!({"credentialProviderType": "GATEWAY_IAM_ROLE"});
    let target = stage.target(&site, "aws", &part, Some(role)).await;
    let called = stage.call(&site, "", "aws___hello", json!({"name": "Ann"})).await;
    let answer = &called["result"]["structuredContent"];
    assert_eq!(answer["event"], json!({"name": "Ann"}), "{called}");
    let custom = &answer["custom"];
    assert_eq!(custom["bedrockAgentCoreToolName"], "aws___hello");
    assert_eq!(custom["bedrockAgentCoreGatewayId"], json!(site.id));
    assert_eq!(custom["bedrockAgentCoreTargetId"], json!(target));
}

#[tokio::test]
async fn calls_of_a_gateway_are_logged_and_meet_faults() {
    use construct_local::{Effect, Rule, fault::Refusal};
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    let token = stage.sign_in("ann").await;
    let before = stage.local.calls().len();
    let rule = Rule::operation(
        "bedrock-agentcore",
        "InvokeGateway",
        Effect::FailBefore(Refusal::throttled()),
    );
    stage.local.faults().add(rule.only(2));
    let statuses = [
        stage.mcp(&site, &token, "ping", json!({})).await.status,
        stage.mcp(&site, &token, "ping", json!({})).await.status,
        stage.mcp(&site, &token, "ping", json!({})).await.status,
    ];
    assert_eq!(statuses, [200, 429, 200]);
    let calls = stage.local.calls().split_off(before);
    let seen: Vec<_> = calls.iter().map(|call| (&*call.operation, call.status)).collect();
    let wanted = [200, 429, 200].map(|status| ("InvokeGateway", Some(status)));
    assert_eq!(seen, wanted);
    let line = format!("{calls:?}");
    assert!(!line.contains(&token), "a token is in the log");
}

#[tokio::test]
async fn a_gateway_behind_a_gateway_takes_the_roles_signature() {
    let stage = Stage::new().await;
    let inner = stage.gateway_with("inner", json!({"authorizerType": "AWS_IAM"})).await;
    stage.target(&inner, "github", &openapi("github"), None).await;
    let outer = stage.gateway_with("outer", json!({"authorizerType": "NONE"})).await;
    let part = json!({"mcpServer": {"endpoint": inner.url}});
    let signed = json!({"credentialProviderType": "GATEWAY_IAM_ROLE", "credentialProvider": {
        "iamCredentialProvider": {"service": "bedrock-agentcore"}}});
    stage.target(&outer, "inner", &part, Some(signed)).await;
    let tool = "inner___github___getAuthenticatedUser";
    let called = stage.call(&outer, "", tool, json!({})).await;
    assert_eq!(called["result"]["structuredContent"]["login"], "local", "{called}");
    // Without a signature the inner one refuses, and its target says so.
    let bare = stage.target(&outer, "bare", &part, None).await;
    let path = format!("/gateways/{}/targets/{bare}/", outer.id);
    let seen = stage.agentcore("GET", &path, Value::Null).await.json();
    assert_eq!(seen["status"], "FAILED");
    assert!(crate::stage::text(&seen["statusReasons"][0]).contains("403"), "{seen}");
}

#[tokio::test]
async fn what_is_not_played_says_so_by_name() {
    let stage = Stage::new().await;
    let site = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let there = site.url.replace("/mcp", "/billing/v1/items");
    let answer = send("POST", &there, &[], &rpc("tools/list", &json!({}))).await;
    assert_eq!(answer.status, 501);
    let message = crate::stage::text(&answer.json()["error"]["message"]);
    assert!(message.contains("\"billing\""), "{message}");

    // Tools whose credential is not played are listed as they are, and refused when called.
    let member = "microsoftOauth2ProviderConfig";
    let provider = stage.provider("entra", "MicrosoftOauth2", member).await;
    let exchanged = crate::stage::oauth(&provider, "TOKEN_EXCHANGE", &["repo"]);
    stage.target(&site, "exchanged", &openapi("github"), Some(exchanged)).await;
    let called = stage.call(&site, "", "exchanged___getAuthenticatedUser", json!({})).await;
    assert_eq!(called["result"]["isError"], true, "{called}");
    let told = crate::stage::text(&called["result"]["content"][0]["text"]);
    assert!(told.contains("does not play OAUTH with grant type TOKEN_EXCHANGE"), "{told}");

    // A signature for another service, or another Region, opens nothing.
    let signed = stage.gateway_with("signed", json!({"authorizerType": "AWS_IAM"})).await;
    let here = scope("bedrock-agentcore");
    for wrong in [scope("execute-api"), here.replace("us-east-1", "eu-west-1")] {
        let headers = [("Authorization", wrong.as_str())];
        let refused = send("POST", &signed.url, &headers, &rpc("ping", &json!({}))).await;
        assert_eq!(refused.status, 403, "{wrong}");
    }
}
