//! A pool's second factor: authenticator apps, which Cognito calls software tokens.

use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::types::{SoftwareTokenMfaConfigType, UserPoolMfaType};
use construct_engine::{Change, Cx, StepError};

use super::{Live, Spec};
use crate::cloud::{Cloud, classify};
use crate::manifest::Mfa;

const MODE: &str = "MfaConfiguration";
const SOFTWARE_TOKEN: &str = "SoftwareTokenMfaEnabled";

/// Whether `change` is one of [`changes`].
pub(super) fn is_about(change: &Change) -> bool {
    [MODE, SOFTWARE_TOKEN].contains(&change.field.as_str())
}

/// What stands between the wanted second factor and the live one.
pub(super) fn changes(spec: &Spec, live: &Live) -> impl Iterator<Item = Change> {
    let mode = spec.mfa.and_then(|wanted| {
        let live = live.pool.mfa_configuration.as_ref().unwrap_or(&UserPoolMfaType::Off);
        Change::between(MODE, &live.as_str(), &word(wanted).as_str())
    });
    let enabled = live
        .mfa
        .as_ref()
        .and_then(GetUserPoolMfaConfigOutput::software_token_mfa_configuration)
        .is_some_and(|token| token.enabled);
    let token = asks(spec).then(|| Change::between(SOFTWARE_TOKEN, &enabled, &true)).flatten();
    mode.into_iter().chain(token)
}

/// What `GetUserPoolMfaConfig` says, where the manifest asks for a second factor.
pub(super) async fn read(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
    id: &str,
) -> Result<Option<GetUserPoolMfaConfigOutput>, StepError> {
    if asks(spec) { get(cx, id).await.map(Some) } else { Ok(None) }
}

/// Sets the second factor. Other factors that people allowed stay, but with `off`, which ends them all.
pub(super) async fn set(cx: &Cx<'_, Cloud>, spec: &Spec, id: &str) -> Result<(), StepError> {
    let Some(wanted) = spec.mfa else { return Ok(()) };
    let request = cx.cloud.cognito.set_user_pool_mfa_config().user_pool_id(id);
    let mut request = request.mfa_configuration(word(wanted));
    if asks(spec) {
        let live = get(cx, id).await?;
        request = request
            .software_token_mfa_configuration(
                SoftwareTokenMfaConfigType::builder().enabled(true).build(),
            )
            .set_sms_mfa_configuration(live.sms_mfa_configuration)
            .set_email_mfa_configuration(live.email_mfa_configuration)
            .set_web_authn_configuration(live.web_authn_configuration);
    }
    request.send().await.map_err(|error| classify("SetUserPoolMfaConfig", error))?;
    Ok(())
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<GetUserPoolMfaConfigOutput, StepError> {
    let request = cx.cloud.cognito.get_user_pool_mfa_config().user_pool_id(id);
    request.send().await.map_err(|error| classify("GetUserPoolMfaConfig", error))
}

fn asks(spec: &Spec) -> bool {
    matches!(spec.mfa, Some(Mfa::Optional | Mfa::Required))
}

fn word(mfa: Mfa) -> UserPoolMfaType {
    match mfa {
        Mfa::Off => UserPoolMfaType::Off,
        Mfa::Optional => UserPoolMfaType::Optional,
        Mfa::Required => UserPoolMfaType::On,
    }
}
