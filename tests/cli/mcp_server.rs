//! `construct mcp-server` beside a stack on the local AWS: its tools, the consent that they need, and who gets none of it.

use std::io::Write;
use std::net::TcpListener;
use std::process::{ChildStdin, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::login::Stack;
use super::project::{Ended, Project, Running, pause};
use super::visitor::{Browser, Page, send};

const PROFILE: &str = "get_user_profile";

/// A port that nobody has.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Lets consents of the stack's gateway come back to the callback on `port`, beside what is allowed already.
fn allow_callback(stack: &Stack, port: u16) {
    let urls =
        [format!("{}/oauth2/callback", stack.base()), format!("http://localhost:{port}/callback")];
    let body =
        json!({ "name": stack.config["gateway"]["id"], "allowedResourceOauth2ReturnUrls": urls });
    let credential = "Credential=ADA/20260101/us-west-2/bedrock-agentcore/aws4_request";
    let signature = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0");
    let headers = [("authorization", signature), ("content-type", "application/json".to_owned())];
    let aws = stack.base().rsplit_once(':').unwrap().1;
    let url = format!("http://127.0.0.1:{aws}/identities/UpdateWorkloadIdentity");
    let (page, _) = send("POST", &url, &headers, &body.to_string());
    assert_eq!(page.status, 200, "{page:?}");
}

/// The one URL of an error that asks for it, which must be as the gateway wrote it.
fn elicited(answer: &Value) -> String {
    let error = &answer["error"];
    assert_eq!(error["code"], -32042, "{answer}");
    assert_eq!(error["message"], "This request requires more information.");
    let all = error["data"]["elicitations"].as_array().unwrap();
    assert_eq!(all.len(), 1);
    let members: Vec<&String> = all[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["mode", "elicitationId", "url", "message"]);
    all[0]["url"].as_str().unwrap().to_owned()
}

fn profile(answer: &Value) -> &str {
    answer["result"]["structuredContent"]["username"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// The server on stdio.
struct OnStdio {
    running: Running,
    input: ChildStdin,
    asked: usize,
}

impl OnStdio {
    fn start(project: &Project, options: &str, token: &str, capabilities: &Value) -> Self {
        let mut command = project.command(&format!("mcp-server --stdio {options}"));
        command.env("CONSTRUCT_GATEWAY_TOKEN", token).stdin(Stdio::piped());
        let mut running = Running::start(&mut command);
        let input = running.input();
        let mut server = Self { running, input, asked: 0 };
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" } });
        let answer = server.ask("initialize", &params);
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
        server
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = format!("request-{}.", self.asked);
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        writeln!(self.input, "{request}").unwrap();
        loop {
            let out = self.running.until(&id);
            let line = out.lines().find(|line| line.contains(&id)).unwrap_or_default();
            // The line may not be whole yet.
            if let Ok(answer) = serde_json::from_str(line) {
                return answer;
            }
            pause(Duration::from_millis(5));
        }
    }

    fn call(&mut self, tool: &str) -> Value {
        self.ask("tools/call", &json!({ "name": tool, "arguments": {} }))
    }

    /// Closes its input, which ends it.
    fn end(self) -> Ended {
        drop(self.input);
        self.running.wait()
    }
}

#[test]
fn on_stdio_a_consent_is_completed_at_the_callback() {
    let stack = Stack::up();
    let (client, mut browser) = stack.client();
    let port = free_port();
    let options = format!("--callback {port}");
    let able = json!({ "elicitation": { "url": {} } });
    let mut server = OnStdio::start(&stack.project, &options, &client.token, &able);
    let listed = server.ask("tools/list", &json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, [PROFILE, "get_user_repos"]);
    for tool in tools {
        let schema = tool["inputSchema"].to_string();
        assert!(!schema.contains("token") && !schema.contains("context"), "{schema}");
    }

    // Until the gateway allows the callback, a consent goes the target's own way, and a person is told why.
    elicited(&server.call(PROFILE));
    server.running.until("allowedResourceOauth2ReturnUrls");
    allow_callback(&stack, port);
    let link = elicited(&server.call(PROFILE));
    let done = browser.go(&link, "nowhere");
    assert!(done.status == 200 && done.body.contains("<h1>Connected</h1>"), "{done:?}");
    assert!(done.address.starts_with(&format!("http://localhost:{port}/callback?")), "{done:?}");
    assert_eq!(profile(&server.call(PROFILE)), "mona");
    let repositories = server.call("get_user_repos");
    let own = &repositories["result"]["structuredContent"];
    assert!(own["count"].as_u64() > Some(0) && own["repositories"][0]["name"].is_string(), "{own}");
    // Used once.
    assert_eq!(browser.get(&done.address).status, 403);

    let mut given = json!({ "name": PROFILE, "arguments": { "context": { "bearer_token": "x" } } });
    assert_eq!(server.ask("tools/call", &given)["error"]["code"], -32602);
    given["name"] = json!("rm");
    assert_eq!(server.ask("tools/call", &given)["error"]["code"], -32602);
    let ended = server.end().with(0);
    for line in ended.out.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).expect(line)["jsonrpc"], "2.0");
    }
    for text in [&ended.out, &ended.err] {
        assert!(!text.contains(&client.token), "a token is in what was printed");
    }
    let files = stack.project.files();
    let token = client.token.as_bytes();
    for (path, content) in files {
        let is_in = content.windows(token.len()).any(|part| part == token);
        assert!(!is_in, "a token is in {}", path.display());
    }
}

#[test]
fn who_cannot_be_sent_to_a_url_is_told_it_in_words() {
    let stack = Stack::up();
    let (client, _) = stack.client();
    let callback = format!("--callback {}", free_port());
    let mut server = OnStdio::start(&stack.project, &callback, &client.token, &json!({}));
    let answer = server.call(PROFILE);
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("http://identity.localhost:") && text.contains("request_uri="), "{text}");

    // A token that the gateway does not take, and a file that is written anew while the server runs.
    stack.project.write("token", "a.b.c\n");
    let options = format!("{callback} --token-file token");
    server.end().with(0);
    let mut server = OnStdio::start(&stack.project, &options, "", &json!({}));
    let refused = server.call(PROFILE);
    assert_eq!(refused["error"]["code"], -32001, "{refused}");
    assert!(!refused.to_string().contains("a.b.c"), "{refused}");
    stack.project.write("token", &client.token);
    assert_eq!(server.call(PROFILE)["result"]["isError"], true);
    server.end().with(0);
}

/// The server over HTTP.
struct OverHttp {
    running: Running,
    endpoint: String,
}

impl OverHttp {
    fn start(project: &Project, options: &str) -> Self {
        let mut running = project.start(&format!("mcp-server --http 127.0.0.1:0 {options}"));
        let said = running.until("/mcp\n");
        let url = said.split("listens at ").nth(1).unwrap().split('\n').next().unwrap();
        Self { running, endpoint: url.to_owned() }
    }

    fn post(&self, headers: &[(&str, &str)], body: &Value) -> Page {
        let mut all = vec![("content-type", "application/json".to_owned())];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        send("POST", &self.endpoint, &all, &body.to_string()).0
    }

    /// Calls a tool as a client of 2025-11-25 does after its handshake.
    fn call(&self, tool: &str, token: &str) -> Page {
        let bearer = format!("Bearer {token}");
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": {} } });
        self.post(&[("authorization", &bearer), ("mcp-protocol-version", "2025-11-25")], &body)
    }

    /// Calls a tool as a client without a handshake does.
    fn call_stateless(&self, tool: &str, token: &str, capabilities: &Value) -> Page {
        let bearer = format!("Bearer {token}");
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": {}, "_meta": meta } });
        let headers = [
            ("authorization", bearer.as_str()),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        self.post(&headers, &body)
    }
}

#[test]
fn over_http_each_request_brings_its_token() {
    let stack = Stack::up();
    let (client, mut browser) = stack.client();
    let port = free_port();
    allow_callback(&stack, port);
    let mut server = OverHttp::start(&stack.project, &format!("--callback {port}"));

    let none = server.post(&[], &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert!(none.status == 401 && none.body.contains("No token"), "{none:?}");
    let wrong = server.call(PROFILE, "a.b.c");
    assert!(wrong.status == 401 && wrong.json()["error"]["code"] == -32001, "{wrong:?}");

    // A consent that somebody else began, and the words of nobody.
    let direct = super::visitor::Client {
        endpoint: stack.config["gateway"]["url"].as_str().unwrap().to_owned(),
        token: client.token.clone(),
        session: String::new(),
    };
    let foreign = direct.call(
        "tools/call",
        &json!({ "name": "github___getAuthenticatedUser",
        "arguments": {} }),
    );
    let foreign = elicited(&foreign.json());
    let (_, uri) = foreign.split_once("request_uri=").unwrap();
    for session in [uri, "%3Cscript%3Ealert(1)%3C%2Fscript%3E"] {
        let url = format!("http://localhost:{port}/callback?session_id={session}");
        let page = Browser::default().get(&url);
        assert_eq!(page.status, 403, "{page:?}");
        assert!(page.body.contains("not begun here") && !page.body.contains("script"), "{page:?}");
    }
    server.running.until("did not begin");

    // The era without a handshake: the same request comes as a result.
    let unable = server.call_stateless(PROFILE, &client.token, &json!({}));
    assert!(unable.status == 400 && unable.json()["error"]["code"] == -32021, "{unable:?}");
    let able = json!({ "elicitation": { "url": {} } });
    let asked = server.call_stateless(PROFILE, &client.token, &able).json();
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let request = asked["result"]["inputRequests"].as_object().unwrap().values().next().unwrap();
    assert_eq!(request["method"], "elicitation/create");
    let link = request["params"]["url"].as_str().unwrap();
    elicited(&server.call(PROFILE, &client.token).json());

    let done = browser.go(link, "nowhere");
    assert!(done.status == 200 && done.body.contains("<h1>Connected</h1>"), "{done:?}");
    assert_eq!(profile(&server.call(PROFILE, &client.token).json()), "mona");
    let answered = server.call_stateless(PROFILE, &client.token, &able).json();
    assert_eq!(
        (profile(&answered), &answered["result"]["resultType"]),
        ("mona", &json!("complete"))
    );
    assert!(!server.running.kill().err.contains(&client.token));
}

#[test]
fn without_a_token_or_a_gateway_it_does_not_start() {
    let project = Project::empty();
    let gateway = "--gateway http://localhost:9/gateway/g/mcp";
    project.run(&format!("mcp-server --stdio {gateway}")).with(2).says("there is no token");
    project
        .run("mcp-server --stdio")
        .with(2)
        .says("there is no gateway")
        .says("CONSTRUCT_GATEWAY_URL");
    let clear = "mcp-server --http 127.0.0.1:0 --gateway http://gateway.example/mcp";
    project.run(clear).with(2).says("must begin with https://");
    let open = format!("mcp-server --http 0.0.0.0:0 --callback {} {gateway}", free_port());
    project.run(&open).with(2).says("for a server on this machine alone");
}

#[test]
fn nothing_but_posts_to_the_endpoint_is_served() {
    let project = Project::empty();
    let server = OverHttp::start(&project, "--gateway http://localhost:9/gateway/g/mcp");
    let token = ("authorization", "Bearer a.b.c");
    let listing = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(server.post(&[token], &listing).json()["result"]["tools"][0]["name"], PROFILE);
    assert_eq!(server.post(&[token, ("origin", "https://evil.example")], &listing).status, 403);
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(server.post(&[token], &notification).status, 202);
    let old = ("mcp-protocol-version", "1999-01-01");
    assert_eq!(server.post(&[token, old], &listing).json()["error"]["code"], -32022);
    assert_eq!(send("GET", &server.endpoint, &[], "").0.status, 405);
    let elsewhere = server.endpoint.replace("/mcp", "/other");
    assert_eq!(send("POST", &elsewhere, &[], "").0.status, 404);
    let unanswered = server.call(PROFILE, "a.b.c").json();
    let message = unanswered["error"]["message"].as_str().unwrap();
    assert!(message.contains("http://localhost:9/") && !message.contains("a.b.c"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_container_s_signal_ends_it() {
    let project = Project::empty();
    let server = OverHttp::start(&project, "--gateway http://localhost:9/gateway/g/mcp");
    server.running.signal("TERM");
    server.running.wait().with(0);
}
