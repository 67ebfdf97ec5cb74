//! Logins that go well, and those that a person or the pool ends.

use construct_front::random::sha256;

use crate::support::{BASE, Browser, RESOURCE, SCOPE, Seen, World, query};
use serde_json::json;

pub(crate) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:40001/callback";

/// A client's request for a code.
pub(crate) fn authorize(client: &str, changes: &[(&str, &str)]) -> String {
    let challenge = sha256(VERIFIER);
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("state", "client-state"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("resource", RESOURCE),
        ("scope", SCOPE),
    ];
    for (name, value) in changes {
        pairs.retain(|(own, _)| own != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    format!("/authorize?{}", crate::support::form(&pairs))
}

/// The redemption of a code.
pub(crate) fn redeem(world: &World, client: &str, code: &str) -> Seen {
    world.form(
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", RESOURCE),
        ],
    )
}

/// A new client and a code for it.
pub(crate) fn code(world: &World) -> (String, String) {
    let client = world.register(&["http://127.0.0.1/callback"]);
    let seen = Browser::of(world).log_in(&authorize(&client, &[]), "ann");
    let code = query(seen.location())["code"].clone();
    (client, code)
}

#[test]
fn a_registered_client_gets_tokens_and_refreshes_them() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let page = browser.get(&authorize(&client, &[]));
    assert!(page.body.contains("Editor") && page.body.contains("127.0.0.1:40001"), "{}", page.body);
    assert!(page.body.contains("just started"), "a loopback address is warned about");

    let seen = browser.log_in(&authorize(&client, &[]), "ann");
    assert_eq!(seen.status, 303);
    assert!(seen.location().starts_with(&format!("{REDIRECT}?")), "{}", seen.location());
    let answer = query(seen.location());
    assert_eq!((&*answer["state"], &*answer["iss"]), ("client-state", BASE));
    assert!(browser.jar.keys().all(|name| !name.starts_with("__Host-login")), "{:?}", browser.jar);

    let tokens = redeem(&world, &client, &answer["code"]);
    assert_eq!((tokens.status, tokens.header("cache-control")), (200, "no-store"), "{tokens:?}");
    let tokens = tokens.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!((&tokens["scope"], &tokens["expires_in"]), (&json!(SCOPE), &json!(3600)));
    assert_eq!(tokens.get("id_token"), None);
    assert!(!tokens["refresh_token"].as_str().unwrap().contains("pool-refresh"));
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = world.call(tokens["access_token"].as_str().unwrap(), json!({}), &call);
    assert_eq!(listed.status, 200, "{listed:?}");

    let refresh = |token: &str| {
        world.form(
            "/token",
            &[("grant_type", "refresh_token"), ("client_id", &client), ("refresh_token", token)],
        )
    };
    let old = tokens["refresh_token"].as_str().unwrap();
    let renewed = refresh(old);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_ne!(renewed.json()["refresh_token"], old);
    assert_eq!(refresh(old).json()["error"], "invalid_grant", "reused after rotation");
}

#[test]
fn an_editor_with_the_preset_id_logs_in_at_any_port() {
    let world = World::new();
    let client = crate::support::CLIENT;
    let seen = Browser::of(&world).log_in(&authorize(client, &[]), "ann");
    let tokens = redeem(&world, client, &query(seen.location())["code"]);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    for uri in [
        "http://127.0.0.1:33418/",
        "http://127.0.0.1:33418",
        "https://vscode.dev/redirect",
        "http://localhost:8787/callback",
        "http://127.0.0.1:6276/oauth/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
    ] {
        let page = world.get(&authorize(client, &[("redirect_uri", uri)]));
        assert_eq!(page.status, 200, "{uri}");
    }
}

#[test]
fn a_client_that_a_document_describes_logs_in_and_its_host_is_named() {
    let world = World::new();
    let client = "https://claude.ai/oauth/claude-code-client-metadata";
    let page = world.get(&authorize(client, &[("redirect_uri", "http://localhost:1/callback")]));
    assert!(page.body.contains("Claude Code (described by claude.ai)"), "{}", page.body);
    let unknown = world.get(&authorize("https://evil.example/oauth/client.json", &[]));
    unknown.assert_page(400);
}

#[test]
fn two_logins_of_one_browser_do_not_disturb_each_other() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let first_page = browser.get(&authorize(&client, &[]));
    let second = browser.agree(&authorize(&client, &[("state", "second")]));
    let request = crate::support::hidden_field(&first_page.body, "request");
    let first = browser.post("/authorize", &[("request", &request), ("decision", "allow")]);
    for (agreed, state) in [(second, "second"), (first, "client-state")] {
        let back = world.shared.pool.lock().unwrap().sign_in(agreed.location(), "ann");
        let seen = browser.get(&back);
        assert_eq!(query(seen.location())["state"], state);
    }
}

#[test]
fn a_person_who_declines_sends_the_client_an_error() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let page = browser.get(&authorize(&client, &[]));
    let request = crate::support::hidden_field(&page.body, "request");
    let seen = browser.post("/authorize", &[("request", &request), ("decision", "deny")]);
    let answer = query(seen.location());
    assert_eq!((&*answer["error"], &*answer["iss"]), ("access_denied", BASE));
    assert_eq!(answer["state"], "client-state");
}

#[test]
fn a20_a_refusal_of_the_pool_s_reaches_the_client() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback?fixed=1"]);
    let redirect = "http://127.0.0.1:7/callback?fixed=1";
    let mut browser = Browser::of(&world);
    let agreed = browser.agree(&authorize(&client, &[("redirect_uri", redirect)]));
    let state = query(agreed.location())["state"].clone();
    let evil = "error_description=%3Cscript%3Ealert(1)%3C/script%3E%0d%0aset-cookie:x=y";
    let seen = browser.get(&format!("/callback?error=access_denied&{evil}&state={state}"));
    assert_eq!(seen.status, 303);
    assert!(seen.location().starts_with(&format!("{redirect}&error=access_denied&")));
    assert!(!seen.location().contains("alert"), "{}", seen.location());
    assert_eq!(query(seen.location())["iss"], BASE);
}

#[test]
fn without_sealing_keys_nothing_is_begun_and_nothing_breaks() {
    let world = World::new();
    world.shared.is_down.lock().unwrap().push("/");
    assert_eq!(world.get("/health").status, 200);
    assert_eq!(world.get("/.well-known/oauth-authorization-server").status, 200);
    world.get(&authorize("x", &[])).assert_page(503);
    let token = redeem(&world, "x", "y");
    assert_eq!((token.status, &token.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(token.json()["correlation_id"], "req-1");
}
