//! Attacks on `/token`, with codes and refresh tokens that the pool really gave.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::visitor::{Browser, Page, form_of, send};
use super::world::{
    Attack, EVIL, FORM, MALLORY, REDIRECT, VERIFIER, World, elsewhere, post, query, world,
};

/// A code for a client that has just registered.
fn code(world: &World) -> (String, String) {
    let client = world.register(&["http://127.0.0.1/callback"]);
    let code = world.code(&mut Browser::default(), &client);
    (client, code)
}

fn refresh(world: &World, client: &str, token: &str) -> Page {
    let pairs = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
    post(&world.at("/token"), FORM, &form_of(&pairs))
}

#[test]
fn a3_attack_5_a_code_is_nothing_without_its_verifier() {
    let world = world();
    let (client, code) = code(&world);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut attack = Attack::default();
    let long = "a".repeat(129);
    for verifier in ["another-verifier-of-forty-three-characters-xx", "short", &long, &challenge] {
        attack.told(world.redeem(&client, &code, &[("code_verifier", verifier)]), "invalid_grant");
    }
    attack.told(world.redeem(&client, &code, &[("code_verifier", "")]), "invalid_request");
    attack.failed();
    assert_eq!(world.redeem(&client, &code, &[]).status, 200, "none of this used it up");
    // The same verifier again, for a code of another request.
    let other = world.code(&mut Browser::of(MALLORY), &client);
    assert_eq!(world.redeem(&client, &other, &[]).status, 200, "it is the client's own affair");
}

#[test]
fn a4_attack_6_a_code_belongs_to_one_client_redirect_uri_and_resource() {
    let world = world();
    let (client, code) = code(&world);
    let other = world.register(&["http://127.0.0.1/callback"]);
    let mut attack = Attack::default();
    attack.told(world.redeem(&other, &code, &[]), "invalid_grant");
    for uri in ["http://127.0.0.1:39998/callback", &world.at("/callback"), EVIL] {
        let page = world.redeem(&client, &code, &[("redirect_uri", uri)]);
        attack.told(page, "invalid_grant");
    }
    attack.told(world.redeem(&client, &code, &[("redirect_uri", "")]), "invalid_request");
    let page = world.redeem(&client, &code, &[("resource", "https://evil.example/mcp")]);
    attack.told(page, "invalid_target");
    attack.told(world.redeem(&client, &code[..code.len() - 1], &[]), "invalid_grant");
    for at in (0..code.len()).step_by(29) {
        let mut flipped = code.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        attack.told(world.redeem(&client, &flipped, &[]), "invalid_grant");
    }
    attack.failed();
    assert_eq!(world.redeem(&client, &code, &[]).status, 200, "none of this used it up");
    let mut attack = Attack::default();
    attack.told(world.redeem(&client, &code, &[]), "invalid_grant");
    attack.failed();
}

#[test]
fn attack_6_the_pool_s_own_code_and_our_state_are_no_codes() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let back = world.back(&mut Browser::default(), &client);
    let answer = query(&back);
    let mut attack = Attack::default();
    attack.told(world.redeem(&client, &answer["code"], &[]), "invalid_grant");
    attack.told(world.redeem(&client, &answer["state"], &[]), "invalid_grant");
    // Nor is the pool's code of any use at the pool, whose client's verifier nobody knows.
    let agreed = world.agreed(&mut Browser::default(), &client);
    let pool = agreed.split("/oauth2/").next().unwrap();
    let form = form_of(&[
        ("grant_type", "authorization_code"),
        ("client_id", &query(&agreed)["client_id"]),
        ("code", &answer["code"]),
        ("redirect_uri", &world.at("/callback")),
        ("code_verifier", VERIFIER),
    ]);
    attack.told(post(&format!("{pool}/oauth2/token"), FORM, &form), "invalid_grant");
    attack.failed();
}

#[test]
fn attack_4_a_form_that_says_something_twice_is_not_chosen_from() {
    let world = world();
    let (client, code) = code(&world);
    let form = form_of(&[
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]);
    let mut attack = Attack::default();
    for twice in
        ["code=x", "client_id=x", "redirect_uri=x", "resource=x&resource=y", "code%5fverifier=x"]
    {
        attack.told(post(&world.at("/token"), FORM, &format!("{form}&{twice}")), "invalid_request");
        attack.told(post(&world.at("/token"), FORM, &format!("{twice}&{form}")), "invalid_request");
    }
    attack.failed();
    // In the query they count for nothing.
    let given = post(&world.at("/token?client_id=x&code=y"), FORM, &form);
    assert_eq!(given.status, 200, "{given:?}");
}

#[test]
fn attack_15_the_endpoint_takes_short_forms_of_public_clients_only() {
    let world = world();
    let (client, code) = code(&world);
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let form = form_of(&pairs);
    let token = world.at("/token");
    let mut attack = Attack::default();
    let page = attack.get(&format!("{token}?{form}"));
    assert!((404..=405).contains(&page.status), "{page:?}");
    let document = json!(pairs.iter().copied().collect::<std::collections::BTreeMap<_, _>>());
    attack.told(post(&token, "application/json", &document.to_string()), "invalid_request");
    attack.told(post(&token, "text/plain", &form), "invalid_request");
    attack.told(post(&token, "", &form), "invalid_request");
    attack.told(post(&token, FORM, ""), "invalid_request");
    attack.told(post(&token, FORM, &"a".repeat(1024 * 1024)), "invalid_request");
    attack.told(post(&token, FORM, &format!("{form}&client_secret=x")), "invalid_client");
    let basic = [
        ("content-type", FORM.to_owned()),
        ("authorization", "Basic ZWRpdG9yczpzZWNyZXQ=".to_owned()),
    ];
    attack.told(send("POST", &token, &basic, &form).0, "invalid_client");
    for grant in
        ["client_credentials", "password", "urn:ietf:params:oauth:grant-type:token-exchange", "x"]
    {
        let page = world.redeem(&client, &code, &[("grant_type", grant)]);
        attack.told(page, "unsupported_grant_type");
    }
    attack.told(world.redeem(&client, &code, &[("grant_type", "")]), "invalid_request");
    attack.failed();
    assert_eq!(post(&token, FORM, &form).status, 200, "none of this used the code up");
}

#[test]
fn attack_15_a_refresh_token_is_one_client_s_and_is_replaced() {
    let world = world();
    let (client, tokens) = world.tokens(&mut Browser::default());
    let first = tokens["refresh_token"].as_str().unwrap();
    let other = world.register(&["http://127.0.0.1/callback"]);
    let mut attack = Attack::default();
    attack.told(refresh(&world, &other, first), "invalid_grant");
    attack.told(refresh(&world, &client, &first[..first.len() - 2]), "invalid_grant");
    attack
        .told(refresh(&world, &client, tokens["access_token"].as_str().unwrap()), "invalid_grant");
    attack.failed();
    let renewed = refresh(&world, &client, first);
    assert_eq!(
        (renewed.status, &renewed.headers["cache-control"]),
        (200, &http::HeaderValue::from_static("no-store"))
    );
    assert_ne!(renewed.json()["refresh_token"], first);
}

#[test]
fn attack_15_a_refresh_token_that_was_replaced_is_over_after_its_grace() {
    let world = elsewhere();
    let agreed = world.agreed(&mut Browser::default(), &world.register(&[REDIRECT]));
    let id = query(&agreed)["client_id"].clone();
    // Editors repeat requests, so that a stack gives a minute. No test waits for it.
    let mut client = world.cognito("DescribeUserPoolClient", json!({ "ClientId": id }));
    let mut client = client["UserPoolClient"].take();
    assert_eq!(client["RefreshTokenRotation"]["RetryGracePeriodSeconds"], 60, "{client}");
    client["RefreshTokenRotation"]["RetryGracePeriodSeconds"] = json!(0);
    for answered_only in ["LastModifiedDate", "CreationDate", "ClientSecret"] {
        client.as_object_mut().unwrap().remove(answered_only);
    }
    world.cognito("UpdateUserPoolClient", client);
    let (client, tokens) = world.tokens(&mut Browser::default());
    let first = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&world, &client, first).status, 200);
    let mut attack = Attack::default();
    attack.told(refresh(&world, &client, first), "invalid_grant");
    attack.failed();
}

#[test]
fn a21_a_token_answer_is_kept_by_nobody_and_says_nothing_foreign() {
    let world = world();
    let (client, code) = code(&world);
    let given = world.redeem(&client, &code, &[]);
    assert_eq!(given.headers["cache-control"], "no-store");
    let document = given.json();
    let mut members: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
}
