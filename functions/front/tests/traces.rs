//! Attack 25: what must stay secret is in no log line, whatever happened.

use serde_json::json;

use crate::elicitation::{SESSION, able, address, required};
use crate::login::{VERIFIER, authorize, redeem};
use crate::support::{Browser, KEYS, Reply, World, query};

#[test]
fn attack_25_no_line_holds_anything_that_somebody_could_use() {
    let world = World::new();
    let mut secrets: Vec<String> = KEYS.map(str::to_owned).to_vec();
    secrets.extend([
        "secret-access-key-canary".to_owned(),
        VERIFIER.to_owned(),
        SESSION.to_owned(),
    ]);

    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let address_of_client = authorize(&client, &[("state", "client-state-canary")]);
    let agreed = browser.agree(&address_of_client);
    secrets.extend(query(agreed.location()).remove("state"));
    secrets.extend(browser.jar.values().cloned());
    let back = world.shared.pool.lock().unwrap().sign_in(agreed.location(), "ann");
    secrets.extend(query(&back).remove("code"));
    let seen = browser.get(&back);
    let code = query(seen.location())["code"].clone();
    let tokens = redeem(&world, &client, &code);
    for name in ["access_token", "refresh_token"] {
        secrets.push(tokens.json()[name].as_str().unwrap().to_owned());
    }
    redeem(&world, &client, &code);
    browser.get(&back);
    secrets.extend([client, code, "client-state-canary".to_owned()]);

    world.answer_with(Reply::json(200, &required(&[address(SESSION)])));
    secrets.push(world.token("ann"));
    let link = able(&world, "ann").json();
    let link = link["error"]["data"]["elicitations"][0]["url"].as_str().unwrap().to_owned();
    secrets.push(link.rsplit('/').next().unwrap().to_owned());
    let sign_in = browser.get(&link);
    let back = world.shared.pool.lock().unwrap().sign_in(sign_in.location(), "ann");
    browser.get(&back);
    secrets.extend(browser.jar.values().cloned());
    browser.get(&format!("/oauth2/callback?session_id={SESSION}"));
    Browser::of(&world).get(&format!("/oauth2/callback?session_id={SESSION}"));
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    world.call("header-canary.payload-canary.signature-canary", json!({}), &list);
    secrets.push("-canary".to_owned());
    world.down("CompleteResourceTokenAuth");

    let log = world.log();
    assert!(log.lines().count() > 15, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        assert_eq!(line["correlation_id"], "req-1");
        assert!(line["event"].is_string() && line["level"].is_string());
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
    }
}
