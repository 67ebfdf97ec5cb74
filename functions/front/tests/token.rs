//! Attacks on `/token`: each ends without a token.

use serde_json::json;

use crate::login::{REDIRECT, VERIFIER, authorize, code, redeem};
use crate::support::{BASE, Browser, RESOURCE, Seen, World, query};

fn assert_refused(seen: &Seen, error: &str) {
    assert_eq!(seen.json()["error"], error, "{seen:?}");
    assert!((400..=401).contains(&seen.status), "{seen:?}");
    assert_eq!(seen.json().get("access_token"), None);
    assert_eq!(seen.header("cache-control"), "no-store");
}

#[test]
fn attack_6_a_code_is_used_once() {
    let world = World::new();
    let (client, code) = code(&world);
    assert_eq!(redeem(&world, &client, &code).status, 200);
    assert_refused(&redeem(&world, &client, &code), "invalid_grant");
}

#[test]
fn a4_attack_6_a_code_belongs_to_its_client_redirect_uri_and_resource() {
    let world = World::new();
    let (client, code) = code(&world);
    let other = world.register(&["http://127.0.0.1/callback"]);
    assert_refused(&redeem(&world, &other, &code), "invalid_grant");
    let with = |redirect_uri: &str, resource: &str| {
        world.form(
            "/token",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", &client),
                ("code", &code),
                ("redirect_uri", redirect_uri),
                ("code_verifier", VERIFIER),
                ("resource", resource),
            ],
        )
    };
    assert_refused(&with("http://127.0.0.1:40002/callback", RESOURCE), "invalid_grant");
    assert_refused(&with(&format!("{BASE}/callback"), RESOURCE), "invalid_grant");
    assert_refused(&with("", RESOURCE), "invalid_request");
    assert_refused(&with(REDIRECT, "https://evil.example/mcp"), "invalid_target");
    assert_eq!(with(REDIRECT, RESOURCE).status, 200, "none of this used it up");
}

#[test]
fn attack_6_what_is_no_code_of_ours_is_not_redeemed() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let agreed = browser.agree(&authorize(&client, &[]));
    let state = query(agreed.location())["state"].clone();
    let back = world.shared.pool.lock().unwrap().sign_in(agreed.location(), "ann");
    let raw = query(&back)["code"].clone();
    assert_refused(&redeem(&world, &client, &raw), "invalid_grant");
    assert_refused(&redeem(&world, &client, &state), "invalid_grant");
    let code = query(browser.get(&back).location())["code"].clone();
    assert_refused(&redeem(&world, &client, &code[..code.len() - 1]), "invalid_grant");
    let mut flipped = code.clone().into_bytes();
    flipped[60] ^= 1;
    assert_refused(&redeem(&world, &client, &String::from_utf8(flipped).unwrap()), "invalid_grant");
    world.wait(301);
    assert_refused(&redeem(&world, &client, &code), "invalid_grant");
}

#[test]
fn a3_attack_5_a_verifier_has_to_be_the_right_one() {
    let world = World::new();
    let (client, code) = code(&world);
    let with = |verifier: &str| {
        world.form(
            "/token",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", &client),
                ("code", &code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", verifier),
            ],
        )
    };
    assert_refused(&with(""), "invalid_request");
    for wrong in ["short", &VERIFIER.to_uppercase(), &"x".repeat(43), &"x".repeat(129)] {
        assert_refused(&with(wrong), "invalid_grant");
    }
    assert_eq!(with(VERIFIER).status, 200);
}

#[test]
fn attack_15_the_endpoint_takes_short_forms_of_public_clients() {
    let world = World::new();
    let (client, code) = code(&world);
    let form = crate::support::form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]);
    let send = |kind: &str, authorization: &str, body: &str| {
        let mut headers = json!({ "content-type": kind });
        if !authorization.is_empty() {
            headers["authorization"] = json!(authorization);
        }
        world.send("POST", "/token", headers, body)
    };
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(world.get("/token").status, 405);
    assert_eq!(world.get("/token").header("allow"), "POST");
    assert_refused(&send("application/json", "", &form), "invalid_request");
    assert_refused(&send("", "", &form), "invalid_request");
    assert_refused(&send(kind, "", ""), "invalid_request");
    assert_refused(&send(kind, "", &"a".repeat(1024 * 1024)), "invalid_request");
    assert_refused(&send(kind, "", &format!("{form}&code=other")), "invalid_request");
    assert_refused(&send(kind, "Basic ZWRpdG9yczpzZWNyZXQ=", &form), "invalid_client");
    assert_refused(&send(kind, "", &format!("{form}&client_secret=x")), "invalid_client");
    let credentials = "grant_type=client_credentials&client_id=editors";
    assert_refused(&send(kind, "", credentials), "unsupported_grant_type");
    assert_refused(
        &send(kind, "", "grant_type=password&client_id=editors"),
        "unsupported_grant_type",
    );
    assert_eq!(send(kind, "", &form).status, 200, "none of this used the code up");
}

#[test]
fn attack_15_a_refresh_token_belongs_to_its_client() {
    let world = World::new();
    let (client, code) = code(&world);
    let tokens = redeem(&world, &client, &code).json();
    let refresh = |client: &str, token: &str, scope: &str| {
        world.form(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("client_id", client),
                ("refresh_token", token),
                ("scope", scope),
            ],
        )
    };
    let token = tokens["refresh_token"].as_str().unwrap();
    let other = world.register(&["http://127.0.0.1/callback"]);
    assert_refused(&refresh(&other, token, ""), "invalid_grant");
    assert_refused(&refresh(&client, "pool-refresh-x", ""), "invalid_grant");
    assert_refused(&refresh(&client, &token[..token.len() - 2], ""), "invalid_grant");
    assert_eq!(refresh(&client, token, "openid mcp/invoke").status, 200);
}

#[test]
fn a19_a_pool_that_fails_is_told_in_our_words() {
    let world = World::new();
    let (client, code) = code(&world);
    world.down("/oauth2/token");
    let seen = redeem(&world, &client, &code);
    assert_eq!((seen.status, &seen.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(seen.json()["correlation_id"], "req-1");
    assert!(!seen.body.contains("InternalFailure"));
}
