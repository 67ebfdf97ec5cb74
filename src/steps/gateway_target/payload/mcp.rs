//! Targets whose tools join the gateway's own list.

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiGatewayTargetConfiguration, ApiGatewayToolConfiguration, ApiGatewayToolFilter,
    ApiGatewayToolOverride, ConnectorConfiguration, ConnectorParameterOverride, ConnectorSource,
    ConnectorTargetConfiguration, ListingMode, McpLambdaTargetConfiguration,
    McpServerTargetConfiguration, McpTargetConfiguration, McpToolSchemaConfiguration,
    RestApiMethod, ToolSchema,
};
use construct_engine::{Class, StepError};

use super::super::{Links, McpServerSpec, Payload, Spec, arns, json_document};
use super::{bug, in_bucket, text, tool_schema};
use crate::manifest::{self, ApiGateway, Connector, Listing};

pub(super) fn lambda(
    spec: &Spec,
    payload: &Payload,
    links: &Links,
) -> Result<McpTargetConfiguration, StepError> {
    let arn = links
        .function_arn
        .as_ref()
        .ok_or_else(|| StepError::bug(format!("the target {} has no function", spec.name)))?;
    let schema = if let Some(place) = in_bucket(payload, links) {
        ToolSchema::S3(place)
    } else {
        let tools = tool_schema::to_definitions(text(spec, payload)?).map_err(|problem| {
            StepError::new(Class::Invalid, format!("the tools of {}: {problem}", spec.name))
        })?;
        ToolSchema::InlinePayload(tools)
    };
    McpLambdaTargetConfiguration::builder()
        .lambda_arn(arn)
        .tool_schema(schema)
        .build()
        .map(McpTargetConfiguration::Lambda)
        .map_err(|error| bug(&error))
}

pub(super) fn server(
    spec: &Spec,
    server: &McpServerSpec,
    links: &Links,
) -> Result<McpTargetConfiguration, StepError> {
    let endpoint = match (&server.endpoint, &links.runtime_arn) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(arn)) => arns::invocations_url(arn, server.qualifier.as_deref()),
        (None, None) => {
            return Err(StepError::bug(format!("the target {} has no server", spec.name)));
        }
    };
    let tools = server.tools.as_ref().map(|payload| {
        Ok::<_, StepError>(match in_bucket(payload, links) {
            Some(place) => McpToolSchemaConfiguration::S3(place),
            None => McpToolSchemaConfiguration::InlinePayload(text(spec, payload)?.to_owned()),
        })
    });
    McpServerTargetConfiguration::builder()
        .endpoint(endpoint)
        .listing_mode(match server.listing {
            Listing::Default => ListingMode::Default,
            Listing::Dynamic => ListingMode::Dynamic,
        })
        .set_mcp_tool_schema(tools.transpose()?)
        .set_resource_priority(server.resource_priority.and_then(|one| i32::try_from(one).ok()))
        .build()
        .map(McpTargetConfiguration::McpServer)
        .map_err(|error| bug(&error))
}

pub(super) fn api_gateway(api: &ApiGateway) -> Result<McpTargetConfiguration, StepError> {
    let filters = api.tools.iter().map(|filter| {
        let methods = filter.methods.iter().map(|method| RestApiMethod::from(method.as_str()));
        ApiGatewayToolFilter::builder()
            .filter_path(&filter.path)
            .set_methods(Some(methods.collect()))
            .build()
    });
    let overrides = api.overrides.iter().map(|one| {
        ApiGatewayToolOverride::builder()
            .name(&one.name)
            .path(&one.path)
            .method(RestApiMethod::from(one.method.as_str()))
            .set_description(one.description.clone())
            .build()
    });
    let overrides = overrides.collect::<Result<Vec<_>, _>>().map_err(|error| bug(&error))?;
    let tools = ApiGatewayToolConfiguration::builder()
        .set_tool_filters(Some(filters.collect::<Result<_, _>>().map_err(|error| bug(&error))?))
        .set_tool_overrides((!overrides.is_empty()).then_some(overrides))
        .build()
        .map_err(|error| bug(&error))?;
    ApiGatewayTargetConfiguration::builder()
        .rest_api_id(&api.rest_api)
        .stage(&api.stage)
        .api_gateway_tool_configuration(tools)
        .build()
        .map(McpTargetConfiguration::ApiGateway)
        .map_err(|error| bug(&error))
}

pub(super) fn connector(connector: &Connector) -> Result<McpTargetConfiguration, StepError> {
    let source = ConnectorSource::builder()
        .connector_id(&connector.id)
        .set_version(connector.version.clone())
        .build()
        .map_err(|error| bug(&error))?;
    let configurations = connector.configurations.iter().map(connector_configuration);
    let configurations = configurations.collect::<Result<Vec<_>, _>>()?;
    Ok(McpTargetConfiguration::Connector(
        ConnectorTargetConfiguration::builder()
            .source(source)
            .set_enabled((!connector.enabled.is_empty()).then(|| connector.enabled.clone()))
            .set_configurations((!configurations.is_empty()).then_some(configurations))
            .build(),
    ))
}

fn connector_configuration(
    configuration: &manifest::ConnectorConfiguration,
) -> Result<ConnectorConfiguration, StepError> {
    let overrides = configuration.overrides.iter().map(|one| {
        ConnectorParameterOverride::builder()
            .path(&one.path)
            .set_description(one.description.clone())
            .set_visible(one.visible)
            .build()
    });
    let overrides = overrides.collect::<Result<Vec<_>, _>>().map_err(|error| bug(&error))?;
    ConnectorConfiguration::builder()
        .name(&configuration.name)
        .set_description(configuration.description.clone())
        .set_parameter_values(configuration.parameters.as_ref().map(json_document::to_document))
        .set_parameter_overrides((!overrides.is_empty()).then_some(overrides))
        .build()
        .map_err(|error| bug(&error))
}
