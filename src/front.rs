//! The front: the functions behind its door, as data for the blueprint.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::cloud::Naming;
use crate::manifest::{Clients, Gateway};
use crate::policy::{Statement, grants};
use crate::steps::cors::Cors;
use crate::steps::{
    cognito_client, cognito_domain, cognito_user_pool, consent_portal, dynamodb_table, gateway,
    ssm_sealing_key,
};

/// The OAuth facade in front of the gateway.
pub const MCP_PROXY: &str = "mcp-proxy";
/// Third-party consent.
pub const OAUTH_CALLBACK: &str = "oauth-callback";

/// The handler of a function that does both: a function URL leads to one.
const BOTH: &str = "front";

/// Both functions, by the names that are also their handlers. No function of the manifest may have them.
pub const FUNCTIONS: [&str; 2] = [MCP_PROXY, OAUTH_CALLBACK];

/// The functions that stand before `gateway`: the one for consents is not needed with a consent portal, and with a function
/// URL the other does its work.
pub fn functions(gateway: &Gateway) -> impl Iterator<Item = &'static str> {
    let has_one = gateway.has_portal() || gateway.has_function_url();
    FUNCTIONS.into_iter().filter(move |name| !has_one || *name != OAUTH_CALLBACK)
}

/// What the function called `name` of `gateway` does, as its `Handler`.
pub fn handler<'a>(gateway: &Gateway, name: &'a str) -> &'a str {
    if gateway.has_function_url() && !gateway.has_portal() { BOTH } else { name }
}

/// How the function for `role` is called: by its role, and by its gateway where that has a name.
pub fn function_name(role: &str, gateway: Option<&str>) -> String {
    gateway.map_or_else(|| role.to_owned(), |gateway| format!("{role}-{gateway}"))
}

/// The Lambda runtime of the embedded binary.
pub const RUNTIME: &str = "provided.al2023";

/// An HTTP API gives up after 30 s: the integration a little before, so that its answer is its own.
pub const INTEGRATION_TIMEOUT_MS: i32 = 29_500;

/// The routes of the front, by the function that answers them.
pub const ROUTES: [(&str, &[&str]); 2] = [
    (
        MCP_PROXY,
        &[
            "GET /health",
            // Every document, at its root and path forms.
            "GET /.well-known/{document+}",
            "POST /register",
            "ANY /authorize",
            "GET /callback",
            "POST /token",
            "ANY /mcp",
        ],
    ),
    (OAUTH_CALLBACK, &["GET /connect/{handle}", "GET /connect/callback", "GET /oauth2/callback"]),
];

/// Headers that MCP clients send from a page (MCP, Streamable HTTP; RFC 6750).
const PAGES_SEND: [&str; 8] = [
    "accept",
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
];
/// Headers of answers that they read.
const PAGES_READ: [&str; 4] =
    ["mcp-protocol-version", "mcp-session-id", "www-authenticate", "x-correlation-id"];
/// A browser asks again after ten minutes.
const PAGES_REMEMBER_SECONDS: i32 = 600;

/// What browsers are told about pages of the manifest's origins; nothing where it names none.
pub fn cors(clients: &Clients) -> Option<Cors> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    (!clients.allowed_origins.is_empty()).then(|| Cors {
        origins: clients.allowed_origins.clone(),
        methods: texts(&["GET", "POST", "DELETE"]),
        request_headers: texts(&PAGES_SEND),
        response_headers: texts(&PAGES_READ),
        max_age_seconds: PAGES_REMEMBER_SECONDS,
    })
}

/// What a function of the front reaches.
pub struct Reach<'a> {
    /// The gateway's name.
    pub gateway: &'a str,
    /// The names of the sealing keys' parameters.
    pub keys: &'a [String],
    /// The session table's name; none where people consent at a portal.
    pub table: Option<&'a str>,
    /// The ARNs of the credential providers.
    pub providers: &'a [String],
}

/// What the function with the handler `handler` may do, besides writing its log.
pub fn statements(naming: &Naming, handler: &str, reach: &Reach<'_>) -> Vec<Statement> {
    let keys = grants::read_sealing_keys(naming, reach.keys);
    let mut statements = vec![keys];
    if handler != OAUTH_CALLBACK {
        statements.extend(reach.table.map(|table| grants::write_sessions(naming, table)));
    }
    if handler != MCP_PROXY {
        statements.extend(reach.table.map(|table| grants::use_sessions(naming, table)));
        statements.push(grants::complete_consent(naming, reach.gateway, reach.providers));
    }
    statements
}

/// What the functions of `gateway` learn from the manifest: their door, the scope that every call needs, and whether the sign-in page may send a
/// browser on to another identity provider, which the consent page's policy has to allow.
pub fn settings(gateway: &Gateway, scope: &str, is_federated: bool) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([("RESOURCE_SCOPE".to_owned(), scope.to_owned())]);
    if gateway.has_function_url() {
        settings.insert("FRONT_DOOR".to_owned(), "function-url".to_owned());
    }
    if is_federated {
        settings.insert("FORM_TARGETS".to_owned(), "https:".to_owned());
    }
    settings
}

/// The characters of a client's fingerprint.
const FINGERPRINT: usize = 16;

/// What the facade learns from `[clients]`; a variable that would be empty is left out.
pub fn client_settings(clients: &Clients) -> BTreeMap<String, String> {
    let denied: Vec<String> = clients.denied.iter().map(|id| fingerprint(id)).collect();
    let registered = if clients.registered.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&clients.registered).expect("texts are JSON")
    };
    let all = [
        ("REGISTERED_CLIENTS", registered),
        ("CLIENT_METADATA_HOSTS", clients.metadata_hosts.join(" ")),
        ("DENIED_CLIENTS", denied.join(" ")),
        ("ALLOWED_ORIGINS", clients.allowed_origins.join(" ")),
    ];
    let told = all.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The fingerprint that the front denies a client by: the beginning of its id's digest, which its log has. What has the
/// form of one is taken for one.
fn fingerprint(denied: &str) -> String {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if denied.len() == FINGERPRINT && denied.bytes().all(is_letter) {
        return denied.to_owned();
    }
    let mut text = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(denied));
    text.truncate(FINGERPRINT);
    text
}

/// The nodes that a function of the front takes its environment from; the text is the address of its door.
pub type Deps = (
    (gateway::Outputs, String),
    Cognito,
    (
        ssm_sealing_key::Outputs,
        ssm_sealing_key::Outputs,
        Option<dynamodb_table::Outputs>,
        Option<consent_portal::Outputs>,
    ),
);

/// Pool, domain, the editors' client, and the machines' where there is one.
pub type Cognito = (
    cognito_user_pool::Outputs,
    cognito_domain::Outputs,
    cognito_client::Outputs,
    Option<cognito_client::Outputs>,
);

/// What the front's functions learn from the nodes before them.
pub fn environment(
    ((gateway, base), (pool, domain, editors, machine), (state, id, table, portal)): Deps,
) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::from([
        ("API_URL".to_owned(), base),
        ("CLIENT_ID".to_owned(), editors.client_id),
        ("GATEWAY_URL".to_owned(), gateway.url),
        ("ID_KEY_PARAMETER".to_owned(), id.name),
        ("ISSUER".to_owned(), pool.issuer),
        ("SIGN_IN_URL".to_owned(), domain.base_url),
        ("STATE_KEY_PARAMETER".to_owned(), state.name),
    ]);
    environment.extend(table.map(|table| ("SESSION_TABLE".to_owned(), table.name)));
    environment.extend(portal.map(|portal| ("CONSENT_PORTAL_URL".to_owned(), portal.url)));
    if let Some(machine) = machine {
        environment.insert("MACHINE_CLIENT_ID".to_owned(), machine.client_id);
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifest, RegisteredClient, rules};
    use std::path::Path;

    #[test]
    fn a_client_is_denied_by_its_id_or_by_what_the_log_calls_it() {
        // printf %s ci-dashboard | openssl dgst -sha256 -binary | basenc --base64url | head -c 16
        assert_eq!(fingerprint("ci-dashboard"), "1ghTUm6lRxRh8_pQ");
        assert_eq!(fingerprint("0123456789-_abcD"), "0123456789-_abcD");
        assert_ne!(fingerprint("0123456789.bcdef"), "0123456789.bcdef");
    }

    #[test]
    fn what_construct_tells_leaves_the_room_that_the_manifest_is_promised() {
        let region = "ap-southeast-1";
        let stack = "s".repeat(rules::STACK_NAME.maximum);
        let gateway = "g".repeat(rules::GATEWAY_KEY.maximum);
        let id = "0123456789";
        let links: BTreeMap<String, String> = [
            ("API_URL", format!("https://{}.lambda-url.{region}.on.aws", "i".repeat(32))),
            ("CLIENT_ID", "c".repeat(128)),
            (
                "GATEWAY_URL",
                format!("https://{stack}-gateway-{gateway}-{id}.gateway.bedrock-agentcore.{region}.amazonaws.com/mcp"),
            ),
            ("ID_KEY_PARAMETER", format!("/construct/{stack}/keys/id-{gateway}")),
            ("ISSUER", format!("https://cognito-idp.{region}.amazonaws.com/{region}_{id}")),
            ("MACHINE_CLIENT_ID", "c".repeat(128)),
            ("SESSION_TABLE", format!("{stack}-table-sessions-{gateway}")),
            ("SIGN_IN_URL", "d".repeat(rules::POOL_DOMAIN.maximum)),
            ("STATE_KEY_PARAMETER", format!("/construct/{stack}/keys/state-{gateway}")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let text = "[stack]\nname = \"acme\"\nregion = \"us-west-2\"\n[gateway]\nfront = \"function-url\"\n";
        let manifest = Manifest::parse(text, "construct.toml", Path::new("")).unwrap();
        let own = settings(&manifest.gateway, &format!("{stack}/invoke"), true);
        let size = |told: &BTreeMap<String, String>| -> usize {
            told.iter().map(|(name, value)| name.len() + value.len()).sum()
        };
        let told = size(&links) + size(&own);
        let left = rules::ENVIRONMENT.maximum - rules::CLIENT_SETTINGS.maximum;
        assert!(told <= left, "{told} of {left}");
    }

    #[test]
    fn the_facade_is_told_what_there_is_and_nothing_else() {
        let none = Clients {
            write: Vec::new(),
            protocol_header: false,
            registered: BTreeMap::new(),
            metadata_hosts: Vec::new(),
            denied: Vec::new(),
            allowed_origins: Vec::new(),
        };
        assert_eq!(client_settings(&none), BTreeMap::new());
        let registered = RegisteredClient {
            name: "CI".to_owned(),
            redirect_uris: vec!["https://ci.example/callback".to_owned()],
        };
        let some = Clients {
            registered: BTreeMap::from([("ci".to_owned(), registered)]),
            metadata_hosts: vec!["a.example".to_owned(), "b.example".to_owned()],
            denied: vec!["0123456789-_abcD".to_owned()],
            allowed_origins: vec!["https://web.example".to_owned()],
            ..none
        };
        let told = client_settings(&some);
        let expected = [
            ("ALLOWED_ORIGINS", "https://web.example"),
            ("CLIENT_METADATA_HOSTS", "a.example b.example"),
            ("DENIED_CLIENTS", "0123456789-_abcD"),
            (
                "REGISTERED_CLIENTS",
                r#"{"ci":{"name":"CI","redirect_uris":["https://ci.example/callback"]}}"#,
            ),
        ];
        assert!(told.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected));
    }
}
