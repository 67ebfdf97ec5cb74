//! What is sent: the wanted fields laid over what is there, as `UpdateGateway` resets every field that is left out.

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway::builders::UpdateGatewayInputBuilder;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizerConfiguration, CustomJwtAuthorizerConfiguration, ExceptionLevel,
    GatewayInterceptorConfiguration, GatewayPolicyEngineConfiguration,
    GatewayProtocolConfiguration, GatewayProtocolType, McpGatewayConfiguration, SearchType,
    SessionConfiguration, StreamingConfiguration, WafConfiguration, WafFailureMode,
};
use construct_engine::{Change, Class, StepError};

use super::compare::VERSIONS;
use super::{Authorizer, Links, Live, Spec, interceptor, policy};
use crate::manifest::{GatewayProtocol, Jwt, WafFailure};
use crate::steps::spoken::Spoken;
use crate::steps::{fields, jwt_authorizer};

/// The fields of a gateway that a manifest can speak of, as they shall be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) description: Option<String>,
    pub(super) protocol: McpGatewayConfiguration,
    pub(super) exception_level: Option<ExceptionLevel>,
    pub(super) kms_key: Option<String>,
    pub(super) waf: Option<WafConfiguration>,
    /// None as long as the functions are not known.
    pub(super) interceptors: Option<Vec<GatewayInterceptorConfiguration>>,
    /// What is there, as long as the wanted engine is not known.
    pub(super) policy_engine: Option<GatewayPolicyEngineConfiguration>,
    /// None as long as the issuer is not known, and where no tokens are taken.
    pub(super) jwt: Option<CustomJwtAuthorizerConfiguration>,
}

impl Wanted {
    /// Of a gateway that is not there yet, or as laid over `live`.
    ///
    /// # Errors
    /// Where the gateway has something that this version would lose.
    pub(super) fn new(
        spec: &Spec,
        links: Option<&Links>,
        live: Option<&Live>,
    ) -> Result<Self, StepError> {
        let answer = live.map(|live| &live.answer);
        let spoken = live.map(|live| Spoken::of(&live.tags)).unwrap_or_default();
        let of = |read: fn(&GetGatewayOutput) -> Option<String>| answer.and_then(read);
        let jwt = match (&spec.authorizer, links.and_then(|links| issuer(spec, links))) {
            (Authorizer::Jwt, Some(jwt)) => {
                Some(jwt_authorizer::laid_over(&jwt, live_jwt(answer)?, &spoken)?)
            }
            _ => None,
        };
        let interceptors = match links {
            Some(links) => Some(spoken.settle(
                "interceptors",
                interceptor::configurations(&spec.interceptors, &links.interceptor_arns)?,
                answer.and_then(|answer| answer.interceptor_configurations.clone()),
            )),
            None => None,
        };
        let asked = answer.and_then(|answer| answer.policy_engine_configuration.clone());
        let policy_engine = match links {
            None if spec.policy.is_some() => asked,
            None => spoken.settle("policy", None, asked),
            Some(links) => spoken.settle("policy", policy::configuration(spec, links)?, asked),
        };
        let level = answer.and_then(|answer| answer.exception_level.clone());
        Ok(Self {
            description: spoken.settle(
                "description",
                spec.description.clone(),
                of(|answer| answer.description.clone()),
            ),
            protocol: protocol(spec, live_mcp(answer)?, &spoken),
            exception_level: spoken.settle(
                "exception_level",
                spec.debug.then_some(ExceptionLevel::Debug),
                level,
            ),
            kms_key: spoken.settle(
                "kms_key",
                spec.kms_key.clone(),
                of(|answer| answer.kms_key_arn.clone()),
            ),
            waf: spoken.settle(
                "waf_failure",
                spec.waf_failure.map(waf),
                answer.and_then(|answer| answer.waf_configuration.clone()),
            ),
            interceptors: interceptors.map(Option::unwrap_or_default),
            policy_engine,
            jwt,
        })
    }

    /// The same with what is not among `changes` as it is in `live`.
    fn among(self, changes: &[Change], live: &Live) -> Result<Self, StepError> {
        let has = |field| fields::has(changes, field);
        let answer = live.answer.clone();
        let there = live_mcp(Some(&live.answer))?;
        Ok(Self {
            description: if has("description") { self.description } else { answer.description },
            protocol: protocol_among(changes, self.protocol, there),
            exception_level: if has("exceptionLevel") {
                self.exception_level
            } else {
                answer.exception_level
            },
            kms_key: if has("kmsKeyArn") { self.kms_key } else { answer.kms_key_arn },
            waf: if has("wafConfiguration.failureMode") {
                self.waf
            } else {
                answer.waf_configuration
            },
            interceptors: if has("interceptorConfigurations") {
                self.interceptors
            } else {
                answer.interceptor_configurations
            },
            policy_engine: if has("policyEngineConfiguration") {
                self.policy_engine
            } else {
                answer.policy_engine_configuration
            },
            jwt: match self.jwt {
                Some(jwt) => {
                    Some(jwt_authorizer::among(changes, jwt, live_jwt(Some(&live.answer))?))
                }
                None => None,
            },
        })
    }

    pub(super) fn interceptors(&self) -> Option<Vec<GatewayInterceptorConfiguration>> {
        self.interceptors.clone().filter(|interceptors| !interceptors.is_empty())
    }

    pub(super) fn authorizer(&self) -> Option<AuthorizerConfiguration> {
        self.jwt.clone().map(AuthorizerConfiguration::CustomJwtAuthorizer)
    }

    pub(super) fn protocol_configuration(&self) -> GatewayProtocolConfiguration {
        GatewayProtocolConfiguration::Mcp(self.protocol.clone())
    }
}

/// The whole request that makes `changes` of `live`; all that is not among them keeps its value, known to construct or not.
pub(super) fn overlay(
    spec: &Spec,
    links: &Links,
    live: &Live,
    changes: &[Change],
) -> Result<UpdateGatewayInputBuilder, StepError> {
    let wanted = Wanted::new(spec, Some(links), Some(live))?.among(changes, live)?;
    Ok(as_is(live)
        .role_arn(&links.role_arn)
        .protocol_configuration(wanted.protocol_configuration())
        .set_authorizer_configuration(wanted.authorizer())
        .set_interceptor_configurations(wanted.interceptors())
        .set_description(wanted.description)
        .set_exception_level(wanted.exception_level)
        .set_kms_key_arn(wanted.kms_key)
        .set_waf_configuration(wanted.waf)
        .set_policy_engine_configuration(wanted.policy_engine))
}

/// The whole request that changes nothing.
pub(super) fn as_is(live: &Live) -> UpdateGatewayInputBuilder {
    let answer = &live.answer;
    UpdateGatewayInputBuilder::default()
        .gateway_identifier(&answer.gateway_id)
        .name(&answer.name)
        .set_description(answer.description.clone())
        .set_role_arn(answer.role_arn.clone())
        .set_protocol_type(protocol_type(live.protocol))
        .set_protocol_configuration(answer.protocol_configuration.clone())
        .authorizer_type(answer.authorizer_type.clone())
        .set_authorizer_configuration(answer.authorizer_configuration.clone())
        .set_exception_level(answer.exception_level.clone())
        .set_kms_key_arn(answer.kms_key_arn.clone())
        .set_custom_transform_configuration(answer.custom_transform_configuration.clone())
        .set_interceptor_configurations(answer.interceptor_configurations.clone())
        .set_policy_engine_configuration(answer.policy_engine_configuration.clone())
        .set_waf_configuration(answer.waf_configuration.clone())
}

/// A gateway that takes other targets than MCP ones is made without a protocol.
pub(super) fn protocol_type(protocol: GatewayProtocol) -> Option<GatewayProtocolType> {
    match protocol {
        GatewayProtocol::Mcp => Some(GatewayProtocolType::Mcp),
        GatewayProtocol::Any => None,
    }
}

/// Whose tokens the gateway takes: the manifest's issuer, or the pool that the links tell of.
fn issuer(spec: &Spec, links: &Links) -> Option<Jwt> {
    let pool = || {
        Some(Jwt {
            discovery_url: links.discovery_url.clone()?,
            clients: links.allowed_clients.clone(),
            scopes: links.allowed_scopes.clone(),
            ..Jwt::default()
        })
    };
    spec.jwt.clone().or_else(pool)
}

/// The MCP settings, laid over those of `live`.
fn protocol(
    spec: &Spec,
    live: Option<&McpGatewayConfiguration>,
    spoken: &Spoken,
) -> McpGatewayConfiguration {
    let mut mcp = live.cloned().unwrap_or_else(|| McpGatewayConfiguration::builder().build());
    // An empty list leaves the choice to the service, and what it has chosen stays.
    if !spec.supported_versions.is_empty() {
        mcp.supported_versions = Some(spec.supported_versions.clone());
    }
    mcp.instructions = spoken.settle("instructions", spec.instructions.clone(), mcp.instructions);
    mcp.search_type = spec.semantic_search.then_some(SearchType::Semantic);
    let session = spec.session_timeout_seconds.map(|seconds| {
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        SessionConfiguration::builder().session_timeout_in_seconds(seconds).build()
    });
    mcp.session_configuration =
        spoken.settle("session_timeout_seconds", session, mcp.session_configuration);
    let streaming = spec
        .response_streaming
        .map(|on| StreamingConfiguration::builder().enable_response_streaming(on).build());
    mcp.streaming_configuration =
        spoken.settle("response_streaming", streaming, mcp.streaming_configuration);
    mcp.disable_mcp_list_tools_pagination = spoken.settle(
        "list_tools_pagination",
        spec.list_tools_pagination.map(|pages| !pages),
        mcp.disable_mcp_list_tools_pagination,
    );
    mcp
}

/// `wanted` with what is not among `changes` as it is in `live`.
fn protocol_among(
    changes: &[Change],
    mut wanted: McpGatewayConfiguration,
    live: Option<&McpGatewayConfiguration>,
) -> McpGatewayConfiguration {
    let has = |field| fields::has(changes, field);
    let Some(live) = live else { return wanted };
    if !has(VERSIONS) {
        wanted.supported_versions.clone_from(&live.supported_versions);
    }
    if !has("instructions") {
        wanted.instructions.clone_from(&live.instructions);
    }
    if !has("searchType") {
        wanted.search_type.clone_from(&live.search_type);
    }
    if !has("sessionTimeoutInSeconds") {
        wanted.session_configuration.clone_from(&live.session_configuration);
    }
    if !has("enableResponseStreaming") {
        wanted.streaming_configuration.clone_from(&live.streaming_configuration);
    }
    if !has("disableMcpListToolsPagination") {
        wanted.disable_mcp_list_tools_pagination = live.disable_mcp_list_tools_pagination;
    }
    wanted
}

fn waf(failure: WafFailure) -> WafConfiguration {
    let mode = match failure {
        WafFailure::Close => WafFailureMode::FailClose,
        WafFailure::Open => WafFailureMode::FailOpen,
    };
    WafConfiguration::builder().failure_mode(mode).build()
}

pub(super) fn live_jwt(
    answer: Option<&GetGatewayOutput>,
) -> Result<Option<&CustomJwtAuthorizerConfiguration>, StepError> {
    match answer.and_then(|answer| answer.authorizer_configuration.as_ref()) {
        None => Ok(None),
        Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) => Ok(Some(jwt)),
        Some(_) => Err(unknown("an authorizer")),
    }
}

pub(super) fn live_mcp(
    answer: Option<&GetGatewayOutput>,
) -> Result<Option<&McpGatewayConfiguration>, StepError> {
    match answer.and_then(|answer| answer.protocol_configuration.as_ref()) {
        None => Ok(None),
        Some(GatewayProtocolConfiguration::Mcp(mcp)) => Ok(Some(mcp)),
        Some(_) => Err(unknown("protocol settings")),
    }
}

/// Members that the service keeps and this SDK cannot send back: an update would take them away.
///
/// The service model of botocore 1.44.5 has them, the crate 1.97.0 has not.
const UNSENDABLE: [(&str, &str); 2] = [
    ("/domainOverride", "a domainOverride"),
    (
        "/authorizerConfiguration/customJWTAuthorizer/certificateConfigurations",
        "certificateConfigurations in its authorizer",
    ),
];

/// What of [`UNSENDABLE`] an answer holds.
pub(super) fn unsendable(answer: &serde_json::Value) -> Option<&'static str> {
    let there = |pointer: &str| answer.pointer(pointer).is_some_and(|value| !value.is_null());
    UNSENDABLE.iter().find(|(pointer, _)| there(pointer)).map(|(_, what)| *what)
}

/// Why a gateway with `what` is not changed.
pub(super) fn unknown(what: &str) -> StepError {
    StepError::new(
        Class::Invalid,
        format!(
            "the gateway has {what}, which this version cannot send back: a change would lose it"
        ),
    )
    .hint("use a newer construct, or take that setting away in the console")
}
