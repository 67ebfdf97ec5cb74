//! Attacks on `/authorize`: each ends without a redirect to the attacker.

use serde_json::json;

use crate::login::{REDIRECT, authorize};
use crate::support::{BASE, Browser, World, hidden_field, query};

const EVIL: &str = "https://evil.example/steal";

fn world_and_client() -> (World, String) {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    (world, client)
}

#[test]
fn a1_attack_1_a_redirect_uri_of_somebody_else_is_a_page() {
    let (world, client) = world_and_client();
    for uri in [
        EVIL,
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/callback?next=https://evil.example",
        "http://127.0.0.1:1/Callback",
        "http://127.0.0.1:1/x/../callback",
        "https://127.0.0.1/callback",
        "http://localhost/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://127.0.0.1\\@evil.example/callback",
        "//evil.example",
        "/\\evil.example",
        "%2f%2fevil.example",
        "javascript:alert(1)",
        "",
    ] {
        world.get(&authorize(&client, &[("redirect_uri", uri)])).assert_page(400);
    }
    world.get(&authorize("unknown", &[])).assert_page(400);
    world.get("/authorize").assert_page(400);
}

#[test]
fn attack_3_header_injection_stays_in_the_value() {
    let (world, client) = world_and_client();
    let state = "s\r\nset-cookie: a=b\0\t<script>";
    let address = authorize(&client, &[("state", state), ("response_type", "token")]);
    let seen = world.get(&address);
    assert_eq!((seen.status, query(seen.location())["state"].as_str()), (303, state));
    assert!(seen.location().is_ascii() && !seen.location().contains(['\r', '\n', '\0', '<']));
    assert!(seen.cookies.is_empty());
}

#[test]
fn attack_4_what_is_given_twice_is_not_chosen_from() {
    let (world, client) = world_and_client();
    let plain = authorize(&client, &[]);
    for twice in [("redirect_uri", EVIL), ("client_id", "other")] {
        let pair = crate::support::form(&[twice]);
        world.get(&format!("{plain}&{pair}")).assert_page(400);
        world.get(&plain.replacen('?', &format!("?{pair}&"), 1)).assert_page(400);
    }
    for twice in
        ["resource=https://evil.example/mcp", "scope=x", "code_challenge=y", "prompt=a&prompt=b"]
    {
        let seen = world.get(&format!("{plain}&{twice}"));
        assert_eq!(query(seen.location())["error"], "invalid_request", "{twice}");
        assert!(seen.location().starts_with(REDIRECT));
    }
    let twice = world.get(&format!("{plain}&state=other"));
    assert_eq!(query(twice.location()).get("state"), None, "nobody knows which state is meant");
}

#[test]
fn a3_attack_5_no_code_without_a_good_pkce_challenge() {
    let (world, client) = world_and_client();
    for change in [
        [("code_challenge", ""), ("code_challenge_method", "")],
        [("code_challenge", ""), ("code_challenge_method", "S256")],
        [("code_challenge_method", "plain"), ("x", "")],
        [("code_challenge_method", ""), ("x", "")],
        [("code_challenge", "short"), ("x", "")],
        [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMx"), ("x", "")],
        [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+c="), ("x", "")],
    ] {
        let seen = world.get(&authorize(&client, &change));
        assert_eq!(query(seen.location())["error"], "invalid_request", "{change:?}");
    }
}

#[test]
fn attack_8_a_consent_page_comes_first_and_no_login_begins_before_it() {
    let (world, client) = world_and_client();
    let page = world.get(&authorize(&client, &[]));
    assert_eq!((page.status, page.location()), (200, ""));
    let names: Vec<_> =
        page.cookies.iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
    assert_eq!(names, ["__Host-csrf"], "nothing that a callback would take");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(!page.body.contains("<script") && !page.body.contains("http-equiv"));
}

#[test]
fn attack_8_a_form_of_another_browser_or_site_is_refused() {
    let (world, client) = world_and_client();
    let mut attacker = Browser::of(&world);
    let page = attacker.get(&authorize(&client, &[]));
    let request = hidden_field(&page.body, "request");
    let form = [("request", request.as_str()), ("decision", "allow")];
    // Nobody's browser, another browser, and the same browser led there by another site.
    Browser::of(&world).post("/authorize", &form).assert_page(400);
    let mut victim = Browser::of(&world);
    victim.get(&authorize(&client, &[]));
    victim.post("/authorize", &form).assert_page(400);
    let cookie: Vec<String> =
        attacker.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers = json!({
        "content-type": "application/x-www-form-urlencoded",
        "cookie": cookie.join("; "),
        "sec-fetch-site": "cross-site",
    });
    world.send("POST", "/authorize", headers, &crate::support::form(&form)).assert_page(400);
    for broken in [vec![], vec![("request", "")], vec![("request", "x")], vec![form[0], form[0]]] {
        attacker.post("/authorize", &broken).assert_page(400);
    }
    assert_eq!(attacker.post("/authorize", &form).status, 303, "the page's own browser may");
}

#[test]
fn attack_8_a_form_is_good_for_ten_minutes() {
    let (world, client) = world_and_client();
    let mut browser = Browser::of(&world);
    let page = browser.get(&authorize(&client, &[]));
    world.wait(601);
    let request = hidden_field(&page.body, "request");
    browser.post("/authorize", &[("request", &request), ("decision", "allow")]).assert_page(400);
}

#[test]
fn attack_9_a_consent_covers_one_request_of_one_client() {
    let (world, client) = world_and_client();
    let other = world.register(&["http://127.0.0.1/callback", EVIL]);
    let mut browser = Browser::of(&world);
    assert_eq!(browser.log_in(&authorize(&client, &[]), "ann").status, 303);
    for address in [
        authorize(&client, &[]),
        authorize(&other, &[]),
        authorize(&other, &[("redirect_uri", EVIL)]),
    ] {
        let page = browser.get(&address);
        assert_eq!((page.status, page.location()), (200, ""), "asked again");
    }
}

#[test]
fn attack_13_the_pool_is_asked_for_our_scopes_only() {
    let (world, client) = world_and_client();
    let many = "x ".repeat(200);
    for asked in
        ["", "openid phone offline_access aws.cognito.signin.user.admin", "mcp/other", &many]
    {
        let agreed = Browser::of(&world).agree(&authorize(&client, &[("scope", asked)]));
        assert_eq!(query(agreed.location())["scope"], "mcp/invoke", "{asked}");
    }
}

#[test]
fn a24_attack_14_a_resource_of_somebody_else_is_an_invalid_target() {
    let (world, client) = world_and_client();
    for resource in ["https://evil.example/mcp", "https://api.example/mcp#x", "https://api.example"]
    {
        let seen = world.get(&authorize(&client, &[("resource", resource)]));
        assert_eq!(query(seen.location())["error"], "invalid_target", "{resource}");
    }
    let agreed = Browser::of(&world).agree(&authorize(&client, &[]));
    assert_eq!(query(agreed.location()).get("resource"), None, "not every pool knows it");
    let world = World::with(&[("FORWARD_RESOURCE", "true")]);
    let client = world.register(&["http://127.0.0.1/callback"]);
    let agreed =
        Browser::of(&world).agree(&authorize(&client, &[("resource", "https://API.example/mcp/")]));
    assert_eq!(query(agreed.location())["resource"], "https://api.example/mcp");
}

#[test]
fn the_pool_sees_our_own_client_callback_and_challenge() {
    let (world, client) = world_and_client();
    let agreed = Browser::of(&world).agree(&authorize(&client, &[]));
    let asked = query(agreed.location());
    assert_eq!(asked["redirect_uri"], format!("{BASE}/callback"));
    assert_ne!(asked["code_challenge"], query(&authorize(&client, &[]))["code_challenge"]);
    assert_ne!(asked["state"], "client-state");
    assert!(agreed.location().len() < 2500, "{}", agreed.location().len());
}

#[test]
fn a_client_on_the_deny_list_is_served_no_longer() {
    let (world, client) = world_and_client();
    let mut fingerprint = construct_front::random::sha256(&client);
    fingerprint.truncate(16);
    let denying = World::with(&[("DENIED_CLIENTS", &format!("other {fingerprint}"))]);
    assert_eq!(world.get(&authorize(&client, &[])).status, 200);
    denying.get(&authorize(&client, &[])).assert_page(400);
    let seen = crate::login::redeem(&denying, &client, "x");
    assert_eq!((seen.status, &seen.json()["error"]), (401, &json!("invalid_client")));
}

#[test]
fn the_form_leads_to_the_sign_in_page_and_the_client_and_where_a_pool_sends_people_on() {
    let policy = |world: &World| {
        let client = world.register(&["http://127.0.0.1/callback"]);
        let page = world.get(&authorize(&client, &[]));
        page.header("content-security-policy").to_owned()
    };
    let world = World::new();
    let sign_in = world.proxy.config.sign_in_page.clone();
    let targets = format!("form-action 'self' {sign_in} http://127.0.0.1:40001;");
    assert!(policy(&world).contains(&targets), "{}", policy(&world));
    let federated = World::with(&[("FORM_TARGETS", "https:")]);
    assert!(
        policy(&federated).contains("http://127.0.0.1:40001 https:;"),
        "{}",
        policy(&federated)
    );
}
