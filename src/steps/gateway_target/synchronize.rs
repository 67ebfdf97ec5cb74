//! Bringing a target's tools up to date where its configuration stays: `SynchronizeGatewayTargets` for MCP servers.
//!
//! The service reads an MCP server's tools when its target is made or changed, and again only when it is asked to. That is
//! refused for targets with a static schema and for those that wait for a consent, and has no meaning for listing mode
//! `DYNAMIC`, where every call reads them. A REST API is exported when its target is made or changed, so that the same update
//! is sent again. All other types take their tools from a document, which the update has with it.
//! One id a call: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_SynchronizeGatewayTargets.html>.

use aws_sdk_bedrockagentcorecontrol::types::{
    CredentialProvider, ListingMode, McpTargetConfiguration, OAuthCredentialProvider,
    OAuthGrantType, TargetConfiguration, TargetStatus,
};
use construct_engine::{Change, Class, Cx, StepError};

use super::live::Phase;
use super::waiting::{arrived, consent_ended};
use super::{Live, Outputs, get};
use crate::cloud::{Cloud, Consent, classify};

/// The change of a target whose tools are to be read again.
pub const TOOLS: &str = "tools";
/// The change of a target whose last update or synchronization failed.
pub const STATUS: &str = "status";

/// What a target needs that is as the manifest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The gateway must ask the server again: nobody else can tell whether its tools changed.
    Synchronize(&'static str),
    /// The same configuration must be sent again, for the same reason.
    SendAgain(&'static str),
    /// Somebody must consent first.
    Consent,
    /// It is on its way to another state, and what it needs shows after that.
    Settling,
    /// Nothing, and why.
    Nothing(&'static str),
}

impl Live {
    /// What it needs.
    pub fn need(&self) -> Need {
        match self.phase() {
            Phase::NeedsConsent => return Need::Consent,
            Phase::Coming | Phase::Going => return Need::Settling,
            Phase::There if self.was_awaited => {
                return Need::Nothing("the gateway has read its tools a moment ago");
            }
            Phase::There | Phase::NotChanged => {}
            Phase::Failed => {
                return Need::Nothing("it could not be made, which `construct up` mends");
            }
        }
        let Some(TargetConfiguration::Mcp(configuration)) = &self.configuration else {
            return Need::Nothing("it is no MCP target: the gateway keeps no tools of it");
        };
        match configuration {
            McpTargetConfiguration::McpServer(server) if server.mcp_tool_schema.is_some() => {
                Need::Nothing("its tools are a static list, which the service does not synchronize")
            }
            McpTargetConfiguration::McpServer(server)
                if server.listing_mode == Some(ListingMode::Dynamic) =>
            {
                Need::Nothing("listing mode DYNAMIC: every call reads the server's tools")
            }
            McpTargetConfiguration::McpServer(_)
                if self.status == TargetStatus::SynchronizeUnsuccessful =>
            {
                Need::Synchronize("its last synchronization failed")
            }
            McpTargetConfiguration::McpServer(_) => {
                Need::Synchronize("the server's tools may have changed")
            }
            McpTargetConfiguration::ApiGateway(_) => {
                Need::SendAgain("its REST API may have changed since the gateway exported it")
            }
            _ => Need::Nothing("its source is as the manifest says"),
        }
    }

    /// Whether a synchronization makes all of these `changes`: the configuration is the wanted one, and an update would only
    /// have the same synchronization follow.
    pub fn synchronizes(&self, changes: &[Change]) -> bool {
        let not_updated = self.status == TargetStatus::UpdateUnsuccessful;
        matches!(self.need(), Need::Synchronize(_))
            && changes.iter().all(|change| match change.field.as_str() {
                TOOLS => true,
                STATUS => !not_updated,
                _ => false,
            })
    }

    /// Whether its tools are only read after somebody's consent: its calls carry a person's own token.
    pub fn asks_for_consent(&self) -> bool {
        self.token().is_some_and(|token| token.grant_type == OAuthGrantType::AuthorizationCode)
    }

    /// Where the browser goes after a consent.
    pub fn returns_to(&self) -> Option<&str> {
        self.token().and_then(OAuthCredentialProvider::default_return_url)
    }

    fn token(&self) -> Option<&OAuthCredentialProvider> {
        self.credentials.iter().find_map(|one| match &one.credential_provider {
            Some(CredentialProvider::OauthCredentialProvider(token)) => Some(token),
            _ => None,
        })
    }

    /// The consent that it waits for; none where it waits for none, or the service does not say where to give it.
    pub fn consent(&self) -> Option<Consent<'_>> {
        if self.phase() != Phase::NeedsConsent {
            return None;
        }
        Some(Consent {
            url: self.authorization_url.as_deref()?,
            user: self.authorization_user.as_deref(),
            returns_to: self.returns_to(),
        })
    }
}

/// The target as it is; none where it is gone.
///
/// # Errors
/// What the service says.
pub async fn look(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<Option<Live>, StepError> {
    get(cx, &outputs.gateway_id, &outputs.target_id).await
}

/// Has the gateway read the server's tools again, and waits until it has, or until a person is needed.
///
/// # Errors
/// What the service says, an answer without the target, a synchronization that failed, and a wait without end.
pub(super) async fn synchronize(cx: &Cx<'_, Cloud>, live: &Live) -> Result<Live, StepError> {
    let place = cx.cloud.target_slots.place(&live.gateway_id).await;
    let answer = cx
        .cloud
        .agentcore
        .synchronize_gateway_targets()
        .gateway_identifier(&live.gateway_id)
        .target_id_list(&live.target_id)
        .send()
        .await
        .map_err(|error| classify("SynchronizeGatewayTargets", error))?;
    let mut targets = answer.targets.unwrap_or_default().into_iter();
    let Some(target) = targets.find(|target| target.target_id == live.target_id) else {
        let message =
            format!("SynchronizeGatewayTargets answered without the target {}", live.name);
        return Err(StepError::new(Class::InDoubt, message));
    };
    let live = arrived(cx, Live::synchronized(&live.gateway_id, target)).await?;
    drop(place);
    attended(cx, live).await
}

/// Waits for the consent that a target came to need, where this process completes it. Else it is left waiting: a person may
/// need longer than a command should run. A target that waits takes no place of the gateway's.
pub(super) async fn attended(cx: &Cx<'_, Cloud>, live: Live) -> Result<Live, StepError> {
    if live.consent().is_some_and(|consent| cx.cloud.consent_desk.takes(&consent)) {
        return after_consent(cx, live).await;
    }
    Ok(live)
}

/// Waits until the target no longer waits for a consent, and then until it is at rest.
///
/// # Errors
/// What the service says, a target that is gone, a synchronization that failed after all, and a wait without end.
pub async fn after_consent(cx: &Cx<'_, Cloud>, live: Live) -> Result<Live, StepError> {
    let live = consent_ended(cx, live).await?;
    arrived(cx, live).await
}
