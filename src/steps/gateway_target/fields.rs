//! A target's configuration as named texts, so that what is there and what is wanted are compared field by field.
//!
//! Documents are digests, lists without order are sorted, and the service's own defaults stand where nothing does. A field
//! that is not in the map is not compared: the manifest does not speak of it.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiGatewayTargetConfiguration, ApiGatewayToolConfiguration, ApiSchemaConfiguration,
    ConnectorTargetConfiguration, HttpApiSchemaConfiguration, HttpTargetConfiguration,
    InferenceProviderTargetConfiguration, InferenceTargetConfiguration,
    McpLambdaTargetConfiguration, McpServerTargetConfiguration, McpTargetConfiguration,
    McpToolSchemaConfiguration, PassthroughTargetConfiguration, TargetConfiguration, ToolSchema,
};
use serde_json::{Value, json};

use super::json_document::to_json;
use super::payload::tool_schema;
use crate::openapi::canonical;

/// Field by field, under the service's names.
pub(super) type Fields = BTreeMap<&'static str, String>;

const UNKNOWN: &str = "a source unknown to this version";

/// The kind of a configuration in the service's words, and its fields.
pub(super) fn fields(configuration: &TargetConfiguration) -> (&'static str, Fields) {
    let mut fields = Fields::new();
    let kind = match configuration {
        TargetConfiguration::Mcp(mcp) => match mcp {
            McpTargetConfiguration::OpenApiSchema(schema) => {
                fields.insert("openApiSchema", document(schema));
                "openApiSchema"
            }
            McpTargetConfiguration::SmithyModel(schema) => {
                fields.insert("smithyModel", document(schema));
                "smithyModel"
            }
            McpTargetConfiguration::Lambda(target) => lambda(target, &mut fields),
            McpTargetConfiguration::McpServer(target) => mcp_server(target, &mut fields),
            McpTargetConfiguration::ApiGateway(target) => api_gateway(target, &mut fields),
            McpTargetConfiguration::Connector(target) => connector(target, &mut fields),
            _ => "a kind unknown to this version",
        },
        TargetConfiguration::Http(http) => match http {
            HttpTargetConfiguration::AgentcoreRuntime(target) => {
                fields.insert("arn", target.arn.clone());
                optional("qualifier", target.qualifier.as_ref(), &mut fields);
                fields.insert("schema", schema(target.schema.as_ref()));
                "agentcoreRuntime"
            }
            HttpTargetConfiguration::Passthrough(target) => passthrough(target, &mut fields),
            HttpTargetConfiguration::Connector(target) => {
                let source = target.source.as_ref();
                let id = source.map(|source| source.connector_id.clone());
                fields.insert("connectorId", id.unwrap_or_default());
                fields.insert("parameters", map(target.parameters.as_ref()));
                "http connector"
            }
            _ => "a kind unknown to this version",
        },
        TargetConfiguration::Inference(inference) => match inference {
            InferenceTargetConfiguration::Connector(target) => {
                let source = target.source.as_ref();
                let id = source.map(|source| source.connector_id.clone());
                fields.insert("connectorId", id.unwrap_or_default());
                "inference connector"
            }
            InferenceTargetConfiguration::Provider(target) => models(target, &mut fields),
            _ => "a kind unknown to this version",
        },
        _ => "a kind unknown to this version",
    };
    (kind, fields)
}

fn lambda(target: &McpLambdaTargetConfiguration, fields: &mut Fields) -> &'static str {
    let schema = match &target.tool_schema {
        Some(ToolSchema::InlinePayload(tools)) => {
            canonical::digest(&tool_schema::normal(&tool_schema::from_definitions(tools)))
        }
        Some(ToolSchema::S3(s3)) => s3.uri.clone().unwrap_or_default(),
        _ => UNKNOWN.to_owned(),
    };
    fields.insert("toolSchema", schema);
    fields.insert("lambdaArn", target.lambda_arn.clone());
    "lambda"
}

fn mcp_server(target: &McpServerTargetConfiguration, fields: &mut Fields) -> &'static str {
    fields.insert("endpoint", target.endpoint.clone());
    let listing = target.listing_mode.as_ref().map_or("DEFAULT", |mode| mode.as_str());
    fields.insert("listingMode", listing.to_owned());
    let tools = target.mcp_tool_schema.as_ref().map(|schema| match schema {
        McpToolSchemaConfiguration::InlinePayload(text) => digest(text),
        McpToolSchemaConfiguration::S3(s3) => s3.uri.clone().unwrap_or_default(),
        _ => UNKNOWN.to_owned(),
    });
    fields.insert("mcpToolSchema", tools.unwrap_or_default());
    optional("resourcePriority", target.resource_priority.as_ref(), fields);
    "mcpServer"
}

fn api_gateway(target: &ApiGatewayTargetConfiguration, fields: &mut Fields) -> &'static str {
    fields.insert("restApiId", target.rest_api_id.clone());
    fields.insert("stage", target.stage.clone());
    let tools = target.api_gateway_tool_configuration.as_ref();
    let filters = tools.map(|tools| tools.tool_filters.as_slice()).unwrap_or_default();
    let filters = filters.iter().map(|filter| {
        let methods = filter.methods.iter().map(|method| method.as_str().to_owned());
        format!("{} {}", filter.filter_path, sorted(methods))
    });
    fields.insert("toolFilters", sorted(filters));
    let overrides = tools.map(ApiGatewayToolConfiguration::tool_overrides).unwrap_or_default();
    let overrides = overrides.iter().map(|one| {
        let description = one.description.as_ref().map(|text| format!(" {text:?}"));
        format!("{} {} {}{}", one.name, one.method, one.path, description.unwrap_or_default())
    });
    fields.insert("toolOverrides", sorted(overrides));
    "apiGateway"
}

fn connector(target: &ConnectorTargetConfiguration, fields: &mut Fields) -> &'static str {
    let source = target.source.as_ref();
    fields.insert("connectorId", source.map(|one| one.connector_id.clone()).unwrap_or_default());
    optional("version", source.and_then(|source| source.version.as_ref()), fields);
    fields.insert("enabled", sorted(target.enabled().iter().cloned()));
    let configurations = target.configurations().iter().map(|one| {
        let overrides = one.parameter_overrides().iter().map(|one| {
            json!({ "path": one.path, "description": one.description, "visible": one.visible })
        });
        canonical::canonical_text(&json!({
            "name": one.name,
            "description": one.description,
            "parameterValues": one.parameter_values.as_ref().map(to_json),
            "parameterOverrides": overrides.collect::<Vec<Value>>(),
        }))
    });
    fields.insert("configurations", sorted(configurations));
    "connector"
}

fn passthrough(target: &PassthroughTargetConfiguration, fields: &mut Fields) -> &'static str {
    fields.insert("endpoint", target.endpoint.clone());
    fields.insert("protocolType", target.protocol_type.as_str().to_owned());
    fields.insert("schema", schema(target.schema.as_ref()));
    let stickiness = target.stickiness_configuration.as_ref();
    let identifier = stickiness.map(|one| {
        format!("{} {}", one.identifier, sorted(one.composite_identifier().iter().cloned()))
    });
    fields.insert("stickinessConfiguration", identifier.unwrap_or_default());
    let timeout = stickiness.and_then(|stickiness| stickiness.timeout.as_ref());
    optional("stickinessConfiguration.timeout", timeout, fields);
    fields.insert("staticQueryParameters", map(target.static_query_parameters.as_ref()));
    let conflict = target.static_query_parameter_conflict_resolution.as_ref();
    optional("staticQueryParameterConflictResolution", conflict, fields);
    "passthrough"
}

fn models(target: &InferenceProviderTargetConfiguration, fields: &mut Fields) -> &'static str {
    fields.insert("endpoint", target.endpoint.clone());
    let prefix = target.model_mapping.as_ref().and_then(|one| one.provider_prefix.as_ref());
    let prefix = prefix.map(|prefix| format!("strip {} {}", prefix.strip, prefix.separator));
    fields.insert("modelMapping", prefix.unwrap_or_default());
    let operations = target.operations().iter().map(|operation| {
        let models = operation.models().iter().map(|model| model.model.clone());
        let path = operation.provider_path.as_ref().unwrap_or(&operation.path);
        format!("{} {path} {}", operation.path, sorted(models))
    });
    fields.insert("operations", sorted(operations));
    "inference provider"
}

fn schema(schema: Option<&HttpApiSchemaConfiguration>) -> String {
    schema.and_then(|schema| schema.source.as_ref()).map(document).unwrap_or_default()
}

fn document(schema: &ApiSchemaConfiguration) -> String {
    match schema {
        ApiSchemaConfiguration::InlinePayload(text) => digest(text),
        ApiSchemaConfiguration::S3(s3) => s3.uri.clone().unwrap_or_default(),
        _ => UNKNOWN.to_owned(),
    }
}

/// The digest of what the service holds, whatever spelling it gives back.
fn digest(text: &str) -> String {
    serde_json::from_str(text)
        .map_or_else(|_| "a text that is no JSON".to_owned(), |value| canonical::digest(&value))
}

/// Only where something is said: nothing leaves the service's own choice.
fn optional(field: &'static str, value: Option<&impl ToString>, fields: &mut Fields) {
    fields.extend(value.map(|value| (field, value.to_string())));
}

fn sorted(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items.join(", ")
}

fn map(map: Option<&std::collections::HashMap<String, String>>) -> String {
    sorted(map.into_iter().flatten().map(|(name, value)| format!("{name}={value}")))
}
