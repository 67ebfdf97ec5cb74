//! A target: what is behind a gateway, of whatever type, and how the gateway signs in there.
//!
//! - **name** the manifest's own, 1 to 100 characters, as it becomes part of every tool's name; unique within its gateway
//! - **found** by the recorded ids in one call, else by `ListGatewayTargets` and the name
//! - **proven ours** when its gateway is: targets take no tags
//! - **in doubt** the client token is the same when a create is sent again; besides, a name is refused twice. A target under
//!   deletion keeps its name unseen, so that a refused create is sent again until the name is free
//! - **two of ours** cannot be
//! - **owned set** the list of targets of each gateway that was found
//! - **secret** none: credentials are the provider's
//! - **protect** nothing of its own
//! - **replace** delete-first, as the name is taken: for another name, gateway or type, and after a failed creation
//! - **update that resets** `UpdateGatewayTarget` replaces everything, so that what the manifest does not speak of (headers,
//!   private endpoint, certificates, choices that the service made) is sent back as it was
//!
//! A target that waits for somebody's consent (`*_PENDING_AUTH`) is made, and its URL is told; until then the service
//! refuses to change or remove it, and the URL lives ten minutes. The gateway's role must have its permissions before.
//! Quotas: 100 targets in a gateway, 1 MB of inline schema, 5 changes at once on one gateway ([`crate::cloud::TargetSlots`]).
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateGatewayTarget.html>.

mod arns;
mod compare;
mod credential;
mod document;
mod fields;
mod json_document;
mod known;
mod left_alone;
mod live;
mod payload;
mod removal;
mod surroundings;
mod synchronize;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_needs;
#[cfg(test)]
mod tests_of_types;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::types::TargetSummary;
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError, Waiting};
use serde::{Deserialize, Serialize};

use super::gateway::Gateway;
use super::{looking, private_endpoint};
use crate::cloud::{Cloud, classify, is_not_found, propagation};
use crate::manifest::{
    ApiGateway, Certificate, Connector, Grant, Headers, HttpConnector, Inference, KeyLocation,
    Listing, PassthroughSettings, PrivateEndpoint,
};
pub use arns::invocations_url;
pub use document::Document;
pub use known::KnownTarget;
pub use live::Live;
pub(super) use removal::remove_all;
pub use synchronize::{Need, STATUS, TOOLS, after_consent, look};
pub use waiting::asks_for_consent;
use waiting::{arrived, consented, name_freed, settled};

/// Making tools searchable takes seconds to minutes.
const READY_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(15));
/// The service gives up on a consent after ten minutes.
const CONSENT_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(11));
/// Removing one takes seconds.
const FREED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(3));

/// The kind of gateway targets.
pub struct GatewayTarget;

/// What the manifest says of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which starts the names of its tools.
    pub name: String,
    /// The name of the gateway it is in.
    #[serde(default)]
    pub gateway: String,
    /// Text for the console.
    pub description: Option<String>,
    /// What is behind it.
    pub tools: TargetTools,
    /// How the gateway signs in.
    pub credential: Credential,
    /// How it is reached through a VPC; none leaves what is there.
    #[serde(default)]
    pub private_endpoint: Option<PrivateEndpoint>,
    /// What passes it beside the call; none leaves what is there.
    #[serde(default)]
    pub headers: Option<Headers>,
    /// What its endpoint is checked with; none leaves what is there.
    #[serde(default)]
    pub certificate: Option<Certificate>,
    /// Whether the gateway shall ask an MCP server for its tools again though nothing differs. What one command wants and no
    /// manifest says: the journal does not remember it.
    #[serde(skip)]
    pub read_again: bool,
}

/// What is behind a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetTools {
    /// Operations of an `OpenAPI` description.
    OpenApi(Payload),
    /// Operations of a Smithy model.
    Smithy(Payload),
    /// A Lambda function's tool schema.
    Lambda(Payload),
    /// An MCP server's tools.
    McpServer(McpServerSpec),
    /// Methods of a REST API.
    ApiGateway(ApiGateway),
    /// A connector's tools.
    Connector(Connector),
    /// An agent runtime, by HTTP.
    Runtime {
        /// Which of its endpoints.
        qualifier: Option<String>,
        /// What it offers.
        schema: Option<Payload>,
    },
    /// An HTTP endpoint.
    Passthrough {
        /// Where and how.
        settings: PassthroughSettings,
        /// What it offers.
        schema: Option<Payload>,
    },
    /// A connector, by HTTP.
    HttpConnector(HttpConnector),
    /// Models.
    Inference(Inference),
}

/// An MCP server, as the manifest says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpServerSpec {
    /// Its URL; none for one that runs on the runtime of the links.
    pub endpoint: Option<String>,
    /// Which endpoint of that runtime.
    pub qualifier: Option<String>,
    /// When it is asked for its tools.
    pub listing: Listing,
    /// Its tools, where it is not asked.
    pub tools: Option<Payload>,
    /// Who wins where two have the same resource; none leaves what is there.
    pub resource_priority: Option<u32>,
}

/// A document. Only its digest reaches the journal: the text may have megabytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// SHA-256 of the canonical text, as [`crate::openapi::canonical::digest`] makes it.
    pub digest: String,
    /// Whether it lies in a bucket, at the URI of the links, instead of being sent inline.
    #[serde(default)]
    pub in_bucket: bool,
    /// The JSON that is sent; empty when the spec comes from the journal.
    #[serde(skip)]
    pub text: String,
}

/// How the gateway signs in to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// Not at all: a target that anybody may call.
    None,
    /// With the gateway's role, for an AWS service that the type of the target names.
    GatewayRole,
    /// With the gateway's role, for a service that is named.
    SigV4 {
        /// Its signing name.
        service: String,
        /// The Region that is signed for; none means the gateway's own.
        region: Option<String>,
    },
    /// With what the caller signed with.
    CallerIam,
    /// With the caller's own token.
    JwtPassthrough,
    /// With a token of an OAuth2 credential provider.
    OAuth {
        /// How the token is had.
        grant: Grant,
        /// Scopes asked for.
        scopes: Vec<String>,
        /// Further parameters for the vendor.
        custom_parameters: BTreeMap<String, String>,
    },
    /// With the key of an API-key credential provider.
    ApiKey {
        /// Where in a request it goes.
        location: KeyLocation,
        /// The header's or parameter's name; none means the service's own choice.
        name: Option<String>,
        /// What stands before it.
        prefix: Option<String>,
    },
}

/// What a target takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The gateway it is in.
    pub gateway_id: String,
    /// The function that answers its tools.
    pub function_arn: Option<String>,
    /// The runtime that is behind it.
    #[serde(default)]
    pub runtime_arn: Option<String>,
    /// Where its document lies in S3.
    #[serde(default)]
    pub schema_uri: Option<String>,
    /// The credential provider it uses.
    pub provider_arn: Option<String>,
    /// Where a consent returns to.
    pub return_url: Option<String>,
}

/// Stands for an id of an object that is not there yet.
const NOT_YET: &str = "(not yet)";

impl Links {
    /// Stands for links that are not known yet.
    fn not_yet() -> Self {
        let unknown = || Some(NOT_YET.to_owned());
        Self {
            gateway_id: NOT_YET.to_owned(),
            function_arn: unknown(),
            runtime_arn: unknown(),
            schema_uri: unknown(),
            provider_arn: unknown(),
            return_url: unknown(),
        }
    }

    /// Whether a value was made of one of them.
    fn is_not_yet(value: &str) -> bool {
        value.contains(NOT_YET) || value.contains("%28not%20yet%29")
    }
}

/// What others need of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The gateway it is in.
    pub gateway_id: String,
    /// Its id.
    pub target_id: String,
    /// Its name.
    pub name: String,
}

impl Step<Cloud> for GatewayTarget {
    const KIND: &'static str = "agentcore.target";
    const FIELDS: &'static [&'static str] = &[
        "allowedQueryParameters",
        "allowedRequestHeaders",
        "allowedResponseHeaders",
        "certificateConfigurations",
        "customParameters",
        "description",
        "endpoint",
        "listingMode",
        "mcpToolSchema",
        "openApiSchema",
        "privateEndpoint",
        "resourcePriority",
        "scopes",
        "smithyModel",
        "toolFilters",
        "toolOverrides",
        "toolSchema",
    ];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let current =
            |last: &&Outputs| links.is_none_or(|links| links.gateway_id == last.gateway_id);
        if let Some(last) = last.filter(current)
            && let Some(live) = get(cx, &last.gateway_id, &last.target_id).await?
        {
            return Ok(live.presence());
        }
        let Some(links) = links else { return Ok(Presence::Absent) };
        let id = &links.gateway_id;
        let by_name = |targets: &Vec<TargetSummary>| {
            targets.iter().find(|one| one.name == spec.name).map(|one| one.target_id.clone())
        };
        let found = looking::find(cx, &list_name(id), || list(cx, id), by_name).await?;
        let place = match (found, last) {
            (Some(target_id), _) => Some((id.clone(), target_id)),
            // The manifest moves it: it is still in the gateway where it was.
            (None, Some(last)) => Some((last.gateway_id.clone(), last.target_id.clone())),
            (None, None) => None,
        };
        let Some((gateway_id, target_id)) = place else { return Ok(Presence::Absent) };
        Ok(get(cx, &gateway_id, &target_id).await?.map_or(Presence::Absent, Live::presence))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        compare::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let configuration = payload::configuration(spec, links)?;
        let credentials = credential::configurations(spec, links)?;
        let private_endpoint =
            spec.private_endpoint.as_ref().map(private_endpoint::to_sdk).transpose()?;
        let certificates = surroundings::certificates(spec, None)?;
        let _place = cx.cloud.target_slots.place(&links.gateway_id).await;
        let sent = || async {
            cx.cloud
                .agentcore
                .create_gateway_target()
                .gateway_identifier(&links.gateway_id)
                .name(&spec.name)
                .set_description(spec.description.clone())
                .client_token(cx.token)
                .target_configuration(configuration.clone())
                .set_credential_provider_configurations(credentials.clone())
                .set_metadata_configuration(surroundings::metadata(spec, None))
                .set_private_endpoint(private_endpoint.clone())
                .set_certificate_configurations(certificates.clone())
                .send()
                .await
                .map_err(|error| classify("CreateGatewayTarget", error))
        };
        let permitted = || propagation::retried(cx, lacks_permission, sent);
        let answer = name_freed(cx, (&links.gateway_id, &spec.name), permitted).await?;
        arrived(cx, Live::created(&links.gateway_id, answer)).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if live.synchronizes(changes) {
            return synchronize::synchronize(cx, &live).await;
        }
        let configuration = payload::configuration(spec, links)?;
        let credentials = credential::configurations(spec, links)?;
        let private_endpoint =
            spec.private_endpoint.as_ref().map(private_endpoint::to_sdk).transpose()?;
        let live = consented(cx, live).await?;
        let left = left_alone::fields(Self::diff(spec, Some(links), &live), changes);
        let configuration = payload::kept(configuration, live.configuration.as_ref());
        let configuration =
            left_alone::configuration(configuration, live.configuration.as_ref(), &left);
        let credentials = left_alone::credentials(credentials, &live.credentials, &left);
        let metadata = surroundings::metadata(spec, live.metadata.as_ref());
        let metadata = left_alone::metadata(metadata, live.metadata.as_ref(), &left);
        let certificates = surroundings::certificates(spec, live.certificates.as_ref())?;
        let certificates = if left.contains("certificateConfigurations") {
            live.certificates.clone()
        } else {
            certificates
        };
        let private_endpoint = private_endpoint.filter(|_| !left.contains("privateEndpoint"));
        let described =
            if left.contains("description") { &live.description } else { &spec.description };
        let place = cx.cloud.target_slots.place(&links.gateway_id).await;
        let answer = propagation::retried(cx, lacks_permission, || async {
            cx.cloud
                .agentcore
                .update_gateway_target()
                .gateway_identifier(&live.gateway_id)
                .target_id(&live.target_id)
                .name(&live.name)
                .set_description(described.clone())
                .target_configuration(configuration.clone())
                .set_credential_provider_configurations(credentials.clone())
                .set_metadata_configuration(metadata.clone())
                .set_private_endpoint(private_endpoint.clone().or(live.private_endpoint.clone()))
                .set_certificate_configurations(certificates.clone())
                .send()
                .await
                .map_err(|error| classify("UpdateGatewayTarget", error))
        })
        .await?;
        let live = arrived(cx, Live::updated(&live.gateway_id, answer)).await?;
        drop(place);
        synchronize::attended(cx, live).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        removal::remove(cx, &outputs.gateway_id, &outputs.target_id).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let ours = |live: Live| Presence::Ours(Live { was_awaited: true, ..live });
        Ok(settled(cx, &live).await?.map_or(Presence::Absent, ours))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            gateway_id: live.gateway_id.clone(),
            target_id: live.target_id.clone(),
            name: live.name.clone(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.gateway_id, outputs.target_id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let looks = found.of::<Cloud, Gateway>().into_iter().map(|(_, gateway)| async move {
            let targets: Arc<Vec<TargetSummary>> =
                cx.cloud.lists.once(&list_name(&gateway.id), || list(cx, &gateway.id)).await?;
            let outputs = targets.iter().filter_map(|target| {
                let address = Address::new(format!("target/{}", target.name)).ok()?;
                let gateway_id = gateway.id.clone();
                let (target_id, name) = (target.target_id.clone(), target.name.clone());
                Some((address, Outputs { gateway_id, target_id, name }))
            });
            Ok::<_, StepError>(outputs.collect::<Vec<_>>())
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

fn list_name(gateway_id: &str) -> String {
    format!("agentcore.targets {gateway_id}")
}

/// The targets of a gateway; none when the gateway is gone.
async fn list(cx: &Cx<'_, Cloud>, gateway_id: &str) -> Result<Vec<TargetSummary>, StepError> {
    let call = cx.cloud.agentcore.list_gateway_targets().gateway_identifier(gateway_id);
    let targets = call.into_paginator().page_size(1000).items().send().try_collect().await;
    match targets.map_err(|error| classify("ListGatewayTargets", error)) {
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        targets => targets,
    }
}

async fn get(
    cx: &Cx<'_, Cloud>,
    gateway_id: &str,
    target_id: &str,
) -> Result<Option<Live>, StepError> {
    let call = cx.cloud.agentcore.get_gateway_target().gateway_identifier(gateway_id);
    let answer = call.target_id(target_id).send().await;
    match answer.map_err(|error| classify("GetGatewayTarget", error)) {
        Ok(answer) => Ok(Some(Live::read(gateway_id, answer))),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the service looked for a permission of the gateway's role that IAM has not spread yet.
///
/// AgentCore has one code for every wrong argument, so that its sentence is all there is to tell this one by.
fn lacks_permission(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    code == Some("ValidationException")
        && error.message.contains("Gateway execution role lacks permission")
}
