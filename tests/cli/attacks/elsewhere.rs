//! Attacks with what another deployment gave, upstreams that never answer, and floods: what needs a stack of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::project::pause;
use super::super::visitor::{Browser, send};
use super::world::{Attack, FORM, MALLORY, REDIRECT, World, elsewhere, narrow, post, world};

#[test]
fn attack_7_attack_11_a_state_of_another_deployment_is_none() {
    let (world, other) = (world(), elsewhere());
    let mut attack = Attack::default();
    for (from, to) in [(&world, &other), (&other, &world)] {
        let mut browser = Browser::of(MALLORY);
        let back = from.back(&mut browser, &from.register(&[REDIRECT]));
        let host = |world: &World| world.base().split_once("://").unwrap().1.to_owned();
        // The other deployment's pool, with a cookie that it would take.
        let jar = browser.jar[&host(from)].clone();
        browser.jar.insert(host(to), jar);
        attack.refused(browser.get(&back.replace(from.base(), to.base())), 400);
        let ours = to.back(&mut browser, &to.register(&[REDIRECT]));
        let (before, _) = ours.split_once("&state=").unwrap();
        let foreign = back.split_once("&state=").unwrap().1;
        attack.refused(browser.get(&format!("{before}&state={foreign}")), 400);
    }
    attack.failed();
}

#[test]
fn attack_11_attack_18_what_another_deployment_gave_is_good_for_nothing_here() {
    let (world, other) = (world(), elsewhere());
    let (client, tokens) = other.tokens(&mut Browser::of(MALLORY));
    let text = |name: &str| tokens[name].as_str().unwrap();
    let code = other.code(&mut Browser::of(MALLORY), &client);
    let own = world.register(&["http://127.0.0.1/callback"]);
    let mut attack = Attack::default();
    let page = attack.saw(world.mcp(Some(&format!("Bearer {}", text("access_token"))), &[]));
    assert_eq!(page.status, 401, "{page:?}");
    attack.refused(Browser::default().get(&world.authorize(&client, &[])), 400);
    attack.told(world.redeem(&own, &code, &[]), "invalid_grant");
    attack.told(world.redeem(&client, &code, &[]), "invalid_grant");
    let changes = [("grant_type", "refresh_token"), ("refresh_token", text("refresh_token"))];
    attack.told(world.redeem(&own, &code, &changes), "invalid_grant");
    attack.failed();
}

/// A gateway that behaves as told, and what reached it.
struct Upstream {
    address: String,
    heads: Receiver<String>,
}

impl Upstream {
    /// Answers every request with `start`, then repeats `rest` for ever; an empty `rest` stalls, unless `start` says that it
    /// closes the connection.
    fn start(start: &str, rest: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/mcp", listener.local_addr().unwrap());
        let (told, heads) = channel();
        let start = start.to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, start) = (told.clone(), start.clone());
                std::thread::spawn(move || {
                    drop(answer(stream, &start, rest, |head| told.send(head).is_ok()));
                });
            }
        });
        Self { address, heads }
    }
}

fn answer(
    stream: TcpStream,
    start: &str,
    rest: &str,
    told: impl Fn(String) -> bool,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    told(head);
    let mut stream = stream;
    stream.write_all(start.as_bytes())?;
    if start.contains("connection: close") {
        // What is not read when a connection is closed would take the answer with it.
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        std::io::copy(&mut reader, &mut std::io::sink())?;
        return Ok(());
    }
    // Until the other side closes the connection: longer than anybody waits.
    for _ in 0..400 {
        stream.write_all(rest.as_bytes())?;
        if rest.len() < 1000 {
            pause(Duration::from_millis(50));
        }
    }
    Ok(())
}

/// Puts another gateway behind the running function, and gives it three seconds for an answer.
fn put_behind(world: &World, gateway: &str) {
    let name = "acme-tools-mcp-proxy";
    let address =
        format!("http://{}/2015-03-31/functions/{name}/configuration", world.served.address());
    let scope = "Credential=ADA/20260101/us-west-2/lambda/aws4_request";
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")),
    ];
    let mut variables: Value =
        send("GET", &address, &headers, "").0.json()["Environment"]["Variables"].clone();
    assert!(variables["GATEWAY_URL"].is_string(), "{variables}");
    variables["GATEWAY_URL"] = json!(gateway);
    let change = json!({ "Environment": { "Variables": variables }, "Timeout": 3 }).to_string();
    let deadline = Instant::now() + Duration::from_secs(20);
    // A change is refused while the one before it settles.
    while send("PUT", &address, &headers, &change).0.status != 200 {
        assert!(Instant::now() < deadline, "the function takes no change");
        pause(Duration::from_millis(50));
    }
}

/// Who has put another gateway behind the function; one at a time.
static GATEWAY: Mutex<()> = Mutex::new(());

#[test]
fn a16_a17_a19_attack_23_an_upstream_that_does_not_end_is_ended_in_time() {
    let world = elsewhere();
    let (_, tokens) = world.tokens(&mut Browser::of(MALLORY));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let long: &str = Box::leak("x".repeat(64 * 1024).into_boxed_str());
    let nobody = {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/mcp", closed.local_addr().unwrap())
    };
    let _turn = GATEWAY.lock().unwrap_or_else(PoisonError::into_inner);
    for (what, start, rest, statuses) in [
        ("says nothing", "", "", [504, 504]),
        ("stalls in a stream", stream, "", [504, 504]),
        ("pings for ever", stream, ": ping\n\n", [504, 504]),
        ("has an event without an end", stream, long, [502, 504]),
        (
            "has a document without an end",
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
            long,
            [502, 504],
        ),
        ("is not there", "", "", [502, 502]),
    ] {
        let upstream = Upstream::start(start, rest);
        let address = if what == "is not there" { &nobody } else { &upstream.address };
        put_behind(&world, address);
        let started = Instant::now();
        let page = world.mcp(Some(&bearer), &[]);
        assert!(started.elapsed() < Duration::from_secs(12), "{what}: {:?}", started.elapsed());
        assert!(statuses.contains(&page.status), "{what}: {page:?}");
        let error = page.json();
        assert_eq!(
            (&error["id"], &error["jsonrpc"]),
            (&json!(1), &json!("2.0")),
            "{what}: {page:?}"
        );
        assert!(error["error"]["data"]["correlation_id"].is_string(), "{what}: {page:?}");
        assert!(!page.body.contains("127.0.0.1"), "{what}: {page:?}");
    }
}

#[test]
fn a18_attack_22_a_token_follows_no_redirect_and_no_header_of_the_caller_s() {
    let world = elsewhere();
    let (_, tokens) = world.tokens(&mut Browser::of(MALLORY));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let evil = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = evil.local_addr().unwrap();
    let _turn = GATEWAY.lock().unwrap_or_else(PoisonError::into_inner);
    let head = format!(
        "HTTP/1.1 307 X\r\nlocation: http://{there}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let upstream = Upstream::start(&head, "");
    put_behind(&world, &upstream.address);
    let page = world.mcp(
        Some(&bearer),
        &[
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "host=evil.example"),
            ("cookie", "evil=1"),
            ("connection", "authorization"),
            ("traceparent", "00-kept"),
        ],
    );
    assert_eq!(page.status, 307, "{page:?}");
    evil.set_nonblocking(true).unwrap();
    assert!(evil.accept().is_err(), "the token was taken along");
    let heads: Vec<String> = upstream.heads.try_iter().map(|head| head.to_lowercase()).collect();
    let sent = heads.iter().find(|head| head.starts_with("post ")).expect("the call arrived");
    assert!(sent.starts_with("post /mcp http/1.1"), "{sent}");
    assert!(
        sent.contains("authorization: bearer ") && sent.contains("traceparent: 00-kept"),
        "{sent}"
    );
    assert!(!sent.contains("evil"), "{sent}");
}

#[test]
fn a28_attack_27_a_flood_is_turned_away_and_the_tools_go_on() {
    let world = narrow();
    let (_, tokens) = world.tokens(&mut Browser::of(MALLORY));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    for (path, kind) in [("/register", "application/json"), ("/token", FORM)] {
        let started = Instant::now();
        let pages: Vec<_> = (0..40).map(|_| post(&world.at(path), kind, "x")).collect();
        let refused: Vec<_> = pages.iter().filter(|page| page.status == 429).collect();
        // A burst of six, and one more for each second that it took.
        let seconds = usize::try_from(started.elapsed().as_secs()).unwrap();
        assert!(refused.len() >= 40 - 6 - 1 - seconds, "{path}: {} of 40", refused.len());
        for page in refused {
            assert!(page.body.contains("Too Many Requests"), "{page:?}");
        }
    }
    assert_eq!(world.mcp(Some(&bearer), &[]).status, 200, "the tools are another route");
}
