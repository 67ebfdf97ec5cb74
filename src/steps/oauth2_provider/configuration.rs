//! The configuration of a provider as the API takes it, in another member for each vendor, and as it is compared.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::types::{
    AtlassianOauth2ProviderConfigInput, CredentialProviderVendorType,
    CustomOauth2ProviderConfigInput, GithubOauth2ProviderConfigInput,
    GoogleOauth2ProviderConfigInput, IncludedOauth2ProviderConfigInput,
    LinkedinOauth2ProviderConfigInput, MicrosoftOauth2ProviderConfigInput, Oauth2Discovery,
    Oauth2ProviderConfigInput, Oauth2ProviderConfigOutput, PrivateEndpoint,
    PrivateEndpointOverride, SalesforceOauth2ProviderConfigInput, SlackOauth2ProviderConfigInput,
};
use construct_engine::StepError;

use super::Spec;
use super::custom::Custom;
use crate::manifest::Vendor;
use crate::manifest::rules::Member;
use crate::steps::provider_secret::Sent;

/// The field of a client's id.
pub(super) const CLIENT_ID: &str = "clientId";

/// What a configuration says, field by field: in the service's words, for comparing and for a plan.
pub(super) type Shown = BTreeMap<&'static str, String>;

/// The service's name for `vendor`.
pub(super) fn vendor(vendor: Vendor) -> CredentialProviderVendorType {
    CredentialProviderVendorType::from(vendor.row().api)
}

/// What a live provider has that its manifest may not speak of, and that an update must send back.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Kept {
    pub(super) private_endpoint: Option<PrivateEndpoint>,
    pub(super) overrides: Option<Vec<PrivateEndpointOverride>>,
}

/// The whole configuration, the secret included.
///
/// # Errors
/// Never for what a manifest holds.
pub(super) fn input(
    spec: &Spec,
    secret: Sent,
    kept: Kept,
) -> Result<Oauth2ProviderConfigInput, StepError> {
    let settings = &spec.settings;
    macro_rules! input {
        ($input:ident, $variant:ident $(, $set:ident $value:expr)*) => {
            $input::builder()
                .client_id(&spec.client_id)
                .client_secret_source(secret.source)
                .set_client_secret(secret.value)
                .set_client_secret_config(secret.external)
                $(.$set($value))*
                .build()
                .map(Oauth2ProviderConfigInput::$variant)
                .map_err(|error| StepError::bug(error.to_string()))
        };
    }
    match spec.vendor.row().member {
        Member::Atlassian => {
            input!(AtlassianOauth2ProviderConfigInput, AtlassianOauth2ProviderConfig)
        }
        Member::Github => input!(GithubOauth2ProviderConfigInput, GithubOauth2ProviderConfig),
        Member::Google => input!(GoogleOauth2ProviderConfigInput, GoogleOauth2ProviderConfig),
        Member::Linkedin => input!(LinkedinOauth2ProviderConfigInput, LinkedinOauth2ProviderConfig),
        Member::Salesforce => {
            input!(SalesforceOauth2ProviderConfigInput, SalesforceOauth2ProviderConfig)
        }
        Member::Slack => input!(SlackOauth2ProviderConfigInput, SlackOauth2ProviderConfig),
        Member::Microsoft => input!(
            MicrosoftOauth2ProviderConfigInput,
            MicrosoftOauth2ProviderConfig,
            set_tenant_id settings.tenant_id.clone()
        ),
        Member::Included => input!(
            IncludedOauth2ProviderConfigInput,
            IncludedOauth2ProviderConfig,
            set_issuer settings.issuer.clone(),
            set_authorization_endpoint settings.authorization_endpoint.clone(),
            set_token_endpoint settings.token_endpoint.clone()
        ),
        Member::Custom => {
            let custom = Custom::wanted(settings, kept)?;
            Ok(Oauth2ProviderConfigInput::CustomOauth2ProviderConfig(
                CustomOauth2ProviderConfigInput::builder()
                    .set_client_id(Some(spec.client_id.clone()))
                    .client_secret_source(secret.source)
                    .set_client_secret(secret.value)
                    .set_client_secret_config(secret.external)
                    .set_oauth_discovery(custom.discovery)
                    .set_client_authentication_method(custom.method)
                    .set_private_key_jwt_config(custom.private_key_jwt)
                    .set_on_behalf_of_token_exchange_config(custom.on_behalf_of)
                    .set_private_endpoint(custom.kept.private_endpoint)
                    .set_private_endpoint_overrides(custom.kept.overrides)
                    .build(),
            ))
        }
    }
}

/// What `spec` says. What it leaves to the vendor is not in it.
pub(super) fn wanted(spec: &Spec) -> Shown {
    let settings = &spec.settings;
    let mut shown = Shown::from([(CLIENT_ID, spec.client_id.clone())]);
    if spec.vendor.is_custom() {
        let custom = Custom::wanted(settings, Kept::default());
        shown.extend(custom.map(|custom| custom.shown()).unwrap_or_default());
    }
    let plain = [
        ("issuer", &settings.issuer),
        ("authorizationEndpoint", &settings.authorization_endpoint),
        ("tokenEndpoint", &settings.token_endpoint),
        ("tenantId", &settings.tenant_id),
    ];
    shown.extend(plain.into_iter().filter_map(|(field, value)| Some((field, value.clone()?))));
    shown
}

/// What the service answers, and what of it an update must send back.
pub(super) fn live(output: Option<Oauth2ProviderConfigOutput>) -> (Shown, Kept) {
    use Oauth2ProviderConfigOutput as Output;
    macro_rules! plain {
        ($output:ident) => {
            (described($output.client_id, $output.oauth_discovery.as_ref()), Kept::default())
        };
    }
    match output {
        Some(Output::AtlassianOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::GithubOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::GoogleOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::IncludedOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::LinkedinOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::MicrosoftOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::SalesforceOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::SlackOauth2ProviderConfig(output)) => plain!(output),
        Some(Output::CustomOauth2ProviderConfig(output)) => {
            let client_id = output.client_id.clone();
            let custom = Custom::live(output);
            let mut shown = custom.shown();
            shown.insert(CLIENT_ID, client_id.unwrap_or_default());
            (shown, custom.kept)
        }
        _ => (Shown::new(), Kept::default()),
    }
}

fn described(client_id: Option<String>, discovery: Option<&Oauth2Discovery>) -> Shown {
    let mut shown = Shown::from([(CLIENT_ID, client_id.unwrap_or_default())]);
    if let Some(Oauth2Discovery::AuthorizationServerMetadata(server)) = discovery {
        shown.insert("issuer", server.issuer.clone());
        shown.insert("authorizationEndpoint", server.authorization_endpoint.clone());
        shown.insert("tokenEndpoint", server.token_endpoint.clone());
    }
    shown
}
