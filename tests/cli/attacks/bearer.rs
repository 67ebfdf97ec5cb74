//! Attacks on `/mcp`, with tokens that the pool really signed, against its real key set and gateway.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

use super::super::visitor::{Browser, Page, form_of, send};
use super::world::{Attack, FORM, VERIFIER, World, post, query, world};

/// A challenge of our own, and nothing from the gateway.
#[track_caller]
fn assert_challenged(world: &World, page: &Page) {
    assert_eq!(page.status, 401, "{page:?}");
    let metadata = world.at("/.well-known/oauth-protected-resource/mcp");
    let body = page.json();
    assert_eq!(
        (&body["error"], &body["resource_metadata"]),
        (&json!("invalid_token"), &json!(metadata))
    );
    // API Gateway renames the header, and so does the local one.
    let challenge = ["www-authenticate", "x-amzn-remapped-www-authenticate"]
        .into_iter()
        .find_map(|name| page.headers.get(name))
        .expect("a challenge");
    assert!(challenge.to_str().unwrap().contains(&format!("resource_metadata=\"{metadata}\"")));
    assert!(page.body.len() < 1000 && !page.body.contains("jsonrpc"), "{page:?}");
}

fn access(world: &World) -> String {
    world.tokens(&mut Browser::default()).1["access_token"].as_str().unwrap().to_owned()
}

/// Tokens that the pool gives for our client without us: somebody has taken its id from an address.
fn straight_from_the_pool(world: &World) -> Value {
    let mut browser = Browser::default();
    let agreed = world.agreed(&mut browser, &world.register(&["http://127.0.0.1/callback"]));
    let asked = query(&agreed);
    let (pool, client) = (agreed.split("/oauth2/").next().unwrap(), &asked["client_id"]);
    let callback = world.at("/callback");
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let asked = form_of(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", &callback),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let back = browser.go(&format!("{pool}/oauth2/authorize?{asked}"), &callback).address;
    let form = form_of(&[
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", &query(&back)["code"]),
        ("redirect_uri", &callback),
        ("code_verifier", VERIFIER),
    ]);
    let given = post(&format!("{pool}/oauth2/token"), FORM, &form);
    assert_eq!(given.status, 200, "{given:?}");
    given.json()
}

#[test]
fn a13_a25_attack_18_without_one_good_bearer_there_is_a_challenge() {
    let world = world();
    let token = access(&world);
    let mut attack = Attack::default();
    assert_challenged(&world, &attack.saw(world.mcp(None, &[])));
    for value in [
        "",
        "Bearer",
        "Bearer ",
        &token,
        &format!("Basic {}", BASE64_STANDARD.encode(&token)),
        &format!("Bearer {token}, Bearer {token}"),
        &format!("Bearer {token} {token}"),
        &format!("Bearer {token}x"),
        &format!("Bearer {}", "x".repeat(7000)),
    ] {
        assert_challenged(&world, &attack.saw(world.mcp(Some(value), &[])));
    }
    // Two headers, of which one would do.
    let twice = world.mcp(Some(&format!("Bearer {token}")), &[("authorization", "Bearer x")]);
    assert_challenged(&world, &attack.saw(twice));
    let in_query = send("POST", &format!("{}?access_token={token}", world.endpoint()), &[], "{}").0;
    assert_challenged(&world, &attack.saw(in_query));
    let form = form_of(&[("access_token", &token)]);
    assert_challenged(&world, &attack.post(world.endpoint(), FORM, &form));
    attack.failed();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let page = world.mcp(Some(&format!("{scheme} {token}")), &[]);
        assert_eq!(page.status, 200, "{page:?}");
    }
}

#[test]
fn a26_attack_18_a_token_is_an_access_token_of_this_pool_for_our_client() {
    let world = world();
    let good = access(&world);
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let pieces: Vec<&str> = good.split('.').collect();
    let decoded = |at: usize| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(pieces[at]).unwrap()).unwrap()
    };
    let (header, claims) = (decoded(0), decoded(1));
    let with = |name: &str, value: Value| {
        let mut changed = header.clone();
        changed[name] = value;
        changed
    };
    // HMAC with the public key, which everybody has.
    let keys: Value = {
        let issuer = claims["iss"].as_str().unwrap();
        let pool = issuer.rsplit('/').next().unwrap();
        let address = format!("http://{}/{pool}/.well-known/jwks.json", world.served.address());
        send("GET", &address, &[], "").0.json()
    };
    let modulus = keys["keys"][0]["n"].as_str().unwrap();
    let signed = format!("{}.{}", part(&with("alg", json!("HS256"))), pieces[1]);
    let tag = hmac(&BASE64_URL_SAFE_NO_PAD.decode(modulus).unwrap(), signed.as_bytes());
    let confused = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag));
    let mut elevated = claims.clone();
    elevated["sub"] = json!("somebody-else");
    let straight = straight_from_the_pool(&world);
    let mut attack = Attack::default();
    for token in [
        straight["id_token"].as_str().unwrap().to_owned(),
        format!("{}.{}.", part(&with("alg", json!("none"))), pieces[1]),
        format!("{}.{}.{}", part(&with("alg", json!("none"))), pieces[1], pieces[2]),
        confused,
        format!("{}.{}.{}", pieces[0], part(&elevated), pieces[2]),
        format!("{}.{}.{}", part(&with("kid", json!("../../etc/passwd"))), pieces[1], pieces[2]),
        format!(
            "{}.{}.{}",
            part(&with("jku", json!("https://evil.example/keys"))),
            pieces[1],
            pieces[2]
        ),
        format!("{}.{}", pieces[0], pieces[1]),
        format!("{good}.{}", pieces[2]),
    ] {
        assert_challenged(&world, &attack.saw(world.mcp(Some(&format!("Bearer {token}")), &[])));
    }
    // A token of our client without our scope is told which it lacks.
    let openid = format!("Bearer {}", straight["access_token"].as_str().unwrap());
    let page = attack.saw(world.mcp(Some(&openid), &[]));
    assert_eq!((page.status, page.json()["error"].as_str()), (403, Some("insufficient_scope")));
    // A program of the same pool, with our scope, that nobody has let in.
    let scope = page.json()["scope"].as_str().unwrap().to_owned();
    assert_challenged(&world, &attack.saw(world.mcp(Some(&other_client(&world, &scope)), &[])));
    attack.failed();
    assert_eq!(world.mcp(Some(&format!("Bearer {good}")), &[]).status, 200);
}

/// HMAC with SHA-256 (RFC 2104), of a key that is longer than a block.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = Sha256::digest(key).to_vec();
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let inner = Sha256::digest([&pad(0x36)[..], message].concat());
    Sha256::digest([&pad(0x5c)[..], &inner].concat()).to_vec()
}

/// The bearer of a client that somebody else made in the same pool.
fn other_client(world: &World, scope: &str) -> String {
    let made = world.cognito(
        "CreateUserPoolClient",
        json!({
            "ClientName": "somebody-else", "GenerateSecret": true,
            "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthScopes": [scope],
        }),
    );
    let text = |name: &str| made["UserPoolClient"][name].as_str().unwrap().to_owned();
    let basic = BASE64_STANDARD.encode(format!("{}:{}", text("ClientId"), text("ClientSecret")));
    let headers = [("content-type", FORM.to_owned()), ("authorization", format!("Basic {basic}"))];
    let form = form_of(&[("grant_type", "client_credentials"), ("scope", scope)]);
    let given = send("POST", &format!("{}/oauth2/token", world.sign_in()), &headers, &form).0;
    assert_eq!(given.status, 200, "{given:?}");
    format!("Bearer {}", given.json()["access_token"].as_str().unwrap())
}

#[test]
fn attack_18_a_flood_of_unknown_keys_holds_nobody_up() {
    let world = world();
    let good = format!("Bearer {}", access(&world));
    let rest = good.split_once('.').unwrap().1;
    let mut attack = Attack::default();
    let started = Instant::now();
    for number in 0..100 {
        let header = json!({ "alg": "RS256", "kid": format!("unknown-{number}") }).to_string();
        let token = format!("Bearer {}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header));
        assert_challenged(&world, &attack.saw(world.mcp(Some(&token), &[])));
    }
    attack.failed();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(world.mcp(Some(&good), &[]).status, 200);
}

#[test]
fn a13_attack_19_a_challenge_names_us_whatever_the_request_says() {
    let world = world();
    let mut attack = Attack::default();
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-server", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "https://evil.example/mcp"),
        ("x-host", "evil.example"),
    ] {
        let page = attack.saw(world.mcp(None, &[(name, value)]));
        assert_challenged(&world, &page);
        assert!(!format!("{page:?}").contains("evil"), "{page:?}");
    }
    attack.failed();
    for host in ["evil.example", "localhost.evil.example", "evil.example:80"] {
        let answer = world.raw(&format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        ));
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(!answer.to_lowercase().contains("resource_metadata=\"http://evil"), "{answer}");
    }
}

#[test]
fn a14_a23_attack_20_the_documents_are_ours_whatever_the_request_says() {
    let world = world();
    for kind in ["oauth-authorization-server", "oauth-protected-resource"] {
        let root = world.at(&format!("/.well-known/{kind}"));
        let (plain, _) = send("GET", &root, &[], "");
        assert_eq!(plain.status, 200, "{plain:?}");
        assert_eq!(plain.body, send("GET", &format!("{root}/mcp"), &[], "").0.body);
        assert_eq!(send("GET", &format!("{root}/other"), &[], "").0.status, 404);
        for (name, value) in [
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "ftp"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "host=evil.example"),
        ] {
            let (spoofed, _) = send("GET", &root, &[(name, value.to_owned())], "");
            assert_eq!(spoofed.body, plain.body, "{name}");
        }
        // The stage's name in front, and a host that is not ours.
        for (path, host) in [("/$default", "localhost"), ("", "evil.example")] {
            let answer = world.raw(&format!(
                "GET {path}/.well-known/{kind} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ));
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
        let document = plain.json();
        let named =
            if kind.ends_with("server") { &document["issuer"] } else { &document["resource"] };
        let own = if kind.ends_with("server") { world.base() } else { world.endpoint() };
        assert_eq!(named, own, "byte for byte what clients are given");
    }
    assert_eq!(send("GET", &world.at("/.well-known/openid-configuration"), &[], "").0.status, 404);
}

#[test]
fn a12_attack_21_no_page_elsewhere_calls_or_reads_anything() {
    let world = world();
    let bearer = format!("Bearer {}", access(&world));
    let mut attack = Attack::default();
    for origin in
        ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1"]
    {
        let page = attack.saw(world.mcp(Some(&bearer), &[("origin", origin)]));
        assert_eq!(page.status, 403, "{page:?}");
    }
    let origin = [
        ("origin", "https://evil.example".to_owned()),
        ("access-control-request-method", "POST".to_owned()),
        ("access-control-request-headers", "authorization".to_owned()),
    ];
    for path in ["/authorize", "/token", "/register", "/callback", "/mcp", "/connect/callback"] {
        for method in ["OPTIONS", "GET", "POST"] {
            let page = attack.saw(send(method, &world.at(path), &origin, "").0);
            for name in ["access-control-allow-origin", "access-control-allow-credentials"] {
                assert!(!page.headers.contains_key(name), "{method} {path}: {page:?}");
            }
        }
    }
    attack.failed();
    let own = world.mcp(Some(&bearer), &[("origin", world.base())]);
    assert_eq!(own.status, 200, "{own:?}");
}

#[test]
fn a15_attack_22_nothing_but_the_one_upstream_is_reached() {
    let world = world();
    let bearer = format!("Bearer {}", access(&world));
    for path in [
        "/",
        "/mcp/mcp",
        "/mcp/",
        "/mcp/../gateway/x/mcp",
        "/latest/meta-data",
        "/userIdentifier/token",
        "/ping",
        "/%2e%2e/mcp",
    ] {
        for method in ["GET", "POST"] {
            let headers = [("authorization", bearer.clone())];
            let (page, _) = send(method, &world.at(path), &headers, "{}");
            assert_eq!(page.status, 404, "{method} {path}: {page:?}");
        }
    }
    let page = send("GET", world.endpoint(), &[("authorization", bearer)], "").0;
    assert_eq!(page.status, 405, "no stream is held open: {page:?}");
}

#[test]
fn attack_22_headers_are_smuggled_past_nobody() {
    let world = world();
    let bearer = format!("Bearer {}", access(&world));
    // The header says something else than the body: the gateway's to refuse, and what it says arrives.
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "x", "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        } },
    });
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
        ("authorization", bearer.clone()),
        ("mcp-protocol-version", "2026-07-28".to_owned()),
        ("mcp-method", "tools/list".to_owned()),
    ];
    let page = send("POST", world.endpoint(), &headers, &body.to_string()).0;
    assert_eq!(page.status, 400, "{page:?}");
    assert!(page.json()["error"]["code"].is_i64(), "{page:?}");
    // A hop's own headers cannot take the token away or put another in.
    for value in ["authorization", "close, authorization, mcp-session-id"] {
        let page = world.mcp(Some(&bearer), &[("connection", value)]);
        assert_eq!(page.status, 200, "{page:?}");
    }
    // What HTTP itself forbids reaches no function.
    let host = world.base().split_once("://").unwrap().1;
    let list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
    for broken in [
        "Authorization: Bearer x\r\nContent-Length: 5\r\nContent-Length: 46",
        "Content-Length: 46\r\nTransfer-Encoding: chunked",
        "Authorization : Bearer x\r\nContent-Length: 46",
        "X-Test: a\0b\r\nContent-Length: 46",
        "X-Test: a\rAuthorization: Bearer x\r\nContent-Length: 46",
    ] {
        let answer = world.raw(&format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{broken}\r\n\r\n{list}"
        ));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{broken}: {answer}");
        assert!(!answer.contains("\"result\""), "{broken}: {answer}");
    }
}

#[test]
fn a33_a_client_needs_no_version_header_and_keeps_its_own() {
    let world = world();
    let bearer = format!("Bearer {}", access(&world));
    for version in [None, Some("2025-06-18"), Some("2025-11-25")] {
        let headers: Vec<(&str, &str)> =
            version.iter().map(|value| ("mcp-protocol-version", *value)).collect();
        let page = world.mcp(Some(&bearer), &headers);
        assert!(
            page.status == 200 && page.json()["result"]["tools"].is_array(),
            "{version:?}: {page:?}"
        );
    }
    let page = world.mcp(Some(&bearer), &[("mcp-protocol-version", "1999-01-01")]);
    assert_eq!(page.status, 400, "its own is never overridden: {page:?}");
}
