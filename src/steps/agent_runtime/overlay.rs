//! What is sent: the wanted fields laid over what is there, as `UpdateAgentRuntime` resets every field that is left out.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_bedrockagentcorecontrol::operation::update_agent_runtime::builders::UpdateAgentRuntimeInputBuilder;
use aws_sdk_bedrockagentcorecontrol::types::{
    AgentManagedRuntimeType, AgentRuntimeArtifact, AuthorizerConfiguration, Code,
    CodeConfiguration, ContainerConfiguration, CustomJwtAuthorizerConfiguration,
    LifecycleConfiguration, NetworkConfiguration, NetworkMode, ProtocolConfiguration,
    RequestHeaderConfiguration, S3Location, ServerProtocol as Protocol, VpcConfig,
};
use construct_engine::{Change, Class, StepError};

use super::{Artifact, Links, Live, Spec};
use crate::manifest::{RuntimeNetwork, ServerProtocol};
use crate::steps::spoken::Spoken;
use crate::steps::{fields, jwt_authorizer};

/// The fields of a runtime that a manifest can speak of, as they shall be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) description: Option<String>,
    pub(super) artifact: AgentRuntimeArtifact,
    pub(super) network: NetworkConfiguration,
    pub(super) protocol: ProtocolConfiguration,
    /// None and an empty list are the same.
    pub(super) headers: Vec<String>,
    pub(super) lifecycle: Option<LifecycleConfiguration>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) jwt: Option<CustomJwtAuthorizerConfiguration>,
}

impl Wanted {
    /// Of a runtime that is not there yet, or as laid over `live`.
    ///
    /// # Errors
    /// Where the runtime has something that this version would lose.
    pub(super) fn new(spec: &Spec, live: Option<&Live>) -> Result<Self, StepError> {
        let answer = live.map(|live| &live.answer);
        let spoken = live.map(|live| Spoken::of(&live.tags)).unwrap_or_default();
        let network = spoken.settle(
            "network",
            spec.network.as_ref().map(vpc).transpose()?,
            answer.and_then(|answer| answer.network_configuration.clone()),
        );
        let headers =
            answer.and_then(|answer| live_headers(answer.request_header_configuration.as_ref()));
        let live_jwt = live_jwt(live)?;
        let jwt = spec.jwt.as_ref();
        Ok(Self {
            description: spoken.settle(
                "description",
                spec.description.clone(),
                answer.and_then(|answer| answer.description.clone()),
            ),
            artifact: artifact(&spec.artifact)?,
            network: network.map_or_else(public, Ok)?,
            protocol: protocol(
                spec,
                answer.and_then(|answer| answer.protocol_configuration.as_ref()),
                &spoken,
            )?,
            headers: spoken.settle("headers", spec.headers.clone(), headers).unwrap_or_default(),
            lifecycle: lifecycle(
                spec,
                answer.and_then(|answer| answer.lifecycle_configuration.as_ref()),
                &spoken,
            ),
            environment: spec.environment.clone(),
            jwt: jwt.map(|jwt| jwt_authorizer::laid_over(jwt, live_jwt, &spoken)).transpose()?,
        })
    }

    /// The same with what is not among `changes` as it is in `live`.
    fn among(self, changes: &[Change], live: &Live) -> Result<Self, StepError> {
        let has = |field| fields::has(changes, field);
        let answer = live.answer.clone();
        let headers = live_headers(answer.request_header_configuration.as_ref());
        let environment = || answer.environment_variables.into_iter().flatten().collect();
        let there = live_jwt(Some(live))?;
        Ok(Self {
            description: if has("description") { self.description } else { answer.description },
            artifact: answer
                .agent_runtime_artifact
                .filter(|_| !has("agentRuntimeArtifact"))
                .unwrap_or(self.artifact),
            network: answer
                .network_configuration
                .filter(|_| !has("networkConfiguration"))
                .unwrap_or(self.network),
            protocol: answer
                .protocol_configuration
                .filter(|_| !has("protocolConfiguration"))
                .unwrap_or(self.protocol),
            headers: if has("requestHeaderAllowlist") {
                self.headers
            } else {
                headers.unwrap_or_default()
            },
            lifecycle: if has("lifecycleConfiguration") {
                self.lifecycle
            } else {
                answer.lifecycle_configuration
            },
            environment: if has("environmentVariables") { self.environment } else { environment() },
            jwt: self.jwt.map(|jwt| jwt_authorizer::among(changes, jwt, there)),
        })
    }

    pub(super) fn authorizer(&self) -> Option<AuthorizerConfiguration> {
        self.jwt.clone().map(AuthorizerConfiguration::CustomJwtAuthorizer)
    }

    pub(super) fn headers(&self) -> Option<RequestHeaderConfiguration> {
        let list = || RequestHeaderConfiguration::RequestHeaderAllowlist(self.headers.clone());
        (!self.headers.is_empty()).then(list)
    }

    pub(super) fn environment(&self) -> Option<HashMap<String, String>> {
        (!self.environment.is_empty()).then(|| self.environment.clone().into_iter().collect())
    }
}

/// The whole request that makes `changes` of `live`; all that is not among them keeps its value, known to construct or not.
///
/// # Errors
/// Where `live` has something that would be lost.
pub(super) fn request(
    spec: &Spec,
    links: &Links,
    live: &Live,
    changes: &[Change],
) -> Result<UpdateAgentRuntimeInputBuilder, StepError> {
    if let Some(what) = live.unsendable {
        return Err(unknown(what));
    }
    let wanted = Wanted::new(spec, Some(live))?.among(changes, live)?;
    let answer = &live.answer;
    Ok(UpdateAgentRuntimeInputBuilder::default()
        .agent_runtime_id(&answer.agent_runtime_id)
        .role_arn(&links.role_arn)
        .set_authorizer_configuration(wanted.authorizer())
        .set_request_header_configuration(wanted.headers())
        .set_environment_variables(wanted.environment())
        .agent_runtime_artifact(wanted.artifact)
        .network_configuration(wanted.network)
        .protocol_configuration(wanted.protocol)
        .set_description(wanted.description)
        .set_lifecycle_configuration(wanted.lifecycle)
        .set_metadata_configuration(answer.metadata_configuration.clone())
        .set_filesystem_configurations(answer.filesystem_configurations.clone())
        .set_capacity_provider_configuration(answer.capacity_provider_configuration.clone())
        .set_platform_version(answer.platform_version.clone())
        .set_allowed_ports(answer.allowed_ports.clone()))
}

fn artifact(wanted: &Artifact) -> Result<AgentRuntimeArtifact, StepError> {
    Ok(match wanted {
        Artifact::Image(uri) => {
            let image = ContainerConfiguration::builder().container_uri(uri).build();
            AgentRuntimeArtifact::ContainerConfiguration(image.map_err(bug)?)
        }
        Artifact::S3(zip, code) => {
            let place = S3Location::builder()
                .bucket(&zip.bucket)
                .prefix(&zip.key)
                .set_version_id(zip.version.clone())
                .build()
                .map_err(bug)?;
            let code = CodeConfiguration::builder()
                .code(Code::S3(place))
                .runtime(AgentManagedRuntimeType::from(code.runtime.as_str()))
                .set_entry_point(Some(code.entry_point.clone()))
                .build()
                .map_err(bug)?;
            AgentRuntimeArtifact::CodeConfiguration(code)
        }
    })
}

fn public() -> Result<NetworkConfiguration, StepError> {
    NetworkConfiguration::builder().network_mode(NetworkMode::Public).build().map_err(bug)
}

fn vpc(wanted: &RuntimeNetwork) -> Result<NetworkConfiguration, StepError> {
    let inside = VpcConfig::builder()
        .set_subnets(Some(wanted.subnets.clone()))
        .set_security_groups(Some(wanted.security_groups.clone()))
        .build()
        .map_err(bug)?;
    NetworkConfiguration::builder()
        .network_mode(NetworkMode::Vpc)
        .network_mode_config(inside)
        .build()
        .map_err(bug)
}

fn protocol(
    spec: &Spec,
    live: Option<&ProtocolConfiguration>,
    spoken: &Spoken,
) -> Result<ProtocolConfiguration, StepError> {
    let wanted = match spec.protocol {
        ServerProtocol::Mcp => Protocol::Mcp,
        ServerProtocol::Http => Protocol::Http,
        ServerProtocol::A2a => Protocol::A2A,
        ServerProtocol::Agui => Protocol::Agui,
    };
    // Each protocol has a port and a path of its own: with another one, nothing of the old stays.
    let live = live.filter(|live| live.server_protocol == wanted);
    let port = spec.port.map(|port| i32::try_from(port).unwrap_or(i32::MAX));
    ProtocolConfiguration::builder()
        .server_protocol(wanted)
        .set_port(spoken.settle("port", port, live.and_then(|live| live.port)))
        .set_path(spoken.settle("path", spec.path.clone(), live.and_then(|live| live.path.clone())))
        .build()
        .map_err(bug)
}

fn lifecycle(
    spec: &Spec,
    live: Option<&LifecycleConfiguration>,
    spoken: &Spoken,
) -> Option<LifecycleConfiguration> {
    let seconds =
        |seconds: Option<u32>| seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
    let idle = live.and_then(|live| live.idle_runtime_session_timeout);
    let idle = spoken.settle("idle_timeout_seconds", seconds(spec.idle_timeout_seconds), idle);
    let longest = live.and_then(|live| live.max_lifetime);
    let longest =
        spoken.settle("max_lifetime_seconds", seconds(spec.max_lifetime_seconds), longest);
    (idle.is_some() || longest.is_some()).then(|| {
        LifecycleConfiguration::builder()
            .set_idle_runtime_session_timeout(idle)
            .set_max_lifetime(longest)
            .build()
    })
}

/// The headers that a live runtime is handed.
pub(super) fn live_headers(live: Option<&RequestHeaderConfiguration>) -> Option<Vec<String>> {
    match live? {
        RequestHeaderConfiguration::RequestHeaderAllowlist(headers) => Some(headers.clone()),
        _ => None,
    }
}

/// The authorizer of a live runtime; none where callers sign with AWS credentials.
pub(super) fn live_jwt(
    live: Option<&Live>,
) -> Result<Option<&CustomJwtAuthorizerConfiguration>, StepError> {
    match live.and_then(|live| live.answer.authorizer_configuration.as_ref()) {
        None => Ok(None),
        Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) => Ok(Some(jwt)),
        Some(_) => Err(unknown("an authorizer")),
    }
}

/// Members that the service keeps and this SDK cannot send back: an update would take them away.
///
/// The service model of botocore 1.44.5 has them, the crate 1.97.0 has not.
const UNSENDABLE: [(&str, &str); 3] = [
    ("/hooksConfiguration", "a hooksConfiguration"),
    ("/resourceConfigurations", "resourceConfigurations"),
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

/// Why a runtime with `what` is not changed.
fn unknown(what: &str) -> StepError {
    StepError::new(
        Class::Invalid,
        format!(
            "the runtime has {what}, which this version cannot send back: a change would lose it"
        ),
    )
    .hint("use a newer construct, or take that setting away in the console")
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn bug(error: aws_sdk_bedrockagentcorecontrol::error::BuildError) -> StepError {
    StepError::bug(error.to_string())
}
