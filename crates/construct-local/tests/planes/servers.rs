//! What stands behind targets on this machine: functions, and MCP servers that are really asked for
//! their tools, also those that an administrator must consent to first.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::browser::parameter;
use crate::http::send;
use crate::stage::{Stage, oauth, scope, text};

/// An HTTP server that answers by a function of the request, and keeps every request.
pub(crate) struct Recording {
    /// Its base URL, without a slash at the end.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
    _server: JoinHandle<()>,
}

impl Recording {
    /// One that always answers the same.
    pub(crate) async fn start(body: &'static str, kind: &'static str) -> Self {
        Self::answering(move |_| (200, kind, body.to_owned())).await
    }

    /// One whose status, content type and body are a function of the request.
    pub(crate) async fn answering(
        answer: impl Fn(&str) -> (u16, &'static str, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let url = format!("http://{address}");
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&seen);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = String::new();
                let mut chunk = vec![0; 65_536];
                while !is_whole(&request) {
                    match stream.read(&mut chunk).await {
                        Ok(read @ 1..) => {
                            request.push_str(&String::from_utf8_lossy(&chunk[..read]));
                        }
                        _ => break,
                    }
                }
                let (status, kind, body) = answer(&request);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let response = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.write_all(response.as_bytes()).await);
            }
        });
        Self { url, seen, _server: server }
    }

    /// The last request as it came.
    pub(crate) fn last(&self) -> String {
        self.all().pop().unwrap_or_default()
    }

    /// Every request as it came.
    pub(crate) fn all(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}

/// An MCP server with one tool, which answers in a stream.
async fn mcp_server() -> Recording {
    Recording::answering(|request| {
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let message: Value = serde_json::from_str(body).unwrap_or_default();
        let result = match message["method"].as_str() {
            Some("initialize") => json!({"protocolVersion": "2025-11-25", "capabilities": {},
                "serverInfo": {"name": "s", "version": "1"}}),
            Some("tools/list") => json!({"tools": [{"name": "echo", "description": "says it again",
                "inputSchema": {"type": "object"}}]}),
            Some("tools/call") => json!({"content": [{"type": "text",
                "text": message["params"]["arguments"]["text"]}]}),
            _ => return (200, "application/json", String::new()),
        };
        let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
        (200, "text/event-stream", format!("event: message\ndata: {answer}\n\n"))
    })
    .await
}

/// Makes a function of this code; its ARN.
pub(crate) async fn python_function(stage: &Stage, name: &str, code: &str) -> String {
    let base = format!("http://localhost:{}", stage.port);
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let form = format!(
        "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument={}",
        percent_encoding::utf8_percent_encode(
            &trust.to_string(),
            percent_encoding::NON_ALPHANUMERIC
        )
    );
    let iam = scope("iam");
    let made = send("POST", &format!("{base}/"), &[("Authorization", &iam)], &form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("main.py", zip::write::SimpleFileOptions::default()).expect("memory takes it");
    zip.write_all(code.as_bytes()).expect("memory takes it");
    let zip = zip.finish().expect("memory takes it").into_inner();
    let input = json!({
        "FunctionName": name, "Runtime": "python3.13", "Handler": "main.handler",
        "Role": "arn:aws:iam::111122223333:role/r",
        "Code": {"ZipFile": BASE64_STANDARD.encode(zip)},
    });
    let url = format!("{base}/2015-03-31/functions");
    let lambda = scope("lambda");
    let made = send("POST", &url, &[("Authorization", &lambda)], &input.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    text(&made.json()["FunctionArn"])
}

async fn status(stage: &Stage, gateway: &str, target: &str) -> Value {
    let path = format!("/gateways/{gateway}/targets/{target}/");
    stage.agentcore("GET", &path, Value::Null).await.json()
}

#[tokio::test]
async fn a_server_here_is_asked_for_its_tools_and_called() {
    let stage = Stage::new().await;
    let site = stage.gateway_with("open", json!({"authorizerType": "NONE"})).await;
    let server = mcp_server().await;
    let endpoint = format!("{}/mcp", server.url);
    let part = |mode: &str| json!({"mcpServer": {"endpoint": endpoint, "listingMode": mode}});
    let known = stage.target(&site, "known", &part("DEFAULT"), None).await;
    stage.target(&site, "asked", &part("DYNAMIC"), None).await;
    assert_eq!(status(&stage, &site.id, &known).await["status"], "READY");
    let listed = stage.mcp(&site, "", "tools/list", json!({})).await.json();
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["asked___echo", "known___echo"]);
    for tool in ["known___echo", "asked___echo"] {
        let called = stage.call(&site, "", tool, json!({"text": "hi"})).await;
        assert_eq!(called["result"]["content"][0]["text"], "hi", "{called}");
    }

    // A server that is not there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = json!({"mcpServer": {"endpoint": format!("http://{closed}/mcp")}});
    let failed = stage.target(&site, "gone", &gone, None).await;
    let seen = status(&stage, &site.id, &failed).await;
    assert_eq!(seen["status"], "FAILED");
    assert!(seen["statusReasons"][0].as_str().unwrap().contains("127.0.0.1"), "{seen}");
}

#[tokio::test]
async fn an_administrators_consent_lets_the_tools_be_read() {
    let stage = Stage::new().await;
    let site = stage.gateway("tools").await;
    let provider = stage.github().await;
    let server = mcp_server().await;
    let part = json!({"mcpServer": {"endpoint": format!("{}/mcp", server.url)}});
    let credential = oauth(&provider, "AUTHORIZATION_CODE", &["repo"]);
    let target = stage.target(&site, "remote", &part, Some(credential)).await;
    let waiting = status(&stage, &site.id, &target).await;
    assert_eq!(waiting["status"], "CREATE_PENDING_AUTH");
    let asked = &waiting["authorizationData"]["oauth2"];
    let back = stage.consent(&text(&asked["authorizationUrl"]), "admin", "allow").await;
    let complete = |user: &Value| {
        json!({"sessionUri": parameter(&back, "session_id").unwrap(),
            "userIdentifier": {"userId": user}})
    };
    let path = "/identities/CompleteResourceTokenAuth";
    let wrong = stage.agentcore("POST", path, complete(&json!("somebody"))).await;
    assert_eq!(wrong.status, 403);
    let done = stage.agentcore("POST", path, complete(&asked["userId"])).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(status(&stage, &site.id, &target).await["status"], "READY");
    assert!(server.last().to_lowercase().contains("authorization: bearer "));
    let token = stage.sign_in("ann").await;
    let listed = stage.mcp(&site, &token, "tools/list", json!({})).await.json();
    assert_eq!(listed["result"]["tools"][0]["name"], "remote___echo");
    // The administrator's consent is nobody else's.
    stage.allow_return(&site).await;
    let called = stage.call(&site, &token, "remote___echo", json!({"text": "hi"})).await;
    crate::stage::elicited(&called);
}
