//! What each feature may do: the statements of the stack's roles, on ARNs as exact as the moment allows.
//!
//! Token actions need every resource of their chain named: the directory, the identity, the vault, the provider
//! (Service Authorization Reference, Amazon Bedrock AgentCore).

use std::collections::BTreeSet;

use crate::cloud::Naming;

use super::Statement;

fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Statement {
    Statement::allow(sid, actions, resources)
        .expect("the statements written here name actions by service and operation")
}

fn agentcore(naming: &Naming, resource: &str) -> String {
    naming.arn("bedrock-agentcore", resource)
}

/// The vault's ARN, and the workload identities that a gateway called `gateway` will have: its id is its name in lower
/// case and a suffix that is not known before it is made.
fn token_chain(naming: &Naming, gateway: &str) -> Vec<String> {
    let identity = gateway.to_lowercase();
    vec![
        agentcore(naming, "workload-identity-directory/default"),
        agentcore(
            naming,
            &format!("workload-identity-directory/default/workload-identity/{identity}-*"),
        ),
        agentcore(naming, "token-vault/default"),
    ]
}

/// The ARN of the OAuth2 credential provider called `name`.
pub fn oauth2_provider_arn(naming: &Naming, name: &str) -> String {
    agentcore(naming, &format!("token-vault/default/oauth2credentialprovider/{name}"))
}

/// The ARN of the API key credential provider called `name`.
pub fn api_key_provider_arn(naming: &Naming, name: &str) -> String {
    agentcore(naming, &format!("token-vault/default/apikeycredentialprovider/{name}"))
}

/// What a target uses a token for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenUse {
    /// Calls in the gateway's own name.
    Own,
    /// Calls in the name of people who consent.
    Personal,
    /// The same, and an administrator consents so that the server is asked for its tools.
    PersonalAndListing,
    /// Calls in the name of people, with a token for theirs.
    Exchanged,
}

/// A gateway role gets tokens of the provider at the ARN `provider`: per user where calls are personal, else as itself.
pub fn get_oauth2_token(
    naming: &Naming,
    gateway: &str,
    provider: &str,
    uses: &BTreeSet<TokenUse>,
) -> Statement {
    let mut actions = vec![
        "bedrock-agentcore:GetWorkloadAccessToken",
        "bedrock-agentcore:GetResourceOauth2Token",
    ];
    if uses.iter().any(|one| *one != TokenUse::Own) {
        actions.push("bedrock-agentcore:GetWorkloadAccessTokenForJWT");
    }
    if uses.contains(&TokenUse::PersonalAndListing) {
        actions.push("bedrock-agentcore:CompleteResourceTokenAuth");
        actions.push("bedrock-agentcore:GetWorkloadAccessTokenForUserId");
    }
    let mut resources = token_chain(naming, gateway);
    resources.push(provider.to_owned());
    allow("GetOauth2Token", &actions, resources)
}

/// A gateway role gets the key of the provider at the ARN `provider`.
pub fn get_api_key(naming: &Naming, gateway: &str, provider: &str) -> Statement {
    let actions =
        ["bedrock-agentcore:GetWorkloadAccessToken", "bedrock-agentcore:GetResourceApiKey"];
    let mut resources = token_chain(naming, gateway);
    resources.push(provider.to_owned());
    allow("GetApiKey", &actions, resources)
}

/// Calling an agent runtime, at whichever of its endpoints.
pub fn invoke_runtime(arn: &str) -> Statement {
    let endpoints = format!("{arn}/runtime-endpoint/*");
    allow(
        "InvokeRuntime",
        &["bedrock-agentcore:InvokeAgentRuntime"],
        vec![arn.to_owned(), endpoints],
    )
}

/// Calling another gateway, by its id.
pub fn invoke_gateway(naming: &Naming, id: &str) -> Statement {
    let arn = agentcore(naming, &format!("gateway/{id}"));
    allow("InvokeGateway", &["bedrock-agentcore:InvokeGateway"], vec![arn])
}

/// Calling a stage of a REST API in API Gateway.
pub fn invoke_rest_api(naming: &Naming, api: &str, stage: &str) -> Statement {
    let arn = naming.arn("execute-api", &format!("{api}/{stage}/*/*"));
    allow("InvokeRestApi", &["execute-api:Invoke"], vec![arn])
}

/// Reading one object in S3.
pub fn read_object(arn: &str) -> Statement {
    allow("ReadSchema", &["s3:GetObject"], vec![arn.to_owned()])
}

/// What a manifest names itself, as the statement `number` of its target.
pub fn named(number: usize, actions: &[String], resources: &[String]) -> Statement {
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    allow(&format!("Named{number}"), &actions, resources.to_vec())
}

/// Reading the secrets of credential providers.
pub fn read_secrets(arns: &[String]) -> Option<Statement> {
    let read = || allow("ReadProviderSecrets", &["secretsmanager:GetSecretValue"], arns.to_vec());
    (!arns.is_empty()).then(read)
}

/// A gateway calls the functions that intercept it.
pub fn invoke_functions(arns: impl IntoIterator<Item = String>) -> Statement {
    allow("InvokeInterceptors", &["lambda:InvokeFunction"], arns.into_iter().collect())
}

/// A gateway reads and writes what its own key encrypts.
///
/// `AgentCore` developer guide, encryption at rest of a gateway.
pub fn use_key(arn: &str) -> Statement {
    allow("UseKey", &["kms:Decrypt", "kms:GenerateDataKey"], vec![arn.to_owned()])
}

/// A gateway called `gateway` asks a policy engine. The service tries it out when the two are put together, and wants every
/// resource named: the gateway's id is its name in lower case and a suffix that is not known before it is made.
pub fn ask_policy_engine(naming: &Naming, gateway: &str, engine: &str) -> Statement {
    let actions = [
        "bedrock-agentcore:AuthorizeAction",
        "bedrock-agentcore:GetPolicyEngine",
        "bedrock-agentcore:PartiallyAuthorizeActions",
    ];
    let gateways = agentcore(naming, &format!("gateway/{}-*", gateway.to_lowercase()));
    allow("AskPolicyEngine", &actions, vec![engine.to_owned(), gateways])
}

/// Calling one function.
pub fn invoke_function(arn: &str) -> Statement {
    allow("InvokeFunction", &["lambda:InvokeFunction"], vec![arn.to_owned()])
}

/// A function writes to its own log group, which exists already.
pub fn write_logs(naming: &Naming, log_group: &str) -> Statement {
    let arn = naming.arn("logs", &format!("log-group:{log_group}:*"));
    allow("WriteLogs", &["logs:CreateLogStream", "logs:PutLogEvents"], vec![arn])
}

/// The front reads its sealing keys. The AWS managed key of SSM needs no grant of its own.
pub fn read_sealing_keys(naming: &Naming, names: &[String]) -> Statement {
    let arns = names.iter().map(|name| naming.arn("ssm", &format!("parameter{name}"))).collect();
    allow("ReadSealingKeys", &["ssm:GetParameters"], arns)
}

/// The proxy opens a consent session.
pub fn write_sessions(naming: &Naming, table: &str) -> Statement {
    let arn = naming.arn("dynamodb", &format!("table/{table}"));
    allow("WriteSessions", &["dynamodb:PutItem"], vec![arn])
}

/// The callback reads a session, moves it on and burns it; what is over stays until the table forgets it.
pub fn use_sessions(naming: &Naming, table: &str) -> Statement {
    let arn = naming.arn("dynamodb", &format!("table/{table}"));
    let actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"];
    allow("UseSessions", &actions, vec![arn])
}

/// The callback completes a consent in the name of the person who gave it.
pub fn complete_consent(naming: &Naming, gateway: &str, providers: &[String]) -> Statement {
    let mut resources = token_chain(naming, gateway);
    resources.extend(providers.iter().cloned());
    allow("CompleteConsent", &["bedrock-agentcore:CompleteResourceTokenAuth"], resources)
}
