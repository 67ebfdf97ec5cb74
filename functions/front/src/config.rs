//! What the functions are told by their environment.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::http::origin;
use crate::random::sha256;
use crate::schedule::Schedule;

/// An HTTP API gives up after 30 s; construct sets its integration to half a second less, and this answers a second before.
const HTTP_API_LIMIT: Duration = Duration::from_millis(28_500);

/// A client that was registered by whoever runs the stack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredClient {
    /// What the consent page calls it.
    pub name: String,
    /// Where it may be sent back to; loopback ones at any port.
    pub redirect_uris: Vec<String>,
}

/// How requests come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontDoor {
    /// Buffered, with a limit of half a minute.
    HttpApi,
    /// Streamed, as long as the function may run.
    FunctionUrl,
}

impl FrontDoor {
    /// The longest that an answer may take at this door.
    pub const fn limit(self) -> Option<Duration> {
        match self {
            Self::HttpApi => Some(HTTP_API_LIMIT),
            Self::FunctionUrl => None,
        }
    }
}

/// The configuration of both functions.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our own address without a slash at its end: the issuer of the facade.
    pub base: String,
    /// The address that clients are given: what tokens are for.
    pub resource: String,
    /// The gateway: the one address that calls are forwarded to.
    pub gateway: String,
    /// The front door.
    pub front: FrontDoor,
    /// Our client at the pool.
    pub client_id: String,
    /// The pool's client for machines, where there is one.
    pub machine_client_id: Option<String>,
    /// Who issues the tokens.
    pub issuer: String,
    /// Where the issuer's keys are.
    pub keys_url: String,
    /// The address of the sign-in page's host, as this function reaches it.
    pub sign_in: String,
    /// The same as a browser reaches it.
    pub sign_in_page: String,
    /// Where else the sign-in page may send a browser at once, as sources of a content security policy.
    pub form_targets: Vec<String>,
    /// The scope that every call needs, then others that clients may ask for.
    pub scopes: Vec<String>,
    /// Whether `resource` is passed on to the pool, which some pools refuse.
    pub forward_resource: bool,
    /// The parameters that hold the sealing keys: for states, and for ids.
    pub key_parameters: [String; 2],
    /// The table of consent sessions; empty where people consent at a portal.
    pub session_table: String,
    /// AgentCore's own page for consents, where people are sent instead of to ours.
    pub consent_portal: Option<String>,
    /// The Region.
    pub region: String,
    /// Where all of AWS is instead of at its own names; only the local AWS sets this.
    pub endpoint: Option<String>,
    /// Clients that are known without asking.
    pub registered: BTreeMap<String, RegisteredClient>,
    /// Hosts whose client metadata documents may be fetched.
    pub metadata_hosts: Vec<String>,
    /// Fingerprints of clients that are no longer served.
    pub denied_clients: Vec<String>,
    /// Web origins that may call the tools from a browser.
    pub allowed_origins: Vec<String>,
}

/// A variable that is not set, or not so that it can be understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Misconfigured(pub &'static str);

impl std::fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(name) = self;
        write!(f, "the environment variable {name} is not set as construct sets it")
    }
}

impl std::error::Error for Misconfigured {}

impl Config {
    /// Reads the variables that `lookup` gives.
    ///
    /// # Errors
    /// [`Misconfigured`] with the first variable that is missing or makes no sense.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Misconfigured> {
        let optional = |name| lookup(name).filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(Misconfigured(name));
        let words = |name| {
            let text = optional(name).unwrap_or_default();
            text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let address = |name: &'static str| -> Result<String, Misconfigured> {
            let address = required(name)?;
            if !address.contains("://") {
                return Err(Misconfigured(name));
            }
            Ok(address.trim_end_matches('/').to_owned())
        };
        let consent_portal = optional("CONSENT_PORTAL_URL");
        let session_table = match consent_portal {
            Some(_) => String::new(),
            None => required("SESSION_TABLE")?,
        };
        let endpoint = optional("AWS_ENDPOINT_URL").map(|url| url.trim_end_matches('/').to_owned());
        let base = address("API_URL")?;
        let resource = format!("{base}/mcp");
        let issuer = address("ISSUER")?;
        let sign_in = address("SIGN_IN_URL")?;
        let scopes = words("RESOURCE_SCOPE");
        if scopes.is_empty() {
            return Err(Misconfigured("RESOURCE_SCOPE"));
        }
        let client_id = required("CLIENT_ID")?;
        let mut registered: BTreeMap<String, RegisteredClient> =
            match optional("REGISTERED_CLIENTS") {
                None => BTreeMap::new(),
                Some(text) => serde_json::from_str(&text)
                    .map_err(|_reason| Misconfigured("REGISTERED_CLIENTS"))?,
            };
        registered.entry(client_id.clone()).or_insert_with(|| preset(&resource));
        Ok(Self {
            front: match optional("FRONT_DOOR").as_deref() {
                None | Some("http-api") => FrontDoor::HttpApi,
                Some("function-url") => FrontDoor::FunctionUrl,
                Some(_) => return Err(Misconfigured("FRONT_DOOR")),
            },
            gateway: address("GATEWAY_URL")?,
            client_id,
            machine_client_id: optional("MACHINE_CLIENT_ID"),
            keys_url: optional("KEYS_URL")
                .unwrap_or_else(|| format!("{issuer}/.well-known/jwks.json")),
            issuer,
            sign_in_page: as_a_browser_sees(&sign_in, endpoint.as_deref()),
            sign_in,
            form_targets: words("FORM_TARGETS"),
            scopes,
            forward_resource: optional("FORWARD_RESOURCE").as_deref() == Some("true"),
            key_parameters: [required("STATE_KEY_PARAMETER")?, required("ID_KEY_PARAMETER")?],
            session_table,
            consent_portal,
            region: required("AWS_REGION")?,
            endpoint,
            registered,
            metadata_hosts: words("CLIENT_METADATA_HOSTS"),
            denied_clients: words("DENIED_CLIENTS"),
            allowed_origins: words("ALLOWED_ORIGINS"),
            base,
            resource,
        })
    }

    /// The scope without which no call is served.
    pub fn required_scope(&self) -> &str {
        self.scopes.first().map_or("", String::as_str)
    }

    /// When keys are read again and take over.
    pub const fn key_schedule(&self) -> Schedule {
        if self.endpoint.is_some() { Schedule::LOCAL } else { Schedule::AWS }
    }

    /// The whole of an address below our own.
    pub fn own(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The local AWS answers for a pool's domain below `localhost`, which browsers resolve by themselves.
fn as_a_browser_sees(sign_in: &str, endpoint: Option<&str>) -> String {
    let domain =
        sign_in.strip_prefix("https://").and_then(|d| d.strip_suffix(".amazoncognito.com"));
    match (domain, endpoint) {
        (Some(domain), Some(endpoint)) => {
            let port = origin(endpoint).rsplit_once(':').map_or("", |(_, port)| port);
            format!("http://{domain}.localhost:{port}")
        }
        _ => sign_in.to_owned(),
    }
}

/// The pool's own client id serves editors that want an id rather than to register. Their redirect URIs, as their
/// documentation and sources give them.
fn preset(resource: &str) -> RegisteredClient {
    let mut redirect_uris: Vec<String> = [
        // VS Code.
        "http://127.0.0.1/",
        "http://127.0.0.1",
        "http://localhost/",
        "http://localhost",
        "https://vscode.dev/redirect",
        "https://insiders.vscode.dev/redirect",
        // Claude Code, Cursor, the conformance suite.
        "http://localhost/callback",
        "http://127.0.0.1/callback",
        // Claude.
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
        // Cursor.
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        // Kiro, Gemini CLI, MCP Inspector.
        "http://localhost/oauth/callback",
        "http://127.0.0.1/oauth/callback",
    ]
    .map(str::to_owned)
    .to_vec();
    // Codex appends the beginning of the server address's digest.
    redirect_uris.push(format!("http://127.0.0.1/callback/{}", &sha256(resource)[..12]));
    RegisteredClient { name: "An editor with a preset client id".to_owned(), redirect_uris }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A configuration for tests.
    pub(crate) fn config() -> Config {
        Config::read(variable).unwrap()
    }

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "API_URL" => "https://api.example/",
            "AWS_REGION" => "us-west-2",
            "CLIENT_ID" => "editors",
            "GATEWAY_URL" => "https://gateway.example/mcp",
            "ID_KEY_PARAMETER" => "/k/id",
            "ISSUER" => "https://idp.example/pool",
            "RESOURCE_SCOPE" => "mcp/invoke mcp/admin",
            "SESSION_TABLE" => "t",
            "SIGN_IN_URL" => "https://p.auth.us-west-2.amazoncognito.com",
            "STATE_KEY_PARAMETER" => "/k/state",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn addresses_are_made_of_the_own_one() {
        let config = Config::read(variable).unwrap();
        assert_eq!(config.resource, "https://api.example/mcp");
        assert_eq!(config.own("/token"), "https://api.example/token");
        assert_eq!(config.keys_url, "https://idp.example/pool/.well-known/jwks.json");
        assert_eq!(config.sign_in_page, config.sign_in);
        assert_eq!(config.required_scope(), "mcp/invoke");
        assert_eq!(config.front.limit(), Some(Duration::from_millis(28_500)));
        assert!(config.registered.contains_key("editors"));
    }

    #[test]
    fn the_local_sign_in_page_is_below_localhost() {
        let config = Config::read(|name| match name {
            "AWS_ENDPOINT_URL" => Some("http://localhost:4566".to_owned()),
            "FRONT_DOOR" => Some("function-url".to_owned()),
            name => variable(name),
        });
        let config = config.unwrap();
        assert_eq!(config.sign_in_page, "http://p.auth.us-west-2.localhost:4566");
        assert_eq!(config.front.limit(), None);
    }

    #[test]
    fn with_a_portal_no_sessions_are_kept() {
        let config = Config::read(|name| match name {
            "SESSION_TABLE" => None,
            "CONSENT_PORTAL_URL" => Some("https://portal.example".to_owned()),
            name => variable(name),
        });
        assert_eq!(config.unwrap().consent_portal.as_deref(), Some("https://portal.example"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for missing in ["API_URL", "CLIENT_ID", "SESSION_TABLE", "RESOURCE_SCOPE", "AWS_REGION"] {
            let read = Config::read(|name| variable(name).filter(|_| name != missing));
            assert_eq!(read.unwrap_err(), Misconfigured(missing));
        }
        let read = Config::read(|name| match name {
            "REGISTERED_CLIENTS" => Some("{".to_owned()),
            name => variable(name),
        });
        assert_eq!(read.unwrap_err(), Misconfigured("REGISTERED_CLIENTS"));
    }
}
