//! The state key is replaced while people log in: on warm functions that know the old key only, on those that have just
//! started, and from one to the other.

use std::collections::BTreeMap;

use construct_front::schedule::{LIFE, Schedule};

use crate::login::{authorize, redeem};
use crate::support::{Browser, KEYS, World, query};

/// The doubles are where the local AWS would be.
const TIMES: Schedule = Schedule::LOCAL;
const NEW: &str = "QEECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A login at the pool's page.
struct UnderWay {
    client: String,
    jar: BTreeMap<String, String>,
    back: String,
}

fn begin(world: &World) -> UnderWay {
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(world);
    let agreed = browser.agree(&authorize(&client, &[]));
    let back = world.shared.pool.lock().unwrap().sign_in(agreed.location(), "ann");
    UnderWay { client, jar: browser.jar, back }
}

/// Comes back from the pool to one function, and for the tokens to another.
fn complete(login: UnderWay, worlds: [&World; 2]) {
    let mut browser = Browser::of(worlds[0]);
    browser.jar = login.jar;
    let seen = browser.get(&login.back);
    assert_eq!(seen.status, 303, "{seen:?}");
    let code = query(seen.location())["code"].clone();
    let tokens = redeem(worlds[1], &login.client, &code);
    assert_eq!(tokens.status, 200, "{tokens:?}");
}

fn rotate(world: &World) {
    let [old, _] = KEYS;
    *world.shared.state_keys.lock().unwrap() = Some((format!("{old} {NEW}"), world.now()));
}

#[test]
fn no_login_is_lost_while_the_key_is_replaced() {
    let warm = World::new();
    let before = [begin(&warm), begin(&warm)];
    rotate(&warm);
    let cold = warm.recycled();
    let [one, other] = before;
    complete(one, [&cold, &warm]);
    let mut late = vec![other];
    for second in 0..=TIMES.seals_after + 2 * TIMES.read_every {
        let ways = [(&warm, &cold), (&cold, &warm), (&cold, &cold), (&warm, &warm)];
        for (first, then) in ways {
            complete(begin(first), [then, first]);
        }
        if second % 3 == 0 {
            late.push(begin(&warm));
            late.push(begin(&cold));
        }
        warm.wait(1);
    }
    // The last moment of the first of them.
    warm.wait(LIFE - (TIMES.seals_after + 2 * TIMES.read_every) - 2);
    for login in late {
        complete(login, [&cold, &warm]);
    }
    warm.wait(TIMES.refused_after);
    complete(begin(&warm), [&cold, &warm]);
}

#[test]
fn a_signed_in_client_stays_signed_in() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let seen = Browser::of(&world).log_in(&authorize(&client, &[]), "ann");
    let code = query(seen.location())["code"].clone();
    let mut token = redeem(&world, &client, &code).json()["refresh_token"].clone();
    rotate(&world);
    for _ in 0..3 {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", token.as_str().unwrap()),
        ];
        let seen = world.form("/token", &form);
        assert_eq!(seen.status, 200, "{seen:?}");
        token = seen.json()["refresh_token"].clone();
        world.wait(TIMES.refused_after);
    }
}

#[test]
fn attack_7_a_state_of_another_s_key_is_refused() {
    let world = World::new();
    let keys = |keys: Option<&str>| {
        *world.shared.state_keys.lock().unwrap() = keys.map(|keys| (keys.to_owned(), 0));
    };
    // Whoever made this state knows all there is to know, but for the key.
    keys(Some(NEW));
    let forged = begin(&world.recycled());
    keys(None);
    let mut browser = Browser::of(&world);
    browser.jar.clone_from(&forged.jar);
    browser.get(&forged.back).assert_page(400);
    keys(Some(NEW));
    complete(forged, [&world.recycled(), &world.recycled()]);
}

#[test]
fn attack_7_a_code_of_a_retired_key_is_refused() {
    let world = World::new();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let mut browser = Browser::of(&world);
    let seen = browser.log_in(&authorize(&client, &[]), "ann");
    let code = query(seen.location())["code"].clone();
    // Written long ago: the old key is retired, though the code would be good for minutes.
    let [old, _] = KEYS;
    let written = world.now() - TIMES.refused_after;
    *world.shared.state_keys.lock().unwrap() = Some((format!("{old} {NEW}"), written));
    assert_eq!(redeem(&world.recycled(), &client, &code).status, 400);
    assert_eq!(
        redeem(&world, &client, &code).status,
        200,
        "it was good where nothing was replaced"
    );
}

#[test]
fn keys_that_cannot_be_read_again_serve_until_they_can() {
    let world = World::new();
    let login = begin(&world);
    world.down("parameters");
    rotate(&world);
    world.wait(TIMES.read_every);
    complete(login, [&world, &world]);
    world.shared.is_down.lock().unwrap().clear();
    world.wait(TIMES.read_every);
    complete(begin(&world), [&world, &world.recycled()]);
}
