//! What is sent: the wanted fields laid over what is there, as `UpdateGateway` resets every field that is left out.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway::builders::UpdateGatewayInputBuilder;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizerConfiguration, AuthorizerType, CustomJwtAuthorizerConfiguration, ExceptionLevel,
    GatewayProtocolConfiguration, GatewayProtocolType, McpGatewayConfiguration, SearchType,
};
use construct_engine::{Class, StepError};

use super::{Links, Spec};

/// Targets of other protocols are not part of this stack.
pub(super) const PROTOCOL: GatewayProtocolType = GatewayProtocolType::Mcp;
/// Callers show a token of the stack's user pool.
pub(super) const AUTHORIZER: AuthorizerType = AuthorizerType::CustomJwt;

/// The whole request that changes `live` to what is wanted; fields that construct does not know of keep their values.
pub(super) fn overlay(
    spec: &Spec,
    links: &Links,
    live: &GetGatewayOutput,
) -> Result<UpdateGatewayInputBuilder, StepError> {
    Ok(UpdateGatewayInputBuilder::default()
        .gateway_identifier(&live.gateway_id)
        .name(&live.name)
        .set_description(spec.description.clone())
        .role_arn(&links.role_arn)
        .protocol_type(live.protocol_type.clone())
        .protocol_configuration(protocol(spec, live.protocol_configuration.as_ref())?)
        .authorizer_type(live.authorizer_type.clone())
        .authorizer_configuration(authorizer(links, live.authorizer_configuration.as_ref())?)
        .set_exception_level(exception_level(spec))
        .set_kms_key_arn(live.kms_key_arn.clone())
        .set_custom_transform_configuration(live.custom_transform_configuration.clone())
        .set_interceptor_configurations(live.interceptor_configurations.clone())
        .set_policy_engine_configuration(live.policy_engine_configuration.clone())
        .set_waf_configuration(live.waf_configuration.clone()))
}

/// The MCP settings, laid over those of `live`.
pub(super) fn protocol(
    spec: &Spec,
    live: Option<&GatewayProtocolConfiguration>,
) -> Result<GatewayProtocolConfiguration, StepError> {
    let mut mcp = match live {
        None => McpGatewayConfiguration::builder().build(),
        Some(GatewayProtocolConfiguration::Mcp(mcp)) => mcp.clone(),
        Some(_) => return Err(unknown("protocol settings")),
    };
    // An empty list leaves the choice to the service, and what it has chosen stays.
    if !spec.supported_versions.is_empty() {
        mcp.supported_versions = Some(spec.supported_versions.clone());
    }
    mcp.instructions.clone_from(&spec.instructions);
    mcp.search_type = spec.semantic_search.then_some(SearchType::Semantic);
    Ok(GatewayProtocolConfiguration::Mcp(mcp))
}

/// The authorizer, laid over that of `live`. Lists must have an element where they are sent at all.
pub(super) fn authorizer(
    links: &Links,
    live: Option<&AuthorizerConfiguration>,
) -> Result<AuthorizerConfiguration, StepError> {
    let list = |items: &[String]| (!items.is_empty()).then(|| items.to_vec());
    let mut jwt = match live {
        None => CustomJwtAuthorizerConfiguration::builder()
            .discovery_url(&links.discovery_url)
            .build()
            .map_err(|error| StepError::bug(error.to_string()))?,
        Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) => jwt.clone(),
        Some(_) => return Err(unknown("an authorizer")),
    };
    jwt.discovery_url.clone_from(&links.discovery_url);
    jwt.allowed_clients = list(&links.allowed_clients);
    jwt.allowed_scopes = list(&links.allowed_scopes);
    Ok(AuthorizerConfiguration::CustomJwtAuthorizer(jwt))
}

pub(super) fn exception_level(spec: &Spec) -> Option<ExceptionLevel> {
    spec.debug.then_some(ExceptionLevel::Debug)
}

fn unknown(what: &str) -> StepError {
    StepError::new(
        Class::Invalid,
        format!("the gateway has {what} of a kind that this version does not know, and a change would lose it"),
    )
    .hint("use a newer construct, or take that setting away in the console")
}
