//! Attacks on registration: bodies that are no registration, and ids that would have the function fetch something.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::visitor::Browser;
use super::world::{Attack, REDIRECT, post, world};

#[test]
fn a22_attack_16_what_is_no_registration_is_refused() {
    let world = world();
    let uris = |value: Value| json!({ "redirect_uris": value }).to_string();
    let many: Vec<String> = (0..1000).map(|n| format!("https://a.example/{n}")).collect();
    let mut attack = Attack::default();
    for body in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        "{}".to_owned(),
        "\u{0}\u{1}".to_owned(),
        uris(json!([])),
        uris(json!(null)),
        uris(json!("https://a.example/cb")),
        uris(json!([null])),
        uris(json!([["https://a.example/cb"]])),
        uris(json!(["javascript:alert(1)"])),
        uris(json!(["data:text/html,x"])),
        uris(json!(["http://evil.example/cb"])),
        uris(json!(["https://a.example/cb", "https://a.example@evil.example/"])),
        uris(json!(many)),
        "[".repeat(10_000),
        format!("{{\"redirect_uris\":[\"https://a.example/\"],\"x\":{}", "[".repeat(10_000)),
        format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024)),
        "{\"redirect_uris\":[\"https://a.example/\"],\"redirect_uris\":[\"http://evil.example/\"]}"
            .to_owned(),
    ] {
        let page = attack.post(&world.at("/register"), "application/json", &body);
        assert!((400..=413).contains(&page.status), "{page:?}");
        assert!(page.json()["error"].as_str().unwrap().starts_with("invalid_"), "{page:?}");
        assert_eq!(page.json().get("client_id"), None);
    }
    attack.failed();
}

#[test]
fn a22_attack_16_a_secret_or_a_key_that_is_asked_for_is_not_given_or_fetched() {
    let world = world();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = format!("http://{}/keys", listener.local_addr().unwrap());
    let document = json!({
        "client_name": "<script>alert(1)</script>",
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "client_secret_basic",
        "jwks_uri": own,
        "logo_uri": own,
        "sector_identifier_uri": own,
    });
    let made = post(&world.at("/register"), "application/json", &document.to_string());
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!(
        (made.get("client_secret"), made["token_endpoint_auth_method"].as_str()),
        (None, Some("none"))
    );
    assert_eq!(made["redirect_uris"], json!([REDIRECT]));
    let page = Browser::default().get(&world.authorize(made["client_id"].as_str().unwrap(), &[]));
    assert!(page.status == 200 && !page.body.contains("<script"), "{page:?}");
    assert!(!page.body.contains(&own), "nor does a browser fetch it: {page:?}");
    assert_nobody_came(&listener);
}

#[test]
fn attack_17_an_id_that_is_an_address_is_fetched_from_no_host_but_those_that_are_allowed() {
    let world = world();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut attack = Attack::default();
    let started = Instant::now();
    for id in [
        format!("http://127.0.0.1:{port}/client.json"),
        format!("https://127.0.0.1:{port}/client.json"),
        format!("https://localhost:{port}/client.json"),
        format!("https://claude.ai@127.0.0.1:{port}/client.json"),
        format!("https://claude.ai.localhost:{port}/client.json"),
        format!("https://[::ffff:127.0.0.1]:{port}/client.json"),
        "http://169.254.169.254/latest/meta-data/iam".to_owned(),
        "https://169.254.169.254/latest/meta-data/iam".to_owned(),
        "http://claude.ai/oauth/claude-code-client-metadata".to_owned(),
        "https://claude.ai".to_owned(),
        "https://claude.ai/".to_owned(),
        "https://claude.ai/oauth/claude-code-client-metadata?x=1".to_owned(),
        "https://claude.ai/oauth/claude-code-client-metadata#x".to_owned(),
        "https://claude.ai/oauth/../oauth/claude-code-client-metadata".to_owned(),
        "https://evil.example/client.json".to_owned(),
        "file:///etc/passwd".to_owned(),
        "dcr.https://evil.example/".to_owned(),
    ] {
        attack.refused(Browser::default().get(&world.authorize(&id, &[])), 400);
        attack.told(world.redeem(&id, "x", &[]), "invalid_grant");
    }
    attack.failed();
    assert!(started.elapsed() < Duration::from_secs(30), "nothing was waited for");
    assert_nobody_came(&listener);
    // A client whose document is known keeps to what stands in it.
    let known = "https://claude.ai/oauth/claude-code-client-metadata";
    let mut attack = Attack::default();
    attack.refused(
        Browser::default()
            .get(&world.authorize(known, &[("redirect_uri", "https://evil.example/callback")])),
        400,
    );
    attack.failed();
}

fn assert_nobody_came(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    let came = listener.accept();
    assert!(came.is_err(), "the function has fetched something: {came:?}");
}
