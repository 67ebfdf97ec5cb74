//! The stack that is attacked, those who attack it, and what they must not gain.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::project::{Files, Project, pause};
use super::super::served::Served;
use super::super::visitor::{Browser, PASSWORD, PERSON, Page, form_of, send};

/// Where the attacker would like somebody to be sent.
pub(super) const EVIL: &str = "https://evil.example/steal";
/// Somebody with an account of his own, who attacks [`PERSON`]. He never completes a consent: what he is asked for again
/// has not reached his vault.
pub(super) const MALLORY: &str = "mallory@example.com";
/// Somebody else, who does.
pub(super) const CAROL: &str = "carol@example.com";
pub(super) const REDIRECT: &str = "http://127.0.0.1:39999/callback";
pub(super) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Limits that no test reaches by accident.
const WIDE: &str = "[front.throttle]\nrate = 10000\nburst = 5000\n";
/// Limits that a flood reaches at once.
const TIGHT: &str = "[front.throttle]\nrate = 1\nburst = 6\n";

/// A stack that is served, with two people in its pool.
pub(super) struct World {
    pub(super) config: Value,
    pub(super) project: Project,
    pub(super) served: Served,
}

/// A deployment: made once, and served as long as a test needs it. A static is never dropped, and its process would stay.
struct Deployment {
    pieces: &'static str,
    files: OnceLock<Files>,
    served: Mutex<Weak<World>>,
}

impl Deployment {
    const fn with(pieces: &'static str) -> Self {
        Self { pieces, files: OnceLock::new(), served: Mutex::new(Weak::new()) }
    }

    fn world(&self) -> Arc<World> {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = served.upgrade() {
            return world;
        }
        let project = Project::of(self.files.get_or_init(|| finished(self.pieces)));
        let world = Arc::new(World::serve(project));
        *served = Arc::downgrade(&world);
        world
    }
}

/// The stack of most tests. They share it, so that none may change it for the others.
pub(super) fn world() -> Arc<World> {
    static WORLD: Deployment = Deployment::with(WIDE);
    WORLD.world()
}

/// Another deployment, with a pool and keys of its own. What its functions call may be changed.
pub(super) fn elsewhere() -> Arc<World> {
    static ELSEWHERE: Deployment = Deployment::with(WIDE);
    ELSEWHERE.world()
}

/// A third, whose limits are soon reached.
pub(super) fn narrow() -> Arc<World> {
    static NARROW: Deployment = Deployment::with(TIGHT);
    NARROW.world()
}

fn finished(pieces: &str) -> Files {
    let project = Project::starter();
    let manifest = project.read("construct.toml");
    project.write("construct.toml", &format!("{manifest}\n{pieces}"));
    project.run("up --local --yes").with(0);
    let world = World::serve(project);
    for person in [PERSON, MALLORY, CAROL] {
        world.make_person(person);
    }
    let World { project, served, .. } = world;
    served.kill();
    project.copied()
}

impl World {
    fn serve(project: Project) -> Self {
        Self::serve_with(project, "")
    }

    /// Serves a stack that is up, with these words for `construct local`.
    pub(super) fn serve_with(project: Project, options: &str) -> Self {
        let config: Value = serde_json::from_str(&project.read("config.json")).unwrap();
        let port = port_of(config["api"]["endpoint"].as_str().unwrap());
        // Whoever served it before may still be on its way out.
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpListener::bind(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "port {port} is not given back");
            pause(Duration::from_millis(10));
        }
        let served = Served::start(&project, options);
        Self { config, project, served }
    }

    pub(super) fn base(&self) -> &str {
        self.config["api"]["endpoint"].as_str().unwrap()
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    pub(super) fn endpoint(&self) -> &str {
        self.config["mcp_url"].as_str().unwrap()
    }

    /// The origin of the pool's sign-in page, as a browser sees it.
    pub(super) fn sign_in(&self) -> String {
        let location = self.agreed(&mut Browser::default(), &self.register(&[REDIRECT]));
        location.split("/oauth2/").next().unwrap().to_owned()
    }

    /// An operation of a service, as whoever runs the stack.
    pub(super) fn aws(&self, (service, target): (&str, &str), input: &Value) -> Page {
        let credential = format!("Credential=ADA/20260101/us-west-2/{service}/aws4_request");
        let headers = [
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", target.to_owned()),
            (
                "authorization",
                format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"),
            ),
        ];
        let address = format!("http://{}/", self.served.address());
        send("POST", &address, &headers, &input.to_string()).0
    }

    pub(super) fn cognito(&self, operation: &str, mut input: Value) -> Value {
        input["UserPoolId"] = self.config["cognito"]["pool_id"].clone();
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let page = self.aws(("cognito-idp", &target), &input);
        assert_eq!(page.status, 200, "{page:?}");
        if page.body.is_empty() { Value::Null } else { page.json() }
    }

    pub(super) fn make_person(&self, person: &str) {
        let user = json!({ "Username": person, "MessageAction": "SUPPRESS" });
        self.cognito("AdminCreateUser", user);
        let password = json!({ "Username": person, "Password": PASSWORD, "Permanent": true });
        self.cognito("AdminSetUserPassword", password);
    }

    /// Registers a client, as anybody may.
    pub(super) fn register(&self, redirect_uris: &[&str]) -> String {
        let document = json!({ "client_name": "Editor", "redirect_uris": redirect_uris });
        let made = post(&self.at("/register"), "application/json", &document.to_string());
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// A client's request for a code, with changes; a value of nothing leaves a parameter out.
    pub(super) fn authorize(&self, client: &str, changes: &[(&str, &str)]) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("state", "client-state"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", self.endpoint()),
        ];
        changed(&mut pairs, changes);
        self.at(&format!("/authorize?{}", form_of(&pairs)))
    }

    /// Agrees to a client's request, and stops where the pool's sign-in begins.
    pub(super) fn agreed(&self, browser: &mut Browser, client: &str) -> String {
        let page = browser.get(&self.authorize(client, &[]));
        assert_eq!(page.status, 200, "{page:?}");
        let sent = browser.submit(&page);
        assert_eq!(sent.status, 303, "{sent:?}");
        sent.location
    }

    /// Signs in for a client, and stops where the pool sends the browser back to us.
    pub(super) fn back(&self, browser: &mut Browser, client: &str) -> String {
        browser.go(&self.authorize(client, &[]), &self.at("/callback")).address
    }

    /// A code of ours for a client.
    pub(super) fn code(&self, browser: &mut Browser, client: &str) -> String {
        let end = browser.go(&self.authorize(client, &[]), REDIRECT).address;
        query(&end).remove("code").expect(&end)
    }

    /// The redemption of a code, with changes.
    pub(super) fn redeem(&self, client: &str, code: &str, changes: &[(&str, &str)]) -> Page {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", self.endpoint()),
        ];
        changed(&mut pairs, changes);
        post(&self.at("/token"), FORM, &form_of(&pairs))
    }

    /// The tokens of a person, who signs in with a client that has just registered.
    pub(super) fn tokens(&self, browser: &mut Browser) -> (String, Value) {
        let client = self.register(&["http://127.0.0.1/callback"]);
        let code = self.code(browser, &client);
        let given = self.redeem(&client, &code, &[]);
        assert_eq!(given.status, 200, "{given:?}");
        (client, given.json())
    }

    /// A call of a method with an `Authorization` header, or with none.
    pub(super) fn mcp(&self, authorization: Option<&str>, more: &[(&str, &str)]) -> Page {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ];
        headers.extend(authorization.map(|value| ("authorization", value.to_owned())));
        headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        send("POST", self.endpoint(), &headers, &body.to_string()).0
    }

    /// Bytes as they are, on a connection of their own. What comes back within a few seconds.
    pub(super) fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port_of(self.base()))).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // Whoever is sent nonsense may cut the connection.
        let _cut = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The stored session of a link, as the table has it.
    pub(super) fn session(&self, link: &str) -> Value {
        let state = self.project.read(".local-aws/state.json");
        let handle = link.rsplit('/').next().unwrap();
        item(&serde_json::from_str(&state).unwrap(), handle).expect("the table has the session")
    }
}

/// The item with this handle, wherever it is.
fn item(state: &Value, handle: &str) -> Option<Value> {
    if state["handle"]["S"] == handle {
        return Some(state.clone());
    }
    match state {
        Value::Object(members) => members.values().find_map(|member| item(member, handle)),
        Value::Array(items) => items.iter().find_map(|one| item(one, handle)),
        _ => None,
    }
}

fn changed<'a>(pairs: &mut Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) {
    for (name, value) in changes {
        pairs.retain(|(own, _)| own != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
}

pub(super) fn port_of(origin: &str) -> u16 {
    origin.rsplit_once(':').unwrap().1.parse().unwrap()
}

pub(super) fn post(address: &str, kind: &str, body: &str) -> Page {
    let headers = [("content-type", kind.to_owned())];
    let headers = if kind.is_empty() { &headers[..0] } else { &headers[..] };
    send("POST", address, headers, body).0
}

/// The parameters of an address.
pub(super) fn query(address: &str) -> BTreeMap<String, String> {
    let (_, text) = address.split_once('?').expect(address);
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into()
    };
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// What was answered to an attacker.
#[derive(Default)]
pub(super) struct Attack(Vec<Page>);

impl Attack {
    /// Remembers an answer.
    pub(super) fn saw(&mut self, page: Page) -> Page {
        let Self(pages) = self;
        pages.push(page.clone());
        page
    }

    pub(super) fn get(&mut self, address: &str) -> Page {
        self.saw(send("GET", address, &[], "").0)
    }

    pub(super) fn post(&mut self, address: &str, kind: &str, body: &str) -> Page {
        self.saw(post(address, kind, body))
    }

    /// A page that sends nobody anywhere.
    #[track_caller]
    pub(super) fn refused(&mut self, page: Page, status: u16) {
        let page = self.saw(page);
        assert_eq!((page.status, page.location.as_str()), (status, ""), "{page:?}");
        assert!(
            page.headers["content-type"].to_str().unwrap().starts_with("text/html"),
            "{page:?}"
        );
        assert!(page.body.contains("Reference: "), "{page:?}");
    }

    /// An error document of OAuth.
    #[track_caller]
    pub(super) fn told(&mut self, page: Page, error: &str) {
        let page = self.saw(page);
        assert_eq!(page.json()["error"], error, "{page:?}");
        assert!((400..500).contains(&page.status), "{page:?}");
    }

    /// The attack is over: nobody was sent to the attacker, no token was given, and nothing broke.
    #[track_caller]
    pub(super) fn failed(self) {
        let Self(pages) = self;
        assert!(!pages.is_empty(), "nothing was attacked");
        for page in pages {
            assert!(!page.location.contains("evil"), "{page:?}");
            let host = page.location.split('/').nth(2).unwrap_or_default();
            assert!(!host.contains('@') && !page.location.contains('\\'), "{page:?}");
            for token in ["access_token", "refresh_token", "id_token"] {
                assert!(!page.body.contains(&format!("\"{token}\"")), "{page:?}");
            }
            assert!(page.status < 500, "{page:?}");
        }
    }
}
