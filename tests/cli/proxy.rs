//! `construct proxy` between a client on stdio and servers that are slow, talkative, forgetful or wrong, and between a client
//! and a gateway of the local AWS that wants signatures.

use std::io::Write;
use std::net::TcpListener;
use std::process::{ChildStdin, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::inbound::{GITHUB, SMALL, Stack};
use super::project::{Ended, Project, Running, pause};
use super::scripted::{Asked, Reply, Scripted, gate};

/// The proxy and its client's side of the pipes.
struct Client {
    running: Running,
    input: ChildStdin,
    /// Its own folder, which goes with it.
    _folder: Option<Project>,
}

impl Client {
    fn start(url: &str, options: &str) -> Self {
        let project = Project::empty();
        let client = Self::of(&project, &format!("proxy {url} --region us-west-2 {options}"));
        Self { _folder: Some(project), ..client }
    }

    fn of(project: &Project, line: &str) -> Self {
        let mut command = project.command(line);
        // A person's own keys, which must not reach a server on this machine.
        command.env("AWS_ACCESS_KEY_ID", "AKIAPERSON").env("AWS_SECRET_ACCESS_KEY", "secret");
        let mut running = Running::start(command.stdin(Stdio::piped()));
        let input = running.input();
        Self { running, input, _folder: None }
    }

    fn line(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    fn send(&mut self, message: &Value) {
        self.line(&message.to_string());
    }

    fn request(&mut self, id: &str, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The line that holds `text`, once it is whole.
    fn line_with(&mut self, text: &str) -> Value {
        loop {
            let out = self.running.until(text);
            let line = out.lines().find(|line| line.contains(text)).unwrap_or_default();
            if let Ok(message) = serde_json::from_str(line) {
                return message;
            }
            pause(Duration::from_millis(5));
        }
    }

    fn answer(&mut self, id: &str) -> Value {
        self.line_with(&format!("\"id\":\"{id}\""))
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, id: &str, method: &str) -> Value {
        self.request(id, method, &json!({}));
        self.answer(id)
    }

    fn shake_hands(&mut self) {
        self.request("hello", "initialize", &json!({ "protocolVersion": "2025-11-25" }));
        self.answer("hello");
        self.notify("notifications/initialized", &json!({}));
    }

    /// Closes its input, which ends it.
    fn end(self) -> Ended {
        drop(self.input);
        self.running.wait()
    }
}

/// Answers a handshake in the session `session`, takes notifications, and has no stream of its own; what else there is, is
/// for `other`.
fn legacy(asked: &Asked, reply: Reply, session: &str, other: impl FnOnce(&Asked, Reply)) {
    match (asked.verb.as_str(), asked.method().as_str()) {
        ("POST", "initialize") => {
            let result = json!({ "protocolVersion": "2025-11-25", "capabilities": {} });
            let body = json!({ "jsonrpc": "2.0", "id": asked.message()["id"], "result": result });
            let headers =
                format!("Content-Type: application/json\r\nMcp-Session-Id: {session}\r\n");
            reply.answer(200, &headers, &body.to_string());
        }
        ("POST", method) if method.starts_with("notifications/") => reply.status(202),
        ("GET", _) if asked.header("last-event-id").is_empty() => reply.status(405),
        ("DELETE", _) => reply.status(204),
        _ => other(asked, reply),
    }
}

#[test]
fn a_slow_call_holds_up_no_other_and_events_come_as_they_are_sent() {
    let (open, slow) = gate();
    let server = Scripted::start(move |asked, reply| {
        if asked.method() != "slow" {
            return reply.json(&asked.result("quick"));
        }
        let mut stream = reply.stream();
        stream.send(": comment\r\nevent: message\r\ndata: {\"jsonrpc\":\"2.0\",\r\ndata: \"method\":\"notifications/message\",\"params\":{\"n\":1}}\r\n\r\n");
        slow.wait();
        stream.send("data: {not json}\n\nid: 7\ndata: {\"method\":\"notifications/progress\"}\n\n");
        slow.wait();
        stream.send(&format!("data: {}\n\n", asked.result("late")));
    });
    let mut client = Client::start(&server.url, "");
    client.request("slow-1", "slow", &json!({}));
    // The first event is there while the server still waits, and it is one line.
    assert_eq!(client.line_with("notifications/message")["params"]["n"], 1);
    assert_eq!(client.ask("quick-1", "quick")["result"]["is"], "quick");
    open.send(()).unwrap();
    client.line_with("notifications/progress");
    open.send(()).unwrap();
    assert_eq!(client.answer("slow-1")["result"]["is"], "late");
    let ended = client.end().with(0).says("is no message and was dropped: 10 bytes");
    assert_eq!(ended.out.lines().count(), 4, "{}", ended.out);
}

#[test]
fn bytes_go_both_ways_as_they_are() {
    let error = json!({ "code": -32042, "message": "m", "data": { "elicitations": [{ "mode": "url",
        "elicitationId": "e", "url": "https://idp.example/a?b=c", "own": null }], "x": 1.50 } });
    let told = error.clone();
    let server = Scripted::start(move |asked, reply| {
        let id = &asked.message()["id"];
        match asked.method().as_str() {
            "tools/call" => reply.json(&json!({ "jsonrpc": "2.0", "id": id, "error": told }).to_string()),
            "unread" => {
                let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32020, "message": "m" } });
                reply.answer(400, "Content-Type: application/json\r\n", &body.to_string());
            }
            _ => reply.json(&format!("{{\n  \"jsonrpc\": \"2.0\",\r\n  \"id\": {id},\n  \"result\": {{\"n\": 1.50}}\n}}\n")),
        }
    });
    let mut client = Client::start(&server.url, "--header X-Team:blue");
    let odd = r#"{"id": "odd",   "jsonrpc":"2.0","method":"any","params":{"n":1.50,"big":12345678901234567890123,"é":"\u00e9"}}"#;
    client.line(odd);
    client.running.until("\"odd\"");
    client.request("call", "tools/call", &json!({ "name": "t" }));
    assert_eq!(client.answer("call")["error"], error);
    // An error that names no request is about the one that was sent.
    assert_eq!(client.ask("u-1", "unread")["error"]["code"], -32020);
    client.line("{\"id\": 1,");
    assert_eq!(client.line_with("Parse error")["error"]["code"], -32700);
    let ended = client.end().with(0);
    assert!(
        ended
            .out
            .contains("{  \"jsonrpc\": \"2.0\",  \"id\": \"odd\",  \"result\": {\"n\": 1.50}}\n"),
        "{}",
        ended.out
    );
    let asked = server.until("the odd line", |asked| asked.method() == "any");
    assert_eq!(asked.body, odd);
    assert_eq!(asked.header("x-team"), "blue");
    assert_eq!(asked.header("accept"), "application/json, text/event-stream");
    let signature = asked.header("authorization");
    assert!(
        signature.contains("Credential=LOCAL/")
            && signature.contains("/us-west-2/bedrock-agentcore/"),
        "{signature}"
    );
}

#[test]
fn a_session_is_kept_begun_again_and_ended() {
    let server = Scripted::start(|asked, reply| {
        legacy(
            asked,
            reply,
            if asked.body.contains("again") { "s-2" } else { "s-1" },
            |asked, reply| match (asked.header("mcp-session-id"), asked.method().as_str()) {
                ("s-1", "forgotten") => reply.status(404),
                ("s-1", _) => reply.json(&asked.result("first")),
                _ => reply.status(404),
            },
        );
    });
    let mut client = Client::start(&server.url, "");
    client.shake_hands();
    assert_eq!(client.ask("a-1", "tools/list")["result"]["is"], "first");
    let listed = server.until("the list", |asked| asked.method() == "tools/list");
    assert_eq!(listed.header("mcp-protocol-version"), "2025-11-25");
    server.until("the question for a stream", |asked| asked.verb == "GET");
    // The server forgets the session and gives the same one again: once is tried, and then it is told.
    let refused = client.ask("b-1", "forgotten");
    assert_eq!(refused["error"]["data"]["status"], 404, "{refused}");
    client.end().with(0).says("another was begun");
    let count =
        |like: &dyn Fn(&Asked) -> bool| server.asked().iter().filter(|one| like(one)).count();
    assert_eq!(count(&|one| one.method() == "initialize"), 2);
    assert_eq!(count(&|one| one.method() == "notifications/initialized"), 2);
    assert_eq!(count(&|one| one.method() == "forgotten"), 2);
    assert_eq!(count(&|one| one.verb == "DELETE" && one.header("mcp-session-id") == "s-1"), 1);
}

#[test]
fn a_new_session_serves_the_request_that_found_the_old_one_gone() {
    let hellos = std::sync::atomic::AtomicU32::new(0);
    let server = Scripted::start(move |asked, reply| {
        use std::sync::atomic::Ordering;
        let is_hello = asked.method() == "initialize";
        let number = hellos.fetch_add(u32::from(is_hello), Ordering::SeqCst) + u32::from(is_hello);
        legacy(asked, reply, &format!("s-{number}"), |asked, reply| {
            match asked.header("mcp-session-id") {
                "s-2" => reply.json(&asked.result("second")),
                _ => reply.status(404),
            }
        });
    });
    let mut client = Client::start(&server.url, "");
    client.shake_hands();
    for id in ["a-1", "b-1"] {
        client.request(id, "tools/list", &json!({}));
    }
    for id in ["a-1", "b-1"] {
        assert_eq!(client.answer(id)["result"]["is"], "second");
    }
    let ended = client.end().with(0);
    assert_eq!(ended.out.matches("protocolVersion").count(), 1, "the client sees one handshake");
    let hellos = server.asked().into_iter().filter(|one| one.method() == "initialize").count();
    assert_eq!(hellos, 2, "one repeats it for both");
}

#[test]
fn a_stream_that_broke_off_is_come_back_to() {
    let server = Scripted::start(|asked, reply| {
        legacy(asked, reply, "s-1", |asked, reply| {
            let mut stream = reply.stream();
            match (asked.verb.as_str(), asked.header("last-event-id")) {
                ("POST", _) => stream.send("id: e-1\nretry: 1\ndata:\n\n"),
                (_, "e-1") => {
                    stream.send("id: e-2\ndata: {\"method\":\"notifications/progress\"}\n\n");
                }
                (_, "e-2") => stream.send(
                    "data: {\"jsonrpc\":\"2.0\",\"id\":\"c-1\",\"result\":{\"is\":\"whole\"}}\n\n",
                ),
                (_, other) => panic!("{other}"),
            }
        });
    });
    let mut client = Client::start(&server.url, "");
    client.shake_hands();
    assert_eq!(client.ask("c-1", "tools/call")["result"]["is"], "whole");
    client.end().with(0).prints("notifications/progress");
}

#[test]
fn what_a_server_asks_by_itself_reaches_the_client_and_its_answer_comes_back() {
    let server = Scripted::start(|asked, reply| {
        match (asked.verb.as_str(), asked.method().as_str()) {
            ("GET", _) => {
                let mut stream = reply.stream();
                stream.send("data: {\"jsonrpc\":\"2.0\",\"id\":\"q-1\",\"method\":\"elicitation/create\",\"params\":{}}\n\n");
                stream.until_closed();
            }
            ("POST", "") => reply.status(202),
            _ => legacy(asked, reply, "s-1", |_, reply| reply.status(500)),
        }
    });
    let mut client = Client::start(&server.url, "");
    client.shake_hands();
    assert_eq!(client.answer("q-1")["method"], "elicitation/create");
    client.line(r#"{"jsonrpc":"2.0","id":"q-1","result":{"action":"accept"}}"#);
    let answered =
        server.until("the answer", |asked| asked.message()["result"]["action"] == "accept");
    assert_eq!(answered.header("mcp-session-id"), "s-1");
    // The stream is still open, and does not keep the proxy.
    client.end().with(0);
}

#[test]
fn a_request_that_is_called_off_is_closed() {
    let (closed, seen) = gate();
    let server = Scripted::start(move |asked, reply| {
        let closed = closed.clone();
        legacy(asked, reply, "s-1", |_, reply| {
            reply.stream().until_closed();
            closed.send(()).unwrap();
        });
    });
    let mut client = Client::start(&server.url, "");
    // Since 2026-07-28 closing says it all.
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    client.request("new-1", "tools/call", &json!({ "name": "tōol", "_meta": meta }));
    let call = server.until("the call", |asked| asked.message()["id"] == "new-1");
    let headers = ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"];
    let headers = headers.map(|name| call.header(name));
    assert_eq!(headers, ["2026-07-28", "tools/call", "=?base64?dMWNb2w=?=", ""]);
    client.notify("notifications/cancelled", &json!({ "requestId": "new-1" }));
    seen.wait();
    assert!(server.asked().iter().all(|asked| asked.method() != "notifications/cancelled"));
    // An older server is told.
    client.shake_hands();
    client.request("old-1", "tools/call", &json!({ "name": "t" }));
    server.until("the call", |asked| asked.message()["id"] == "old-1");
    client.notify("notifications/cancelled", &json!({ "requestId": "old-1" }));
    seen.wait();
    server.until("the notification", |asked| asked.method() == "notifications/cancelled");
    let ended = client.end().with(0);
    assert_eq!(ended.out.lines().count(), 1, "what is called off has no answer: {}", ended.out);
}

#[test]
fn a_server_that_does_not_answer_is_answered_for() {
    let server = Scripted::start(|asked, reply| match asked.method().as_str() {
        "silent" => reply.until_closed(),
        "endless" => {
            let mut stream = reply.stream();
            stream.send("data: {\"method\":\"notifications/progress\"}\n\n");
            stream.until_closed();
        }
        "broken" => reply.stream().send("data: {\"jsonrpc\":\"2.0\",\"id\":\"br"),
        "page" => reply.answer(502, "Content-Type: text/html\r\n", "<html>internal-host</html>"),
        "moved" => reply.answer(307, "Location: http://127.0.0.1:9/\r\n", ""),
        "denied" => reply.answer(
            403,
            "x-amzn-errortype: AccessDeniedException\r\nx-amzn-requestid: r-1\r\n",
            r#"{"message":"User arn:aws:iam::1:user/ann may not"}"#,
        ),
        "accepted" => reply.status(202),
        "another" => reply.json(r#"{"jsonrpc":"2.0","id":"somebody-else","result":{}}"#),
        _ => reply.status(500),
    });
    let mut client = Client::start(&server.url, "--timeout 1");
    let host = server.url.trim_start_matches("http://").trim_end_matches("/mcp");
    for (method, code, says) in [
        ("silent", -32603, "No answer from H within 1 s"),
        ("endless", -32603, "No answer from H within 1 s"),
        ("broken", -32603, "The answer of H ended before the result"),
        ("page", -32603, "H answered 502 and no MCP"),
        ("moved", -32603, "H redirects, which is not followed: 307"),
        (
            "denied",
            -32001,
            "H did not take the credentials of the proxy: 403 AccessDeniedException",
        ),
        ("accepted", -32603, "H answered 202 and no MCP"),
        ("another", -32603, "The answer of H ended before the result"),
    ] {
        let answer = client.ask(&format!("{method}-1"), method);
        let error = &answer["error"];
        assert_eq!(error["message"], says.replace('H', host), "{answer}");
        assert_eq!(error["code"], code, "{answer}");
        let data = match method {
            "denied" => json!({ "status": 403, "requestId": "r-1" }),
            _ => error["data"].clone(),
        };
        assert_eq!(error["data"], data);
    }
    client.notify("notifications/odd", &json!({}));
    client.line(r#"{"jsonrpc":"2.0","id":"q","result":{}}"#);
    server.until("the notification", |asked| asked.method() == "notifications/odd");
    server.until("the answer", |asked| asked.message()["id"] == "q");
    let ended = client.end().with(0);
    assert_eq!(ended.out.lines().count(), 9, "no notification has an answer: {}", ended.out);
    assert!(!ended.out.contains("internal") && !ended.out.contains("user/ann"), "{}", ended.out);
    ended.says("user/ann may not (request r-1)").says("<html>internal-host");
}

#[test]
fn nobody_at_the_address_is_told_and_the_next_call_tries_again() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut client = Client::start(&format!("http://{nobody}/mcp"), "");
    for id in ["a-1", "b-1"] {
        let answer = client.ask(id, "tools/list");
        assert_eq!(answer["error"]["message"], format!("{nobody} cannot be reached"));
    }
    client.end().with(0).says("refused");
}

#[test]
fn where_to_and_for_whom_must_be_clear() {
    let project = Project::empty();
    let says = |line: &str, code: i32, text: &str| {
        project.run(&format!("proxy {line}")).with(code).says(text);
    };
    says("", 2, "there is no gateway to relay to");
    says("http://tools.example.com/mcp", 2, "must begin with https://");
    says("https://tools.example.com/mcp", 2, "is no host of AgentCore's");
    says("arn:aws:s3:::bucket", 2, "is not the ARN of a gateway or of a runtime");
    says("http://127.0.0.1:9/mcp --auth bearer", 2, "there is no token");
    says("http://127.0.0.1:9/mcp --header authorization:x", 2, "the proxy's own to write");
    says("http://127.0.0.1:9/mcp --auth none --runtime-session short", 2, "33 to 256");
    // The input is empty: it says what it would do, and is done.
    let arn = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/tools-0123456789";
    says(arn, 0, "signed with SigV4 for bedrock-agentcore in eu-west-1 (from the address)");
    says(
        &format!("{arn} --region us-east-1 --profile work"),
        0,
        "us-east-1 (--region), with the credentials of the profile work",
    );
    let lambda = "https://x.lambda-url.us-west-2.on.aws/ --service lambda --region us-west-2";
    says(lambda, 0, "for lambda in us-west-2");
    let mut command = project.command("proxy http://127.0.0.1:9/mcp");
    let running = Running::start(command.env("AWS_REGION", "eu-north-1"));
    running
        .wait()
        .with(0)
        .says("eu-north-1 (from AWS_REGION or the profile), with the local AWS's own key");
}

#[test]
fn an_editor_reaches_a_gateway_that_wants_signatures() {
    let stack = Stack::up("inbound = \"iam\"");
    // As the editor starts it, and as a person does beside config.json.
    for line in [format!("proxy {} --region us-west-2", stack.url), "proxy".to_owned()] {
        let mut client = Client::of(&stack.project, &line);
        client.shake_hands();
        let listed = client.ask("list-1", "tools/list");
        let tools = listed["result"]["tools"].as_array().expect("a list of tools");
        assert!(tools.iter().any(|tool| tool["name"] == SMALL), "{listed}");
        client.request("call-1", "tools/call", &json!({ "name": SMALL, "arguments": {} }));
        assert_eq!(client.answer("call-1")["result"]["isError"], false);
        // The link for a consent comes through.
        client.request("link-1", "tools/call", &json!({ "name": GITHUB, "arguments": {} }));
        let asked = client.answer("link-1");
        assert_eq!(asked["error"]["code"], -32042);
        let url = asked["error"]["data"]["elicitations"][0]["url"].as_str().unwrap();
        assert!(url.starts_with("http://"), "{url}");
        // So does the other era.
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "url": {} } } });
        client.request(
            "new-1",
            "tools/call",
            &json!({ "name": GITHUB, "arguments": {}, "_meta": meta }),
        );
        assert_eq!(client.answer("new-1")["result"]["resultType"], "input_required");
        client.end().with(0);
    }
    // A key for another Region is refused, in the gateway's own words.
    let mut client = Client::of(&stack.project, &format!("proxy {} --region eu-west-1", stack.url));
    let refused = client.ask("a-1", "tools/list");
    assert!(refused["error"]["message"].as_str().unwrap().contains("valid region"), "{refused}");
    client.end().with(0);
}
