//! The stack as its people meet it: a login, a tool, a consent, and the tool's answer. The functions run as they do in
//! Lambda, behind the HTTP API, with Cognito, AgentCore Identity and the gateway of the local AWS.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::project::Project;
use super::served::Served;
use super::visitor::{Browser, Client, PASSWORD, PERSON, form_of, send};

const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";
pub(super) const REDIRECT: &str = "http://127.0.0.1:39999/callback";

/// A stack that is served, with a person in its pool.
pub(super) struct Stack {
    pub(super) config: Value,
    _served: Served,
    pub(super) project: Project,
}

impl Stack {
    pub(super) fn up() -> Self {
        Self::of(Project::starter())
    }

    /// The stack of `project`.
    pub(super) fn of(project: Project) -> Self {
        project.run("up --local --yes").with(0);
        let config: Value = serde_json::from_str(&project.read("config.json")).unwrap();
        let served = Served::start(&project, "");
        let stack = Self { config, _served: served, project };
        let pool = &stack.config["cognito"]["pool_id"];
        let user = json!({ "UserPoolId": pool, "Username": PERSON, "MessageAction": "SUPPRESS" });
        stack.cognito("AdminCreateUser", &user);
        let password = json!({
            "UserPoolId": pool, "Username": PERSON, "Password": PASSWORD, "Permanent": true,
        });
        stack.cognito("AdminSetUserPassword", &password);
        stack
    }

    pub(super) fn base(&self) -> &str {
        self.config["front_url"].as_str().unwrap()
    }

    pub(super) fn endpoint(&self) -> &str {
        self.config["mcp_url"].as_str().unwrap()
    }

    fn cognito(&self, operation: &str, input: &Value) {
        let port = self.base().rsplit_once(':').unwrap().1;
        let credential = "Credential=ADA/20260101/us-west-2/cognito-idp/aws4_request";
        let headers = [
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}")),
            (
                "authorization",
                format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"),
            ),
        ];
        let (page, _) =
            send("POST", &format!("http://127.0.0.1:{port}/"), &headers, &input.to_string());
        assert_eq!(page.status, 200, "{page:?}");
    }

    /// A client that has just registered.
    pub(super) fn register(&self) -> String {
        let document =
            json!({ "client_name": "Test", "redirect_uris": ["http://127.0.0.1/callback"] });
        let json_type = [("content-type", "application/json".to_owned())];
        let (made, _) =
            send("POST", &format!("{}/register", self.base()), &json_type, &document.to_string());
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// Where a login to `client` begins that ends at `redirect`.
    pub(super) fn authorize(&self, client: &str, redirect: &str) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let query = form_of(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", self.endpoint()),
        ]);
        format!("{}/authorize?{query}", self.base())
    }

    /// Logs the person of `browser` in to `client`. Its tokens.
    pub(super) fn log_in(&self, browser: &mut Browser, client: &str, redirect: &str) -> Value {
        let end = browser.go(&self.authorize(client, redirect), redirect);
        let code =
            end.address.split("code=").nth(1).expect(&end.address).split('&').next().unwrap();
        let form = form_of(&[
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", VERIFIER),
        ]);
        let form_type = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let (tokens, _) = send("POST", &format!("{}/token", self.base()), &form_type, &form);
        assert_eq!(tokens.status, 200, "{tokens:?}");
        tokens.json()
    }

    /// A client with a person's token, and the browser of that person.
    pub(super) fn client(&self) -> (Client, Browser) {
        let mut browser = Browser::default();
        let tokens = self.log_in(&mut browser, &self.register(), REDIRECT);
        (Client::begin(self.endpoint(), tokens["access_token"].as_str().unwrap()), browser)
    }
}

/// A GitHub tool that needs nothing but a consent.
pub(super) fn call(client: &Client) -> Value {
    let listed = client.call("tools/list", &json!({})).json();
    let tools = listed["result"]["tools"].as_array().expect("a list of tools").clone();
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    let github = tools.iter().map(name).find(|name| name.starts_with("github___")).unwrap();
    client.call("tools/call", &json!({ "name": github, "arguments": {} })).json()
}

pub(super) fn link(answer: &Value) -> String {
    assert_eq!(answer["error"]["code"], -32042, "{answer}");
    answer["error"]["data"]["elicitations"][0]["url"].as_str().unwrap().to_owned()
}

#[test]
fn a_person_logs_in_connects_an_account_and_calls_a_tool() {
    let stack = Stack::up();
    let (client, mut browser) = stack.client();
    let asked = link(&call(&client));
    assert!(asked.starts_with(&format!("{}/connect/", stack.base())), "{asked}");
    let done = browser.go(&asked, "nowhere");
    assert!(done.status == 200 && done.body.contains("<h1>Connected</h1>"), "{done:?}");
    let answered = call(&client);
    assert!(answered["error"].is_null() && answered["result"]["content"].is_array(), "{answered}");
    // Used once.
    assert_eq!(browser.get(&asked).status, 400);
}

#[test]
fn a_function_url_is_a_door_like_the_other() {
    let project = Project::starter();
    let text = project.read("construct.toml") + "\n[gateway]\nfront = \"function-url\"\n";
    project.write("construct.toml", &text);
    let stack = Stack::of(project);
    assert!(stack.config.get("api").is_none(), "{}", stack.config);
    let (client, mut browser) = stack.client();
    let asked = link(&call(&client));
    assert!(asked.starts_with(&format!("{}/connect/", stack.base())), "{asked}");
    let done = browser.go(&asked, "nowhere");
    assert!(done.status == 200 && done.body.contains("<h1>Connected</h1>"), "{done:?}");
    let answered = call(&client);
    assert!(answered["error"].is_null() && answered["result"]["content"].is_array(), "{answered}");
}

#[test]
fn the_real_address_handed_on_connects_nobody() {
    let stack = Stack::up();
    let (client, mut attacker) = stack.client();
    let asked = link(&call(&client));
    // The attacker passes the check and keeps the real address to himself, until a victim opens it.
    let identity = "http://identity.localhost";
    let real = attacker.go(&asked, identity).address;
    let end = format!("{}/oauth2/callback", stack.base());
    let back = Browser::default().go(&real, &end).address;
    assert_eq!(Browser::default().get(&back).status, 400);
    assert_eq!(attacker.get(&back).status, 400, "burned by the victim's callback");
    link(&call(&client));
}

#[test]
fn a_program_with_an_id_of_its_own_signs_people_in_and_its_pages_may_call() {
    let project = Project::starter();
    let text = project.read("construct.toml")
        + "\n[clients.registered.dashboard]\nname = \"The dashboard\"\n\
           redirect_uris = [\"https://dashboard.example/callback\"]\n";
    let origins = "[clients]\nallowed_origins = [\"https://dashboard.example\"]\n";
    project.write("construct.toml", &text.replace("[clients]\n", origins));
    let stack = Stack::of(project);
    let mut browser = Browser::default();
    let asked = browser.get(&stack.authorize("dashboard", "https://dashboard.example/callback"));
    assert!(asked.status == 200 && asked.body.contains("The dashboard"), "{asked:?}");
    for (client, redirect) in [
        ("dashboard", "https://dashboard.example/elsewhere"),
        ("dashboard", REDIRECT),
        ("dashboards", "https://dashboard.example/callback"),
    ] {
        assert_eq!(browser.get(&stack.authorize(client, redirect)).status, 400, "{client}");
    }
    let redirect = "https://dashboard.example/callback";
    let tokens = stack.log_in(&mut browser, "dashboard", redirect);
    let token = tokens["access_token"].as_str().unwrap();
    for (origin, status) in [("https://dashboard.example", 200), ("https://evil.example", 403)] {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("authorization", format!("Bearer {token}")),
            ("origin", origin.to_owned()),
        ];
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
        let (page, _) = send("POST", stack.endpoint(), &headers, &list.to_string());
        assert_eq!(page.status, status, "{origin}: {page:?}");
    }
}
