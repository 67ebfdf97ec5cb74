//! Attacks on `/callback`: states that are changed, old, foreign, of another browser, or used twice.

use crate::login::authorize;
use crate::support::{Browser, World, query};

/// A login that has come back from the pool.
fn back(world: &World, browser: &mut Browser<'_>) -> String {
    let client = world.register(&["http://127.0.0.1/callback"]);
    let agreed = browser.agree(&authorize(&client, &[]));
    world.shared.pool.lock().unwrap().sign_in(agreed.location(), "ann")
}

#[test]
fn a2_attack_7_a_changed_state_leads_nowhere() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    let back = back(&world, &mut browser);
    let (before, state) = back.split_once("&state=").unwrap();
    for at in (0..state.len()).step_by(7) {
        let mut changed = state.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        browser.get(&format!("{before}&state={changed}")).assert_page(400);
        browser.get(&format!("{before}&state={}", &state[..at])).assert_page(400);
    }
    let plain = "eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZSJ9";
    browser.get(&format!("{before}&state={plain}")).assert_page(400);
    browser.get(&format!("{back}&state={plain}")).assert_page(400);
    assert_eq!(browser.get(&back).status, 303, "the right one still works");
}

#[test]
fn a2_attack_7_a_state_expires_after_ten_minutes() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    let back = back(&world, &mut browser);
    world.wait(600);
    browser.get(&back).assert_page(400);
}

#[test]
fn attack_7_a_state_belongs_to_the_browser_that_agreed() {
    let world = World::new();
    let mut attacker = Browser::of(&world);
    let back_of_attacker = back(&world, &mut attacker);
    Browser::of(&world).get(&back_of_attacker).assert_page(400);
    let mut victim = Browser::of(&world);
    let back_of_victim = back(&world, &mut victim);
    victim.get(&back_of_attacker).assert_page(400);
    assert_eq!(victim.get(&back_of_victim).status, 303);
}

#[test]
fn attack_7_a_state_is_used_once() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    let back = back(&world, &mut browser);
    assert_eq!(browser.get(&back).status, 303);
    browser.get(&back).assert_page(400);
}

#[test]
fn attack_7_a_cookie_without_a_state_is_nothing() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    back(&world, &mut browser);
    for address in ["/callback", "/callback?code=x", "/callback?code=x&state="] {
        browser.get(address).assert_page(400);
    }
}

#[test]
fn attack_10_an_answer_with_code_and_error_is_an_error() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    let back = back(&world, &mut browser);
    let seen = browser.get(&format!("{back}&error=%3Cb%3Ex"));
    let answer = query(seen.location());
    assert_eq!((answer["error"].as_str(), answer.get("code")), ("server_error", None));
    assert!(!seen.location().contains("%3Cb"));
}

#[test]
fn attack_10_an_answer_of_another_issuer_is_a_page() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    let back = back(&world, &mut browser);
    browser.get(&format!("{back}&iss=https%3A%2F%2Fevil.example")).assert_page(400);
}

#[test]
fn attack_11_a_state_for_one_pool_is_nothing_at_another() {
    let world = World::new();
    let mut browser = Browser::of(&world);
    let back = back(&world, &mut browser);
    let other = World::with(&[("ISSUER", "https://idp.example/other-pool")]);
    let mut same = Browser::of(&other);
    same.jar = browser.jar.clone();
    same.get(&back).assert_page(400);
}

#[test]
fn attack_12_no_other_parameter_leads_anywhere() {
    let world = World::new();
    let evil = "https%3A%2F%2Fevil.example";
    for path in ["/authorize", "/callback", "/connect/callback", "/oauth2/callback"] {
        for name in ["logout_uri", "RelayState", "post_login", "return_to", "redirect_uri", "next"]
        {
            let seen = world.get(&format!("{path}?{name}={evil}&{name}2=//evil.example"));
            seen.assert_page(400);
        }
    }
}
