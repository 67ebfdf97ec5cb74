//! Whatever is sent, there is an answer: no panic, no server's fault, no redirect to an address that nobody registered.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{Seen, World};

const PATHS: [&str; 13] = [
    "/",
    "/health",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource/mcp",
    "/register",
    "/authorize",
    "/callback",
    "/token",
    "/mcp",
    "/connect/callback",
    "/connect/AAAAAAAAAAAAAAAAAAAAAA",
    "/connect/",
    "/oauth2/callback",
];
const NAMES: [&str; 14] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
    "resource",
    "code",
    "grant_type",
    "refresh_token",
    "request",
    "session_id",
    "error",
];

/// Values that are right, nearly right, and anything at all.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("editors".to_owned()),
        Just("code".to_owned()),
        Just("S256".to_owned()),
        Just("authorization_code".to_owned()),
        Just("refresh_token".to_owned()),
        Just("http://127.0.0.1:1/callback".to_owned()),
        Just("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
        Just("urn:ietf:params:oauth:request_uri:x".to_owned()),
        "(https?|cursor|javascript)://?[a-z0-9.@:\\\\\\[\\]/%#?-]{0,40}",
        "(dcr\\.)?[A-Za-z0-9_-]{0,80}",
        "\\PC{0,40}",
        ".{0,20}",
    ]
}

fn parameters() -> impl Strategy<Value = String> {
    let pair = (prop::sample::select(&NAMES[..]), value());
    let encoded = prop::collection::vec(pair, 0..10).prop_map(|pairs| {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        crate::support::form(&pairs)
    });
    prop_oneof![4 => encoded, 1 => "[!-~]{0,80}"]
}

fn check(world: &World, seen: &Seen, what: &str) {
    // The pool's double answers every grant with an error of the client's, so that nothing here is the server's fault.
    assert!((200..500).contains(&seen.status), "{what}: {seen:?}");
    let location = seen.location();
    let is_known = location.is_empty()
        || location.starts_with("http://127.0.0.1")
        || location.starts_with("https://vscode.dev/redirect")
        || location.starts_with("cursor://anysphere.cursor-mcp/");
    assert!(is_known, "{what}: {location}");
    assert!(world.shared.calls.lock().unwrap().is_empty(), "{what} reached the gateway");
    assert!(world.shared.completed.lock().unwrap().is_empty(), "{what} completed a consent");
}

#[test]
fn anything_that_is_sent_is_answered() {
    let world = World::new();
    let request = (
        prop::sample::select(vec!["GET", "POST", "DELETE", "OPTIONS"]),
        prop::sample::select(&PATHS[..]),
        parameters(),
        prop_oneof![
            parameters(),
            "[ -~]{0,60}",
            Just("{\"redirect_uris\":[\"https://a.b/\"]}".to_owned())
        ],
        prop_oneof![
            Just("application/x-www-form-urlencoded".to_owned()),
            Just("application/json".to_owned()),
            "[ -~]{0,20}"
        ],
        "(__Host-[a-z-]{1,10}=[!-:<-~]{0,30}(; )?){0,3}",
        "(Bearer |Basic )?[ -~]{0,60}",
    );
    let mut runner = TestRunner::new(ProptestConfig { cases: 1500, ..ProptestConfig::default() });
    runner
        .run(&request, |(method, path, query, body, kind, cookie, authorization)| {
            let mut headers: Value = json!({ "content-type": kind.trim() });
            if !cookie.is_empty() {
                headers["cookie"] = json!(cookie);
            }
            if !authorization.trim().is_empty() {
                headers["authorization"] = json!(authorization.trim());
            }
            let seen = world.send(method, &format!("{path}?{query}"), headers, &body);
            check(&world, &seen, &format!("{method} {path}?{query}"));
            Ok(())
        })
        .unwrap();
}
