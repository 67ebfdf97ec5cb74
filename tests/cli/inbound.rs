//! Gateways without a front, as their callers meet them: with AWS credentials, and with tokens of an issuer that is
//! somebody else's. From `up` to a tool's answer, and who is refused.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::project::Project;
use super::served::Served;
use super::visitor::{Browser, Page, send};

const BACK: &str = "http://localhost:9/back";
const AUDIENCE: &str = "https://tools.example.com";
pub(super) const SMALL: &str = "small___get_status";
pub(super) const GITHUB: &str = "github___getAuthenticatedUser";

/// A stack whose gateway is reached itself, and which is served.
pub(super) struct Stack {
    pub(super) url: String,
    served: Served,
    pub(super) project: Project,
}

impl Stack {
    /// `gateway` is what the manifest says of the way in.
    pub(super) fn up(gateway: &str) -> Self {
        let project = Project::empty();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in ["examples/files/small-openapi.json", "specs/github-openapi.json"] {
            project.write(file, &std::fs::read_to_string(root.join(file)).unwrap());
        }
        let manifest = format!(
            "[stack]\nname = \"inbound\"\nregion = \"us-west-2\"\n\n[gateway]\n{gateway}\n\n\
             [providers.github]\nvendor = \"github\"\nclient_id = {{ env = \"GITHUB_CLIENT_ID\" }}\n\
             client_secret = {{ env = \"GITHUB_CLIENT_SECRET\" }}\n\n\
             [targets.small]\nopenapi = \"examples/files/small-openapi.json\"\n\n\
             [targets.github]\nopenapi = \"specs/github-openapi.json\"\nauth = {{ provider = \"github\", \
             grant = \"authorization_code\", scopes = [\"read:user\"], return_url = \"{BACK}\" }}\n"
        );
        project.write("construct.toml", &manifest);
        project.run("up --local --yes").with(0);
        let config: Value = serde_json::from_str(&project.read("config.json")).unwrap();
        let url = config["gateway"]["url"].as_str().unwrap().to_owned();
        assert_eq!(config["mcp_url"], url);
        let served = Served::start(&project, "");
        Self { url, served, project }
    }

    /// One MCP request with this `Authorization`.
    fn ask(&self, authorization: &str, method: &str, params: &Value) -> Page {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("mcp-protocol-version", "2025-11-25".to_owned()),
        ];
        if !authorization.is_empty() {
            headers.push(("authorization", authorization.to_owned()));
        }
        send("POST", &self.url, &headers, &body.to_string()).0
    }

    /// Calls a tool; the answer's message.
    fn call(&self, authorization: &str, tool: &str) -> Value {
        let page = self.ask(authorization, "tools/call", &json!({ "name": tool, "arguments": {} }));
        assert_eq!(page.status, 200, "{page:?}");
        page.json()
    }

    /// Shakes hands, lists the tools, and calls the one that needs no consent.
    fn works_for(&self, authorization: &str) {
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" } });
        let answer = self.ask(authorization, "initialize", &hello).json();
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
        let listed = self.ask(authorization, "tools/list", &json!({})).json();
        let tools = listed["result"]["tools"].as_array().expect("a list of tools");
        for wanted in [SMALL, GITHUB] {
            assert!(tools.iter().any(|tool| tool["name"] == wanted), "{wanted} is not in {listed}");
        }
        let called = self.call(authorization, SMALL);
        assert_eq!(called["result"]["isError"], false, "{called}");
    }

    /// A person consents to what a call asked for; the session that is then to be completed.
    fn consented(&self, authorization: &str) -> String {
        let asked = self.call(authorization, GITHUB);
        assert_eq!(asked["error"]["code"], -32042, "{asked}");
        let link = asked["error"]["data"]["elicitations"][0]["url"].as_str().unwrap();
        let back = Browser::default().go(link, BACK).address;
        let session = back.split("session_id=").nth(1).expect(&back).split('&').next().unwrap();
        percent_encoding::percent_decode_str(session).decode_utf8().unwrap().into_owned()
    }

    /// `CompleteResourceTokenAuth`, as the page at the return URL would call it; the status.
    fn completed(&self, session: &str, user: &Value) -> u16 {
        let url = format!("http://{}/identities/CompleteResourceTokenAuth", self.served.address());
        let headers = [
            ("authorization", signed("AKIACOMPLETER", "us-west-2", "bedrock-agentcore")),
            ("content-type", "application/json".to_owned()),
        ];
        let body = json!({ "sessionUri": session, "userIdentifier": user }).to_string();
        send("POST", &url, &headers, &body).0.status
    }
}

/// The header of a signature with this scope.
fn signed(access_key: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=00"
    )
}

#[test]
fn callers_with_aws_credentials_sign_every_request() {
    let stack = Stack::up("inbound = \"iam\"");
    let file: Value = serde_json::from_str(&stack.project.read("mcp.json")).unwrap();
    let args = json!(["proxy", stack.url, "--region", "us-west-2"]);
    let entry = json!({ "type": "stdio", "command": "construct", "args": args });
    assert_eq!(file["servers"]["inbound"], entry, "no editor can sign");
    let signs = |key: &str| signed(key, "us-west-2", "bedrock-agentcore");
    let ann = signs("AKIAANN");
    stack.works_for(&ann);
    for wrong in [
        String::new(),
        "Bearer abc".to_owned(),
        signed("AKIAANN", "us-west-2", "execute-api"),
        signed("AKIAANN", "eu-west-1", "bedrock-agentcore"),
        signs("EXPIRED"),
    ] {
        let refused = stack.ask(&wrong, "tools/list", &json!({}));
        assert_eq!(refused.status, 403, "{wrong}: {refused:?}");
        assert_eq!(refused.challenge(), "", "there is nowhere to sign in");
        assert!(refused.json()["error"]["message"].is_string(), "{refused:?}");
    }
    // Whoever signs is the one who consents.
    let session = stack.consented(&ann);
    assert_eq!(stack.completed(&session, &json!({ "userId": "AKIABOB" })), 403);
    assert_eq!(stack.completed(&session, &json!({ "userId": "AKIAANN" })), 200);
    assert_eq!(stack.call(&ann, GITHUB)["result"]["isError"], false);
    assert_eq!(stack.call(&signs("AKIABOB"), GITHUB)["error"]["code"], -32042);
}

/// An issuer of somebody else's: its documents at a port of its own, and tokens that it signs.
struct Issuer {
    key: RsaKeyPair,
    url: String,
}

impl Issuer {
    fn start() -> Self {
        // The key that the front's tests sign with.
        let key: String = include_str!("../../functions/front/tests/support/signing-key.txt")
            .split_whitespace()
            .collect();
        let key = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(key).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self { key, url };
        let (configuration, keys) = (issuer.configuration(), issuer.keys());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let asked = lines.next().unwrap_or_default();
                // The rest of the head, which ends with an empty line.
                lines.find(String::is_empty);
                let body = if asked.contains("/keys") { &keys } else { &configuration };
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                drop(write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
            }
        });
        issuer
    }

    fn configuration(&self) -> String {
        json!({ "issuer": self.url, "jwks_uri": format!("{}/keys", self.url) }).to_string()
    }

    fn keys(&self) -> String {
        let key = PublicKeyComponents::<Vec<u8>>::from(self.key.public());
        let [n, e] = [&key.n, &key.e].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        json!({ "keys": [{ "kty": "RSA", "alg": "RS256", "kid": "one", "n": n, "e": e }] })
            .to_string()
    }

    /// What a good token says of `subject`.
    fn claims(&self, subject: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        json!({
            "iss": self.url, "sub": subject, "aud": [AUDIENCE, "another"], "client_id": "editor",
            "scope": "openid tools.read", "groups": ["support"], "iat": now, "exp": now + 600,
        })
    }

    /// A token with these claims, as its bearer sends it.
    fn bearer(&self, claims: &Value) -> String {
        self.bearer_with(&json!({ "alg": "RS256", "kid": "one" }), claims)
    }

    fn bearer_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let head = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, head.as_bytes(), &mut signature).unwrap();
        format!("Bearer {head}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// A good token with one claim changed.
    fn bearer_but(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims("ann");
        claims[claim] = value;
        self.bearer(&claims)
    }
}

#[test]
fn tokens_of_another_issuer_are_taken_where_every_condition_holds() {
    let issuer = Issuer::start();
    let stack = Stack::up(&format!(
        "inbound = \"jwt\"\n\n[gateway.jwt]\n\
         discovery_url = \"{}/.well-known/openid-configuration\"\naudiences = [\"{AUDIENCE}\"]\n\
         clients = [\"editor\"]\nscopes = [\"tools.read\"]\n\
         advertised_scopes = {{ \"tools.read\" = \"api://tools/tools.read\" }}\n\
         claims = [{{ name = \"groups\", type = \"string_array\", operator = \"contains_any\", \
         values = [\"engineering\", \"support\"] }}]",
        issuer.url
    ));
    let file: Value = serde_json::from_str(&stack.project.read("mcp.json")).unwrap();
    // The issuer knows the editor by the one id whose tokens are taken.
    let oauth = json!({ "clientId": "editor" });
    let expected = json!({ "type": "http", "url": stack.url, "oauth": oauth });
    assert_eq!(file["servers"]["inbound"], expected);

    // As an editor finds out where to sign in: by the challenge of a refusal.
    let bare = stack.ask("", "initialize", &json!({}));
    assert_eq!(bare.status, 401);
    let metadata =
        bare.challenge().split("resource_metadata=\"").nth(1).expect("it names the metadata");
    let metadata = metadata.split('"').next().unwrap();
    let document = send("GET", metadata, &[], "").0.json();
    assert_eq!(document["resource"], stack.url);
    assert_eq!(document["authorization_servers"], json!([issuer.url]));
    assert_eq!(document["scopes_supported"], json!(["api://tools/tools.read"]));

    let ann = issuer.bearer(&issuer.claims("ann"));
    stack.works_for(&ann);
    refuses(&stack, &issuer);

    // The very token that asked completes, as the gateway knows its person by nothing else.
    let session = stack.consented(&ann);
    let user = |bearer: &str| json!({ "userToken": bearer.strip_prefix("Bearer ").unwrap() });
    let bob = issuer.bearer(&issuer.claims("bob"));
    assert_eq!(stack.completed(&session, &user(&bob)), 403);
    assert_eq!(stack.completed(&session, &user(&ann)), 200);
    assert_eq!(stack.call(&ann, GITHUB)["result"]["isError"], false);
    assert_eq!(stack.call(&bob, GITHUB)["error"]["code"], -32042);
}

fn refuses(stack: &Stack, issuer: &Issuer) {
    let good = issuer.claims("ann");
    let now = good["iat"].as_u64().unwrap();
    let (head, signature) =
        issuer.bearer(&good).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let forged: String = signature.chars().rev().collect();
    let unsigned = issuer.bearer_with(&json!({ "alg": "none" }), &good);
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    for (case, token) in [
        ("a wrong signature", format!("{head}.{forged}")),
        ("no signature", format!("{unsigned}.")),
        ("a key of nobody", issuer.bearer_with(&json!({ "alg": "RS256", "kid": "two" }), &good)),
        ("no token", "Bearer not-a-token".to_owned()),
        ("another issuer", issuer.bearer_but("iss", json!("https://elsewhere.example"))),
        ("another audience", issuer.bearer_but("aud", json!("another"))),
        ("no audience", issuer.bearer_but("aud", Value::Null)),
        ("another client", issuer.bearer_but("client_id", json!("script"))),
        ("it is over", issuer.bearer_but("exp", json!(now - 1))),
        ("not yet", issuer.bearer_but("nbf", json!(now + 300))),
    ] {
        let refused = stack.ask(&token, "tools/list", &json!({}));
        assert_eq!(refused.status, 401, "{case}: {refused:?}");
        assert!(refused.challenge().contains("error=\"invalid_token\""), "{case}: {refused:?}");
    }
    for (case, token) in [
        ("another scope", issuer.bearer_but("scope", json!("openid tools.readers"))),
        ("another group", issuer.bearer_but("groups", json!(["sales"]))),
        ("a group that is no list", issuer.bearer_but("groups", json!("support"))),
    ] {
        let refused = stack.ask(&token, "tools/list", &json!({}));
        assert_eq!(refused.status, 403, "{case}: {refused:?}");
        for part in [
            "error=\"insufficient_scope\"",
            "scope=\"api://tools/tools.read\"",
            "resource_metadata=",
        ] {
            assert!(refused.challenge().contains(part), "{case}: {refused:?}");
        }
    }
}
