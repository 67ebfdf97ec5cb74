//! Third-party consent: the way that is meant, and every way that is not. Each attack ends without a completed session.

use serde_json::{Value, json};

use crate::elicitation::{SESSION, able, address, required};
use crate::support::{BASE, Browser, Reply, Seen, World, query};

/// A link for `subject`, as their client gets it.
fn link(world: &World, subject: &str) -> String {
    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    let seen = able(world, subject).json();
    seen["error"]["data"]["elicitations"][0]["url"].as_str().unwrap().to_owned()
}

/// Opens a link and signs in. What comes after the sign-in.
fn open(world: &World, browser: &mut Browser<'_>, link: &str, subject: &str) -> Seen {
    let seen = browser.get(link);
    assert_eq!(seen.status, 303, "{seen:?}");
    let back = world.shared.pool.lock().unwrap().sign_in(seen.location(), subject);
    assert!(back.starts_with(&format!("{BASE}/connect/callback?")));
    browser.get(&back)
}

#[test]
fn a_person_who_is_signed_in_as_somebody_else_can_change_that() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut browser = Browser::of(&world);
    let refused = open(&world, &mut browser, &link, "bob");
    refused.assert_page(403);
    let again = format!("{link}?account=other");
    assert!(refused.body.contains(again.strip_prefix(BASE).unwrap()), "{}", refused.body);
    let seen = browser.get(&again);
    assert_eq!(query(seen.location())["prompt"], "login");
    assert_eq!(query(browser.get(&link).location()).get("prompt"), None);
    assert_eq!(open(&world, &mut browser, &again, "ann").location(), address(SESSION));
}

fn callback() -> String {
    format!("/oauth2/callback?session_id={}", construct_front::http::encode(SESSION))
}

fn completed(world: &World) -> Vec<(String, String)> {
    world.shared.completed.lock().unwrap().clone()
}

fn stage(world: &World) -> Value {
    let table = world.shared.table.lock().unwrap();
    let item = table.items.values().next().unwrap();
    assert_eq!(
        item.contains_key("token"),
        matches!(item["stage"]["S"].as_str(), Some("open" | "started"))
    );
    item["stage"]["S"].clone()
}

#[test]
fn a_person_connects_with_the_token_that_asked() {
    let world = World::new();
    let token = world.token("ann");
    let link = link(&world, "ann");
    world.wait(60);
    let mut browser = Browser::of(&world);
    let seen = open(&world, &mut browser, &link, "ann");
    assert_eq!((seen.status, seen.location()), (303, address(SESSION).as_str()));
    assert_eq!(stage(&world), "started");
    let done = browser.get(&callback());
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.body.contains("<h1>Connected</h1>"));
    assert_eq!(completed(&world), [(token, SESSION.to_owned())]);
    assert_eq!(stage(&world), "done");
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
}

#[test]
fn the_sign_in_asks_who_it_is_and_for_nothing_else() {
    let world = World::new();
    let seen = Browser::of(&world).get(&link(&world, "ann"));
    let asked = query(seen.location());
    assert_eq!((asked["scope"].as_str(), asked.contains_key("nonce")), ("openid", true));
    assert_eq!(asked["redirect_uri"], format!("{BASE}/connect/callback"));
    assert!(!seen.location().contains("request_uri"), "nobody sees the real address yet");
}

#[test]
fn a5_attack_24_a_link_of_somebody_else_leads_nowhere() {
    let world = World::new();
    let link = link(&world, "mallory");
    let mut victim = Browser::of(&world);
    let seen = open(&world, &mut victim, &link, "ann");
    seen.assert_page(403);
    assert!(!seen.body.contains("request_uri"));
    assert_eq!(stage(&world), "open");
    assert!(victim.jar.keys().all(|name| !name.starts_with("__Host-consent")));
}

#[test]
fn a5_the_real_address_handed_on_burns_the_session_at_the_victim_s_callback() {
    let world = World::new();
    let link = link(&world, "mallory");
    // The attacker passes the check himself, keeps his cookie, and sends the real address to a victim.
    let mut attacker = Browser::of(&world);
    let real = open(&world, &mut attacker, &link, "mallory");
    assert_eq!(real.location(), address(SESSION));
    Browser::of(&world).get(&callback()).assert_page(400);
    assert_eq!(stage(&world), "burned");
    // And comes back with his own cookie after the victim has consented.
    attacker.get(&callback()).assert_page(400);
    attacker.get(&link).assert_page(400);
    assert_eq!(completed(&world), []);
}

#[test]
fn a5_the_same_with_a_victim_who_has_a_consent_of_her_own_under_way() {
    let world = World::new();
    let link = link(&world, "mallory");
    let other = "urn:ietf:params:oauth:request_uri:hers";
    world.answer_with(Reply::json(200, &required(&[address(other)])));
    let hers = able(&world, "ann").json();
    let hers = hers["error"]["data"]["elicitations"][0]["url"].as_str().unwrap().to_owned();
    let mut victim = Browser::of(&world);
    assert_eq!(open(&world, &mut victim, &hers, "ann").location(), address(other));
    let mut attacker = Browser::of(&world);
    open(&world, &mut attacker, &link, "mallory");
    // Her cookie, under the name of his.
    let (name, value) = victim.jar.iter().next().map(|(n, v)| (n.clone(), v.clone())).unwrap();
    let (wanted, _) = attacker.jar.iter().next().unwrap();
    victim.jar.insert(wanted.clone(), value);
    victim.get(&callback()).assert_page(400);
    attacker.get(&callback()).assert_page(400);
    assert_eq!(completed(&world), []);
    // Hers is not disturbed.
    assert!(victim.jar.contains_key(&name));
    let own = format!("/oauth2/callback?session_id={other}");
    assert_eq!(victim.get(&own).status, 200);
    assert_eq!(completed(&world).len(), 1);
}

#[test]
fn a_callback_before_anybody_was_checked_burns_the_session() {
    let world = World::new();
    let link = link(&world, "ann");
    Browser::of(&world).get(&callback()).assert_page(400);
    assert_eq!(stage(&world), "burned");
    Browser::of(&world).get(&link).assert_page(400);
}

#[test]
fn a_burned_session_is_not_opened_anew() {
    let world = World::new();
    link(&world, "ann");
    Browser::of(&world).get(&callback()).assert_page(400);
    let again = link(&world, "ann");
    assert_eq!(stage(&world), "burned");
    Browser::of(&world).get(&again).assert_page(400);
}

#[test]
fn a7_attack_24_a_session_is_completed_once() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut browser = Browser::of(&world);
    open(&world, &mut browser, &link, "ann");
    let jar = browser.jar.clone();
    assert_eq!(browser.get(&callback()).status, 200);
    browser.jar = jar;
    browser.get(&callback()).assert_page(400);
    browser.get(&link).assert_page(400);
    assert_eq!(completed(&world).len(), 1);
}

#[test]
fn attack_24_a_link_opened_twice_by_its_own_person_still_works() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut first = Browser::of(&world);
    open(&world, &mut first, &link, "ann");
    let mut second = Browser::of(&world);
    assert_eq!(open(&world, &mut second, &link, "ann").status, 303);
    assert_eq!(second.get(&callback()).status, 200);
    assert_eq!(completed(&world).len(), 1);
}

#[test]
fn attack_24_a_session_is_over_after_ten_minutes_whatever_the_table_still_has() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut browser = Browser::of(&world);
    open(&world, &mut browser, &link, "ann");
    world.wait(600);
    browser.get(&callback()).assert_page(400);
    browser.get(&link).assert_page(400);
    assert_eq!(completed(&world), []);
}

#[test]
fn a27_attack_24_what_is_no_session_of_ours_is_a_page() {
    let world = World::new();
    link(&world, "ann");
    for address in [
        "/oauth2/callback".to_owned(),
        "/oauth2/callback?session_id=".to_owned(),
        "/oauth2/callback?session_id=x".to_owned(),
        format!("{}x", callback()),
        format!("{}&session_id=other", callback()),
        "/oauth2/callback?session_id=urn:ietf:params:oauth:request_uri:%3Cscript%3E".to_owned(),
        "/connect/x".to_owned(),
        "/connect/AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "/connect/../oauth2/callback".to_owned(),
        "/connect/callback".to_owned(),
        "/connect/callback?code=x&state=y".to_owned(),
    ] {
        let seen = Browser::of(&world).get(&address);
        seen.assert_page(400);
        assert!(!seen.body.contains("<script"));
    }
    assert_eq!(stage(&world), "open");
}

#[test]
fn a_sign_in_belongs_to_the_browser_that_opened_the_link() {
    let world = World::new();
    let link = link(&world, "mallory");
    let seen = Browser::of(&world).get(&link);
    let back = world.shared.pool.lock().unwrap().sign_in(seen.location(), "mallory");
    let mut victim = Browser::of(&world);
    victim.get(&link);
    victim.get(&back).assert_page(400);
    assert_eq!(stage(&world), "open");
}

#[test]
fn a_state_of_a_login_is_no_state_of_a_consent() {
    let world = World::new();
    let link = link(&world, "ann");
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let login = browser.agree(&crate::login::authorize(&client, &[]));
    let back = world.shared.pool.lock().unwrap().sign_in(login.location(), "ann");
    browser.get(&back.replace("/callback?", "/connect/callback?")).assert_page(400);
    let seen = browser.get(&link);
    let back = world.shared.pool.lock().unwrap().sign_in(seen.location(), "ann");
    browser.get(&back.replace("/connect/callback?", "/callback?")).assert_page(400);
}

#[test]
fn a_consent_that_agentcore_does_not_complete_is_told() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut browser = Browser::of(&world);
    open(&world, &mut browser, &link, "ann");
    world.down("CompleteResourceTokenAuth");
    let seen = browser.get(&callback());
    seen.assert_page(502);
    assert!(!seen.body.contains("InternalFailure"));
}

#[test]
fn a_consent_that_is_declined_ends_the_session() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut browser = Browser::of(&world);
    open(&world, &mut browser, &link, "ann");
    let declined = browser.get(&format!("{}&error=access_denied", callback()));
    assert_eq!(declined.status, 200, "{declined:?}");
    assert!(declined.body.contains("<h1>Not connected</h1>"), "{}", declined.body);
    assert_eq!(stage(&world), "done");
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    browser.get(&callback()).assert_page(400);
    assert_eq!(completed(&world), []);
}

#[test]
fn a_decline_in_another_browser_burns_the_session() {
    let world = World::new();
    let link = link(&world, "ann");
    open(&world, &mut Browser::of(&world), &link, "ann");
    let declined = format!("{}&error=access_denied", callback());
    Browser::of(&world).get(&declined).assert_page(400);
    assert_eq!(stage(&world), "burned");
}

#[test]
fn a8_no_route_takes_a_token_for_anybody() {
    let world = World::new();
    for path in ["/connect/userIdentifier/token", "/oauth2/userIdentifier/token"] {
        let body = json!({ "user_token": "x" }).to_string();
        let seen = world.send("POST", path, json!({ "content-type": "application/json" }), &body);
        assert!((404..=405).contains(&seen.status), "{seen:?}");
    }
}

#[test]
fn a6_two_sandboxes_share_what_they_know() {
    let world = World::new();
    let link = link(&world, "ann");
    let mut browser = Browser::of(&world);
    open(&world, &mut browser, &link, "ann");
    let recycled = world.recycled();
    let mut same = Browser::of(&recycled);
    same.jar = browser.jar.clone();
    assert_eq!(same.get(&callback()).status, 200);
    assert_eq!(completed(&world).len(), 1);
}
