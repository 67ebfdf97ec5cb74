//! Attacks on the login's consent page, and on third-party consent with AgentCore's own sessions and vault: whose account
//! ends up in whose vault.

use serde_json::{Value, json};

use super::super::visitor::{Browser, Client, Page, form_of, send};
use super::world::{Attack, CAROL, EVIL, FORM, MALLORY, World, query, world};

/// A client with a person's token, and the browser in which that person signed in.
fn client(world: &World, mut browser: Browser) -> (Client, Browser) {
    let (_, tokens) = world.tokens(&mut browser);
    (Client::begin(world.endpoint(), tokens["access_token"].as_str().unwrap()), browser)
}

/// Calls a tool of GitHub's.
fn tool(client: &Client) -> Value {
    client
        .call("tools/call", &json!({ "name": "github___getAuthenticatedUser", "arguments": {} }))
        .json()
}

/// The link that a tool's answer asks a person to open.
#[track_caller]
fn link(answer: &Value) -> String {
    assert_eq!(answer["error"]["code"], -32042, "{answer}");
    answer["error"]["data"]["elicitations"][0]["url"].as_str().unwrap().to_owned()
}

/// The address of AgentCore's that a link leads its own person to.
fn real(world: &World, browser: &mut Browser, link: &str) -> String {
    assert!(link.starts_with(&world.at("/connect/")), "{link}");
    browser.go(link, "http://identity.localhost").address
}

fn completes(world: &World) -> String {
    world.at("/oauth2/callback")
}

#[test]
fn attack_8_somebody_who_is_signed_in_is_asked_before_a_strange_client_gets_anything() {
    let world = world();
    let mut victim = Browser::default();
    // The pool knows her browser: from now on it signs her in without a question.
    world.tokens(&mut victim);
    let his = world.register(&["https://attacker.example/callback"]);
    let address = world.authorize(&his, &[("redirect_uri", "https://attacker.example/callback")]);
    let page = victim.get(&address);
    assert_eq!((page.status, page.location.as_str()), (200, ""), "{page:?}");
    assert!(page.body.contains("attacker.example"), "the host is named: {page:?}");
    let cookies: Vec<_> =
        page.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    assert!(cookies.iter().all(|cookie| cookie.starts_with("__Host-csrf=")), "{cookies:?}");
    let host = world.base().split_once("://").unwrap().1;
    assert!(victim.jar[host].keys().all(|name| !name.contains("login-")), "{:?}", victim.jar);
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert!(page.headers[name].to_str().unwrap().contains(value), "{name}: {page:?}");
    }
    // He has no form of hers: one of his own, none, and one led there by his site.
    let mut attacker = Browser::of(MALLORY);
    let own = attacker.get(&address);
    let request = hidden(&own.body, "request");
    let form = form_of(&[("request", request.as_str()), ("decision", "allow")]);
    let decide = world.at("/authorize");
    let mut attack = Attack::default();
    attack.refused(victim.send("POST", &decide, &form), 400);
    attack.refused(Browser::default().send("POST", &decide, &form), 400);
    attack.refused(victim.send("POST", &decide, "decision=allow"), 400);
    attack.refused(victim.send("POST", &decide, "request=x&decision=allow"), 400);
    attack.refused(victim.send("POST", &decide, &format!("{form}&{form}")), 400);
    let jar: Vec<String> = victim.jar[host].iter().map(|(n, v)| format!("{n}={v}")).collect();
    let hers =
        form_of(&[("request", hidden(&page.body, "request").as_str()), ("decision", "allow")]);
    for site in ["cross-site", "same-site", "none"] {
        let headers = [
            ("content-type", FORM.to_owned()),
            ("cookie", jar.join("; ")),
            ("sec-fetch-site", site.to_owned()),
        ];
        attack.refused(send("POST", &decide, &headers, &hers).0, 400);
    }
    attack.failed();
}

#[test]
fn attack_9_an_agreement_is_for_one_request_of_one_client() {
    let world = world();
    let mut browser = Browser::default();
    let (first, _) = world.tokens(&mut browser);
    let second = world.register(&["http://127.0.0.1/callback", EVIL]);
    let mut attack = Attack::default();
    for address in [
        world.authorize(&first, &[]),
        world.authorize(&second, &[]),
        world.authorize(&second, &[("redirect_uri", EVIL)]),
    ] {
        let page = attack.saw(browser.get(&address));
        assert_eq!((page.status, page.location.as_str()), (200, ""), "asked again: {page:?}");
    }
    attack.failed();
}

#[test]
fn a5_attack_24_a_link_that_somebody_else_opens_leads_nowhere() {
    let world = world();
    let (his, _) = client(&world, Browser::of(MALLORY));
    let asked = link(&tool(&his));
    let mut victim = Browser::default();
    let page = victim.go(&asked, "http://identity.localhost");
    assert_eq!(page.status, 403, "{page:?}");
    let mut attack = Attack::default();
    attack.refused(page.clone(), 403);
    attack.failed();
    assert!(
        !page.body.contains("request_uri") && !page.body.contains("identity.localhost"),
        "{page:?}"
    );
    link(&tool(&his));
}

#[test]
fn a5_the_real_address_handed_on_burns_the_session_at_the_victim_s_callback() {
    let world = world();
    let (his, mut attacker) = client(&world, Browser::of(MALLORY));
    let asked = link(&tool(&his));
    // He passes the check himself, keeps his cookie, and sends the real address to a victim.
    let address = real(&world, &mut attacker, &asked);
    let mut victim = Browser::default();
    let back = victim.go(&address, &completes(&world)).address;
    assert!(query(&back)["session_id"].starts_with("urn:"), "the victim has consented: {back}");
    let mut attack = Attack::default();
    attack.refused(victim.get(&back), 400);
    // And he comes back with his own cookie.
    attack.refused(attacker.get(&back), 400);
    attack.refused(attacker.get(&asked), 400);
    attack.failed();
    link(&tool(&his));
}

#[test]
fn a5_his_cookie_first_is_no_way_round_it() {
    let world = world();
    let (his, mut attacker) = client(&world, Browser::of(MALLORY));
    let asked = link(&tool(&his));
    let address = real(&world, &mut attacker, &asked);
    let session = query(&address)["request_uri"].clone();
    // He comes back before the victim has consented at all: the session is used up, and not completed.
    let early = format!("{}?{}", completes(&world), form_of(&[("session_id", &session)]));
    let page = attacker.get(&early);
    assert_ne!(page.status, 200, "{page:?}");
    let victim = Browser::default().go(&address, &completes(&world));
    let mut attack = Attack::default();
    if victim.address.starts_with(&completes(&world)) {
        attack.refused(attacker.get(&victim.address), 400);
    } else {
        attack.saw(victim);
    }
    attack.failed();
    link(&tool(&his));
}

#[test]
fn a5_a_victim_s_own_consent_is_not_turned_into_his() {
    let world = world();
    let (his, mut attacker) = client(&world, Browser::of(MALLORY));
    let (hers, mut victim) = client(&world, Browser::default());
    let (his_link, her_link) = (link(&tool(&his)), link(&tool(&hers)));
    let his_address = real(&world, &mut attacker, &his_link);
    let her_address = real(&world, &mut victim, &her_link);
    // Her browser has a consent under way, and its cookie; his session is put under it.
    let back = victim.clone().go(&his_address, &completes(&world)).address;
    let host = world.base().split_once("://").unwrap().1.to_owned();
    let consents = |browser: &Browser| {
        let jar = browser.jar[&host].iter();
        jar.filter(|(n, _)| n.contains("consent-"))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect::<Vec<_>>()
    };
    let (wanted, given) = (consents(&attacker), consents(&victim));
    let mut mixed = victim.clone();
    mixed.jar.get_mut(&host).unwrap().insert(wanted[0].0.clone(), given[0].1.clone());
    let mut attack = Attack::default();
    attack.refused(mixed.get(&back), 400);
    attack.refused(attacker.get(&back), 400);
    attack.failed();
    link(&tool(&his));
    // Hers is not disturbed, and is used once.
    let back = victim.go(&her_address, &completes(&world)).address;
    let again = victim.clone();
    assert!(victim.get(&back).body.contains("<h1>Connected</h1>"));
    assert!(tool(&hers)["result"]["content"].is_array());
    let mut attack = Attack::default();
    for mut browser in [again, victim] {
        attack.refused(browser.get(&back), 400);
        attack.refused(browser.get(&her_link), 400);
    }
    attack.failed();
}

#[test]
fn a27_attack_24_what_is_no_session_of_ours_is_a_page_that_repeats_nothing() {
    let world = world();
    let (his, _) = client(&world, Browser::of(MALLORY));
    let asked = link(&tool(&his));
    let handle = asked.rsplit('/').next().unwrap();
    let mut attack = Attack::default();
    for at in 0..handle.len() {
        let mut changed = handle.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        // The last character has bits that count for nothing.
        if at + 1 < handle.len() {
            let changed = String::from_utf8(changed).unwrap();
            attack.refused(Browser::default().get(&world.at(&format!("/connect/{changed}"))), 400);
        }
    }
    for session in [
        "",
        "<script>alert(1)</script>",
        "urn:ietf:params:oauth:request_uri:",
        "urn:ietf:params:oauth:request_uri:unknown",
        "urn:ietf:params:oauth:request_uri:<b>",
        &format!("urn:ietf:params:oauth:request_uri:{}", "a".repeat(1025)),
    ] {
        let address = format!("{}?{}", completes(&world), form_of(&[("session_id", session)]));
        let page = Browser::of(MALLORY).get(&address);
        assert!(!page.body.contains("<b>") && !page.body.contains("<script"), "{page:?}");
        attack.refused(page, 400);
    }
    attack.failed();
}

#[test]
fn a5_a8_no_route_takes_a_token_and_no_address_carries_one() {
    let world = world();
    let (client, mut browser) = client(&world, Browser::of(MALLORY));
    let mut attack = Attack::default();
    for path in [
        "/userIdentifier/token",
        "/connect/userIdentifier/token",
        "/oauth2/userIdentifier/token",
        "/oauth2/callback",
    ] {
        let body = json!({ "user_token": client.token }).to_string();
        let page = attack.post(&world.at(path), "application/json", &body);
        assert!((404..=405).contains(&page.status), "{page:?}");
    }
    attack.failed();
    let asked = link(&tool(&client));
    let mut steps: Vec<Page> = vec![browser.get(&asked)];
    while let Some(page) = steps.last().filter(|page| matches!(page.status, 302 | 303)) {
        if page.location.contains("/oauth2/callback") || steps.len() > 12 {
            break;
        }
        let next = page.next();
        steps.push(browser.get(&next));
    }
    for page in &steps {
        assert!(!page.address.contains(&client.token) && !page.location.contains(&client.token));
        assert!(!page.body.contains(&client.token), "{}", page.address);
    }
    assert!(steps.len() > 2, "{steps:?}");
}

#[test]
fn a6_a7_another_process_of_the_function_knows_the_session_and_keeps_no_token_of_it() {
    let world = world();
    let (client, mut browser) = client(&world, Browser::of(CAROL));
    let asked = link(&tool(&client));
    // Many at once, so that more than one process answers.
    let pages: Vec<Page> = std::thread::scope(|scope| {
        let asked = &asked;
        let opened: Vec<_> =
            (0..8).map(|_| scope.spawn(move || Browser::of(CAROL).get(asked))).collect();
        opened.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(pages.iter().all(|page| page.status == 303), "{pages:?}");
    let kept = world.session(&asked);
    assert!(kept["token"]["S"].is_string() && !kept.to_string().contains(&client.token), "sealed");
    let done = browser.go(&asked, "nowhere");
    assert!(done.body.contains("<h1>Connected</h1>"), "{done:?}");
    assert_eq!(world.session(&asked).get("token"), None, "erased with its use");
    let mut attack = Attack::default();
    attack.refused(browser.get(&asked), 400);
    attack.failed();
    assert!(tool(&client)["result"]["content"].is_array());
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    page.split(&start).nth(1).expect(page).split('"').next().unwrap().to_owned()
}
