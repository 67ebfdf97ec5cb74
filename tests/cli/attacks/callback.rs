//! Attacks on `/callback`: states that are changed, foreign, used twice, or of another browser, and answers that are
//! not the pool's. The pool's codes in them are real.

use super::super::visitor::Browser;
use super::world::{Attack, MALLORY, REDIRECT, query, world};

#[test]
fn a2_attack_7_a_changed_state_leads_nowhere() {
    let world = world();
    let mut browser = Browser::default();
    let back = world.back(&mut browser, &world.register(&[REDIRECT]));
    let (before, state) = back.split_once("&state=").unwrap();
    let mut attack = Attack::default();
    for at in (0..state.len()).step_by(11) {
        let mut changed = state.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        attack.refused(browser.get(&format!("{before}&state={changed}")), 400);
        attack.refused(browser.get(&format!("{before}&state={}", &state[..at])), 400);
    }
    // What the predecessor took for a state: plain base64 of JSON with a redirect URI in it.
    let plain = "eyJzdGF0ZSI6IngiLCJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS9zdGVhbCJ9";
    attack.refused(browser.get(&format!("{before}&state={plain}")), 400);
    attack.refused(browser.get(&format!("{back}&state={plain}")), 400);
    attack.failed();
    let page = browser.get(&back);
    assert!(page.location.starts_with(REDIRECT), "the right one still works: {page:?}");
}

#[test]
fn attack_7_a_state_belongs_to_the_browser_that_agreed_and_is_used_once() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let mut attacker = Browser::of(MALLORY);
    let his = world.back(&mut attacker, &client);
    let mut victim = Browser::default();
    let hers = world.back(&mut victim, &client);
    let mut attack = Attack::default();
    // Without a cookie, with a cookie of another login, and with another person's cookie under the right name.
    attack.refused(Browser::default().get(&his), 400);
    attack.refused(victim.get(&his), 400);
    let host = world.base().split_once("://").unwrap().1;
    let of = |browser: &Browser| {
        let jar = &browser.jar[host];
        jar.iter().find(|(name, _)| name.contains("login-")).map(|(n, v)| (n.clone(), v.clone()))
    };
    let (own, foreign) = (of(&attacker).unwrap(), of(&victim).unwrap());
    let mut mixed = Browser::default();
    mixed.jar.entry(host.to_owned()).or_default().insert(own.0, foreign.1);
    attack.refused(mixed.get(&his), 400);
    // A cookie without a state.
    for address in ["/callback", "/callback?code=x", "/callback?code=x&state="] {
        attack.refused(victim.get(&world.at(address)), 400);
    }
    assert!(victim.get(&hers).location.starts_with(REDIRECT), "hers is not disturbed");
    attack.refused(victim.get(&hers), 400);
    attack.failed();
}

#[test]
fn a20_attack_10_an_error_of_the_pool_s_reaches_the_client_in_our_words() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let hostile = "error_description=%3Cscript%3Ealert(1)%3C/script%3E%0d%0aset-cookie:x=y";
    let mut attack = Attack::default();
    for (error, told) in [
        ("access_denied", "access_denied"),
        ("%3Cscript%3E", "server_error"),
        ("invalid_scope%0d%0alocation:https://evil.example", "server_error"),
    ] {
        let mut browser = Browser::default();
        let state = query(&world.agreed(&mut browser, &client))["state"].clone();
        let address = world.at(&format!("/callback?error={error}&{hostile}&state={state}"));
        let page = attack.saw(browser.get(&address));
        let answer = query(&page.location);
        assert!(page.location.starts_with(REDIRECT), "{page:?}");
        assert_eq!((answer["error"].as_str(), answer["iss"].as_str()), (told, world.base()));
        assert_eq!(answer["state"], "client-state");
        assert!(!page.location.contains("alert") && !page.body.contains("alert"), "{page:?}");
    }
    // Without a state that is ours, the words of an error reach nobody.
    let page = Browser::default().get(&world.at(&format!("/callback?error=x&{hostile}")));
    assert!(!page.body.contains("alert"), "{page:?}");
    attack.refused(page, 400);
    attack.failed();
}

#[test]
fn attack_10_a_code_with_an_error_or_of_another_issuer_is_no_code() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let mut attack = Attack::default();
    let mut browser = Browser::default();
    let back = world.back(&mut browser, &client);
    let page = attack.saw(browser.get(&format!("{back}&error=access_denied")));
    let answer = query(&page.location);
    assert!(answer["error"] == "access_denied" && !answer.contains_key("code"), "{page:?}");
    let mut browser = Browser::default();
    let back = world.back(&mut browser, &client);
    attack.refused(browser.get(&format!("{back}&iss=https%3A%2F%2Fevil.example")), 400);
    attack.failed();
}
