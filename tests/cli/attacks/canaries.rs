//! Attack 25: secrets that would be recognised anywhere go in at every place, and are looked for in everything that comes
//! out: what the program prints, what functions log, every file and every page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::project::{Project, Running};
use super::super::visitor::{Browser, Client, PASSWORD, PERSON, Page, form_of};
use super::world::{EVIL, FORM, World, post, query};

/// Made up, and recognised even in part.
const SECRETS: [(&str, &str); 4] = [
    ("GITHUB_CLIENT_ID", "canary-id-github-51c0ffee"),
    ("GITHUB_CLIENT_SECRET", "canary-secret-github-7f3a9c41"),
    ("ATLASSIAN_CLIENT_ID", "canary-id-atlassian-51c0ffee"),
    ("ATLASSIAN_CLIENT_SECRET", "canary-secret-atlassian-0b5e1d77"),
];
const FIRST_PASSWORD: &str = "Canary-Password-8d2f6b03!";

/// What is looked for, by what it is.
#[derive(Default)]
struct Canaries(BTreeMap<String, String>);

impl Canaries {
    fn add(&mut self, what: &str, secret: &str) {
        let Self(all) = self;
        // Shorter ones would be found by chance.
        assert!(secret.len() >= 12, "{what} is too short to be recognised: {secret}");
        all.insert(format!("{what} {}", all.len()), secret.to_owned());
    }

    /// Nothing of them is in `text`.
    #[track_caller]
    fn are_not_in(&self, place: &str, text: &str) {
        let Self(all) = self;
        for (what, secret) in all {
            assert!(!text.contains(secret.as_str()), "the {what} is in {place}");
        }
    }
}

/// A run of the program with every secret in its environment, and all that it prints.
fn run(project: &Project, line: &str) -> String {
    let mut command = project.command(line);
    command.envs(SECRETS).env("FIRST_USER_PASSWORD", FIRST_PASSWORD);
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    let ended = Running::start(&mut command).wait();
    assert!(matches!(ended.code, Some(0 | 3 | 4)), "{line}: {}", ended.err);
    format!("$ construct {line}\n{}{}", ended.out, ended.err)
}

/// What a person's browser is shown and sent to, step by step.
fn walk(browser: &mut Browser, address: &str, end: &str, canaries: &mut Canaries) -> Vec<Page> {
    let mut pages = vec![browser.get(address)];
    for _ in 0..20 {
        let page = pages.last().unwrap();
        for cookie in page.headers.get_all("set-cookie") {
            let value =
                cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap().1;
            if value.len() > 11 {
                canaries.add("cookie", value);
            }
        }
        let next = if matches!(page.status, 302 | 303) {
            let next = page.next();
            for (name, value) in next.contains('?').then(|| query(&next)).into_iter().flatten() {
                if matches!(&*name, "code" | "state" | "request_uri" | "session_id" | "nonce")
                    && value.len() > 11
                {
                    canaries.add(&name, &value);
                }
            }
            if next.starts_with(end) {
                pages.push(Page { address: next, ..pages.last().unwrap().clone() });
                return pages;
            }
            browser.get(&next)
        } else if page.body.contains("<form") {
            let page = page.clone();
            browser.submit(&page)
        } else {
            return pages;
        };
        pages.push(next);
    }
    panic!("the way has no end: {pages:?}");
}

/// What the log of a function says of one request, as `Invoke` gives it with the answer.
fn logged(
    world: &World,
    function: &str,
    (method, target): (&str, &str),
    headers: &Value,
    body: &str,
) -> String {
    use base64::Engine as _;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let event = json!({
        "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers,
        "cookies": ["__Host-csrf=cookie-canary-1b2c3d4e"], "body": body, "isBase64Encoded": false,
        "requestContext": { "requestId": "canary-run", "http": { "method": method } },
    });
    let address = format!(
        "http://{}/2015-03-31/functions/acme-tools-{function}/invocations",
        world.served.address()
    );
    let scope = "Credential=ADA/20260101/us-west-2/lambda/aws4_request";
    let headers = [
        ("x-amz-log-type", "Tail".to_owned()),
        ("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")),
    ];
    let (page, _) = super::super::visitor::send("POST", &address, &headers, &event.to_string());
    let tail = page.headers["x-amz-log-result"].to_str().unwrap();
    let log = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(tail).unwrap()).unwrap();
    assert!(log.contains("canary-run"), "the request is in the log: {log}");
    log
}

#[test]
fn attack_25_no_canary_is_in_any_log_file_page_or_event() {
    let project = Project::starter();
    let manifest = project.read("construct.toml");
    let first = "[cognito]\nfirst_user = { email = \"first@example.com\", password = { env = \"FIRST_USER_PASSWORD\" } }\n";
    project.write("construct.toml", &format!("{manifest}\n{first}"));
    let mut canaries = Canaries::default();
    for (name, value) in SECRETS.into_iter().filter(|(name, _)| name.ends_with("SECRET")) {
        canaries.add(name, value);
    }
    canaries.add("password", FIRST_PASSWORD);
    canaries.add("password", PASSWORD);
    let mut printed: Vec<String> =
        ["plan --local --json", "up --local --yes --json --timings", "up --local --yes --timings"]
            .map(|line| run(&project, line))
            .to_vec();
    let world = World::serve_with(project, "--record calls.jsonl");
    world.make_person(PERSON);
    let pages = use_it(&world, &mut canaries);
    for line in ["status --local --json", "plan --local --json --check", "up --local --yes --json"]
    {
        printed.push(run(&world.project, line));
    }
    let files =
        |project: &Project| -> Vec<(PathBuf, Vec<u8>)> { project.copied().into_iter().collect() };
    let served = files(&world.project);
    assert!(served.iter().any(|(path, _)| path.ends_with("config.json")));
    check_files(&canaries, &served);
    #[cfg(unix)]
    check_modes(&world.project);
    let World { project, served, .. } = world;
    let ended = served.interrupt();
    printed.push(format!("$ construct local\n{}{}", ended.out, ended.err));
    // Events that are given to a function by hand are recorded as they are, so that these are not.
    let world = World::serve_with(project, "");
    let logs = probe(&world, &mut canaries);
    let World { project, served, .. } = world;
    let ended = served.interrupt();
    printed.push(format!("$ construct local, again\n{}{}", ended.out, ended.err));
    printed.push(run(&project, "cleanup --local --yes --yes-destroy --json"));
    for text in &printed {
        canaries.are_not_in(text.lines().next().unwrap(), text);
    }
    for log in logs {
        canaries.are_not_in("a function's log", &log);
    }
    for page in &pages {
        check_page(&canaries, page);
    }
    check_files(&canaries, &files(&project));
    let left = project.read(".local-aws/state.json");
    canaries.are_not_in("what a cleanup leaves", &left);
}

/// A login, a consent and calls, with errors on the way. What the functions answered.
fn use_it(world: &World, canaries: &mut Canaries) -> Vec<Page> {
    let mut browser = Browser::default();
    let client = world.register(&["http://127.0.0.1/callback"]);
    let address = world.authorize(&client, &[("state", "client-state-canary-2f9e")]);
    canaries.add("client's state", "client-state-canary-2f9e");
    let mut pages = walk(&mut browser, &address, super::world::REDIRECT, canaries);
    let code = query(&pages.last().unwrap().address)["code"].clone();
    let given = world.redeem(&client, &code, &[]);
    for name in ["access_token", "refresh_token"] {
        canaries.add(name, given.json()[name].as_str().unwrap());
    }
    canaries.add("verifier", super::world::VERIFIER);
    pages.push(world.redeem(&client, &code, &[]));
    pages.push(world.redeem(&client, "x", &[("redirect_uri", EVIL)]));
    let caller = Client::begin(world.endpoint(), given.json()["access_token"].as_str().unwrap());
    let call = || {
        caller.call(
            "tools/call",
            &json!({ "name": "github___getAuthenticatedUser", "arguments": {} }),
        )
    };
    let link =
        call().json()["error"]["data"]["elicitations"][0]["url"].as_str().unwrap().to_owned();
    pages.extend(walk(&mut browser, &link, "nowhere", canaries));
    assert!(pages.last().unwrap().body.contains("<h1>Connected</h1>"), "{:?}", pages.last());
    pages.push(call());
    pages.push(caller.call("tools/call", &json!({ "name": "nothing___at_all", "arguments": {} })));
    pages.push(world.mcp(Some("Bearer header-canary.payload-canary.signature-canary"), &[]));
    pages.push(post(&world.at("/token"), FORM, &form_of(&[("grant_type", "x"), ("code", &code)])));
    pages
}

/// Requests with a canary in every place, sent past the front door. What was logged.
fn probe(world: &World, canaries: &mut Canaries) -> Vec<String> {
    let planted = "planted-canary-6e1f0a92";
    canaries.add("planted value", planted);
    canaries.add("planted cookie", "cookie-canary-1b2c3d4e");
    let form = form_of(&[
        ("grant_type", "authorization_code"),
        ("client_id", planted),
        ("code", planted),
        ("redirect_uri", "http://127.0.0.1:1/"),
        ("code_verifier", planted),
        ("refresh_token", planted),
        ("request", planted),
        ("decision", "allow"),
    ]);
    let kind = json!({ "content-type": FORM });
    let bearer = json!({ "authorization": format!("Bearer {planted}.{planted}.{planted}") });
    let all = form_of(
        &["client_id", "state", "code", "scope", "session_id", "error_description"]
            .map(|name| (name, planted)),
    );
    let requests = [
        ("mcp-proxy", ("GET", format!("/authorize?{all}")), &kind, ""),
        ("mcp-proxy", ("POST", "/authorize".to_owned()), &kind, &*form),
        ("mcp-proxy", ("GET", format!("/callback?{all}")), &kind, ""),
        ("mcp-proxy", ("POST", "/token".to_owned()), &kind, &*form),
        ("mcp-proxy", ("POST", "/register".to_owned()), &kind, &*form),
        ("mcp-proxy", ("POST", format!("/mcp?{all}")), &bearer, planted),
        ("mcp-proxy", ("GET", format!("/{planted}?{all}")), &bearer, ""),
        ("oauth-callback", ("GET", format!("/connect/{planted}")), &kind, ""),
        ("oauth-callback", ("GET", format!("/connect/callback?{all}")), &kind, ""),
        ("oauth-callback", ("GET", format!("/oauth2/callback?{all}")), &kind, ""),
    ];
    requests
        .into_iter()
        .map(|(function, (method, target), headers, body)| {
            logged(world, function, (method, &target), headers, body)
        })
        .collect()
}

/// A page may repeat to a person what is theirs in this step, and nothing else: no secret of the stack's, no token.
fn check_page(canaries: &Canaries, page: &Page) {
    let Canaries(all) = canaries;
    for (what, secret) in all {
        let is_lasting =
            ["SECRET", "password", "_token", "verifier"].iter().any(|kind| what.contains(kind));
        assert!(
            !is_lasting || !page.body.contains(secret.as_str()),
            "the {what} is on {}",
            page.address
        );
    }
}

/// No file but those of the local AWS holds one, and those that do are their owner's alone.
fn check_files(canaries: &Canaries, files: &[(PathBuf, Vec<u8>)]) {
    assert!(files.iter().any(|(path, _)| path.ends_with("journal.jsonl")));
    for (path, content) in files {
        // The account is where secrets are kept; docs/local-aws.md says so.
        let is_account = path.starts_with(".local-aws") && !path.ends_with("owner.json");
        if !is_account {
            canaries.are_not_in(&path.display().to_string(), &String::from_utf8_lossy(content));
        }
    }
}

/// What holds secrets in plain is its owner's alone.
#[cfg(unix)]
fn check_modes(project: &Project) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = project.path(".local-aws");
    assert_eq!(mode(&folder), 0o700, "nobody else looks into it");
    for name in ["state.json", "owner.json"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    let blobs: Vec<_> = std::fs::read_dir(folder.join("blobs")).unwrap().collect();
    assert!(!blobs.is_empty());
    for blob in blobs {
        let path = blob.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
