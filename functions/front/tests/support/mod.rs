//! The functions with a world around them: a pool, Parameter Store, a table, AgentCore Identity and a gateway, all answered by
//! one small server on loopback, and a browser with cookies. Time stands still unless a test moves it.

mod browser;
mod dynamo;
mod pool;
mod server;

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use construct_front::aws::Aws;
use construct_front::clock::{Clock, Deadline};
use construct_front::config::Config;
use construct_front::http::{Answer, Request};
use construct_front::log::Log;
use construct_front::{Front, Role};
use serde_json::{Value, json};

pub(crate) use browser::{Browser, hidden_field, query};
pub(crate) use pool::Pool;
pub(crate) use server::{Raw, Reply, Server};

pub(crate) const BASE: &str = "https://api.example";
pub(crate) const RESOURCE: &str = "https://api.example/mcp";
pub(crate) const CLIENT: &str = "editors";
pub(crate) const SCOPE: &str = "mcp/invoke";
pub(crate) const START: u64 = 1_800_000_000;
/// What must never be in a log line.
pub(crate) const KEYS: [&str; 2] = [
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "ICECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
];

/// What the doubles share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) pool: Mutex<Pool>,
    pub(crate) table: Mutex<dynamo::Table>,
    /// What was completed: token and session.
    pub(crate) completed: Mutex<Vec<(String, String)>>,
    /// What reached the gateway.
    pub(crate) calls: Mutex<Vec<Raw>>,
    /// What the gateway answers; a plain result without it.
    pub(crate) gateway: Mutex<Option<Reply>>,
    /// What it answers to the next call alone.
    pub(crate) once: Mutex<Option<Reply>>,
    pub(crate) is_down: Mutex<Vec<&'static str>>,
    /// The state keys and when they were written, where they are not the first of [`KEYS`] from the beginning.
    pub(crate) state_keys: Mutex<Option<(String, u64)>>,
    pub(crate) time: Arc<AtomicU64>,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) shared: Arc<Shared>,
    pub(crate) proxy: Arc<Front>,
    pub(crate) callback: Arc<Front>,
    lines: Lines,
    origin: String,
    _server: Option<Server>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With other variables.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let shared = Arc::new(Shared::default());
        shared.time.store(START, Ordering::SeqCst);
        let own = Arc::clone(&shared);
        let server = Server::start(move |raw| answer(&own, raw));
        let origin = server.origin();
        shared.pool.lock().unwrap().named(&format!("{origin}/pool"));
        Self { _server: Some(server), ..Self::around(shared, origin, variables) }
    }

    /// The same world with sandboxes that have just started.
    pub(crate) fn recycled(&self) -> Self {
        Self::around(Arc::clone(&self.shared), self.origin.clone(), &[])
    }

    fn around(shared: Arc<Shared>, origin: String, variables: &[(&str, &str)]) -> Self {
        let lines = Lines::default();
        let front = |role| {
            let lookup = |name: &str| {
                let other = variables.iter().find(|(own, _)| *own == name);
                other.map(|(_, value)| (*value).to_owned()).or_else(|| variable(&origin, name))
            };
            let config = Config::read(lookup).unwrap();
            let aws = Aws::new(&config.region, lookup);
            let time = Arc::clone(&shared.time);
            let clock = Clock::new(move || time.load(Ordering::SeqCst));
            Arc::new(Front::new(role, config, aws, (clock, Log::to(lines.clone()))))
        };
        let (proxy, callback) = (front(Role::McpProxy), front(Role::OauthCallback));
        Self { shared, proxy, callback, lines, origin, _server: None }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.shared.time.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.shared.time.load(Ordering::SeqCst)
    }

    /// All that was logged.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn down(&self, what: &'static str) {
        self.shared.is_down.lock().unwrap().push(what);
    }

    /// A request as API Gateway hands it over.
    pub(crate) fn send(&self, method: &str, target: &str, headers: Value, body: &str) -> Seen {
        self.send_within((method, target), headers, body, Duration::from_secs(20))
    }

    pub(crate) fn send_within(
        &self,
        (method, target): (&str, &str),
        headers: Value,
        body: &str,
        limit: Duration,
    ) -> Seen {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = headers;
        let cookies: Vec<String> = headers["cookie"]
            .as_str()
            .map(|line| line.split("; ").map(str::to_owned).collect())
            .unwrap_or_default();
        if let Some(headers) = headers.as_object_mut() {
            headers.remove("cookie");
        }
        let event = json!({
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "cookies": cookies,
            "body": body,
            "isBase64Encoded": false,
            "requestContext": { "requestId": "req-1", "http": { "method": method } },
        });
        let request = Request::of_event(&event).expect("an event of API Gateway's");
        let is_consent = path.starts_with("/connect") || path.starts_with("/oauth2");
        let front = if is_consent { &self.callback } else { &self.proxy };
        Seen::of(front.answer(&request, "invocation-1", Deadline::after(limit)))
    }

    pub(crate) fn get(&self, target: &str) -> Seen {
        self.send("GET", target, json!({}), "")
    }

    pub(crate) fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Seen {
        let kind = json!({ "content-type": "application/x-www-form-urlencoded" });
        self.send("POST", path, kind, &form(pairs))
    }

    /// A JSON-RPC request with a token.
    pub(crate) fn call(&self, token: &str, headers: Value, body: &Value) -> Seen {
        let mut all = json!({
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "authorization": format!("Bearer {token}"),
        });
        if let (Some(all), Value::Object(headers)) = (all.as_object_mut(), headers) {
            all.extend(headers);
        }
        self.send("POST", "/mcp", all, &body.to_string())
    }

    /// Registers a client for these addresses.
    pub(crate) fn register(&self, redirect_uris: &[&str]) -> String {
        let document = json!({ "client_name": "Editor", "redirect_uris": redirect_uris });
        let kind = json!({ "content-type": "application/json" });
        let seen = self.send("POST", "/register", kind, &document.to_string());
        assert_eq!(seen.status, 201, "{}", seen.body);
        seen.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn answer_with(&self, reply: Reply) {
        *self.shared.gateway.lock().unwrap() = Some(reply);
    }

    /// An access token of a person.
    pub(crate) fn token(&self, subject: &str) -> String {
        self.shared.pool.lock().unwrap().access(subject, self.now())
    }
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text| construct_front::http::encode(text);
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

impl Seen {
    fn of(answer: Answer) -> Self {
        let event = answer.into_event().unwrap();
        let cookies = event["cookies"].as_array().cloned().unwrap_or_default();
        Self {
            status: event["statusCode"].as_u64().unwrap(),
            headers: event["headers"].clone(),
            cookies: cookies.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
            body: event["body"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    /// The attack ended on a page: nobody was sent anywhere and nothing was given.
    pub(crate) fn assert_page(&self, status: u64) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.location(), "", "{self:?}");
        assert!(self.header("content-type").starts_with("text/html"), "{self:?}");
        assert!(self.body.contains("Reference: req-1"), "{self:?}");
    }
}

fn variable(origin: &str, name: &str) -> Option<String> {
    Some(match name {
        "API_URL" => BASE.to_owned(),
        "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE".to_owned(),
        "AWS_ENDPOINT_URL" | "SIGN_IN_URL" => origin.to_owned(),
        "AWS_REGION" => "us-west-2".to_owned(),
        "AWS_SECRET_ACCESS_KEY" => "secret-access-key-canary".to_owned(),
        "CLIENT_ID" => CLIENT.to_owned(),
        "GATEWAY_URL" => format!("{origin}/gateway/mcp"),
        "ID_KEY_PARAMETER" => "/keys/id".to_owned(),
        "ISSUER" => format!("{origin}/pool"),
        "MACHINE_CLIENT_ID" => "machine".to_owned(),
        "RESOURCE_SCOPE" => SCOPE.to_owned(),
        "SESSION_TABLE" => "sessions".to_owned(),
        "STATE_KEY_PARAMETER" => "/keys/state".to_owned(),
        _ => return None,
    })
}

/// What the world answers.
fn answer(shared: &Shared, raw: &Raw) -> Reply {
    let now = shared.time.load(Ordering::SeqCst);
    let path = raw.path.split('?').next().unwrap_or_default();
    if shared.is_down.lock().unwrap().iter().any(|down| path.contains(down)) {
        return Reply::json(500, &json!({ "__type": "InternalFailure" }));
    }
    match path {
        "/" => aws(shared, raw),
        "/identities/CompleteResourceTokenAuth" => {
            let input = raw.json();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let done = (text(&input["userIdentifier"]["userToken"]), text(&input["sessionUri"]));
            shared.completed.lock().unwrap().push(done);
            Reply::json(200, &json!({}))
        }
        "/oauth2/token" => shared.pool.lock().unwrap().token(raw, now),
        "/pool/.well-known/jwks.json" => shared.pool.lock().unwrap().keys(),
        "/gateway/mcp" => {
            shared.calls.lock().unwrap().push(raw.clone());
            let once = shared.once.lock().unwrap().take();
            let planned = once.or_else(|| shared.gateway.lock().unwrap().clone());
            planned.unwrap_or_else(|| {
                let id = raw.json()["id"].clone();
                Reply::json(200, &json!({ "jsonrpc": "2.0", "id": id, "result": { "ok": true } }))
            })
        }
        other => panic!("nothing is expected at {other}"),
    }
}

fn aws(shared: &Shared, raw: &Raw) -> Reply {
    assert!(raw.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    let input = raw.json();
    match raw.header("x-amz-target").as_str() {
        "AmazonSSM.GetParameters" => {
            assert_eq!(input["WithDecryption"], true);
            if shared.is_down.lock().unwrap().contains(&"parameters") {
                return Reply::json(500, &json!({ "__type": "InternalServerError" }));
            }
            let [state, id] = KEYS;
            let written = shared.state_keys.lock().unwrap().clone();
            let (state, at) = written.unwrap_or_else(|| (state.to_owned(), START));
            let parameter = |name: &str, value: &str, at: u64| json!({ "Name": name, "Value": value, "LastModifiedDate": at });
            let parameters =
                [parameter("/keys/state", &state, at), parameter("/keys/id", id, START)];
            Reply::json(200, &json!({ "Parameters": parameters }))
        }
        target => shared.table.lock().unwrap().answer(target, &input),
    }
}
