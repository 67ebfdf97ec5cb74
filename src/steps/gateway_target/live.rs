//! A target as the service answers it, in one shape for the three calls that do.

use aws_sdk_bedrockagentcorecontrol::operation::create_gateway_target::CreateGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway_target::UpdateGatewayTargetOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizationData, CertificateConfiguration, CredentialProviderConfiguration, GatewayTarget,
    MetadataConfiguration, PrivateEndpoint, TargetConfiguration, TargetStatus,
};
use construct_engine::Presence;

/// What a status means to construct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Usable, perhaps with the tools it had before a synchronisation failed.
    There,
    /// Made, but somebody has to consent first.
    NeedsConsent,
    /// Being made, changed or synchronised.
    Coming,
    /// Being removed.
    Going,
    /// Could not be made.
    Failed,
    /// Could not be changed or synchronised.
    NotChanged,
}

/// A target as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub(super) gateway_id: String,
    pub(super) target_id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) status: TargetStatus,
    pub(super) reasons: Vec<String>,
    pub(super) configuration: Option<TargetConfiguration>,
    pub(super) credentials: Vec<CredentialProviderConfiguration>,
    pub(super) metadata: Option<MetadataConfiguration>,
    pub(super) private_endpoint: Option<PrivateEndpoint>,
    pub(super) certificates: Option<Vec<CertificateConfiguration>>,
    pub(super) authorization_url: Option<String>,
    /// For whom the service asks for the consent: an id that it made up itself.
    pub(super) authorization_user: Option<String>,
    /// Whether it was waited for until it was at rest: somebody else's change is over, and had its tools read.
    pub(super) was_awaited: bool,
}

macro_rules! from_answer {
    ($(#[$doc:meta])* $name:ident, $answer:ty) => {
        $(#[$doc])*
        pub(super) fn $name(gateway_id: &str, answer: $answer) -> Self {
            let (authorization_url, authorization_user) = match answer.authorization_data {
                Some(AuthorizationData::Oauth2(data)) => (Some(data.authorization_url), data.user_id),
                _ => (None, None),
            };
            Self {
                gateway_id: gateway_id.to_owned(),
                target_id: answer.target_id,
                name: answer.name,
                description: answer.description,
                status: answer.status,
                reasons: answer.status_reasons.unwrap_or_default(),
                configuration: answer.target_configuration,
                credentials: answer.credential_provider_configurations,
                metadata: answer.metadata_configuration,
                private_endpoint: answer.private_endpoint,
                certificates: answer.certificate_configurations,
                authorization_url,
                authorization_user,
                was_awaited: false,
            }
        }
    };
}

impl Live {
    from_answer!(
        /// What Get answered.
        read, GetGatewayTargetOutput
    );
    from_answer!(
        /// What Create answered.
        created, CreateGatewayTargetOutput
    );
    from_answer!(
        /// What Update answered.
        updated, UpdateGatewayTargetOutput
    );
    from_answer!(
        /// What Synchronize answered of one target.
        synchronized, GatewayTarget
    );

    /// The gateway that it is in.
    pub fn gateway_id(&self) -> &str {
        &self.gateway_id
    }

    pub(super) fn phase(&self) -> Phase {
        match self.status {
            TargetStatus::Creating | TargetStatus::Updating | TargetStatus::Synchronizing => {
                Phase::Coming
            }
            TargetStatus::Deleting => Phase::Going,
            TargetStatus::CreatePendingAuth
            | TargetStatus::UpdatePendingAuth
            | TargetStatus::SynchronizePendingAuth => Phase::NeedsConsent,
            TargetStatus::Failed => Phase::Failed,
            TargetStatus::UpdateUnsuccessful | TargetStatus::SynchronizeUnsuccessful => {
                Phase::NotChanged
            }
            _ => Phase::There,
        }
    }

    pub(super) fn presence(self) -> Presence<Self> {
        match self.phase() {
            Phase::Coming | Phase::Going => Presence::Settling(self),
            Phase::There | Phase::NeedsConsent | Phase::Failed | Phase::NotChanged => {
                Presence::Ours(self)
            }
        }
    }

    /// The status with the service's reasons, for people.
    pub(super) fn says(&self) -> String {
        if self.reasons.is_empty() {
            format!("status {}", self.status)
        } else {
            format!("status {}: {}", self.status, self.reasons.join("; "))
        }
    }
}
