//! Attacks with tokens: nothing but a person's or a machine's own access token reaches the gateway.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{BASE, START, Seen, World};

fn list() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })
}

fn assert_challenged(world: &World, seen: &Seen) {
    assert_eq!(seen.status, 401, "{seen:?}");
    let metadata = format!("{BASE}/.well-known/oauth-protected-resource/mcp");
    let challenge = seen.header("www-authenticate");
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    assert!(challenge.contains(&format!("resource_metadata=\"{metadata}\"")), "{challenge}");
    assert!(challenge.contains("scope=\"mcp/invoke\""), "{challenge}");
    let body = seen.json();
    assert_eq!(
        (&body["error"], &body["resource_metadata"]),
        (&json!("invalid_token"), &json!(metadata))
    );
    assert_eq!(body["scope"], "mcp/invoke");
    assert!(world.shared.calls.lock().unwrap().is_empty(), "nothing reaches the gateway");
}

#[test]
fn a13_a25_attack_18_without_a_bearer_there_is_a_challenge_of_our_own() {
    let world = World::new();
    let token = world.token("ann");
    let with = |value: &str| world.send("POST", "/mcp", json!({ "authorization": value }), "{}");
    let bare = world.send("POST", "/mcp", json!({}), "{}");
    assert_challenged(&world, &bare);
    assert!(!bare.header("www-authenticate").contains("error="), "nothing was wrong yet");
    for value in [
        "",
        "Bearer",
        "Bearer ",
        &format!("Basic {token}"),
        &format!("Bearer {token},Bearer {token}"),
        &format!("Bearer {token} {token}"),
        &token,
    ] {
        assert_challenged(&world, &with(value));
    }
    let in_query = world.send("POST", &format!("/mcp?access_token={token}"), json!({}), "{}");
    assert_challenged(&world, &in_query);
    let in_body = world.form("/mcp", &[("access_token", &token)]);
    assert_challenged(&world, &in_body);
}

#[test]
fn a_good_token_passes_in_any_case_of_its_scheme() {
    let world = World::new();
    let token = world.token("ann");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let headers = json!({ "authorization": format!("{scheme} {token}") });
        assert_eq!(
            world.send("POST", "/mcp", headers, &list().to_string()).status,
            200,
            "{scheme}"
        );
    }
    let sent = world.shared.calls.lock().unwrap()[0].header("authorization");
    assert_eq!(sent, format!("Bearer {token}"));
}

#[test]
fn attack_18_a_token_has_to_be_an_access_token_of_ours() {
    let world = World::new();
    let pool = world.shared.pool.lock().unwrap();
    let good = pool.access_claims("ann", START);
    let change = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        pool.sign(&claims)
    };
    let header = |header: Value| pool.sign_with(&header, &good);
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{}.", part(&json!({ "alg": "none", "kid": "key-1" })), part(&good));
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "kid": "key-1" })), part(&good));
    let key = hmac::Key::new(hmac::HMAC_SHA256, &pool.public_key());
    let tag = hmac::sign(&key, signed.as_bytes());
    let confused = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()));
    let valid = pool.sign(&good);
    let mut tampered = valid.clone().into_bytes();
    tampered[100] ^= 1;
    let tokens = [
        change("token_use", json!("id")),
        change("iss", json!("https://idp.example/other")),
        change("client_id", json!("other")),
        change("client_id", Value::Null),
        change("exp", json!(START)),
        change("exp", json!("never")),
        change("nbf", json!(START + 3600)),
        change("iat", json!(START + 3600)),
        change("aud", json!("https://other.example/mcp")),
        change("aud", json!(["https://other.example/mcp"])),
        change("aud", json!(7)),
        header(json!({ "alg": "RS256", "kid": "../../etc/passwd" })),
        header(json!({ "alg": "RS256", "kid": "unknown" })),
        header(json!({ "alg": "RS256" })),
        header(json!({ "alg": "RS512", "kid": "key-1" })),
        header(json!({ "alg": "RS256", "kid": "key-1", "crit": ["exp"] })),
        none,
        confused,
        String::from_utf8(tampered).unwrap(),
        valid[..valid.len() - 1].to_owned(),
        format!("{valid}.x"),
        "a.b.c".to_owned(),
        "x".repeat(9000),
    ];
    let bound = change("aud", json!(["x", crate::support::RESOURCE]));
    let machine = change("client_id", json!("machine"));
    drop(pool);
    for token in &tokens {
        assert_challenged(&world, &world.call(token, json!({}), &list()));
    }
    for token in [valid, bound, machine] {
        assert_eq!(world.call(&token, json!({}), &list()).status, 200);
    }
}

#[test]
fn a23_a_token_without_the_scope_is_told_which_it_lacks() {
    let world = World::new();
    for scope in ["openid", "mcp/invoke2", "other/invoke", ""] {
        let token = {
            let pool = world.shared.pool.lock().unwrap();
            let mut claims = pool.access_claims("ann", START);
            claims["scope"] = json!(scope);
            pool.sign(&claims)
        };
        let seen = world.call(&token, json!({}), &list());
        assert_eq!(
            (seen.status, &seen.json()["error"]),
            (403, &json!("insufficient_scope")),
            "{scope}"
        );
        assert_eq!(seen.json()["scope"], "mcp/invoke");
        assert!(seen.header("www-authenticate").contains("error=\"insufficient_scope\""));
    }
}

#[test]
fn attack_19_a_challenge_names_us_whatever_the_host_says() {
    let world = World::new();
    let headers = json!({ "host": "evil.example", "x-forwarded-host": "evil.example" });
    let seen = world.send("POST", "/mcp", headers, "{}");
    assert_challenged(&world, &seen);
    assert!(!seen.header("www-authenticate").contains("evil") && !seen.body.contains("evil"));
}

#[test]
fn attack_21_a_page_of_another_origin_may_not_call() {
    let world = World::with(&[("ALLOWED_ORIGINS", "https://tools.example")]);
    let token = world.token("ann");
    for origin in
        ["https://evil.example", "null", "https://api.example.evil.example", "http://api.example"]
    {
        let seen = world.call(&token, json!({ "origin": origin }), &list());
        assert_eq!(seen.status, 403, "{origin}");
    }
    for origin in [BASE, "https://tools.example"] {
        assert_eq!(
            world.call(&token, json!({ "origin": origin }), &list()).status,
            200,
            "{origin}"
        );
    }
    assert_eq!(world.shared.calls.lock().unwrap()[0].header("origin"), "");
}

#[test]
fn keys_that_cannot_be_had_are_no_reason_to_sign_in_again() {
    let world = World::new();
    world.down("jwks.json");
    let seen = world.call(&world.token("ann"), json!({}), &list());
    assert_eq!((seen.status, seen.header("retry-after")), (503, "5"), "{seen:?}");
    assert_eq!(seen.json()["correlation_id"], "req-1");
}
