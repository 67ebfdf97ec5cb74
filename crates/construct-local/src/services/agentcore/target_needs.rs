//! What a gateway's role must allow so that the gateway can serve a target.
//!
//! The service looks when the target is created or changed. Where it signs with the role for a
//! service that is not known here, it cannot tell the action, and asks for none.

use serde_json::Value;

use super::credential_rules::Outbound;
use super::gateway_role::Permission;
use super::state::Gateway;
use super::target_kind::{OutboundAuth, TargetKind};
use super::workload_identities;

/// All that the role must allow. `secret_arn` is the secret of the credential provider that
/// `outbound` names.
pub(super) fn needed(
    gateway: &Gateway,
    kind: TargetKind,
    part: &Value,
    outbound: &Outbound<'_>,
    secret_arn: Option<&str>,
) -> Vec<Permission> {
    let mut needed = Vec::new();
    if let Some((_, bucket, key)) = schema_object(part) {
        needed.push(("s3:GetObject", format!("arn:aws:s3:::{bucket}/{key}")));
    }
    if kind == TargetKind::Lambda {
        needed.push(("lambda:InvokeFunction", text(part, "lambdaArn").to_owned()));
    }
    if outbound.auth == OutboundAuth::GatewayRole {
        match kind {
            TargetKind::Runtime => {
                let qualifier = part["qualifier"].as_str().unwrap_or("DEFAULT");
                needed.extend(invoke_runtime(text(part, "arn"), qualifier));
            }
            TargetKind::ApiGateway => needed.extend(invoke_api(gateway, part)),
            TargetKind::McpServer if outbound.service == Some("bedrock-agentcore") => {
                needed.extend(invoke_agentcore(gateway, text(part, "endpoint")));
            }
            _ => {}
        }
    }
    needed.extend(provider_use(gateway, outbound, secret_arn));
    needed
}

/// The S3 location that a schema of the target is in: the location itself, its bucket and its key.
pub(super) fn schema_object(part: &Value) -> Option<(&Value, &str, &str)> {
    let schema = ["toolSchema", "mcpToolSchema"].into_iter().find_map(|name| part.get(name));
    let source = part.get("schema").and_then(|schema| schema.get("source"));
    let location = schema.or(source).unwrap_or(part).get("s3")?;
    let (bucket, key) = location.get("uri")?.as_str()?.strip_prefix("s3://")?.split_once('/')?;
    Some((location, bucket, key))
}

/// The tokens or keys of a credential provider. The service authorization data requires each of
/// these resources for the token actions.
fn provider_use(
    gateway: &Gateway,
    outbound: &Outbound<'_>,
    secret_arn: Option<&str>,
) -> Vec<Permission> {
    let (Some(provider), Some(secret)) = (outbound.provider_arn, secret_arn) else {
        return Vec::new();
    };
    let token_action = match outbound.auth {
        OutboundAuth::ApiKey => "bedrock-agentcore:GetResourceApiKey",
        auth if auth.is_oauth() => "bedrock-agentcore:GetResourceOauth2Token",
        _ => return Vec::new(),
    };
    let identity = workload_identities::arn_beside(&gateway.arn, &gateway.id);
    let directory = identity.split("/workload-identity/").next().unwrap_or_default().to_owned();
    let vault = provider.rsplitn(3, '/').nth(2).unwrap_or_default().to_owned();
    let mut needed = Vec::new();
    for resource in [&directory, &identity] {
        needed.push(("bedrock-agentcore:GetWorkloadAccessToken", resource.clone()));
        if outbound.auth == OutboundAuth::TokenExchange {
            let for_jwt = "bedrock-agentcore:GetWorkloadAccessTokenForJWT";
            needed.push((for_jwt, resource.clone()));
        }
    }
    for resource in [directory, identity, vault, provider.to_owned()] {
        needed.push((token_action, resource));
    }
    needed.push(("secretsmanager:GetSecretValue", secret.to_owned()));
    needed
}

fn invoke_runtime(arn: &str, qualifier: &str) -> [Permission; 2] {
    let endpoint = format!("{arn}/runtime-endpoint/{qualifier}");
    [arn.to_owned(), endpoint].map(|resource| ("bedrock-agentcore:InvokeAgentRuntime", resource))
}

/// Each method and path that becomes a tool, on the stage of the gateway's own account and Region.
fn invoke_api(gateway: &Gateway, part: &Value) -> Vec<Permission> {
    let place: Vec<&str> = gateway.arn.split(':').skip(3).take(2).collect();
    let stage = format!(
        "arn:aws:execute-api:{}:{}/{}",
        place.join(":"),
        text(part, "restApiId"),
        text(part, "stage")
    );
    let filters = part["apiGatewayToolConfiguration"]["toolFilters"].as_array();
    let mut needed = Vec::new();
    for filter in filters.into_iter().flatten() {
        let path = text(filter, "filterPath");
        for method in filter["methods"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            needed.push(("execute-api:Invoke", format!("{stage}/{method}{path}")));
        }
    }
    needed
}

/// An MCP server that is an agent runtime, or another gateway, by its URL.
fn invoke_agentcore(gateway: &Gateway, endpoint: &str) -> Vec<Permission> {
    let rest = endpoint.strip_prefix("https://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some((id, _)) = host.split_once(".gateway.bedrock-agentcore.") {
        let own = gateway.arn.rsplit_once('/').map_or("", |(before, _)| before);
        return vec![("bedrock-agentcore:InvokeGateway", format!("{own}/{id}"))];
    }
    let Some((arn, query)) =
        path.strip_prefix("runtimes/").and_then(|path| path.split_once("/invocations"))
    else {
        return Vec::new();
    };
    let qualifier = query.split(['?', '&']).find_map(|pair| pair.strip_prefix("qualifier="));
    let arn = arn.replace("%3A", ":").replace("%2F", "/");
    invoke_runtime(&arn, qualifier.unwrap_or("DEFAULT")).into()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
