//! Attack 26: every answer carries what protects it, also through the front door.

use super::super::visitor::{Browser, Page, send};
use super::world::{Attack, REDIRECT, VERIFIER, world};

/// The front door's limit of request line and headers together.
const MOST_HEAD: usize = 10_240;

#[track_caller]
fn assert_protected(page: &Page) {
    let header = |name: &str| page.headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header("x-content-type-options"), "nosniff", "{page:?}");
    assert_eq!(header("cache-control"), "no-store", "{page:?}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{page:?}");
    assert!(header("strict-transport-security").starts_with("max-age="), "{page:?}");
    assert!(!header("x-correlation-id").is_empty(), "{page:?}");
    if header("content-type").starts_with("text/html") {
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part}: {page:?}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY", "{page:?}");
        let handler =
            |rest: &str| rest.split_whitespace().next().is_some_and(|word| word.contains('='));
        assert!(!page.body.contains("<script"), "{page:?}");
        assert!(!page.body.split(" on").skip(1).any(handler), "{page:?}");
    }
    for cookie in page.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.split("; ").any(|one| one == attribute), "{cookie}");
        }
    }
}

#[test]
fn attack_26_every_page_and_every_error_carries_the_headers_that_protect_it() {
    let world = world();
    let mut attack = Attack::default();
    for (method, path) in [
        ("GET", "/health"),
        ("GET", "/authorize"),
        ("POST", "/authorize"),
        ("GET", "/callback"),
        ("POST", "/token"),
        ("POST", "/register"),
        ("GET", "/mcp"),
        ("POST", "/mcp"),
        ("GET", "/connect/x"),
        ("GET", "/connect/AAAAAAAAAAAAAAAAAAAAAA"),
        ("GET", "/connect/callback"),
        ("GET", "/oauth2/callback"),
        ("GET", "/.well-known/nothing"),
    ] {
        let page = attack.saw(send(method, &world.at(path), &[], "").0);
        assert_protected(&page);
    }
    attack.failed();
    let client = world.register(&[REDIRECT]);
    let mut browser = Browser::default();
    let asked = browser.get(&world.authorize(&client, &[]));
    assert_protected(&asked);
    let policy = asked.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://"), "{policy}");
    let agreed = browser.submit(&asked);
    assert_protected(&agreed);
    let back = browser.go(&agreed.location, &world.at("/callback")).address;
    assert_protected(&browser.get(&back));
}

#[test]
fn a34_no_step_of_a_login_comes_near_the_front_door_s_limit() {
    let world = world();
    // The largest registration that is taken, and the longest state.
    let longest = format!("https://client.example/{}", "x".repeat(350));
    let client = world.register(&[&longest]);
    let state = "s".repeat(1024);
    let address = world.authorize(&client, &[("redirect_uri", &longest), ("state", &state)]);
    let mut browser = Browser::default();
    let mut page = browser.get(&address);
    let mut steps = vec![address];
    while !page.location.starts_with("https://client.example/") {
        page = if page.location.is_empty() {
            browser.submit(&page)
        } else {
            browser.get(&page.next())
        };
        assert!(page.status < 400 && steps.len() < 20, "{page:?}");
        steps.push(page.address.clone());
    }
    steps.push(page.location.clone());
    let cookies: usize = browser.jar.values().flatten().map(|(n, v)| n.len() + v.len() + 2).sum();
    for step in steps {
        assert!(step.len() + cookies < MOST_HEAD / 2, "{} bytes: {step}", step.len() + cookies);
    }
    let tokens = world.tokens(&mut Browser::default()).1;
    let bearer = tokens["access_token"].as_str().unwrap().len() + VERIFIER.len();
    assert!(bearer < MOST_HEAD / 2, "{bearer} bytes");
}
