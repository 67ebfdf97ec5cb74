//! What of a target is left to others: an update replaces the whole, so that what is there is sent back in its place.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::types::{
    CredentialProvider, CredentialProviderConfiguration, HttpTargetConfiguration,
    McpTargetConfiguration, MetadataConfiguration, TargetConfiguration,
};
use construct_engine::{Change, Diff};

/// The fields that differ and that the update shall not change.
pub(super) fn fields(diff: Diff, changes: &[Change]) -> BTreeSet<String> {
    let differing = match diff {
        Diff::Same => Vec::new(),
        Diff::Update(differing) | Diff::Replace { changes: differing, .. } => differing,
    };
    let is_left = |one: &Change| !super::super::fields::has(changes, &one.field);
    differing.into_iter().filter(is_left).map(|one| one.field).collect()
}

/// `sent` with the fields in `left` as they are in `live`. The two are of one kind: another one would be another target.
pub(super) fn configuration(
    sent: TargetConfiguration,
    live: Option<&TargetConfiguration>,
    left: &BTreeSet<String>,
) -> TargetConfiguration {
    use TargetConfiguration::{Http, Mcp};
    match (sent, live) {
        (Mcp(sent), Some(Mcp(live))) => Mcp(mcp(sent, live, left)),
        (
            Http(HttpTargetConfiguration::Passthrough(mut sent)),
            Some(Http(HttpTargetConfiguration::Passthrough(live))),
        ) => {
            if left.contains("endpoint") {
                sent.endpoint.clone_from(&live.endpoint);
            }
            Http(HttpTargetConfiguration::Passthrough(sent))
        }
        (sent, _) => sent,
    }
}

fn mcp(
    sent: McpTargetConfiguration,
    live: &McpTargetConfiguration,
    left: &BTreeSet<String>,
) -> McpTargetConfiguration {
    use McpTargetConfiguration::{ApiGateway, Lambda, McpServer, OpenApiSchema, SmithyModel};
    let left = |field: &str| left.contains(field);
    match (sent, live) {
        (OpenApiSchema(_), OpenApiSchema(live)) if left("openApiSchema") => {
            OpenApiSchema(live.clone())
        }
        (SmithyModel(_), SmithyModel(live)) if left("smithyModel") => SmithyModel(live.clone()),
        (Lambda(mut sent), Lambda(live)) => {
            if left("toolSchema") {
                sent.tool_schema.clone_from(&live.tool_schema);
            }
            Lambda(sent)
        }
        (McpServer(mut sent), McpServer(live)) => {
            if left("endpoint") {
                sent.endpoint.clone_from(&live.endpoint);
            }
            if left("listingMode") {
                sent.listing_mode.clone_from(&live.listing_mode);
            }
            if left("mcpToolSchema") {
                sent.mcp_tool_schema.clone_from(&live.mcp_tool_schema);
            }
            if left("resourcePriority") {
                sent.resource_priority = live.resource_priority;
            }
            McpServer(sent)
        }
        (ApiGateway(mut sent), ApiGateway(live)) => {
            let there = live.api_gateway_tool_configuration.as_ref();
            if let (Some(sent), Some(there)) = (&mut sent.api_gateway_tool_configuration, there) {
                if left("toolFilters") {
                    sent.tool_filters.clone_from(&there.tool_filters);
                }
                if left("toolOverrides") {
                    sent.tool_overrides.clone_from(&there.tool_overrides);
                }
            }
            ApiGateway(sent)
        }
        (sent, _) => sent,
    }
}

/// `sent` with the fields in `left` as they are in `live`.
pub(super) fn credentials(
    mut sent: Option<Vec<CredentialProviderConfiguration>>,
    live: &[CredentialProviderConfiguration],
    left: &BTreeSet<String>,
) -> Option<Vec<CredentialProviderConfiguration>> {
    let wanted = sent.iter_mut().flatten().next().and_then(|one| one.credential_provider.as_mut());
    let there = live.first().and_then(|one| one.credential_provider.as_ref());
    if let (
        Some(CredentialProvider::OauthCredentialProvider(wanted)),
        Some(CredentialProvider::OauthCredentialProvider(there)),
    ) = (wanted, there)
    {
        if left.contains("scopes") {
            wanted.scopes.clone_from(&there.scopes);
        }
        if left.contains("customParameters") {
            wanted.custom_parameters.clone_from(&there.custom_parameters);
        }
    }
    sent
}

/// `sent` with the fields in `left` as they are in `live`.
pub(super) fn metadata(
    sent: Option<MetadataConfiguration>,
    live: Option<&MetadataConfiguration>,
    left: &BTreeSet<String>,
) -> Option<MetadataConfiguration> {
    let fields = ["allowedRequestHeaders", "allowedResponseHeaders", "allowedQueryParameters"];
    if !fields.iter().any(|field| left.contains(*field)) {
        return sent;
    }
    let nothing = || MetadataConfiguration::builder().build();
    let mut sent = sent.unwrap_or_else(nothing);
    let live = live.cloned().unwrap_or_else(nothing);
    let [request, response, query] = fields.map(|field| left.contains(field));
    if request {
        sent.allowed_request_headers = live.allowed_request_headers;
    }
    if response {
        sent.allowed_response_headers = live.allowed_response_headers;
    }
    if query {
        sent.allowed_query_parameters = live.allowed_query_parameters;
    }
    Some(sent)
}
