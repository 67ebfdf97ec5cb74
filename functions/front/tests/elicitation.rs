//! Answers that ask for a person's consent, on their way back through the proxy.

use serde_json::{Value, json};

use crate::support::{BASE, Raw, Reply, START, Seen, World};

pub(crate) const SESSION: &str = "urn:ietf:params:oauth:request_uri:session-1";

pub(crate) fn address(session: &str) -> String {
    format!(
        "https://bedrock-agentcore.us-west-2.amazonaws.com/identities/oauth2/authorize?request_uri={session}"
    )
}

/// What the gateway of the earlier era answers.
pub(crate) fn required(addresses: &[String]) -> Value {
    let elicitations: Vec<Value> = addresses
        .iter()
        .map(|url| json!({ "mode": "url", "elicitationId": "e", "url": url, "message": "Connect GitHub." }))
        .collect();
    json!({
        "jsonrpc": "2.0",
        "id": 7,
        "error": {
            "code": -32042,
            "message": "This request requires more information.",
            "data": { "elicitations": elicitations },
        },
    })
}

fn call() -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "github___x" } })
}

/// A call of a client of the earlier era that has declared URL elicitation.
pub(crate) fn able(world: &World, subject: &str) -> Seen {
    world.call(&world.token(subject), json!({ "mcp-session-id": "elicits.abc" }), &call())
}

fn urls(message: &Value) -> Vec<String> {
    let list = message["error"]["data"]["elicitations"].as_array().unwrap();
    list.iter().map(|one| one["url"].as_str().unwrap().to_owned()).collect()
}

fn is_ours(url: &str) -> bool {
    url.strip_prefix(&format!("{BASE}/connect/")).is_some_and(|handle| handle.len() == 22)
}

#[test]
fn an_address_of_agentcore_s_becomes_ours() {
    let world = World::new();
    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    let seen = able(&world, "ann");
    let mut expected = required(&[address(SESSION)]);
    let url = urls(&seen.json()).remove(0);
    assert!(is_ours(&url), "{url}");
    expected["error"]["data"]["elicitations"][0]["url"] = json!(url);
    assert_eq!(seen.json(), expected, "nothing else is changed");
    assert!(!seen.body.contains("request_uri"));
    let table = world.shared.table.lock().unwrap();
    let item = table.items.values().next().unwrap();
    assert_eq!(item["subject"]["S"], "ann");
    assert_eq!(item["expires_at"]["N"], (START + 600).to_string());
    assert!(!item["token"]["S"].as_str().unwrap().contains(&world.token("ann")), "sealed");
}

#[test]
fn with_a_portal_people_are_sent_there_and_nothing_is_kept() {
    let world = World::with(&[("CONSENT_PORTAL_URL", "https://portal.example")]);
    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    let seen = able(&world, "ann");
    assert_eq!(urls(&seen.json()), ["https://portal.example"]);
    assert!(world.shared.table.lock().unwrap().items.is_empty());
}

#[test]
fn a16_an_elicitation_in_a_stream_is_noticed() {
    let world = World::new();
    let text = format!("event: message\nid: 3\ndata: {}\n\n", required(&[address(SESSION)]));
    world.answer_with(Reply::of(200, "text/event-stream", text));
    let seen = able(&world, "ann");
    assert!(seen.body.starts_with("event: message\nid: 3\ndata: {"), "{}", seen.body);
    let data = seen.body.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    assert!(is_ours(&urls(&serde_json::from_str(data).unwrap())[0]), "{}", seen.body);
}

#[test]
fn several_elicitations_get_a_session_each() {
    let world = World::new();
    let other = format!("{SESSION}-2");
    world.answer_with(Reply::json(200, &required(&[address(SESSION), address(&other)])));
    let seen = able(&world, "ann");
    let found = urls(&seen.json());
    assert!(found.iter().all(|url| is_ours(url)) && found[0] != found[1], "{found:?}");
    assert_eq!(world.shared.table.lock().unwrap().items.len(), 2);
}

#[test]
fn an_elicitation_without_a_session_of_agentcore_s_passes_as_it_is() {
    let world = World::new();
    let others = [
        "https://bedrock-agentcore.us-west-2.amazonaws.com/identities/oauth2/authorize?x=1"
            .to_owned(),
        format!("https://evil.example/identities/oauth2/authorize?request_uri={SESSION}"),
        "https://vendor.example/device".to_owned(),
    ];
    world.answer_with(Reply::json(200, &required(&others)));
    assert_eq!(able(&world, "ann").json(), required(&others));
    assert!(world.shared.table.lock().unwrap().items.is_empty());
}

#[test]
fn a_client_that_cannot_open_addresses_gets_a_text_with_the_link() {
    let world = World::new();
    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    let seen = world.call(&world.token("ann"), json!({}), &call());
    let message = seen.json();
    assert_eq!((&message["id"], &message["result"]["isError"]), (&json!(7), &json!(true)));
    let text = message["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("Connect GitHub.") && text.contains(&format!("{BASE}/connect/")),
        "{text}"
    );
    assert!(message.get("error").is_none() && !seen.body.contains("-32042"));

    let mut other = call();
    other["method"] = json!("prompts/get");
    let seen = world.call(&world.token("ann"), json!({}), &other);
    assert_eq!(seen.json()["error"]["code"], -32603);
    assert!(seen.body.contains(&format!("{BASE}/connect/")));
}

fn modern(capabilities: &Value) -> Value {
    let mut call = call();
    call["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    call
}

#[test]
fn the_stateless_era_asks_in_a_result() {
    let world = World::new();
    let params = json!({ "mode": "url", "message": "Connect GitHub.", "url": address(SESSION) });
    let result = json!({
        "jsonrpc": "2.0",
        "id": 7,
        "result": {
            "resultType": "input_required",
            "inputRequests": { "github": { "method": "elicitation/create", "params": params } },
            "requestState": "opaque",
        },
    });
    world.answer_with(Reply::json(200, &result));
    let able = modern(&json!({ "elicitation": { "url": {} } }));
    let seen = world.call(&world.token("ann"), json!({}), &able).json();
    let url = seen["result"]["inputRequests"]["github"]["params"]["url"].as_str().unwrap();
    assert!(is_ours(url), "{url}");
    assert_eq!(seen["result"]["requestState"], "opaque");

    let unable = world.call(&world.token("ann"), json!({}), &modern(&json!({}))).json();
    assert_eq!(
        (&unable["result"]["isError"], &unable["result"]["resultType"]),
        (&json!(true), &json!("complete"))
    );
    assert!(unable["result"]["content"][0]["text"].as_str().unwrap().contains(url));

    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    let seen = world.call(&world.token("ann"), json!({}), &able);
    assert!(!seen.body.contains("-32042"), "this era has no such error: {}", seen.body);
    assert_eq!(seen.json()["result"]["isError"], true);
}

#[test]
fn a_stateless_client_that_cannot_open_addresses_is_stood_in_for() {
    let world = World::new();
    let refuse = |needed: &Value| {
        let data = json!({ "requiredCapabilities": needed });
        let error = json!({ "code": -32021, "message": "no", "data": data });
        let refusal = json!({ "jsonrpc": "2.0", "id": 7, "error": error });
        *world.shared.once.lock().unwrap() = Some(Reply::json(400, &refusal));
        refusal
    };
    let params = json!({ "mode": "url", "message": "Connect GitHub.", "url": address(SESSION) });
    let requests = json!({ "github": { "method": "elicitation/create", "params": params } });
    let result = json!({ "resultType": "input_required", "inputRequests": requests });
    world.answer_with(Reply::json(200, &json!({ "jsonrpc": "2.0", "id": 7, "result": result })));

    let url = json!({ "elicitation": { "url": {} } });
    refuse(&url);
    let asked = modern(&json!({ "roots": {} }));
    let seen = world.call(&world.token("ann"), json!({}), &asked).json();
    let text = seen["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("{BASE}/connect/")), "{text}");
    assert_eq!(seen["result"]["isError"], true);
    {
        let calls = world.shared.calls.lock().unwrap();
        let bodies: Vec<Value> = calls.iter().map(Raw::json).collect();
        let able = modern(&json!({ "roots": {}, "elicitation": { "url": {} } }));
        assert_eq!(bodies, [asked.clone(), able]);
    }

    // Another refusal is the client's to read, and it is not asked again.
    let before = world.shared.calls.lock().unwrap().len();
    let refusal = refuse(&json!({ "sampling": {} }));
    let seen = world.call(&world.token("ann"), json!({}), &asked);
    assert_eq!((seen.status, seen.json()), (400, refusal));
    // A client that says it can is told the truth.
    let refusal = refuse(&url);
    let seen = world.call(&world.token("ann"), json!({}), &modern(&url));
    assert_eq!((seen.status, seen.json()), (400, refusal));
    assert_eq!(world.shared.calls.lock().unwrap().len(), before + 2);
}

#[test]
fn a_token_that_is_nearly_over_is_refreshed_first() {
    let world = World::new();
    let token = world.token("ann");
    world.wait(3600 - 599);
    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    let headers = json!({ "mcp-session-id": "elicits.abc" });
    let seen = world.call(&token, headers.clone(), &call());
    assert_eq!((seen.status, &seen.json()["error"]), (401, &json!("invalid_token")), "{seen:?}");
    assert!(world.shared.table.lock().unwrap().items.is_empty());
    // Where every token is that short, waiting for a longer one would never end.
    let short = {
        let pool = world.shared.pool.lock().unwrap();
        let mut claims = pool.access_claims("ann", world.now());
        claims["exp"] = json!(world.now() + 300);
        pool.sign(&claims)
    };
    assert_eq!(world.call(&short, headers, &call()).status, 200);
}

#[test]
fn a_table_that_fails_does_not_let_the_real_address_out() {
    let world = World::new();
    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    world.shared.table.lock().unwrap().is_down = true;
    let seen = able(&world, "ann");
    assert!(!seen.body.contains("request_uri"), "{}", seen.body);
    let url = urls(&seen.json()).remove(0);
    world.get(url.strip_prefix(BASE).unwrap()).assert_page(503);
}
