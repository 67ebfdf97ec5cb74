//! What a target is, as the API takes it: one function for each type.

mod http;
mod mcp;
pub(super) mod tool_schema;

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiSchemaConfiguration, HttpTargetConfiguration, McpTargetConfiguration, S3Configuration,
    TargetConfiguration,
};
use aws_smithy_types::error::operation::BuildError;
use construct_engine::StepError;

use super::{Links, Payload, Spec, TargetTools};
use crate::manifest::Inference;

/// The configuration that is sent.
pub(super) fn configuration(spec: &Spec, links: &Links) -> Result<TargetConfiguration, StepError> {
    use TargetConfiguration::{Http, Inference as Models, Mcp};
    let document = |payload: &Payload| document(spec, payload, links);
    Ok(match &spec.tools {
        TargetTools::OpenApi(payload) => {
            Mcp(McpTargetConfiguration::OpenApiSchema(document(payload)?))
        }
        TargetTools::Smithy(payload) => {
            Mcp(McpTargetConfiguration::SmithyModel(document(payload)?))
        }
        TargetTools::Lambda(payload) => Mcp(mcp::lambda(spec, payload, links)?),
        TargetTools::McpServer(server) => Mcp(mcp::server(spec, server, links)?),
        TargetTools::ApiGateway(api) => Mcp(mcp::api_gateway(api)?),
        TargetTools::Connector(connector) => Mcp(mcp::connector(connector)?),
        TargetTools::Runtime { qualifier, schema } => {
            let schema = schema.as_ref().map(document).transpose()?;
            Http(http::runtime(spec, qualifier.as_deref(), schema, links)?)
        }
        TargetTools::Passthrough { settings, schema } => {
            let schema = schema.as_ref().map(document).transpose()?;
            Http(http::passthrough(settings, schema)?)
        }
        TargetTools::HttpConnector(connector) => Http(http::connector(connector)?),
        TargetTools::Inference(Inference::Connector(id)) => Models(http::models_of(id)?),
        TargetTools::Inference(Inference::Provider(provider)) => Models(http::models(provider)?),
    })
}

/// A document inline, or where it lies in S3.
fn document(
    spec: &Spec,
    payload: &Payload,
    links: &Links,
) -> Result<ApiSchemaConfiguration, StepError> {
    Ok(match in_bucket(payload, links) {
        Some(place) => ApiSchemaConfiguration::S3(place),
        None => ApiSchemaConfiguration::InlinePayload(text(spec, payload)?.to_owned()),
    })
}

fn in_bucket(payload: &Payload, links: &Links) -> Option<S3Configuration> {
    payload.in_bucket.then(|| S3Configuration::builder().set_uri(links.schema_uri.clone()).build())
}

fn text<'a>(spec: &Spec, payload: &'a Payload) -> Result<&'a str, StepError> {
    if payload.text.is_empty() {
        return Err(StepError::bug(format!("the tools of {} come without their text", spec.name)));
    }
    Ok(&payload.text)
}

fn bug(error: &BuildError) -> StepError {
    StepError::bug(error.to_string())
}

/// What the service has and the manifest does not speak of is sent back: every update replaces the whole.
pub(super) fn kept(
    wanted: TargetConfiguration,
    live: Option<&TargetConfiguration>,
) -> TargetConfiguration {
    use TargetConfiguration::{Http, Mcp};
    match (wanted, live) {
        (
            Mcp(McpTargetConfiguration::McpServer(mut wanted)),
            Some(Mcp(McpTargetConfiguration::McpServer(live))),
        ) => {
            wanted.resource_priority = wanted.resource_priority.or(live.resource_priority);
            Mcp(McpTargetConfiguration::McpServer(wanted))
        }
        (
            Mcp(McpTargetConfiguration::Connector(mut wanted)),
            Some(Mcp(McpTargetConfiguration::Connector(live))),
        ) => {
            if let (Some(wanted), Some(live)) = (&mut wanted.source, &live.source)
                && wanted.connector_id == live.connector_id
            {
                wanted.version = wanted.version.take().or_else(|| live.version.clone());
            }
            Mcp(McpTargetConfiguration::Connector(wanted))
        }
        (
            Http(HttpTargetConfiguration::AgentcoreRuntime(mut wanted)),
            Some(Http(HttpTargetConfiguration::AgentcoreRuntime(live))),
        ) => {
            if wanted.arn == live.arn {
                wanted.qualifier = wanted.qualifier.or_else(|| live.qualifier.clone());
            }
            Http(HttpTargetConfiguration::AgentcoreRuntime(wanted))
        }
        (
            Http(HttpTargetConfiguration::Passthrough(mut wanted)),
            Some(Http(HttpTargetConfiguration::Passthrough(live))),
        ) => {
            let conflict = wanted.static_query_parameter_conflict_resolution;
            wanted.static_query_parameter_conflict_resolution =
                conflict.or_else(|| live.static_query_parameter_conflict_resolution.clone());
            if let (Some(wanted), Some(live)) =
                (&mut wanted.stickiness_configuration, &live.stickiness_configuration)
            {
                wanted.timeout = wanted.timeout.or(live.timeout);
            }
            Http(HttpTargetConfiguration::Passthrough(wanted))
        }
        (wanted, _) => wanted,
    }
}
