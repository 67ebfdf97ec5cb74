//! What clients find us by.

use serde_json::json;

use crate::support::{BASE, RESOURCE, World};

#[test]
fn a14_documents_are_at_the_root_and_at_the_path() {
    let world = World::new();
    for kind in ["oauth-authorization-server", "oauth-protected-resource"] {
        let root = world.get(&format!("/.well-known/{kind}"));
        assert_eq!((root.status, root.header("content-type")), (200, "application/json"));
        assert_eq!(root.body, world.get(&format!("/.well-known/{kind}/mcp")).body);
        assert_eq!(world.get(&format!("/.well-known/{kind}/other")).status, 404);
    }
    assert_eq!(world.get("/.well-known/openid-configuration").status, 404);
}

#[test]
fn a23_documents_are_ours_and_whole() {
    let world = World::new();
    let server = world.get("/.well-known/oauth-authorization-server").json();
    assert_eq!(server["issuer"], BASE);
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("registration_endpoint", "/register"),
    ] {
        assert_eq!(server[name], format!("{BASE}{path}"));
    }
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert_eq!(server["authorization_response_iss_parameter_supported"], true);
    assert_eq!(server["scopes_supported"], json!(["mcp/invoke"]));
    let resource = world.get("/.well-known/oauth-protected-resource").json();
    assert_eq!(resource["resource"], RESOURCE);
    assert_eq!(resource["authorization_servers"], json!([BASE]));
}

#[test]
fn attack_20_documents_do_not_change_with_the_host() {
    let world = World::new();
    for path in
        ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"]
    {
        let plain = world.get(path);
        let spoofed = json!({
            "host": "evil.example",
            "x-forwarded-host": "evil.example",
            "forwarded": "host=evil.example",
            "x-forwarded-proto": "http",
        });
        let seen = world.send("GET", path, spoofed, "");
        assert_eq!(seen.body, plain.body);
        assert!(!seen.body.contains("evil"));
    }
}

#[test]
fn a12_attack_21_no_page_elsewhere_may_read_anything() {
    let world = World::new();
    let origin = json!({ "origin": "https://evil.example" });
    for path in
        ["/authorize", "/token", "/register", "/.well-known/oauth-protected-resource", "/mcp"]
    {
        for method in ["GET", "OPTIONS", "POST"] {
            let seen = world.send(method, path, origin.clone(), "");
            assert_eq!(seen.header("access-control-allow-origin"), "", "{method} {path}");
        }
    }
}

#[test]
fn attack_26_every_answer_carries_the_headers_that_protect_it() {
    let world = World::new();
    for path in [
        "/health",
        "/authorize",
        "/callback",
        "/token",
        "/mcp",
        "/nowhere",
        "/connect/x",
        "/oauth2/callback",
    ] {
        let seen = world.get(path);
        assert_eq!(seen.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(seen.header("cache-control"), "no-store", "{path}");
        assert_eq!(seen.header("referrer-policy"), "no-referrer", "{path}");
        assert!(seen.header("strict-transport-security").starts_with("max-age="), "{path}");
        assert_eq!(seen.header("x-correlation-id"), "req-1", "{path}");
        if seen.header("content-type").starts_with("text/html") {
            let policy = seen.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert_eq!(seen.header("x-frame-options"), "DENY", "{path}");
        }
    }
}

#[test]
fn a15_only_the_own_paths_are_served() {
    let world = World::new();
    for path in [
        "/",
        "/mcp/mcp",
        "/mcp/",
        "/latest/meta-data",
        "/userIdentifier/token",
        "/ping",
        "/%2e%2e/mcp",
    ] {
        for method in ["GET", "POST"] {
            let seen = world.send(method, path, json!({}), "{}");
            assert_eq!(seen.status, 404, "{method} {path}");
            assert_eq!(seen.json()["correlation_id"], "req-1");
        }
    }
    assert!(world.shared.calls.lock().unwrap().is_empty());
}

#[test]
fn the_description_says_what_is_served_and_how_it_is_answered() {
    let description: serde_json::Value =
        serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let world = World::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "delete"] {
            let target = path.replace("{handle}", "AAAAAAAAAAAAAAAAAAAAAA");
            let seen = world.send(&method.to_uppercase(), &target, json!({}), "");
            let Some(operation) = operations.get(method) else {
                assert_eq!(seen.status, 405, "{method} {path} is not described");
                continue;
            };
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.contains_key(&seen.status.to_string()),
                "{method} {path}: {}",
                seen.status
            );
        }
    }
}
