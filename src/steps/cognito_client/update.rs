//! The whole client as it is sent: `UpdateUserPoolClient` puts back to its default what is left out.

use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
};
use construct_engine::{Change, Cx};

use super::{Live, Wanted};
use crate::cloud::Cloud;
use crate::steps::fields;

/// The live client with what is among `changes` as it is wanted.
pub(super) fn request(
    cx: &Cx<'_, Cloud>,
    live: Live,
    wanted: &Wanted,
    changes: &[Change],
) -> UpdateUserPoolClientFluentBuilder {
    let has = |field| fields::has(changes, field);
    let mut request = lifetimes(overlay(cx, live), wanted, changes);
    if has("ExplicitAuthFlows") {
        request = request.set_explicit_auth_flows(Some(vec![wanted.sign_in.clone()]));
    }
    if has("SupportedIdentityProviders") {
        request = request.set_supported_identity_providers(wanted.identity_providers.clone());
    }
    if has("CallbackURLs") {
        request = request.set_callback_urls(wanted.callback_urls.clone());
    }
    if has("AllowedOAuthFlows") {
        request = request.set_allowed_o_auth_flows(Some(vec![wanted.flow.clone()]));
    }
    if has("AllowedOAuthScopes") {
        request = request.set_allowed_o_auth_scopes(Some(wanted.scopes.clone()));
    }
    if has("AllowedOAuthFlowsUserPoolClient") {
        request = request.allowed_o_auth_flows_user_pool_client(true);
    }
    if has("PreventUserExistenceErrors") {
        let hidden = PreventUserExistenceErrorTypes::Enabled;
        request = request.prevent_user_existence_errors(hidden);
    }
    if has("EnableTokenRevocation") {
        request = request.enable_token_revocation(true);
    }
    if has("RefreshTokenRotation") {
        request = request.set_refresh_token_rotation(wanted.rotation.clone());
    }
    request
}

/// How long tokens live, each number with the unit that it counts in: what stays as it is keeps its own.
fn lifetimes(
    mut request: UpdateUserPoolClientFluentBuilder,
    wanted: &Wanted,
    changes: &[Change],
) -> UpdateUserPoolClientFluentBuilder {
    let has = |field| fields::has(changes, field);
    let live = request.get_token_validity_units().clone();
    let mut units = live.unwrap_or_else(|| TokenValidityUnitsType::builder().build());
    if has("AccessTokenValidity") {
        units.access_token = Some(TimeUnitsType::Minutes);
        request = request.access_token_validity(wanted.minutes);
    }
    if has("IdTokenValidity") {
        units.id_token = Some(TimeUnitsType::Minutes);
        request = request.id_token_validity(wanted.minutes);
    }
    if has("RefreshTokenValidity") {
        units.refresh_token = Some(TimeUnitsType::Days);
        request = request.set_refresh_token_validity(wanted.days);
    }
    let counted =
        units.access_token.is_some() || units.id_token.is_some() || units.refresh_token.is_some();
    request.set_token_validity_units(counted.then_some(units))
}

/// An update that changes nothing: the live client, whole.
pub(super) fn overlay(cx: &Cx<'_, Cloud>, live: Live) -> UpdateUserPoolClientFluentBuilder {
    let client = live.client;
    cx.cloud
        .cognito
        .update_user_pool_client()
        .user_pool_id(live.pool_id)
        .client_id(live.client_id)
        .set_client_name(client.client_name)
        .refresh_token_validity(client.refresh_token_validity)
        .set_access_token_validity(client.access_token_validity)
        .set_id_token_validity(client.id_token_validity)
        .set_token_validity_units(client.token_validity_units)
        .set_explicit_auth_flows(client.explicit_auth_flows)
        .set_supported_identity_providers(client.supported_identity_providers)
        .set_callback_urls(client.callback_urls)
        .set_allowed_o_auth_flows(client.allowed_o_auth_flows)
        .set_allowed_o_auth_scopes(client.allowed_o_auth_scopes)
        .set_allowed_o_auth_flows_user_pool_client(client.allowed_o_auth_flows_user_pool_client)
        .set_prevent_user_existence_errors(client.prevent_user_existence_errors)
        .set_enable_token_revocation(client.enable_token_revocation)
        .set_refresh_token_rotation(client.refresh_token_rotation)
        .set_read_attributes(client.read_attributes)
        .set_write_attributes(client.write_attributes)
        .set_logout_urls(client.logout_urls)
        .set_default_redirect_uri(client.default_redirect_uri)
        .set_analytics_configuration(client.analytics_configuration)
        .set_enable_propagate_additional_user_context_data(
            client.enable_propagate_additional_user_context_data,
        )
        .set_auth_session_validity(client.auth_session_validity)
}
