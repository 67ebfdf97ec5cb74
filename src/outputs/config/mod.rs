//! `config.json`: every id, ARN and URL of a stack as a typed, versioned document for scripts. Never a secret.
//!
//! It is made of the outputs of nodes, member by member: what a step may add to its outputs one day does not get here by
//! itself. Equal stacks give equal bytes.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use construct_engine::Address;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Objects;
use crate::cloud::partition;
use crate::front;
use crate::session::folder_of;
use crate::steps::cognito_user_pool;
use crate::steps::gateway_target::invocations_url;

/// The version of the document: raised when a reader of the old one would go wrong. New members do not raise it.
pub const VERSION: u32 = 1;

/// Where the stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// The local AWS inside construct.
    Local,
    /// AWS.
    Aws,
}

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "config.json")]
pub struct Config {
    /// The document's version.
    pub version: u32,
    /// The stack's name.
    pub stack: String,
    /// The AWS Region.
    pub region: String,
    /// The account: twelve digits.
    pub account: String,
    /// Where the stack is.
    pub endpoint: Endpoint,
    /// The address that MCP clients use: of the front, or of a gateway without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_url: Option<String>,
    /// The address of the front: of its HTTP API, or of its function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front_url: Option<String>,
    /// The one gateway of `[gateway]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
    /// The HTTP API in front of it; none where a function URL is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// The gateways of `[gateways]` by name.
    #[serde(default)]
    pub gateways: BTreeMap<String, Reached>,
    /// The way in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cognito: Option<Cognito>,
    /// Credential providers by name.
    pub providers: BTreeMap<String, Provider>,
    /// Targets by name.
    pub targets: BTreeMap<String, Target>,
    /// Consent portals by gateway; `portal` is the one of `[gateway]`.
    #[serde(default)]
    pub portals: BTreeMap<String, Portal>,
    /// Agent runtimes by name.
    #[serde(default)]
    pub runtimes: BTreeMap<String, Runtime>,
    /// Functions by name, those of the front included.
    pub functions: BTreeMap<String, Named>,
    /// Tables by name.
    pub tables: BTreeMap<String, Named>,
    /// IAM roles by what they are for.
    pub roles: BTreeMap<String, Named>,
    /// Log groups by function.
    pub log_groups: BTreeMap<String, Named>,
    /// Workload identities of the manifest by name.
    pub identities: BTreeMap<String, Named>,
    /// Parameters that hold sealing keys; their names, not the keys.
    pub keys: BTreeMap<String, String>,
}

/// One of several gateways, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its own URL.
    pub url: String,
    /// The address that MCP clients use: of the front, or the gateway's own.
    pub mcp_url: String,
    /// The address of the front: of its HTTP API, or of its function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front_url: Option<String>,
    /// The HTTP API in front of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
}

/// The one gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its own URL.
    pub url: String,
}

/// The HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Api {
    /// Its id.
    pub id: String,
    /// Its base address, without a slash at the end.
    pub endpoint: String,
}

/// The user pool and what lives in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cognito {
    /// The pool's id.
    pub pool_id: String,
    /// The pool's ARN.
    pub pool_arn: String,
    /// The issuer of its tokens.
    pub issuer: String,
    /// The base address of its sign-in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The scopes that a call needs.
    pub scopes: Vec<String>,
    /// Client ids by what they are for: `editors`, and `machine` where one is wanted.
    pub clients: BTreeMap<String, String>,
    /// What to register at the pool's identity providers, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub federation: BTreeMap<String, Registration>,
}

/// What an identity provider has to know of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// Where it sends people back to: the redirect URI of an OIDC client, the assertion consumer service of SAML.
    pub redirect_uri: String,
    /// The pool's entity id (audience); SAML only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
}

/// A credential provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provider {
    /// Its ARN.
    pub arn: String,
    /// What to register at the vendor; none for an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
}

/// A target of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its id.
    pub target_id: String,
}

/// A consent portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Portal {
    /// Its ARN.
    pub arn: String,
    /// Where people consent.
    pub url: String,
    /// Where its identity provider has to send people back to.
    pub sign_in_callback: String,
}

/// An agent runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Runtime {
    /// Its ARN.
    pub arn: String,
    /// Where its newest version is called.
    pub url: String,
    /// Where its other endpoints are called, by name.
    pub endpoints: BTreeMap<String, String>,
}

/// Something with a name and an ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// Whose document it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The stack's name.
    pub stack: String,
    /// The AWS Region.
    pub region: String,
    /// The account.
    pub account: String,
    /// Where the stack is.
    pub endpoint: Endpoint,
}

impl Config {
    /// The document of a stack with `objects`. A member that an object does not have yet is left out.
    pub fn new(heading: &Heading, objects: &Objects) -> Self {
        let (api, gateway) = (api(objects, "api"), gateway(objects, "gateway"));
        let front_url = front_url(objects, None);
        let own = || gateway.as_ref().map(|gateway| gateway.url.clone());
        Self {
            version: VERSION,
            stack: heading.stack.clone(),
            region: heading.region.clone(),
            account: heading.account.clone(),
            endpoint: heading.endpoint,
            mcp_url: front_url.as_deref().map(mcp_url).or_else(own),
            front_url,
            gateway,
            api,
            gateways: gateways(objects),
            cognito: cognito(heading, objects),
            providers: providers(objects),
            targets: by_leaf(objects, "agentcore.target", |outputs| {
                Some(Target { target_id: text(outputs, "target_id")? })
            }),
            portals: by_leaf(objects, "agentcore.consent-portal", |outputs| {
                let url = text(outputs, "url")?;
                let sign_in_callback = format!("{url}/callback");
                Some(Portal { arn: text(outputs, "arn")?, url, sign_in_callback })
            }),
            runtimes: by_leaf(objects, "agentcore.runtime", |outputs| {
                let (id, arn) = (text(outputs, "id")?, text(outputs, "arn")?);
                let endpoints = objects.of_kind("agentcore.runtime-endpoint");
                let endpoints = endpoints.filter_map(|(_, endpoint)| {
                    let name = text(endpoint, "name")
                        .filter(|_| text(endpoint, "runtime_id") == Some(id.clone()))?;
                    let url = invocations_url(&arn, Some(&name));
                    Some((name, url))
                });
                Some(Runtime {
                    url: invocations_url(&arn, None),
                    endpoints: endpoints.collect(),
                    arn,
                })
            }),
            functions: by_leaf(objects, "lambda.function", named),
            tables: by_leaf(objects, "dynamodb.table", named),
            roles: by_leaf(objects, "iam.role", named),
            log_groups: by_leaf(objects, "logs.group", named),
            identities: by_leaf(objects, "agentcore.workload-identity", named),
            keys: by_leaf(objects, "ssm.sealing-key", |outputs| text(outputs, "name")),
        }
    }

    /// The document beside `manifest`, as the last run left it; none where there is none that can be read.
    pub fn beside(manifest: &Path) -> Option<Self> {
        let text = std::fs::read(folder_of(manifest).join("config.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// How the gateway called `name` is reached; none for the one without a name.
    pub fn reached(&self, name: Option<&str>) -> Option<Reached> {
        if let Some(name) = name {
            return self.gateways.get(name).cloned();
        }
        let (gateway, mcp_url) = (self.gateway.clone()?, self.mcp_url.clone()?);
        let Gateway { id, arn, url } = gateway;
        let (front_url, api) = (self.front_url.clone(), self.api.clone());
        Some(Reached { id, arn, url, mcp_url, front_url, api })
    }

    /// Whose document this is.
    pub fn heading(&self) -> Heading {
        Heading {
            stack: self.stack.clone(),
            region: self.region.clone(),
            account: self.account.clone(),
            endpoint: self.endpoint,
        }
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a config is plain data that serialises");
        bytes.push(b'\n');
        bytes
    }
}

/// The JSON Schema (2020-12) of the document.
pub fn schema() -> Value {
    schemars::schema_for!(Config).to_value()
}

/// The address that MCP clients use, of a front's.
fn mcp_url(front_url: &str) -> String {
    format!("{front_url}/mcp")
}

/// The address of the front of the gateway called `name`: of its HTTP API, or of its function.
fn front_url(objects: &Objects, name: Option<&str>) -> Option<String> {
    let at = |base: &str, joint: &str| match name {
        Some(name) => format!("{base}{joint}{name}"),
        None => base.to_owned(),
    };
    let api = objects.at("apigateway.http-api", &at("api", "/"));
    let function = format!("function-url/{}", front::MCP_PROXY);
    let url = || objects.at("lambda.function-url", &at(&function, "-"));
    text(api.or_else(url)?, "endpoint")
}

fn api(objects: &Objects, address: &str) -> Option<Api> {
    let outputs = objects.at("apigateway.http-api", address)?;
    Some(Api { id: text(outputs, "id")?, endpoint: text(outputs, "endpoint")? })
}

fn gateway(objects: &Objects, address: &str) -> Option<Gateway> {
    let outputs = objects.at("agentcore.gateway", address)?;
    let (id, arn) = (text(outputs, "id")?, text(outputs, "arn")?);
    Some(Gateway { id, arn, url: text(outputs, "url")? })
}

/// Those with a name, which is in their addresses.
fn gateways(objects: &Objects) -> BTreeMap<String, Reached> {
    let named = objects.of_kind("agentcore.gateway").filter_map(|(address, _)| {
        let name = address.as_str().strip_prefix("gateway/")?;
        let Gateway { id, arn, url } = gateway(objects, address.as_str())?;
        let api = api(objects, &format!("api/{name}"));
        let front_url = front_url(objects, Some(name));
        let mcp_url = front_url.as_deref().map_or_else(|| url.clone(), mcp_url);
        Some((name.to_owned(), Reached { id, arn, url, mcp_url, front_url, api }))
    });
    named.collect()
}

/// The kinds of credential providers, linked ones among them.
const PROVIDERS: [&str; 3] =
    ["agentcore.api-key-provider", "agentcore.existing-provider", "agentcore.oauth2-provider"];

fn provider(outputs: &Value) -> Option<Provider> {
    Some(Provider { arn: text(outputs, "arn")?, callback_url: text(outputs, "callback_url") })
}

fn cognito(heading: &Heading, objects: &Objects) -> Option<Cognito> {
    let pool = pool(heading, objects)?;
    let scopes = objects
        .one("cognito.resource-server")
        .and_then(|outputs| outputs.get("scopes")?.as_array())
        .map(|scopes| scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let domain = objects.one("cognito.domain").and_then(|outputs| text(outputs, "base_url"));
    Some(Cognito {
        scopes: scopes.unwrap_or_default(),
        clients: by_leaf(objects, "cognito.client", |outputs| text(outputs, "client_id")),
        federation: by_leaf(objects, "cognito.identity-provider", |outputs| {
            registration(domain.as_deref()?, &pool.id, outputs.get("protocol")?.as_str()?)
        }),
        pool_id: pool.id,
        pool_arn: pool.arn,
        issuer: pool.issuer,
        domain,
    })
}

/// The stack's own pool, or the one that its link remembers.
fn pool(heading: &Heading, objects: &Objects) -> Option<cognito_user_pool::Outputs> {
    if let Some(pool) = objects.one("cognito.user-pool") {
        return serde_json::from_value(pool.clone()).ok();
    }
    let mut links = objects.of_kind("ssm.link");
    let (_, link) =
        links.find(|(address, _)| address.as_str().starts_with(cognito_user_pool::LINK_ADDRESS))?;
    let (region, account) = (&heading.region, &heading.account);
    let id = text(link, "value")?;
    let arn = format!("arn:{}:cognito-idp:{region}:{account}:userpool/{id}", partition(region));
    Some(cognito_user_pool::Outputs::of(id, arn))
}

/// What a provider of this protocol registers for a pool with this domain. Source: Cognito developer guide, "Adding OIDC
/// identity providers", "Adding SAML identity providers".
fn registration(domain: &str, pool_id: &str, protocol: &str) -> Option<Registration> {
    match protocol {
        "oidc" => Some(Registration {
            redirect_uri: format!("{domain}/oauth2/idpresponse"),
            entity_id: None,
        }),
        "saml" => Some(Registration {
            redirect_uri: format!("{domain}/saml2/idpresponse"),
            entity_id: Some(format!("urn:amazon:cognito:sp:{pool_id}")),
        }),
        _ => None,
    }
}

/// Those of the manifest; a consent portal's own is told with its portal.
fn providers(objects: &Objects) -> BTreeMap<String, Provider> {
    let all = PROVIDERS.iter().flat_map(|kind| objects.of_kind(kind));
    let named = all.filter_map(|(address, outputs)| {
        Some((address.as_str().strip_prefix("provider/")?.to_owned(), provider(outputs)?))
    });
    named.collect()
}

fn by_leaf<T>(
    objects: &Objects,
    kind: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> BTreeMap<String, T> {
    let found = objects.of_kind(kind).filter_map(|(address, outputs): (&Address, &Value)| {
        Some((address.leaf().to_owned(), read(outputs)?))
    });
    found.collect()
}

fn named(outputs: &Value) -> Option<Named> {
    Some(Named { name: text(outputs, "name")?, arn: text(outputs, "arn")? })
}

fn text(outputs: &Value, member: &str) -> Option<String> {
    outputs.get(member)?.as_str().map(str::to_owned)
}
