//! What goes wrong around a call without anybody's ill will: others that are slow, keys that change, clocks that differ.
//! Every answer comes in time, in the form that its client reads, and with the name of its request.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::login::{REDIRECT, VERIFIER, code};
use crate::support::{START, Seen, World, form};

/// Somebody who takes a request and never says a word. Without accepting, the system takes the connection by itself.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (listener, origin)
}

fn list() -> Value {
    json!({ "jsonrpc": "2.0", "id": "seven", "method": "tools/list" })
}

/// A call that has 400 ms, and is answered soon after.
fn call_in_time(world: &World) -> Seen {
    let headers = json!({ "authorization": format!("Bearer {}", world.token("ann")) });
    let started = Instant::now();
    let limit = Duration::from_millis(400);
    let seen = world.send_within(("POST", "/mcp"), headers, &list().to_string(), limit);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(seen.header("x-correlation-id"), "req-1");
    seen
}

#[test]
fn a_gateway_that_says_nothing_is_given_up_in_time() {
    let (_gateway, origin) = silent();
    let world = World::with(&[("GATEWAY_URL", &format!("{origin}/mcp"))]);
    let seen = call_in_time(&world);
    let error = seen.json();
    assert_eq!((seen.status, &error["id"]), (504, &json!("seven")), "{seen:?}");
    assert_eq!(error["error"]["data"]["correlation_id"], "req-1");
}

#[test]
fn keys_that_do_not_come_are_given_up_in_time() {
    let (_issuer, origin) = silent();
    let world = World::with(&[("KEYS_URL", &format!("{origin}/jwks.json"))]);
    let seen = call_in_time(&world);
    assert_eq!((seen.status, seen.header("retry-after")), (503, "5"), "{seen:?}");
    assert_eq!(seen.json()["correlation_id"], "req-1");
    assert_eq!(seen.header("www-authenticate"), "", "signing in again would not help");
}

#[test]
fn a_sign_in_that_says_nothing_is_told_in_oauth_s_words() {
    let (_pool, origin) = silent();
    let world = World::with(&[("SIGN_IN_URL", &origin)]);
    let (client, code) = code(&world);
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]);
    let kind = json!({ "content-type": "application/x-www-form-urlencoded" });
    let started = Instant::now();
    let seen = world.send_within(("POST", "/token"), kind, &body, Duration::from_millis(400));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!((seen.status, &seen.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(seen.json()["correlation_id"], "req-1");
}

#[test]
fn keys_that_come_back_serve_at_the_time_that_was_told() {
    let world = World::new();
    world.down("jwks.json");
    let call = || world.call(&world.token("ann"), json!({}), &list()).status;
    assert_eq!(call(), 503);
    world.shared.is_down.lock().unwrap().clear();
    assert_eq!(call(), 503, "not asked for again at once");
    world.wait(5);
    assert_eq!(call(), 200);
    // Once there, keys outlast a day without their issuer.
    world.down("jwks.json");
    world.wait(12 * 60 * 60);
    assert_eq!(call(), 200);
}

#[test]
fn a_new_key_is_taken_at_its_first_use() {
    let world = World::new();
    let old = world.token("ann");
    let call = |token: &str| world.call(token, json!({}), &list()).status;
    assert_eq!(call(&old), 200);
    world.shared.pool.lock().unwrap().key_id = "key-2";
    world.wait(60);
    assert_eq!(call(&world.token("ann")), 200);
    // The issuer has withdrawn the old one.
    assert_eq!(call(&old), 401);
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let world = World::new();
    let status = |claim: &str, at: u64| {
        let token = {
            let pool = world.shared.pool.lock().unwrap();
            let mut claims = pool.access_claims("ann", START);
            claims[claim] = json!(at);
            pool.sign(&claims)
        };
        world.call(&token, json!({}), &list()).status
    };
    for claim in ["iat", "nbf"] {
        assert_eq!((status(claim, START + 60), status(claim, START + 61)), (200, 401), "{claim}");
    }
    assert_eq!((status("exp", START + 1), status("exp", START)), (200, 401));
}
