//! Attacks on `/authorize`: whatever is asked for, nobody is sent to an address that its client has not registered.

use super::super::visitor::{Browser, form_of};
use super::world::{Attack, EVIL, MALLORY, REDIRECT, query, world};

#[test]
fn a1_attack_1_a_redirect_uri_that_is_not_registered_is_a_page() {
    let world = world();
    let client = world.register(&[REDIRECT, "https://good.example/cb?a=1"]);
    let mut attack = Attack::default();
    for uri in [
        EVIL,
        "",
        "http://127.0.0.1:39999/callback/",
        "http://127.0.0.1:39999/callbackx",
        "http://127.0.0.1:39999/call",
        "http://127.0.0.1:39999/Callback",
        "http://127.0.0.1:39999/x/../callback",
        "http://127.0.0.1:39999/x/%2e%2e/callback",
        "http://127.0.0.1:39999/callback?next=https://evil.example",
        "http://127.0.0.1:39999/callback#https://evil.example",
        "https://good.example/cb",
        "https://good.example/cb?a=1&b=2",
        "https://good.example.evil.example/cb?a=1",
        "https://evil.good.example/cb?a=1",
        "https://GOOD.example/cb?a=1",
        "https://good.example:8443/cb?a=1",
        "http://good.example/cb?a=1",
    ] {
        let address = world.authorize(&client, &[("redirect_uri", uri)]);
        attack.refused(Browser::default().get(&address), 400);
        // The pool's own client, and one that nobody knows.
        for id in [world.config["cognito"]["client_id"].as_str().unwrap_or("unknown"), "unknown"] {
            let page = Browser::default().get(&world.authorize(id, &[("redirect_uri", uri)]));
            attack.refused(page, 400);
        }
    }
    attack.failed();
    let page = Browser::default().get(&world.authorize(&client, &[]));
    assert_eq!(page.status, 200, "what is registered is asked about: {page:?}");
}

#[test]
fn a1_the_pool_itself_sends_nobody_to_anybody_but_us() {
    let world = world();
    let agreed = world.agreed(&mut Browser::default(), &world.register(&[REDIRECT]));
    let own = query(&agreed)["redirect_uri"].clone();
    assert_eq!(own, world.at("/callback"));
    let mut attack = Attack::default();
    let (page, request) = agreed.split_once('?').unwrap();
    assert!(request.contains("&redirect_uri="), "{agreed}");
    for uri in [EVIL, REDIRECT, &format!("{own}/"), &format!("{own}?next={EVIL}")] {
        let others = request.split('&').filter(|pair| !pair.starts_with("redirect_uri="));
        let others = others.collect::<Vec<_>>().join("&");
        let page = attack.get(&format!("{page}?{others}&{}", form_of(&[("redirect_uri", uri)])));
        assert_eq!((page.status, page.location.as_str()), (400, ""), "{uri}");
    }
    attack.failed();
}

#[test]
fn attack_2_only_the_port_of_a_loopback_address_is_free() {
    let world = world();
    let client = world.register(&["http://127.0.0.1/callback", "http://localhost/callback"]);
    let mut attack = Attack::default();
    for uri in [
        "http://127.0.0.1:39999/other",
        "https://127.0.0.1:39999/callback",
        "http://localhost.evil.example:39999/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1.nip.io/callback",
        "http://127.1/callback",
        "http://0x7f.1/callback",
        "http://2130706433/callback",
        "http://0177.0.0.1/callback",
        "http://[::ffff:127.0.0.1]/callback",
        "http://[::1]/callback",
        "http://0.0.0.0/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://127.0.0.1:39999@evil.example/callback",
    ] {
        let address = world.authorize(&client, &[("redirect_uri", uri)]);
        attack.refused(Browser::default().get(&address), 400);
    }
    attack.failed();
    for port in [1, 39_998, 65_535] {
        let uri = format!("http://127.0.0.1:{port}/callback");
        let page = Browser::default().get(&world.authorize(&client, &[("redirect_uri", &uri)]));
        assert_eq!(page.status, 200, "any port is the person's own: {uri}");
    }
}

#[test]
fn attack_3_what_two_programs_read_differently_leads_nowhere() {
    let world = world();
    let client = world.register(&["http://localhost/callback"]);
    let mut attack = Attack::default();
    for uri in [
        "http://localhost\\@evil.example/callback",
        "http://localhost\\.evil.example/callback",
        "http://localhost\t.evil.example/callback",
        "http://localhost\n.evil.example/callback",
        "http://localhost\0.evil.example/callback",
        "http://localhost/callback\r\nset-cookie: a=b",
        "http:\\\\evil.example/callback",
        "\thttp://localhost/callback",
        "javascript:alert(document.cookie)//localhost/callback",
        "data:text/html,<script>alert(1)</script>",
    ] {
        let address = world.authorize(&client, &[("redirect_uri", uri)]);
        attack.refused(Browser::default().get(&address), 400);
    }
    attack.failed();
}

#[test]
fn attack_3_no_value_becomes_a_header() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let mut attack = Attack::default();
    let hostile =
        "x\r\nset-cookie: planted=1\r\nlocation: https://elsewhere.example/\r\n\r\n<script>";
    for name in ["state", "scope", "response_type", "error", "error_description", "nonce"] {
        let changes = [(name, hostile), ("code_challenge_method", "plain")];
        let page = attack.get(&world.authorize(&client, &changes));
        assert_eq!(page.status, 303, "{page:?}");
        assert!(page.location.starts_with(REDIRECT), "{page:?}");
        assert!(!page.headers.contains_key("set-cookie"), "{page:?}");
        let location = &page.location;
        assert!(!location.contains(['\r', '\n', '<', ' ']), "{location}");
        if name == "state" {
            assert_eq!(query(location)["state"], hostile, "it comes back as it was");
        }
    }
    // Line breaks in the request itself, before any decoding.
    for target in ["/authorize?state=x%0d%0aset-cookie:%20planted=1", "/%0d%0aset-cookie:planted=1"]
    {
        let answer = world
            .raw(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(!head.contains("planted"), "{head}");
    }
    attack.failed();
}

#[test]
fn attack_4_what_is_given_twice_is_not_chosen_from() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let plain = world.authorize(&client, &[]);
    let mut attack = Attack::default();
    for twice in [("redirect_uri", EVIL), ("redirect_uri", REDIRECT), ("client_id", "other")] {
        let pair = form_of(&[twice]);
        attack.refused(Browser::default().get(&format!("{plain}&{pair}")), 400);
        let before = plain.replacen('?', &format!("?{pair}&"), 1);
        attack.refused(Browser::default().get(&before), 400);
        // Another spelling of the same name.
        let spelled = pair.replacen("redirect", "%72edirect", 1).replacen("client", "%63lient", 1);
        attack.refused(Browser::default().get(&format!("{plain}&{spelled}")), 400);
    }
    for twice in
        ["resource=https://evil.example/mcp", "scope=x&scope=y", "code_challenge=y", "state=y"]
    {
        let page = attack.get(&format!("{plain}&{twice}"));
        assert!(
            page.location.starts_with(&format!("{REDIRECT}?error=invalid_request&")),
            "{page:?}"
        );
    }
    attack.failed();
}

#[test]
fn a3_attack_5_there_is_no_code_without_a_challenge() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let mut attack = Attack::default();
    for change in [
        [("code_challenge", ""), ("code_challenge_method", "")],
        [("code_challenge", ""), ("code_challenge_method", "S256")],
        [
            ("code_challenge_method", "plain"),
            ("code_challenge", "a-verifier-of-forty-three-characters-or-more"),
        ],
        [
            ("code_challenge_method", ""),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ],
        [
            ("code_challenge_method", "s256"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ],
        [
            ("code_challenge_method", "S256"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMx"),
        ],
        [
            ("code_challenge_method", "S256"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="),
        ],
        [("code_challenge_method", "S256"), ("code_challenge", "short")],
    ] {
        let page = attack.get(&world.authorize(&client, &change));
        assert!(
            page.location.starts_with(&format!("{REDIRECT}?error=invalid_request&")),
            "{page:?}"
        );
        assert!(!query(&page.location).contains_key("code"), "{page:?}");
    }
    attack.failed();
}

#[test]
fn attack_12_no_other_parameter_or_path_leads_anywhere() {
    let world = world();
    let mut attack = Attack::default();
    for path in ["/authorize", "/callback", "/connect/callback", "/oauth2/callback"] {
        for name in ["logout_uri", "RelayState", "post_login", "return_to", "redirect_uri", "next"]
        {
            for uri in [EVIL, "//evil.example", "/\\evil.example"] {
                let address = world.at(&format!("{path}?{}", form_of(&[(name, uri)])));
                attack.refused(Browser::default().get(&address), 400);
            }
        }
    }
    for path in [
        "//evil.example",
        "/\\evil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/.evil.example",
        "/authorize/..//evil.example",
        "/connect//evil.example",
        "/connect/%2f%2fevil.example",
        "/connect/..%2f..%2fevil.example",
        "https://evil.example/authorize",
        "/mcp/../authorize?redirect_uri=https://evil.example",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            host(world.base())
        );
        let answer = world.raw(&request);
        let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 4"), "{path}: {head}");
        assert!(!head.contains("location:"), "{path}: {head}");
    }
    attack.failed();
}

fn host(origin: &str) -> &str {
    origin.split_once("://").unwrap().1
}

#[test]
fn attack_13_more_than_our_scopes_is_never_granted() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let own = world.agreed(&mut Browser::default(), &client);
    let own = query(&own)["scope"].clone();
    let many = "x/y ".repeat(200);
    for asked in [
        "openid email phone profile aws.cognito.signin.user.admin",
        "other/invoke",
        "offline_access *",
        &format!("{own} {own}2"),
        &own.to_uppercase(),
        "mcp/\u{456}nvoke",
        &many,
    ] {
        let mut browser = Browser::of(MALLORY);
        let page = browser.get(&world.authorize(&client, &[("scope", asked)]));
        let sent = browser.submit(&page);
        assert_eq!(query(&sent.location)["scope"], own, "{asked}");
        // The pool does not let the attacker ask for more by himself, either.
        let grabbed = sent.location.replace(
            &form_of(&[("scope", own.as_str())]),
            &form_of(&[("scope", "aws.cognito.signin.user.admin")]),
        );
        let mut attack = Attack::default();
        let page = attack.get(&grabbed);
        assert!(page.location.contains("error=invalid_scope") || page.status == 400, "{page:?}");
        attack.failed();
    }
}

#[test]
fn a24_attack_14_a_resource_of_somebody_else_is_an_invalid_target() {
    let world = world();
    let client = world.register(&[REDIRECT]);
    let own = world.endpoint().to_owned();
    let mut attack = Attack::default();
    for resource in [
        "https://evil.example/mcp".to_owned(),
        own.replace("/mcp", "/other"),
        own.replace("/mcp", ""),
        own.replace("/mcp", "/MCP"),
        format!("{own}#x"),
        format!("{own}//"),
        format!("{own}?x=1"),
        format!("[\"{own}\"]"),
        own.replace("localhost", "localhost.evil.example"),
        own.replace("localhost", "127.0.0.1"),
    ] {
        let page = attack.get(&world.authorize(&client, &[("resource", &resource)]));
        assert!(
            page.location.starts_with(&format!("{REDIRECT}?error=invalid_target&")),
            "{page:?}"
        );
    }
    attack.failed();
}
