//! `construct rotate` while people log in: as a process, on a stack that is served, with functions that run.

use std::io::Write;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::login::{REDIRECT, Stack, call, link};
use super::project::{Ended, Project, Running, pause};
use super::visitor::{Browser, Client, form_of, send};

/// People who log in at the same time, one login after the other.
const PEOPLE: usize = 3;
/// How long a busy machine may take from a new key's writing to the first login that it seals.
const PATIENCE: Duration = Duration::from_mins(2);

/// Limits of routes are tried elsewhere.
const THROTTLE: &str = "\n[front.throttle]\nrate = 10000\nburst = 5000\n";

fn stack() -> Stack {
    let project = Project::starter();
    let text = project.read("construct.toml") + THROTTLE;
    project.write("construct.toml", &text);
    Stack::of(project)
}

/// The ids of the state keys, the oldest first, as sealed values bear them.
fn key_ids(stack: &Stack) -> Vec<Vec<u8>> {
    let port = stack.base().rsplit_once(':').unwrap().1;
    let credential = "Credential=ADA/20260101/us-west-2/ssm/aws4_request";
    let headers = [
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amz-target", "AmazonSSM.GetParameter".to_owned()),
        (
            "authorization",
            format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"),
        ),
    ];
    let input = json!({ "Name": "/construct/acme-tools/keys/state", "WithDecryption": true });
    let (page, _) =
        send("POST", &format!("http://127.0.0.1:{port}/"), &headers, &input.to_string());
    assert_eq!(page.status, 200, "{page:?}");
    let value = page.json()["Parameter"]["Value"].as_str().unwrap().to_owned();
    let id = |key: &str| {
        let key = BASE64_STANDARD.decode(key).unwrap();
        Sha256::digest([b"key id".as_slice(), &key].concat())[..4].to_vec()
    };
    value.split(' ').map(id).collect()
}

/// The state of an address of the pool's, or of one that the pool sends people back to.
fn state_of(address: &str) -> &str {
    address.split("state=").nth(1).expect(address).split('&').next().unwrap()
}

/// The id of the key that seals now.
fn sealing(stack: &Stack, client: &str) -> Vec<u8> {
    let mut browser = Browser::default();
    let page = browser.get(&stack.authorize(client, REDIRECT));
    let agreed = browser.submit(&page);
    assert_eq!(agreed.status, 303, "{agreed:?}");
    BASE64_URL_SAFE_NO_PAD.decode(state_of(&agreed.location)).unwrap()[1..5].to_vec()
}

/// Tokens for a refresh token.
fn refreshed(stack: &Stack, client: &str, tokens: &Value) -> Value {
    let form = form_of(&[
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ]);
    let kind = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    let (page, _) = send("POST", &format!("{}/token", stack.base()), &kind, &form);
    assert_eq!(page.status, 200, "{page:?}");
    page.json()
}

fn lists(stack: &Stack, tokens: &Value) {
    let client = Client::begin(stack.endpoint(), tokens["access_token"].as_str().unwrap());
    let listed = client.call("tools/list", &json!({})).json();
    assert!(listed["result"]["tools"].is_array(), "{listed}");
}

/// Whole logins, one after the other, until `over`: at the page, at the pool, back, a token, another one, and a list of
/// tools. How many there were.
fn log_in_until(stack: &Stack, over: &AtomicBool) -> usize {
    let client = stack.register();
    let mut count = 0;
    while !over.load(Ordering::SeqCst) {
        let tokens = stack.log_in(&mut Browser::default(), &client, REDIRECT);
        lists(stack, &refreshed(stack, &client, &tokens));
        count += 1;
    }
    count
}

fn rotate_secret(stack: &Stack, secret: &str) -> Ended {
    let mut command = stack.project.command("rotate provider github --local");
    Running::start(command.env("GITHUB_CLIENT_SECRET", secret)).wait()
}

/// What happens to those who are there, while others log in.
fn replace(stack: &Stack) {
    let client = stack.register();
    let mut browser = Browser::default();
    let mut tokens = stack.log_in(&mut browser, &client, REDIRECT);
    let tools = Client::begin(stack.endpoint(), tokens["access_token"].as_str().unwrap());
    // A consent that has come back from the vendor, and a login that has come back from the pool, wait in their browsers.
    let consent = browser.go(&link(&call(&tools)), &format!("{}/oauth2/callback", stack.base()));
    let mut slow = Browser::default();
    let callback = format!("{}/callback", stack.base());
    let login = slow.go(&stack.authorize(&client, REDIRECT), &callback);

    let before = key_ids(stack);
    assert_eq!((before.len(), &sealing(stack, &client)), (1, &before[0]));
    let told = stack.project.run("rotate state-key --local --json").with(0);
    assert!(told.out.contains("the new key seals in 8 seconds"), "{}", told.out);
    assert!(told.out.lines().last().unwrap().contains("run_finished"), "{}", told.out);
    let both = key_ids(stack);
    assert_eq!((both.len(), &both[0]), (2, &before[0]));
    let deadline = Instant::now() + PATIENCE;
    while sealing(stack, &client) != both[1] {
        assert!(Instant::now() < deadline, "the new key never sealed");
        pause(Duration::from_millis(200));
    }
    stack.project.run("rotate state-key --local").with(0).says("is being replaced already");
    assert_eq!(key_ids(stack), both);

    let end = slow.go(&login.address, REDIRECT);
    assert!(end.address.contains("code="), "a login of before is completed: {end:?}");
    let connected = browser.get(&consent.address);
    assert!(connected.body.contains("<h1>Connected</h1>"), "and a consent: {connected:?}");
    rotate_secret(stack, "another-secret").with(0).says("has its new secret");
    let answered = call(&tools);
    assert!(answered["result"]["content"].is_array(), "still consented: {answered}");
    for _ in 0..2 {
        tokens = refreshed(stack, &client, &tokens);
        lists(stack, &tokens);
    }

    // A state of a key that nobody has.
    let mut stranger = Browser::default();
    let back = stranger.go(&stack.authorize(&client, REDIRECT), &callback).address;
    let mut forged = BASE64_URL_SAFE_NO_PAD.decode(state_of(&back)).unwrap();
    forged[1] ^= 1;
    let forged = BASE64_URL_SAFE_NO_PAD.encode(forged);
    let page = stranger.get(&back.replace(state_of(&back), &forged));
    assert!(page.status == 400 && page.location.is_empty(), "{page:?}");
}

#[test]
fn no_login_fails_and_nobody_is_signed_out_while_key_and_secret_are_replaced() {
    let stack = stack();
    let over = AtomicBool::new(false);
    let counts = thread::scope(|scope| {
        let people: Vec<_> =
            (0..PEOPLE).map(|_| scope.spawn(|| log_in_until(&stack, &over))).collect();
        let replaced = scope.spawn(|| replace(&stack)).join();
        over.store(true, Ordering::SeqCst);
        let counts: Vec<_> = people.into_iter().map(thread::ScopedJoinHandle::join).collect();
        assert!(replaced.is_ok(), "see above");
        counts
    });
    // A login that fails ends its person's thread.
    assert!(counts.iter().all(|count| count.as_ref().is_ok_and(|count| *count > 0)), "{counts:?}");
    rotate_secret(&stack, "another-secret")
        .with(2)
        .says("holds the secret that github has already");
    stack.project.run("plan --local --check").with(0);
    stack.project.run("up --local --yes").with(0);
    stack.project.run("cleanup --local --yes --yes-destroy").with(0).says("nothing left");
}

#[test]
fn a_rotation_says_what_it_cannot_do() {
    let project = Project::starter();
    project.run("rotate").with(2);
    project.run("rotate state-key --local").with(2).says("has no state key");
    project.run("rotate id-key --local").with(2).says("does not rotate").says("`denied`");
    project.run("rotate provider gihub --local").with(2).says("did you mean github?");
    // On the local AWS nothing takes the place of a new secret.
    project
        .run("rotate provider github --local")
        .with(2)
        .says("GITHUB_CLIENT_SECRET is not set")
        .says("put the new one there");
    project.write("construct.toml", "[stack]\nname = 7\n");
    project.run("rotate state-key --local").with(3);
    assert!(!project.path(".construct").exists(), "nothing was begun");
}

#[cfg(target_os = "linux")]
/// Types a secret at the terminal until it is taken: what is typed before the terminal stops to show it is dropped.
fn typed(project: &Project, line: &str) -> Ended {
    let mut shell = project.shell(&format!("exec script -qec \"$construct {line}\" /dev/null"));
    let mut running =
        Running::start(shell.env("TERM", "xterm").env("SHELL", "/bin/sh").stdin(Stdio::piped()));
    let mut input = running.input();
    running.until("Secret");
    let typing = thread::spawn(move || {
        for _ in 0..200 {
            // Nobody reads any more once it has ended.
            if input.write_all(b"typed\r").is_err() {
                break;
            }
            pause(Duration::from_millis(100));
        }
    });
    let ended = running.wait();
    typing.join().unwrap();
    ended
}

#[cfg(target_os = "linux")]
#[test]
fn a_new_secret_is_asked_for() {
    if !super::terminal::can_make_terminals() {
        return;
    }
    let project = Project::starter();
    project.edit("construct.toml", "{ env = \"GITHUB_CLIENT_SECRET\" }", "{ prompt = \"Secret\" }");
    project.run("up --local --yes").with(0);
    let line = "rotate provider github --local";
    typed(&project, line).with(0).prints("has its new secret");
    project.run("plan --local --check").with(0);
    typed(&project, line).with(2).prints("has already");
}
