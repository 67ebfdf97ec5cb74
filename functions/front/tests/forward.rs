//! Calls to the gateway and back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{BASE, Reply, World};

fn request(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": {} })
}

fn modern(method: &str) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": { "_meta": meta } })
}

#[test]
fn a18_headers_travel_both_ways_and_the_body_is_the_same() {
    let world = World::new();
    let token = world.token("ann");
    let body = br#"{ "jsonrpc":"2.0" , "id":7,"result":{"n":1.50,"b":12345678901234567890123}}"#;
    let reply = Reply::of(200, "application/json", body.to_vec())
        .with("cache-control", "private")
        .with("x-custom", "1")
        .with("set-cookie", "gateway=1")
        .with("mcp-session-id", "s-1");
    world.answer_with(reply);
    let headers = json!({
        "mcp-method": "tools/call",
        "mcp-name": "=?base64?eA==?=",
        "mcp-param-region": "eu",
        "mcp-protocol-version": "2026-07-28",
        "last-event-id": "9",
        "traceparent": "00-1",
        "user-agent": "editor/1",
        "cookie": "a=b",
        "x-forwarded-for": "1.2.3.4",
        "connection": "authorization, x-gone",
        "x-gone": "1",
    });
    let seen = world.call(&token, headers, &modern("tools/call"));
    assert_eq!(seen.body.as_bytes(), body);
    assert_eq!((seen.header("cache-control"), seen.header("x-custom")), ("private", "1"));
    assert_eq!((seen.header("mcp-session-id"), seen.cookies.len()), ("s-1", 0));
    let calls = world.shared.calls.lock().unwrap();
    let sent = &calls[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/gateway/mcp"));
    assert_eq!(sent.body, modern("tools/call").to_string().into_bytes());
    for (name, value) in [
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?eA==?="),
        ("mcp-param-region", "eu"),
        ("mcp-protocol-version", "2026-07-28"),
        ("last-event-id", "9"),
        ("traceparent", "00-1"),
        ("user-agent", "editor/1"),
        ("authorization", &format!("Bearer {token}")),
        ("cookie", ""),
        ("x-forwarded-for", ""),
        ("x-gone", ""),
    ] {
        assert_eq!(sent.header(name), value, "{name}");
    }
}

#[test]
fn attack_22_a_header_that_contradicts_the_body_is_the_gateway_s_to_refuse() {
    let world = World::new();
    let refusal = json!({ "jsonrpc": "2.0", "id": 7, "error": { "code": -32020, "message": "x" } });
    world.answer_with(Reply::json(400, &refusal));
    let seen = world.call(
        &world.token("ann"),
        json!({ "mcp-method": "tools/list" }),
        &modern("tools/call"),
    );
    assert_eq!((seen.status, seen.json()), (400, refusal), "an upstream 400 is never wrapped");
    assert_eq!(world.shared.calls.lock().unwrap()[0].header("mcp-method"), "tools/list");
}

#[test]
fn a33_a_legacy_client_without_a_version_gets_one() {
    let world = World::new();
    let token = world.token("ann");
    world.call(&token, json!({}), &request("tools/list"));
    world.call(&token, json!({ "mcp-protocol-version": "2025-06-18" }), &request("tools/list"));
    world.call(&token, json!({}), &request("initialize"));
    world.call(&token, json!({}), &modern("tools/list"));
    let calls = world.shared.calls.lock().unwrap();
    let versions: Vec<String> =
        calls.iter().map(|call| call.header("mcp-protocol-version")).collect();
    assert_eq!(versions, ["2025-11-25", "2025-06-18", "", ""]);
}

#[test]
fn a16_get_has_no_stream_here() {
    let world = World::new();
    let token = world.token("ann");
    let headers =
        json!({ "authorization": format!("Bearer {token}"), "accept": "text/event-stream" });
    let seen = world.send("GET", "/mcp", headers, "");
    assert_eq!((seen.status, seen.header("allow")), (405, "POST, DELETE"));
    assert!(world.shared.calls.lock().unwrap().is_empty());
}

#[test]
fn list_changes_are_not_promised() {
    let world = World::new();
    let capabilities = json!({
        "tools": { "listChanged": true },
        "prompts": { "listChanged": false },
        "resources": { "subscribe": true, "listChanged": true },
    });
    let result = json!({ "jsonrpc": "2.0", "id": 7, "result": { "capabilities": capabilities } });
    for (method, kind) in
        [("initialize", "json"), ("server/discover", "json"), ("initialize", "sse")]
    {
        world.answer_with(match kind {
            "json" => Reply::json(200, &result),
            _ => Reply::of(200, "text/event-stream", format!("event: message\ndata: {result}\n\n")),
        });
        let seen = world.call(&world.token("ann"), json!({}), &request(method));
        assert!(
            !seen.body.contains("true}") && seen.body.contains("\"subscribe\":true"),
            "{}",
            seen.body
        );
        assert_eq!(seen.body.matches("\"listChanged\":false").count(), 3, "{}", seen.body);
    }
    // A tool may say whatever it likes.
    world.answer_with(Reply::json(200, &result));
    let seen = world.call(&world.token("ann"), json!({}), &request("tools/call"));
    assert_eq!(seen.json(), result);
}

#[test]
fn a_session_is_kept_and_a_client_s_ability_with_it() {
    let world = World::new();
    let token = world.token("ann");
    let initialize = |capabilities: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": capabilities } });
    let result = Reply::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    world.answer_with(result.clone().with("mcp-session-id", "abc"));
    let able = world.call(&token, json!({}), &initialize(json!({ "elicitation": { "url": {} } })));
    let session = able.header("mcp-session-id").to_owned();
    assert!(session.ends_with("abc") && session != "abc", "{session}");
    world.call(&token, json!({ "mcp-session-id": session }), &request("tools/list"));
    let unable = world.call(&token, json!({}), &initialize(json!({})));
    assert_eq!(unable.header("mcp-session-id"), "abc");

    world.answer_with(result);
    let able = world.call(&token, json!({}), &initialize(json!({ "elicitation": { "url": {} } })));
    let own = able.header("mcp-session-id").to_owned();
    assert!(own.bytes().all(|b| b.is_ascii_graphic()) && own.len() > 20, "{own}");
    world.call(&token, json!({ "mcp-session-id": own }), &request("tools/list"));
    let headers = json!({ "authorization": format!("Bearer {token}"), "mcp-session-id": own });
    assert_eq!(world.send("DELETE", "/mcp", headers, "").status, 204);
    let headers = json!({ "authorization": format!("Bearer {token}"), "mcp-session-id": "abc" });
    world.send("DELETE", "/mcp", headers, "");
    let calls = world.shared.calls.lock().unwrap();
    let sessions: Vec<String> = calls.iter().map(|call| call.header("mcp-session-id")).collect();
    assert_eq!(sessions, ["", "abc", "", "", "", "abc"]);
    assert_eq!(calls[5].method, "DELETE");
}

#[test]
fn a13_a_refusal_of_the_gateway_s_names_us_and_not_it() {
    let world = World::new();
    let challenge = "Bearer resource_metadata=\"https://gateway.example/x\", scope=\"a\"";
    world.answer_with(Reply::json(401, &json!({})).with("www-authenticate", challenge));
    let seen = world.call(&world.token("ann"), json!({}), &request("tools/list"));
    assert_eq!(seen.status, 401);
    assert!(
        seen.header("www-authenticate").contains(BASE) && !seen.body.contains("gateway.example")
    );
    assert!(!seen.header("www-authenticate").contains("gateway.example"));

    let step_up = "Bearer error=\"insufficient_scope\", scope=\"mcp/invoke mcp/admin\", resource_metadata=\"https://gateway.example/x\"";
    world.answer_with(Reply::json(403, &json!({})).with("www-authenticate", step_up));
    let seen = world.call(&world.token("ann"), json!({}), &request("tools/call"));
    assert_eq!((seen.status, &seen.json()["scope"]), (403, &json!("mcp/invoke mcp/admin")));
    assert!(seen.header("www-authenticate").contains("scope=\"mcp/invoke mcp/admin\""));

    world.answer_with(Reply::json(403, &json!({ "message": "policy" })));
    let seen = world.call(&world.token("ann"), json!({}), &request("tools/call"));
    assert_eq!((seen.status, seen.json()), (403, json!({ "message": "policy" })));
}

#[test]
fn a16_attack_23_a_stream_ends_with_the_answer() {
    let world = World::new();
    let text = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n\
                id: 2\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n";
    world.answer_with(Reply::of(200, "text/event-stream", text).endless());
    let started = Instant::now();
    let seen = world.call(&world.token("ann"), json!({}), &request("tools/call"));
    assert_eq!((seen.status, seen.header("content-type")), (200, "text/event-stream"));
    assert_eq!(seen.body, text);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a17_attack_23_what_never_ends_is_ended_in_time_with_the_caller_s_id() {
    let world = World::new();
    let token = world.token("ann");
    let headers = || json!({ "authorization": format!("Bearer {token}") });
    for reply in [
        Reply::of(200, "text/event-stream", ": ping\n\n").endless(),
        Reply::of(200, "application/json", "{").endless(),
        Reply::of(200, "text/event-stream", "").endless(),
    ] {
        world.answer_with(reply);
        let started = Instant::now();
        let body = request("subscriptions/listen").to_string();
        let limit = Duration::from_millis(400);
        let seen = world.send_within(("POST", "/mcp"), headers(), &body, limit);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        let error = seen.json();
        assert_eq!((seen.status, &error["id"], &error["jsonrpc"]), (504, &json!(7), &json!("2.0")));
        assert_eq!(error["error"]["data"]["correlation_id"], "req-1");
        assert!(error["error"]["code"].as_i64().unwrap() > -32020, "that range is the protocol's");
    }
}

#[test]
fn a19_a_gateway_that_cannot_be_reached_is_a_json_rpc_error() {
    let world = World::with(&[("GATEWAY_URL", "http://127.0.0.1:1/mcp")]);
    let seen = world.call(&world.token("ann"), json!({}), &request("tools/call"));
    let error = seen.json();
    assert_eq!((seen.status, &error["id"]), (502, &json!(7)), "{seen:?}");
    assert_eq!(error["error"]["data"]["correlation_id"], "req-1");
    assert!(!seen.body.contains("127.0.0.1"), "no address of ours, no words of the system's");
}

#[test]
fn malformed_and_large_bodies_are_answered() {
    let world = World::new();
    let token = world.token("ann");
    let headers = || json!({ "authorization": format!("Bearer {token}") });
    let refusal =
        json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "x" } });
    world.answer_with(Reply::json(400, &refusal));
    for body in ["", "{", "null", "[]", &"[".repeat(100_000)] {
        let seen = world.send("POST", "/mcp", headers(), body);
        assert_eq!(
            (seen.status, seen.json()),
            (400, refusal.clone()),
            "the gateway says what is wrong"
        );
    }
    for length in [6 * 1024 * 1024 + 1, 10 * 1024 * 1024] {
        let seen = world.send("POST", "/mcp", headers(), &"x".repeat(length));
        assert_eq!(seen.status, 413, "{length} bytes");
        assert_eq!(seen.header("x-correlation-id"), "req-1");
    }
    // 6 MB, or what becomes 6 MB inside the document that Lambda takes.
    for answer in ["x".repeat(6 * 1024 * 1024), "\"".repeat(3 * 1024 * 1024)] {
        world.answer_with(Reply::of(200, "application/json", answer));
        let seen = world.call(&token, json!({}), &request("tools/call"));
        assert_eq!((seen.status, &seen.json()["id"]), (502, &json!(7)));
    }
    world.answer_with(Reply::of(200, "application/json", "x".repeat(5 * 1024 * 1024)));
    assert_eq!(world.call(&token, json!({}), &request("tools/call")).status, 200);
    world.answer_with(Reply::of(202, "text/plain", ""));
    let notified = world.call(
        &token,
        json!({}),
        &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
    );
    assert_eq!((notified.status, notified.body.as_str()), (202, ""));
}
