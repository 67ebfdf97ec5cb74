//! `/register`, and what is thrown at it.

use serde_json::{Value, json};

use crate::support::{Seen, World};

fn post(world: &World, body: &str) -> Seen {
    world.send("POST", "/register", json!({ "content-type": "application/json" }), body)
}

fn assert_refused(seen: &Seen) {
    assert!((400..=413).contains(&seen.status), "{seen:?}");
    assert!(seen.json()["error"].as_str().unwrap().starts_with("invalid_"), "{seen:?}");
    assert_eq!(seen.json().get("client_id"), None);
}

#[test]
fn a22_a_registration_is_answered_with_all_that_was_registered() {
    let world = World::new();
    let asked = json!({
        "client_name": "Editor",
        "redirect_uris": ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "application_type": "native",
        "client_uri": "https://vscode.dev",
        "contacts": ["a@example.com"],
        "jwks_uri": "http://169.254.169.254/",
    });
    let seen = post(&world, &asked.to_string());
    assert_eq!((seen.status, seen.header("cache-control")), (201, "no-store"));
    let made = seen.json();
    for name in [
        "client_name",
        "redirect_uris",
        "grant_types",
        "application_type",
        "client_uri",
        "contacts",
    ] {
        assert_eq!(made[name], asked[name], "{name}");
    }
    assert_eq!(made["token_endpoint_auth_method"], "none");
    assert_eq!(made["scope"], "mcp/invoke");
    assert_eq!(made["client_id_issued_at"], crate::support::START);
    assert_eq!((made.get("client_secret"), made.get("jwks_uri")), (None, None));
    assert!(made["client_id"].as_str().unwrap().len() <= 1024);
    let other = post(&world, &asked.to_string()).json();
    assert_ne!(other["client_id"], made["client_id"], "an id for each client");
}

#[test]
fn attack_16_what_is_no_registration_is_refused_and_breaks_nothing() {
    let world = World::new();
    let uris = |value: Value| json!({ "redirect_uris": value }).to_string();
    let many: Vec<String> = (0..1000).map(|n| format!("https://a.example/{n}")).collect();
    let long: Vec<String> =
        (0..10).map(|n| format!("https://a.example/{n}/{}", "x".repeat(150))).collect();
    for body in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        "{}".to_owned(),
        uris(json!([])),
        uris(json!(null)),
        uris(json!("https://a.example/cb")),
        uris(json!([null])),
        uris(json!(["javascript:alert(1)"])),
        uris(json!(["https://a.example/cb", "http://evil.example/cb"])),
        uris(json!(many)),
        uris(json!(long)),
        json!({ "redirect_uris": ["https://a.example/"], "client_name": 7 }).to_string(),
        json!({ "redirect_uris": ["https://a.example/"], "client_name": "x".repeat(101) })
            .to_string(),
        json!({ "redirect_uris": ["https://a.example/"], "grant_types": ["client_credentials"] })
            .to_string(),
        json!({ "redirect_uris": ["https://a.example/"], "response_types": ["token"] }).to_string(),
        "[".repeat(10_000),
        format!("{{\"redirect_uris\":[\"https://a.example/\"],\"x\":{}", "[".repeat(10_000)),
        format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024)),
        "{\"redirect_uris\":[\"https://a.example/\"],\"redirect_uris\":[\"http://evil.example/\"]}"
            .to_owned(),
    ] {
        assert_refused(&post(&world, &body));
    }
    assert_eq!(world.get("/register").status, 405);
}

#[test]
fn attack_16_a_name_is_shown_as_text() {
    let world = World::new();
    let body = json!({
        "client_name": "<img src=x onerror=alert(1)>\u{202e}",
        "redirect_uris": ["http://127.0.0.1/callback"],
    });
    let client = post(&world, &body.to_string()).json()["client_id"].as_str().unwrap().to_owned();
    let page = world.get(&crate::login::authorize(&client, &[]));
    assert!(page.body.contains("&lt;img src=x"), "{}", page.body);
    assert!(!page.body.contains("<img") && !page.body.contains('\u{202e}'));
    assert!(page.body.contains("by its own account"));
}

#[test]
fn an_id_outlives_the_state_key_and_is_not_made_up() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    world.wait(365 * 24 * 60 * 60);
    assert_eq!(world.get(&crate::login::authorize(&client, &[])).status, 200);
    for made_up in ["dcr.", "dcr.AAAA", &client[..client.len() - 4], &format!("{client}AAAA")] {
        world.get(&crate::login::authorize(made_up, &[])).assert_page(400);
    }
}
