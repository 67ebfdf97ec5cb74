//! The loop against a Runtime API, at a door that buffers and at one that streams.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use construct_front::runtime::{RuntimeError, serve};
use serde_json::{Value, json};

use crate::support::{Raw, Reply, Server, World};

/// A Runtime API that gives these events and then fails, which ends the loop. What was posted to it.
fn run(world: &World, events: &[Value]) -> Vec<Raw> {
    run_until(world, events, "99999999999999".to_owned())
}

/// The same, with an end of each invocation.
fn run_until(world: &World, events: &[Value], end: String) -> Vec<Raw> {
    let waiting: Mutex<VecDeque<Value>> = Mutex::new(events.iter().cloned().collect());
    let posted = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&posted);
    let api = Server::start(move |raw| {
        if raw.method == "POST" {
            own.lock().unwrap().push(raw.clone());
            return Reply::json(202, &json!({}));
        }
        assert_eq!(raw.path, "/2018-06-01/runtime/invocation/next");
        match waiting.lock().unwrap().pop_front() {
            Some(event) => Reply::json(200, &event)
                .with("lambda-runtime-aws-request-id", "invocation-1")
                .with("lambda-runtime-deadline-ms", &end),
            None => Reply::json(500, &json!({})),
        }
    });
    let ended = serve(api.origin().strip_prefix("http://").unwrap(), &world.proxy);
    assert!(matches!(ended, Err(RuntimeError::Api(_))), "{ended:?}");
    let posted = posted.lock().unwrap();
    posted.clone()
}

fn event(method: &str, path: &str, token: &str, body: &Value) -> Value {
    json!({
        "rawPath": path,
        "headers": { "content-type": "application/json", "authorization": format!("Bearer {token}") },
        "requestContext": { "requestId": "req-1", "http": { "method": method } },
        "body": body.to_string(),
    })
}

#[test]
fn a_door_that_buffers_gets_one_document() {
    let world = World::new();
    let posted = run(&world, &[event("GET", "/health", "", &json!({})), json!({ "Records": [] })]);
    assert_eq!(posted[0].path, "/2018-06-01/runtime/invocation/invocation-1/response");
    let answer = posted[0].json();
    assert_eq!(
        (&answer["statusCode"], &answer["headers"]["x-correlation-id"]),
        (&json!(200), &json!("req-1"))
    );
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({ "status": "ok", "role": "mcp-proxy" }));
    assert_eq!(posted[1].path, "/2018-06-01/runtime/invocation/invocation-1/error");
    assert_eq!(posted[1].json()["errorType"], "Runtime.BadEvent");
}

/// Head and body of a streamed answer.
fn taken_apart(raw: &Raw) -> (Value, String) {
    assert_eq!(raw.header("lambda-runtime-function-response-mode"), "streaming");
    assert_eq!(raw.header("content-type"), "application/vnd.awslambda.http-integration-response");
    let at = raw.body.windows(8).position(|window| window == [0; 8]).unwrap();
    let body = String::from_utf8(raw.body[at + 8..].to_vec()).unwrap();
    (serde_json::from_slice(&raw.body[..at]).unwrap(), body)
}

#[test]
fn a_door_that_streams_gets_head_and_body_apart() {
    let world = World::with(&[("FRONT_DOOR", "function-url")]);
    let token = world.token("ann");
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call" });
    let progress = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n";
    let required =
        crate::elicitation::required(&[crate::elicitation::address(crate::elicitation::SESSION)]);
    let text = format!("{progress}{progress}data: {required}\n\n");
    world.answer_with(Reply::of(200, "text/event-stream", text));
    let posted = run(
        &world,
        &[event("GET", "/health", "", &json!({})), event("POST", "/mcp", &token, &call)],
    );
    let (head, body) = taken_apart(&posted[0]);
    assert_eq!((&head["statusCode"], head.get("body")), (&json!(200), None));
    assert!(body.starts_with('{'), "{body}");
    let (head, body) = taken_apart(&posted[1]);
    assert_eq!(head["headers"]["content-type"], "text/event-stream");
    assert!(body.starts_with(&format!("{progress}{progress}data: {{")), "{body}");
    assert!(body.contains("/connect/") && !body.contains("request_uri"), "rewritten as it passes");
}

#[test]
fn attack_23_a_stream_that_stalls_is_ended_and_the_next_request_is_answered() {
    let world = World::with(&[("FRONT_DOOR", "function-url")]);
    let token = world.token("ann");
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen" });
    let ping = ": ping\n\n";
    world.answer_with(Reply::of(200, "text/event-stream", ping).endless());
    // The margin for the way back is half a second.
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(1500);
    let events = [event("POST", "/mcp", &token, &call), event("GET", "/health", "", &json!({}))];
    let posted = run_until(&world, &events, end.as_millis().to_string());
    let (_, body) = taken_apart(&posted[0]);
    let data = body.strip_prefix(ping).unwrap().strip_prefix("data: ").unwrap();
    let error: Value = serde_json::from_str(data.trim_end()).unwrap();
    assert_eq!((&error["id"], &error["error"]["code"]), (&json!(7), &json!(-32603)));
    assert_eq!(error["error"]["data"]["correlation_id"], "req-1");
    assert_eq!(taken_apart(&posted[1]).0["statusCode"], 200);
}
