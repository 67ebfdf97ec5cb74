//! Amazon Bedrock `AgentCore`: the control plane of gateways with their targets, rules and rate
//! limits, credential providers, workload identities, consent portals, policy engines and runtimes;
//! and two data planes, the gateway as an MCP server (`gateway_plane`) and Identity's token vault and
//! consent (`identity`).
//!
//! The control plane refuses what the service refuses, in the same order of concerns: the request's
//! grammar (`shapes`), an earlier request with the same client token, the object's existence and
//! status, its quotas, the rules between members, and last the role, which must exist, trust the
//! service and be old enough to be visible. Statuses settle by the delays of [`crate::Options`].

mod api_key_providers;
mod client_tokens;
mod consent_portals;
mod credential_rules;
mod failing;
mod faults;
mod functions;
mod gateway_plane;
mod gateway_role;
mod gateway_rules;
mod gateway_settings;
mod gateways;
pub mod identity;
mod issuers;
mod oauth2_providers;
mod openapi_rules;
pub(crate) mod permissions;
mod policies;
mod policy_engines;
mod provider_secrets;
mod rate_limits;
mod runtime_endpoints;
mod runtime_rules;
mod runtimes;
mod shapes;
pub mod state;
mod synchronize;
mod tags;
pub(crate) mod target_kind;
mod target_needs;
mod target_replies;
mod target_rules;
mod target_tools;
mod targets;
#[cfg(test)]
mod tests;
mod tool_rules;
mod workload_identities;

use bytes::Bytes;
use http::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use state::State;

use crate::local::LocalAws;
use crate::page::page;
use crate::service::{Boxed, Call, Fault, Input, Protocol, Reply, Service};
use crate::state::Region;
use crate::wire::Wire;
use crate::wire::rest::Route;

/// The `AgentCore` control plane.
#[derive(Debug)]
pub struct AgentCore;

const ROUTES: &[Route] = &[
    Route::new("CreateGateway", "POST", "/gateways/"),
    Route::new("ListGateways", "GET", "/gateways/"),
    Route::new("GetGateway", "GET", "/gateways/{gatewayIdentifier}/"),
    Route::new("UpdateGateway", "PUT", "/gateways/{gatewayIdentifier}/"),
    Route::new("DeleteGateway", "DELETE", "/gateways/{gatewayIdentifier}/"),
    Route::new("CreateGatewayTarget", "POST", "/gateways/{gatewayIdentifier}/targets/"),
    Route::new("ListGatewayTargets", "GET", "/gateways/{gatewayIdentifier}/targets/"),
    Route::new("GetGatewayTarget", "GET", "/gateways/{gatewayIdentifier}/targets/{targetId}/"),
    Route::new("UpdateGatewayTarget", "PUT", "/gateways/{gatewayIdentifier}/targets/{targetId}/"),
    Route::new(
        "DeleteGatewayTarget",
        "DELETE",
        "/gateways/{gatewayIdentifier}/targets/{targetId}/",
    ),
    Route::new(
        "SynchronizeGatewayTargets",
        "PUT",
        "/gateways/{gatewayIdentifier}/synchronizeTargets",
    ),
    Route::new("CreateGatewayRule", "POST", "/gateways/{gatewayIdentifier}/rules"),
    Route::new("ListGatewayRules", "GET", "/gateways/{gatewayIdentifier}/rules"),
    Route::new("GetGatewayRule", "GET", "/gateways/{gatewayIdentifier}/rules/{ruleId}"),
    Route::new("UpdateGatewayRule", "PATCH", "/gateways/{gatewayIdentifier}/rules/{ruleId}"),
    Route::new("DeleteGatewayRule", "DELETE", "/gateways/{gatewayIdentifier}/rules/{ruleId}"),
    Route::new("CreateGatewayRateLimit", "POST", "/gateways/{gatewayIdentifier}/rate-limits"),
    Route::new("ListGatewayRateLimits", "GET", "/gateways/{gatewayIdentifier}/rate-limits"),
    Route::new(
        "GetGatewayRateLimit",
        "GET",
        "/gateways/{gatewayIdentifier}/rate-limits/{rateLimitId}",
    ),
    Route::new(
        "UpdateGatewayRateLimit",
        "PATCH",
        "/gateways/{gatewayIdentifier}/rate-limits/{rateLimitId}",
    ),
    Route::new(
        "DeleteGatewayRateLimit",
        "DELETE",
        "/gateways/{gatewayIdentifier}/rate-limits/{rateLimitId}",
    ),
    Route::new("CreateWorkloadIdentity", "POST", "/identities/CreateWorkloadIdentity"),
    Route::new("GetWorkloadIdentity", "POST", "/identities/GetWorkloadIdentity"),
    Route::new("UpdateWorkloadIdentity", "POST", "/identities/UpdateWorkloadIdentity"),
    Route::new("DeleteWorkloadIdentity", "POST", "/identities/DeleteWorkloadIdentity"),
    Route::new("ListWorkloadIdentities", "POST", "/identities/ListWorkloadIdentities"),
    Route::new(
        "CreateOauth2CredentialProvider",
        "POST",
        "/identities/CreateOauth2CredentialProvider",
    ),
    Route::new("GetOauth2CredentialProvider", "POST", "/identities/GetOauth2CredentialProvider"),
    Route::new(
        "UpdateOauth2CredentialProvider",
        "POST",
        "/identities/UpdateOauth2CredentialProvider",
    ),
    Route::new(
        "DeleteOauth2CredentialProvider",
        "POST",
        "/identities/DeleteOauth2CredentialProvider",
    ),
    Route::new(
        "ListOauth2CredentialProviders",
        "POST",
        "/identities/ListOauth2CredentialProviders",
    ),
    Route::new(
        "CreateApiKeyCredentialProvider",
        "POST",
        "/identities/CreateApiKeyCredentialProvider",
    ),
    Route::new("GetApiKeyCredentialProvider", "POST", "/identities/GetApiKeyCredentialProvider"),
    Route::new(
        "UpdateApiKeyCredentialProvider",
        "POST",
        "/identities/UpdateApiKeyCredentialProvider",
    ),
    Route::new(
        "DeleteApiKeyCredentialProvider",
        "POST",
        "/identities/DeleteApiKeyCredentialProvider",
    ),
    Route::new(
        "ListApiKeyCredentialProviders",
        "POST",
        "/identities/ListApiKeyCredentialProviders",
    ),
    Route::new("CreateConsentPortal", "POST", "/identities/CreateConsentPortal"),
    Route::new("GetConsentPortal", "POST", "/identities/GetConsentPortal"),
    Route::new("UpdateConsentPortal", "POST", "/identities/UpdateConsentPortal"),
    Route::new("DeleteConsentPortal", "POST", "/identities/DeleteConsentPortal"),
    Route::new("ListConsentPortals", "POST", "/identities/ListConsentPortals"),
    Route::new("CreatePolicyEngine", "POST", "/policy-engines"),
    Route::new("ListPolicyEngines", "GET", "/policy-engines"),
    Route::new("GetPolicyEngine", "GET", "/policy-engines/{policyEngineId}"),
    Route::new("UpdatePolicyEngine", "PATCH", "/policy-engines/{policyEngineId}"),
    Route::new("DeletePolicyEngine", "DELETE", "/policy-engines/{policyEngineId}"),
    Route::new("CreatePolicy", "POST", "/policy-engines/{policyEngineId}/policies"),
    Route::new("ListPolicies", "GET", "/policy-engines/{policyEngineId}/policies"),
    Route::new("GetPolicy", "GET", "/policy-engines/{policyEngineId}/policies/{policyId}"),
    Route::new("UpdatePolicy", "PATCH", "/policy-engines/{policyEngineId}/policies/{policyId}"),
    Route::new("DeletePolicy", "DELETE", "/policy-engines/{policyEngineId}/policies/{policyId}"),
    Route::new("GetWorkloadAccessToken", "POST", "/identities/GetWorkloadAccessToken"),
    Route::new("GetWorkloadAccessTokenForJWT", "POST", "/identities/GetWorkloadAccessTokenForJWT"),
    Route::new(
        "GetWorkloadAccessTokenForUserId",
        "POST",
        "/identities/GetWorkloadAccessTokenForUserId",
    ),
    Route::new("GetResourceOauth2Token", "POST", "/identities/oauth2/token"),
    Route::new("GetResourceApiKey", "POST", "/identities/api-key"),
    Route::new("CompleteResourceTokenAuth", "POST", "/identities/CompleteResourceTokenAuth"),
    Route::new("CreateAgentRuntime", "PUT", "/runtimes/"),
    Route::new("ListAgentRuntimes", "POST", "/runtimes/"),
    Route::new("GetAgentRuntime", "GET", "/runtimes/{agentRuntimeId}/"),
    Route::new("UpdateAgentRuntime", "PUT", "/runtimes/{agentRuntimeId}/"),
    Route::new("DeleteAgentRuntime", "DELETE", "/runtimes/{agentRuntimeId}/"),
    Route::new("ListAgentRuntimeVersions", "POST", "/runtimes/{agentRuntimeId}/versions/"),
    Route::new(
        "CreateAgentRuntimeEndpoint",
        "PUT",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/",
    ),
    Route::new(
        "ListAgentRuntimeEndpoints",
        "POST",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/",
    ),
    Route::new(
        "GetAgentRuntimeEndpoint",
        "GET",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/{endpointName}/",
    ),
    Route::new(
        "UpdateAgentRuntimeEndpoint",
        "PUT",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/{endpointName}/",
    ),
    Route::new(
        "DeleteAgentRuntimeEndpoint",
        "DELETE",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/{endpointName}/",
    ),
    Route::new("TagResource", "POST", "/tags/{resourceArn+}"),
    Route::new("UntagResource", "DELETE", "/tags/{resourceArn+}"),
    Route::new("ListTagsForResource", "GET", "/tags/{resourceArn+}"),
];

impl Service for AgentCore {
    fn signing_name(&self) -> &'static str {
        "bedrock-agentcore"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Rest { routes: ROUTES, message_key: "message" }
    }

    fn fail(&self, before: &Region, after: &mut Region, reason: &str) {
        failing::fail(&before.agentcore, &mut after.agentcore, reason);
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateGateway" => gateways::create(call),
            "ListGateways" => gateways::list(call),
            "GetGateway" => gateways::get(call),
            "UpdateGateway" => gateways::update(call),
            "DeleteGateway" => gateways::delete(call),
            "CreateGatewayTarget" => targets::create(call),
            "ListGatewayTargets" => targets::list(call),
            "GetGatewayTarget" => targets::get(call),
            "UpdateGatewayTarget" => targets::update(call),
            "DeleteGatewayTarget" => targets::delete(call),
            "SynchronizeGatewayTargets" => synchronize::synchronize(call),
            "CreateGatewayRule" => gateway_rules::create(call),
            "ListGatewayRules" => gateway_rules::list(call),
            "GetGatewayRule" => gateway_rules::get(call),
            "UpdateGatewayRule" => gateway_rules::update(call),
            "DeleteGatewayRule" => gateway_rules::delete(call),
            "CreateGatewayRateLimit" => rate_limits::create(call),
            "ListGatewayRateLimits" => rate_limits::list(call),
            "GetGatewayRateLimit" => rate_limits::get(call),
            "UpdateGatewayRateLimit" => rate_limits::update(call),
            "DeleteGatewayRateLimit" => rate_limits::delete(call),
            "CreateWorkloadIdentity" => workload_identities::create(call),
            "GetWorkloadIdentity" => workload_identities::get(call),
            "UpdateWorkloadIdentity" => workload_identities::update(call),
            "DeleteWorkloadIdentity" => workload_identities::delete(call),
            "ListWorkloadIdentities" => workload_identities::list(call),
            "CreateOauth2CredentialProvider" => oauth2_providers::create(call),
            "GetOauth2CredentialProvider" => oauth2_providers::get(call),
            "UpdateOauth2CredentialProvider" => oauth2_providers::update(call),
            "DeleteOauth2CredentialProvider" => oauth2_providers::delete(call),
            "ListOauth2CredentialProviders" => oauth2_providers::list(call),
            "CreateApiKeyCredentialProvider" => api_key_providers::create(call),
            "GetApiKeyCredentialProvider" => api_key_providers::get(call),
            "UpdateApiKeyCredentialProvider" => api_key_providers::update(call),
            "DeleteApiKeyCredentialProvider" => api_key_providers::delete(call),
            "ListApiKeyCredentialProviders" => api_key_providers::list(call),
            "CreateConsentPortal" => consent_portals::create(call),
            "GetConsentPortal" => consent_portals::get(call),
            "UpdateConsentPortal" => consent_portals::update(call),
            "DeleteConsentPortal" => consent_portals::delete(call),
            "ListConsentPortals" => consent_portals::list(call),
            "CreatePolicyEngine" => policy_engines::create(call),
            "ListPolicyEngines" => policy_engines::list(call),
            "GetPolicyEngine" => policy_engines::get(call),
            "UpdatePolicyEngine" => policy_engines::update(call),
            "DeletePolicyEngine" => policy_engines::delete(call),
            "CreatePolicy" => policies::create(call),
            "ListPolicies" => policies::list(call),
            "GetPolicy" => policies::get(call),
            "UpdatePolicy" => policies::update(call),
            "DeletePolicy" => policies::delete(call),
            "CreateAgentRuntime" => runtimes::create(call),
            "ListAgentRuntimes" => runtimes::list(call),
            "GetAgentRuntime" => runtimes::get(call),
            "UpdateAgentRuntime" => runtimes::update(call),
            "DeleteAgentRuntime" => runtimes::delete(call),
            "ListAgentRuntimeVersions" => runtimes::list_versions(call),
            "CreateAgentRuntimeEndpoint" => runtime_endpoints::create(call),
            "ListAgentRuntimeEndpoints" => runtime_endpoints::list(call),
            "GetAgentRuntimeEndpoint" => runtime_endpoints::get(call),
            "UpdateAgentRuntimeEndpoint" => runtime_endpoints::update(call),
            "DeleteAgentRuntimeEndpoint" => runtime_endpoints::delete(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTagsForResource" => tags::list(call),
            _ => identity::call(call).unwrap_or_else(|| Err(call.not_implemented())),
        }
    }

    fn is_mutating(&self, operation: &str) -> bool {
        identity::is_mutating(operation)
            || !["Get", "List"].iter().any(|read| operation.starts_with(read))
    }

    fn is_for_plane(&self, request: &Wire) -> bool {
        gateway_plane::is_for_gateway(request)
    }

    /// The name of the IAM action: there is no operation of that name.
    fn plane_operation(&self, request: &Wire) -> Option<&'static str> {
        gateway_plane::is_for_gateway(request).then_some("InvokeGateway")
    }

    fn plane(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
        gateway_plane::answer(local, request).or_else(|| identity::answer(local, request))
    }

    fn settle(&self, call: &mut Call<'_>) {
        let now = call.now;
        state(call).settle(now);
        identity::forget_orphans(call);
    }
}

/// The state of the call's Region.
fn state<'a>(call: &'a mut Call<'_>) -> &'a mut State {
    &mut call.here().agentcore
}

/// One page of a listing: `items` with their keys, under `member`.
fn listing(
    input: &Input,
    items: impl IntoIterator<Item = (String, Value)>,
    member: &str,
    default_size: usize,
) -> Result<Reply, Fault> {
    let size = input
        .integer("maxResults")
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(default_size);
    let found = page(items, |(key, _)| key.clone(), input.text("nextToken"), size)
        .map_err(|error| faults::invalid("nextToken", error.to_string()))?;
    let items: Vec<Value> = found.items.into_iter().map(|(_, item)| item).collect();
    let next = members([("nextToken", found.next.map(Value::from))]);
    Ok(Reply::json(merge(json!({member: items}), next)))
}

/// The members of `over` on top of those of `base`.
fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            base.extend(over);
            Value::Object(base)
        }
        (base, _) => base,
    }
}

/// An object of the members that are there.
fn members<const N: usize>(list: [(&str, Option<Value>); N]) -> Value {
    let members: Map<String, Value> =
        list.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Value::Object(members)
}

/// What a caller chose, as members of a reply.
fn rendered(settings: &impl Serialize) -> Value {
    serde_json::to_value(settings).expect("settings are plain data")
}
