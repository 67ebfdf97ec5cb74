//! What each client has to be told of a gateway, for each way in.
//!
//! A front registers clients by itself and reads the documents that some of them publish of themselves; those get the
//! address and nothing else. The others get the client id that the front keeps for editors, so that nothing depends on
//! dynamic registration, which MCP has deprecated (2026-07-28), or on what some of them make up when they register: Kiro
//! adds scopes of its own, and falls back to an id of its own where it does not succeed.
//!
//! Another issuer rarely registers anybody, and compares redirect URIs letter by letter: there a client id comes with a
//! fixed port.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::facts::facts;
use crate::manifest::Client;

/// The program that clients start for a gateway that they cannot reach by themselves.
pub(super) const PROGRAM: &str = "construct";
/// Its command.
const PROXY: &str = "proxy";

/// The header of a fixed protocol version, for an editor that needs it.
pub(super) const PROTOCOL_HEADER: &str = "MCP-Protocol-Version";
/// The version that it fixes.
pub(super) const PROTOCOL_VERSION: &str = "2025-11-25";

/// The port at which clients whose port can be chosen wait for a person to come back. Any free one would do.
const CALLBACK_PORT: u16 = 8976;

/// How a gateway is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// People sign in: with the front, or with the issuer of `[gateway.jwt]`.
    SignIn(SignIn),
    /// Anybody who has the address may call it.
    Open(String),
    /// Requests are signed with AWS credentials, by `construct proxy` with these arguments.
    Signed(Vec<String>),
}

impl Way {
    /// The address of the tools.
    pub fn address(&self) -> &str {
        match self {
            Self::SignIn(SignIn { url, .. }) | Self::Open(url) => url,
            Self::Signed(arguments) => arguments.first().map_or("", String::as_str),
        }
    }
}

/// How a client signs people in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The address of the tools.
    pub url: String,
    /// An id that clients may use.
    pub client_id: Option<String>,
    /// The scopes that a call needs.
    pub scopes: Vec<String>,
    /// Whether it is the front, which knows clients that describe themselves, and minds no port.
    pub at_front: bool,
}

/// What a person chose for the entries of one run.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    /// Whether VS Code gets a fixed protocol version (`[clients] protocol_header`).
    pub protocol_header: bool,
    /// The program that is started for a gateway; `construct` is looked for where programs are.
    pub program: &'a str,
    /// The file with a token, for a client that cannot sign people in by itself.
    pub token_file: Option<&'a Path>,
}

/// The members of `client`'s entry; none where its file has no way to say it.
pub(super) fn members(
    client: Client,
    way: &Way,
    choices: &Choices<'_>,
) -> Option<Map<String, Value>> {
    let entry = match way {
        Way::Signed(arguments) => started(client, arguments, choices),
        Way::SignIn(SignIn { url, .. }) if client == Client::ClaudeDesktop => {
            let token = choices.token_file?.to_str()?;
            let arguments = [url, "--auth", "bearer", "--token-file", token].map(str::to_owned);
            started(client, &arguments, choices)
        }
        Way::Open(url) if client == Client::ClaudeDesktop => {
            started(client, &[url, "--auth", "none"].map(str::to_owned), choices)
        }
        Way::Open(url) => remote(client, url, choices),
        Way::SignIn(sign_in) => {
            let mut entry = remote(client, &sign_in.url, choices);
            entry.extend(oauth(client, sign_in));
            entry
        }
    };
    Some(entry)
}

/// A program that the client starts, and speaks with on its standard input and output.
fn started(client: Client, arguments: &[String], choices: &Choices<'_>) -> Map<String, Value> {
    let mut entry = Map::new();
    if matches!(client, Client::VsCode | Client::ClaudeCode) {
        entry.insert("type".to_owned(), json!("stdio"));
    }
    entry.insert("command".to_owned(), json!(choices.program));
    let words = std::iter::once(PROXY).chain(arguments.iter().map(String::as_str));
    entry.insert("args".to_owned(), words.collect());
    entry
}

/// A server that the client reaches by itself, over Streamable HTTP.
fn remote(client: Client, url: &str, choices: &Choices<'_>) -> Map<String, Value> {
    let mut entry = Map::new();
    if matches!(client, Client::VsCode | Client::ClaudeCode) {
        entry.insert("type".to_owned(), json!("http"));
    }
    // `url` alone is an older transport to Gemini CLI.
    let key = if client == Client::Gemini { "httpUrl" } else { "url" };
    entry.insert(key.to_owned(), json!(url));
    // VS Code alone may need it: the others name the version themselves, and some open with a newer one.
    if choices.protocol_header && client == Client::VsCode {
        entry.insert("headers".to_owned(), json!({ PROTOCOL_HEADER: PROTOCOL_VERSION }));
    }
    entry
}

/// What the entry says of signing in, in the words that each client has for it.
fn oauth(client: Client, sign_in: &SignIn) -> Map<String, Value> {
    if sign_in.at_front && facts(client).describes_itself {
        return Map::new();
    }
    let id = sign_in.client_id.as_deref();
    let scopes = Some(&sign_in.scopes).filter(|scopes| !scopes.is_empty());
    let port = id.filter(|_| !sign_in.at_front).map(|_| CALLBACK_PORT);
    let redirect = port.and_then(|_| redirect_uris(client, &sign_in.url).pop());
    let said = |members: Value| {
        let members = members.as_object().cloned().unwrap_or_default();
        let said = members.into_iter().filter(|(_, value)| !value.is_null());
        said.collect::<Map<String, Value>>()
    };
    let under = |key: &str, members: Value| {
        let members = said(members);
        let entry = Some((key.to_owned(), Value::Object(members.clone())));
        entry.filter(|_| !members.is_empty()).into_iter().collect::<Map<String, Value>>()
    };
    match client {
        Client::VsCode => under("oauth", json!({ "clientId": id })),
        Client::ClaudeCode => {
            // One text: Claude Code takes no list.
            let scopes = scopes.map(|scopes| scopes.join(" "));
            under("oauth", json!({ "clientId": id, "callbackPort": port, "scopes": scopes }))
        }
        Client::ClaudeDesktop => Map::new(),
        // An `auth` without an id is none.
        Client::Cursor if id.is_none() => Map::new(),
        Client::Cursor => under("auth", json!({ "CLIENT_ID": id, "scopes": scopes })),
        Client::Kiro => under(
            "oauth",
            json!({ "clientId": id, "redirectUri": redirect, "oauthScopes": scopes }),
        ),
        Client::Codex => {
            let mut entry = said(json!({ "scopes": scopes }));
            entry.extend(under("oauth", json!({ "client_id": id, "callback_port": port })));
            entry
        }
        Client::Gemini => {
            let members = json!({ "clientId": id, "scopes": scopes, "redirectUri": redirect });
            let mut entry = under("oauth", members);
            if let Some(Value::Object(oauth)) = entry.get_mut("oauth") {
                oauth.insert("enabled".to_owned(), json!(true));
            }
            entry
        }
    }
}

/// Where `client` has people sent back to, as its entry for the server at `url` makes it. An issuer that registers nobody
/// by itself has to know these; the last is the one that an entry names.
pub fn redirect_uris(client: Client, url: &str) -> Vec<String> {
    let port = CALLBACK_PORT;
    match client {
        Client::VsCode => {
            vec!["http://127.0.0.1:33418/".to_owned(), "https://vscode.dev/redirect".to_owned()]
        }
        Client::ClaudeCode => vec![format!("http://localhost:{port}/callback")],
        Client::ClaudeDesktop => vec!["https://claude.ai/api/mcp/auth_callback".to_owned()],
        Client::Cursor => vec!["http://localhost:8787/callback".to_owned()],
        Client::Kiro => vec!["http://localhost:7778/oauth/callback".to_owned()],
        // The beginning of the address's digest, so that one server's answer is not taken for another's.
        Client::Codex => {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(url));
            vec![format!("http://127.0.0.1:{port}/callback/{}", &digest[..12])]
        }
        Client::Gemini => vec![format!("http://localhost:{port}/oauth/callback")],
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::FACTS;
    use super::*;

    const PLAIN: Choices<'static> =
        Choices { protocol_header: false, program: PROGRAM, token_file: None };

    fn entry(client: Client, way: &Way) -> Value {
        members(client, way, &PLAIN).map_or(Value::Null, Value::Object)
    }

    fn sign_in(client_id: Option<&str>, at_front: bool) -> Way {
        Way::SignIn(SignIn {
            url: "https://a.example/mcp".to_owned(),
            client_id: client_id.map(str::to_owned),
            scopes: vec!["mcp/invoke".to_owned(), "mcp/admin".to_owned()],
            at_front,
        })
    }

    #[test]
    fn at_a_front_those_that_describe_themselves_need_the_address_alone() {
        let way = sign_in(Some("editors"), true);
        let (url, scopes) = ("https://a.example/mcp", json!(["mcp/invoke", "mcp/admin"]));
        for (client, expected) in [
            (Client::VsCode, json!({ "type": "http", "url": url })),
            (Client::ClaudeCode, json!({ "type": "http", "url": url })),
            (Client::ClaudeDesktop, Value::Null),
            (Client::Codex, json!({ "url": url })),
            (
                Client::Cursor,
                json!({ "url": url, "auth": { "CLIENT_ID": "editors", "scopes": scopes } }),
            ),
            (
                Client::Kiro,
                json!({ "url": url, "oauth": { "clientId": "editors", "oauthScopes": scopes } }),
            ),
            (
                Client::Gemini,
                json!({ "httpUrl": url, "oauth": { "clientId": "editors", "scopes": scopes, "enabled": true } }),
            ),
        ] {
            assert_eq!(entry(client, &way), expected, "{client:?}");
        }
    }

    #[test]
    fn another_issuer_knows_an_id_and_one_redirect_uri() {
        let way = sign_in(Some("c1"), false);
        let oauth = |client, pointer: &str| {
            entry(client, &way).pointer(pointer).cloned().unwrap_or_default()
        };
        assert_eq!(oauth(Client::VsCode, "/oauth"), json!({ "clientId": "c1" }));
        let claude =
            json!({ "clientId": "c1", "callbackPort": 8976, "scopes": "mcp/invoke mcp/admin" });
        assert_eq!(oauth(Client::ClaudeCode, "/oauth"), claude);
        assert_eq!(oauth(Client::Cursor, "/auth/CLIENT_ID"), "c1");
        assert_eq!(
            oauth(Client::Codex, "/oauth"),
            json!({ "client_id": "c1", "callback_port": 8976 })
        );
        assert_eq!(oauth(Client::Codex, "/scopes/1"), "mcp/admin");
        assert_eq!(
            oauth(Client::Kiro, "/oauth/redirectUri"),
            "http://localhost:7778/oauth/callback"
        );
        assert_eq!(
            oauth(Client::Gemini, "/oauth/redirectUri"),
            "http://localhost:8976/oauth/callback"
        );
        // Without an id it is the issuer that registers them.
        let way = sign_in(None, false);
        assert_eq!(
            entry(Client::ClaudeCode, &way)["oauth"],
            json!({ "scopes": "mcp/invoke mcp/admin" })
        );
        assert_eq!(entry(Client::VsCode, &way).get("oauth"), None);
        assert_eq!(entry(Client::Cursor, &way).get("auth"), None);
    }

    #[test]
    fn codex_comes_back_to_a_path_of_the_server_s_own() {
        // Seen of Codex 0.169.0: twelve characters of the digest of the address.
        let uris = redirect_uris(Client::Codex, "http://127.0.0.1:9400/mcp");
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest("http://127.0.0.1:9400/mcp"));
        assert_eq!(uris, [format!("http://127.0.0.1:8976/callback/{}", &digest[..12])]);
    }

    #[test]
    fn a_gateway_that_wants_signatures_is_reached_through_the_proxy() {
        let way = Way::Signed(vec!["https://g.example/mcp".to_owned()]);
        for facts in &FACTS {
            let entry = entry(facts.client, &way);
            assert_eq!(entry["command"], "construct", "{}", facts.client.word());
            assert_eq!(
                entry["args"],
                json!(["proxy", "https://g.example/mcp"]),
                "{}",
                facts.client.word()
            );
            let typed = matches!(facts.client, Client::VsCode | Client::ClaudeCode);
            assert_eq!(
                entry.get("type"),
                typed.then(|| json!("stdio")).as_ref(),
                "{}",
                facts.client.word()
            );
        }
    }

    #[test]
    fn claude_desktop_is_given_a_program_whatever_the_way() {
        let open = entry(Client::ClaudeDesktop, &Way::Open("https://o.example/mcp".to_owned()));
        assert_eq!(open["args"], json!(["proxy", "https://o.example/mcp", "--auth", "none"]));
        let choices = Choices { token_file: Some(Path::new("/t")), ..PLAIN };
        let with = members(Client::ClaudeDesktop, &sign_in(None, true), &choices).unwrap();
        let expected =
            json!(["proxy", "https://a.example/mcp", "--auth", "bearer", "--token-file", "/t"]);
        assert_eq!(with["args"], expected);
    }

    #[test]
    fn the_protocol_header_is_for_vs_code_alone() {
        let choices = Choices { protocol_header: true, ..PLAIN };
        for facts in &FACTS {
            let entry = members(facts.client, &Way::Open("https://o/mcp".to_owned()), &choices);
            let header = entry.unwrap().get("headers").cloned();
            let expected = json!({ "MCP-Protocol-Version": "2025-11-25" });
            assert_eq!(
                header,
                (facts.client == Client::VsCode).then_some(expected),
                "{}",
                facts.client.word()
            );
        }
    }
}
