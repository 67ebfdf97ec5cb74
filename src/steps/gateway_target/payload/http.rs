//! Targets that are reached by a path of the gateway.

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiSchemaConfiguration, HttpApiSchemaConfiguration, HttpConnectorSource,
    HttpConnectorTargetConfiguration, HttpTargetConfiguration, InferenceConnectorSource,
    InferenceConnectorTargetConfiguration, InferenceOperationConfiguration,
    InferenceProviderTargetConfiguration, InferenceTargetConfiguration, ModelEntry, ModelMapping,
    PassthroughProtocolType, PassthroughTargetConfiguration, ProviderPrefix,
    RuntimeTargetConfiguration, StaticQueryParameterConflictResolution, StickinessConfiguration,
};
use construct_engine::StepError;

use super::super::{Links, Spec};
use super::bug;
use crate::manifest::{
    HttpConnector, InferenceProvider, PassthroughProtocol, PassthroughSettings, QueryConflict,
};

fn schema(source: ApiSchemaConfiguration) -> HttpApiSchemaConfiguration {
    HttpApiSchemaConfiguration::builder().source(source).build()
}

pub(super) fn runtime(
    spec: &Spec,
    qualifier: Option<&str>,
    document: Option<ApiSchemaConfiguration>,
    links: &Links,
) -> Result<HttpTargetConfiguration, StepError> {
    let arn = links
        .runtime_arn
        .as_ref()
        .ok_or_else(|| StepError::bug(format!("the target {} has no runtime", spec.name)))?;
    RuntimeTargetConfiguration::builder()
        .arn(arn)
        .set_qualifier(qualifier.map(str::to_owned))
        .set_schema(document.map(schema))
        .build()
        .map(HttpTargetConfiguration::AgentcoreRuntime)
        .map_err(|error| bug(&error))
}

pub(super) fn passthrough(
    settings: &PassthroughSettings,
    document: Option<ApiSchemaConfiguration>,
) -> Result<HttpTargetConfiguration, StepError> {
    let stickiness = settings.stickiness.as_ref().map(|stickiness| {
        let composite = &stickiness.composite;
        StickinessConfiguration::builder()
            .identifier(&stickiness.identifier)
            .set_timeout(stickiness.timeout_seconds.and_then(|one| i32::try_from(one).ok()))
            .set_composite_identifier((!composite.is_empty()).then(|| composite.clone()))
            .build()
    });
    let query = &settings.query;
    PassthroughTargetConfiguration::builder()
        .endpoint(&settings.endpoint)
        .protocol_type(match settings.protocol {
            PassthroughProtocol::Mcp => PassthroughProtocolType::Mcp,
            PassthroughProtocol::A2a => PassthroughProtocolType::A2A,
            PassthroughProtocol::Inference => PassthroughProtocolType::Inference,
            PassthroughProtocol::Custom => PassthroughProtocolType::Custom,
        })
        .set_schema(document.map(schema))
        .set_stickiness_configuration(stickiness.transpose().map_err(|error| bug(&error))?)
        .set_static_query_parameters(
            (!query.is_empty()).then(|| query.clone().into_iter().collect()),
        )
        .set_static_query_parameter_conflict_resolution(settings.query_conflict.map(|winner| {
            match winner {
                QueryConflict::Client => StaticQueryParameterConflictResolution::ClientOverride,
                QueryConflict::Static => StaticQueryParameterConflictResolution::StaticOverride,
            }
        }))
        .build()
        .map(HttpTargetConfiguration::Passthrough)
        .map_err(|error| bug(&error))
}

pub(super) fn connector(connector: &HttpConnector) -> Result<HttpTargetConfiguration, StepError> {
    let source = HttpConnectorSource::builder()
        .connector_id(&connector.id)
        .build()
        .map_err(|error| bug(&error))?;
    let parameters = &connector.parameters;
    Ok(HttpTargetConfiguration::Connector(
        HttpConnectorTargetConfiguration::builder()
            .source(source)
            .set_parameters(
                (!parameters.is_empty()).then(|| parameters.clone().into_iter().collect()),
            )
            .build(),
    ))
}

pub(super) fn models_of(connector: &str) -> Result<InferenceTargetConfiguration, StepError> {
    let source = InferenceConnectorSource::builder()
        .connector_id(connector)
        .build()
        .map_err(|error| bug(&error))?;
    Ok(InferenceTargetConfiguration::Connector(
        InferenceConnectorTargetConfiguration::builder().source(source).build(),
    ))
}

pub(super) fn models(
    provider: &InferenceProvider,
) -> Result<InferenceTargetConfiguration, StepError> {
    let mapping = provider.prefix.as_ref().map(|prefix| {
        let prefix =
            ProviderPrefix::builder().strip(prefix.strip).separator(&prefix.separator).build();
        ModelMapping::builder().provider_prefix(prefix).build()
    });
    let operations = provider.operations.iter().map(|operation| {
        let models =
            operation.models.iter().map(|model| ModelEntry::builder().model(model).build());
        let models = models.collect::<Result<Vec<_>, _>>()?;
        InferenceOperationConfiguration::builder()
            .path(&operation.path)
            .set_provider_path(operation.provider_path.clone())
            .set_models((!models.is_empty()).then_some(models))
            .build()
    });
    let operations = operations.collect::<Result<Vec<_>, _>>().map_err(|error| bug(&error))?;
    InferenceProviderTargetConfiguration::builder()
        .endpoint(&provider.endpoint)
        .set_model_mapping(mapping)
        .set_operations((!operations.is_empty()).then_some(operations))
        .build()
        .map(InferenceTargetConfiguration::Provider)
        .map_err(|error| bug(&error))
}
