//! What the person or pipeline that runs construct must be allowed: the policy that `construct iam` prints.
//!
//! One table says, kind by kind, which operations its step calls and on what; the policy holds the rows of the kinds that a
//! graph has and no others. Resources are the stack's own name prefix rather than its nodes' names, because an object that
//! has left the manifest must still be removable. Where a service gives an object an id of its own (user pools, HTTP
//! APIs), the stack's tag limits what may be changed, if the service knows that condition. Taking an object of another
//! maker over (`--adopt`) therefore needs more than this policy.
//!
//! Operations that know no resource (lists, most creates) stand on `*`, as IAM wants it; no action ever does. Sources:
//! Service Authorization Reference for each service; the handlers of `AgentCore`'s `CloudFormation` types.
//! `sts:GetCallerIdentity` needs no permission.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Graph, Step as _};
use serde_json::Value;

use rows::{LINKED_POOL, LOCK, On, rows};

use super::{AGENTCORE_SERVICE, Document, LAMBDA_SERVICE, PolicyError, Statement};
use crate::cloud::{Cloud, MARK_STACK, Naming};
use crate::manifest::{ProviderArn, S3Zip};
use crate::steps::agent_runtime::{self, AgentRuntime, Artifact};
use crate::steps::cognito_user_pool::LINK_ADDRESS;
use crate::steps::existing_provider::ExistingProvider;
use crate::steps::oauth2_provider::OAuth2Provider;

mod rows;

/// Why there is no policy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeployerError {
    /// A kind that the table does not know.
    #[error("there is no row for the kind `{0}`")]
    Kind(String),
    /// A row that is no statement.
    #[error("a row is no statement")]
    Row(#[from] PolicyError),
}

/// The ARNs of an object's kind that belong to the stack of `naming`, or that its manifest names; none where it names none.
fn resources(on: On, naming: &Naming, named: &Named) -> Vec<String> {
    let stack = &naming.stack;
    let agentcore = |resource: &str| naming.arn("bedrock-agentcore", resource);
    let identities = |named: &str| {
        let directory = agentcore("workload-identity-directory/default");
        vec![format!("{directory}/workload-identity/{named}"), directory]
    };
    let vault = agentcore("token-vault/default");
    let providers =
        |kind: &str, named: &str| vec![format!("{vault}/{kind}/{named}"), vault.clone()];
    let (oauth2, api_key) = ("oauth2credentialprovider", "apikeycredentialprovider");
    let secrets = |kind: &str| {
        let secret = format!("secret:bedrock-agentcore-identity!default/{kind}/*");
        vec![naming.arn("secretsmanager", &secret)]
    };
    // Whatever is done with a provider is done with its vault too.
    let linked = |is_api_key: bool| {
        let arns = named.providers.iter().filter(|arn| arn.is_api_key() == is_api_key);
        let mut arns: Vec<String> = arns.map(ToString::to_string).collect();
        if !arns.is_empty() {
            arns.push(vault.clone());
        }
        arns
    };
    let ours = format!("{stack}-*");
    match on {
        On::Anything | On::NewPools => vec!["*".to_owned()],
        On::Lock => vec![naming.arn("ssm", &format!("parameter/construct/{stack}/lock"))],
        On::Keys => vec![naming.arn("ssm", &format!("parameter/construct/{stack}/keys/*"))],
        On::Links => vec![naming.arn("ssm", &format!("parameter/construct/{stack}/links/*"))],
        On::Schemas => vec![format!("arn:{}:s3:::*/construct/{stack}/*", naming.partition)],
        On::AnyBucket => vec![format!("arn:{}:s3:::*", naming.partition)],
        On::Roles | On::RolesForAgentCore | On::RolesForLambda => vec![naming.role_arn("*")],
        On::Functions => vec![naming.arn("lambda", &format!("function:{stack}-*"))],
        On::Tables => vec![naming.arn("dynamodb", &format!("table/{stack}-*"))],
        On::LogGroups => vec![naming.arn("logs", &format!("log-group:/aws/lambda/{stack}-*"))],
        On::LinkedPools => {
            let arn = |id: &String| naming.arn("cognito-idp", &format!("userpool/{id}"));
            named.pools.iter().map(arn).collect()
        }
        On::AnyPool | On::OurPools => vec![naming.arn("cognito-idp", "userpool/*")],
        // Ids are the service's own, and ARNs of API Gateway name no account.
        On::HttpApis => ["/apis", "/apis/*", "/tags/*"]
            .iter()
            .map(|path| format!("arn:{}:apigateway:{}::{path}", naming.partition, naming.region))
            .collect(),
        On::Gateways => vec![agentcore(&format!("gateway/{}-*", stack.to_lowercase()))],
        // An engine's name takes no hyphens; its policies are parts of it.
        On::PolicyEngines => {
            let engine = agentcore(&format!("policy-engine/{}_*", stack.replace('-', "_")));
            vec![engine]
        }
        On::Portals => vec![agentcore(&format!("consent-portal/{stack}-*"))],
        On::Runtimes => {
            let runtimes = agentcore(&format!("runtime/{}", agent_runtime::name(stack, "*")));
            vec![format!("{runtimes}/runtime-endpoint/*"), runtimes]
        }
        On::RuntimeIdentities => identities(&agent_runtime::name(stack, "*")),
        On::AnyIdentity => identities("*"),
        On::AnyProvider => providers(oauth2, "*"),
        On::AnyApiKeyProvider => providers(api_key, "*"),
        On::Identities => identities(&ours),
        On::Providers => providers(oauth2, &ours),
        On::ApiKeyProviders => providers(api_key, &ours),
        On::LinkedProviders => linked(false),
        On::LinkedApiKeyProviders => linked(true),
        On::TokenChain => identities(&ours).into_iter().chain(providers(oauth2, &ours)).collect(),
        On::ApiKeyChain => identities(&ours).into_iter().chain(providers(api_key, &ours)).collect(),
        On::ProviderSecrets => secrets("oauth2"),
        On::LinkedApiKeySecrets if linked(true).is_empty() => Vec::new(),
        On::ApiKeySecrets | On::LinkedApiKeySecrets => secrets("apikey"),
        On::SigningKeys => named.signing_keys.iter().cloned().collect(),
    }
}

/// The policy for exactly the kinds of `graph`, and for reading the Secrets Manager secrets that its specs name.
///
/// # Errors
/// [`DeployerError::Kind`] for a kind without a row: a defect, which a test rules out for the registry's.
pub fn deployer_policy(graph: &Graph<Cloud>, naming: &Naming) -> Result<Document, DeployerError> {
    let kinds: BTreeSet<&str> = graph.outline().map(|(_, kind, _)| kind).collect();
    let mut named = Named::default();
    for (address, kind, _) in graph.outline() {
        if let Some(spec) = graph.spec(address) {
            named_secrets(&spec, &mut named.secrets);
            if kind == OAuth2Provider::KIND {
                let key = &spec["settings"]["private_key_jwt"]["kms_key"];
                named.signing_keys.extend(key.as_str().map(str::to_owned));
            }
            if kind == ExistingProvider::KIND {
                named.providers.extend(spec["arn"].as_str().map(|arn| ProviderArn(arn.to_owned())));
            }
            if kind == AgentRuntime::KIND {
                named.zips.extend(zip(&spec));
            }
            named.keys.extend(spec["kms_key"].as_str().map(str::to_owned));
            if address.as_str().starts_with(LINK_ADDRESS) {
                named.pools.extend(spec["value"].as_str().map(str::to_owned));
            }
        }
    }
    let policy = document(kinds, &named, naming)?;
    let statements = policy.statements().iter().cloned().chain(named_keys(&named.keys)?);
    Ok(Document::new(statements.chain(named_zips(&named.zips, naming)?)))
}

/// What a manifest names that is not the stack's.
#[derive(Default)]
struct Named {
    /// Ids of secrets in Secrets Manager.
    secrets: BTreeSet<String>,
    /// Ids of user pools.
    pools: BTreeSet<String>,
    /// Credential providers.
    providers: BTreeSet<ProviderArn>,
    /// ARNs of KMS keys that clients sign with.
    signing_keys: BTreeSet<String>,
    /// ARNs of KMS keys.
    keys: BTreeSet<String>,
    /// Zips of runtimes.
    zips: BTreeSet<S3Zip>,
}

/// The zip that the spec of a runtime names.
fn zip(spec: &Value) -> Option<S3Zip> {
    let artifact = serde_json::from_value(spec["artifact"].clone()).ok()?;
    match artifact {
        Artifact::S3(zip, _) => Some(zip),
        Artifact::Image(_) => None,
    }
}

/// AgentCore reads the zip of a runtime in the name of who makes or changes it: the runtime's own role does not need to.
///
/// Source: the handlers of `AWS::BedrockAgentCore::Runtime`; S3 asks for another action where a version is named.
fn named_zips(zips: &BTreeSet<S3Zip>, naming: &Naming) -> Result<Vec<Statement>, PolicyError> {
    let arns = |versioned: bool| -> Vec<String> {
        let named = zips.iter().filter(|zip| zip.version.is_some() == versioned);
        named
            .map(|zip| format!("arn:{}:s3:::{}/{}", naming.partition, zip.bucket, zip.key))
            .collect()
    };
    [
        ("NamedZips", "s3:GetObject", arns(false)),
        ("NamedZipVersions", "s3:GetObjectVersion", arns(true)),
    ]
    .into_iter()
    .filter(|(_, _, arns)| !arns.is_empty())
    .map(|(sid, action, arns)| Statement::allow(sid, [action], arns))
    .collect()
}

/// AgentCore uses the keys that specs name in the name of who makes their objects.
///
/// Source: the handlers of `AgentCore`'s `CloudFormation` types.
fn named_keys(keys: &BTreeSet<String>) -> Result<Option<Statement>, PolicyError> {
    const ACTIONS: [&str; 5] = [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
        "kms:ListGrants",
    ];
    let named = || Statement::allow("NamedKeys", ACTIONS, keys.iter().cloned());
    (!keys.is_empty()).then(named).transpose()
}

/// Collects the ids of `{"secret": "id#key"}` anywhere in a spec: the form of a Secrets Manager reference.
fn named_secrets(value: &Value, secrets: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().and_then(|text| text.split_once('#')) {
                    Some((id, _)) if name == "secret" => drop(secrets.insert(id.to_owned())),
                    _ => named_secrets(member, secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named_secrets(item, secrets)),
        _ => {}
    }
}

fn document<'a>(
    kinds: impl IntoIterator<Item = &'a str>,
    named: &Named,
    naming: &Naming,
) -> Result<Document, DeployerError> {
    let linked = !named.pools.is_empty();
    let mut actions: BTreeMap<On, BTreeSet<&str>> =
        BTreeMap::from([(LOCK.0, LOCK.1.iter().copied().collect())]);
    for kind in kinds {
        for (on, names) in rows(kind).ok_or_else(|| DeployerError::Kind(kind.to_owned()))? {
            // Where the stack links a pool, it has none of its own.
            let on = if *on == On::OurPools && linked { On::LinkedPools } else { *on };
            actions.entry(on).or_default().extend(*names);
        }
    }
    if linked {
        actions.entry(LINKED_POOL.0).or_default().extend(LINKED_POOL.1);
    }
    let mut statements = Vec::new();
    for (on, names) in actions {
        let resources = resources(on, naming, named);
        if resources.is_empty() {
            continue;
        }
        let statement = Statement::allow(&format!("{on:?}"), names, resources)?;
        statements.push(guarded(on, statement, &naming.stack));
    }
    if !named.secrets.is_empty() {
        // A secret's ARN ends in six characters of the service's own.
        let arn = |id: &String| match id.strip_prefix("arn:") {
            Some(_) => id.clone(),
            None => naming.arn("secretsmanager", &format!("secret:{id}-??????")),
        };
        let arns: Vec<String> = named.secrets.iter().map(arn).collect();
        statements.push(Statement::allow("NamedSecrets", ["secretsmanager:GetSecretValue"], arns)?);
    }
    Ok(Document::new(statements))
}

fn guarded(on: On, statement: Statement, stack: &str) -> Statement {
    let equals = "StringEquals";
    match on {
        On::AnyBucket => {
            let prefix = format!("construct/{stack}/*");
            statement.when("StringLike", "s3:prefix", [prefix.as_str()])
        }
        On::NewPools => statement.when(equals, &format!("aws:RequestTag/{MARK_STACK}"), [stack]),
        On::OurPools => statement.when(equals, &format!("aws:ResourceTag/{MARK_STACK}"), [stack]),
        On::RolesForAgentCore => statement.when(equals, "iam:PassedToService", [AGENTCORE_SERVICE]),
        On::RolesForLambda => statement.when(equals, "iam:PassedToService", [LAMBDA_SERVICE]),
        _ => statement,
    }
}

#[cfg(test)]
mod tests;
