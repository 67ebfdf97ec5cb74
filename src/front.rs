//! The front: the two functions that answer the HTTP API, as data for the blueprint.

use std::collections::BTreeMap;

use crate::cloud::Naming;
use crate::manifest::Gateway;
use crate::policy::{Statement, grants};
use crate::steps::{
    cognito_client, cognito_domain, cognito_user_pool, consent_portal, dynamodb_table, gateway,
    http_api, iam_role, iam_role_policy, lambda_function, log_group, ssm_sealing_key,
};

/// The OAuth facade in front of the gateway.
pub const MCP_PROXY: &str = "mcp-proxy";
/// Third-party consent.
pub const OAUTH_CALLBACK: &str = "oauth-callback";

/// Both functions, by the names that are also their handlers. No function of the manifest may have them.
pub const FUNCTIONS: [&str; 2] = [MCP_PROXY, OAUTH_CALLBACK];

/// The functions that stand before `gateway`: with a consent portal, the one for consents is not needed.
pub fn functions(gateway: &Gateway) -> impl Iterator<Item = &'static str> {
    let has_portal = gateway.has_portal();
    FUNCTIONS.into_iter().filter(move |name| !has_portal || *name != OAUTH_CALLBACK)
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

/// What the function called `name` may do, besides writing its log.
pub fn statements(naming: &Naming, name: &str, reach: &Reach<'_>) -> Vec<Statement> {
    let keys = grants::read_sealing_keys(naming, reach.keys);
    let mut statements = vec![keys];
    if name == MCP_PROXY {
        statements.extend(reach.table.map(|table| grants::write_sessions(naming, table)));
    } else {
        statements.extend(reach.table.map(|table| grants::use_sessions(naming, table)));
        statements.push(grants::complete_consent(naming, reach.gateway, reach.providers));
    }
    statements
}

/// What the functions learn from the manifest: the scope that every call needs, and whether the sign-in page may send a
/// browser on to another identity provider, which the consent page's policy has to allow.
pub fn settings(scope: &str, is_federated: bool) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([("RESOURCE_SCOPE".to_owned(), scope.to_owned())]);
    if is_federated {
        settings.insert("FORM_TARGETS".to_owned(), "https:".to_owned());
    }
    settings
}

/// The nodes that a function of the front takes its environment from.
pub type Deps = (
    (iam_role::Outputs, iam_role_policy::Outputs, log_group::Outputs),
    (gateway::Outputs, http_api::Outputs),
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
pub fn links(
    ((role, _, _), (gateway, api), (pool, domain, editors, machine), (state, id, table, portal)): Deps,
) -> lambda_function::Links {
    let mut environment = BTreeMap::from([
        ("API_URL".to_owned(), api.endpoint),
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
    lambda_function::Links { role_arn: role.arn, environment }
}
