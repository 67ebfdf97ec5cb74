//! What stands between the wanted and the live client: lists are sets, and times count in their units.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{
    FeatureType, PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
};
use construct_engine::{Change, Diff};

use super::{ClientKind, GRACE_SECONDS, IDENTITY_SCOPES, Links, Live, Spec};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let fixed: Vec<Change> = [
        Change::between("ClientSecret", &live.has_secret, &spec.kind.has_secret()),
        links.and_then(|links| Change::between("UserPoolId", &live.pool_id, &links.pool_id)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !fixed.is_empty() {
        let reason =
            "a client keeps its pool, and whether it has a secret; people sign in again".to_owned();
        return Diff::Replace { reason, changes: fixed };
    }
    let mut changes: Vec<Change> = own(spec, live).into_iter().flatten().collect();
    changes.extend(links.into_iter().flat_map(|links| linked(spec.kind, links, live)).flatten());
    Diff::of(changes)
}

/// What the manifest alone decides.
fn own(spec: &Spec, live: &Live) -> Vec<Option<Change>> {
    let client = &live.client;
    let units = client.token_validity_units.as_ref();
    // Cognito's own units: hours for the short ones, days for the long one.
    let access = seconds(
        client.access_token_validity,
        units.and_then(TokenValidityUnitsType::access_token),
        HOUR,
    );
    let id =
        seconds(client.id_token_validity, units.and_then(TokenValidityUnitsType::id_token), HOUR);
    let wanted = Duration::from_secs(u64::from(spec.access_token_minutes) * MINUTE);
    let flow = match spec.kind {
        ClientKind::Editors | ClientKind::Portal => ["code"],
        ClientKind::Machine => ["client_credentials"],
    };
    let sign_in = match spec.kind {
        ClientKind::Editors => ["ALLOW_USER_SRP_AUTH"],
        ClientKind::Machine | ClientKind::Portal => ["ALLOW_REFRESH_TOKEN_AUTH"],
    };
    let flows = set(client.allowed_o_auth_flows().iter().map(AsRef::as_ref));
    let sign_ins = set(client.explicit_auth_flows().iter().map(AsRef::as_ref));
    let hides =
        client.prevent_user_existence_errors == Some(PreventUserExistenceErrorTypes::Enabled);
    let oauth = client.allowed_o_auth_flows_user_pool_client == Some(true);
    let revokes = client.enable_token_revocation == Some(true);
    let mut changes = vec![
        Change::between(
            "ClientName",
            &client.client_name().unwrap_or_default(),
            &spec.name.as_str(),
        ),
        Change::between("AccessTokenValidity", &access, &wanted),
        Change::between("IdTokenValidity", &id, &wanted),
        Change::between("AllowedOAuthFlows", &flows, &set(flow)),
        Change::between("ExplicitAuthFlows", &sign_ins, &set(sign_in)),
        Change::between("AllowedOAuthFlowsUserPoolClient", &oauth, &true),
        Change::between("PreventUserExistenceErrors", &hides, &true),
        Change::between("EnableTokenRevocation", &revokes, &true),
    ];
    if spec.kind.signs_people_in() {
        let unit = units.and_then(TokenValidityUnitsType::refresh_token);
        let refresh = seconds(Some(client.refresh_token_validity), unit, DAY);
        let days = Duration::from_secs(u64::from(spec.refresh_token_days) * DAY);
        let rotation = client.refresh_token_rotation.as_ref();
        let rotation = rotation.filter(|rotation| rotation.feature == FeatureType::Enabled);
        let grace =
            rotation.map(|rotation| rotation.retry_grace_period_seconds.unwrap_or_default());
        changes.push(Change::between("RefreshTokenValidity", &refresh, &days));
        let wanted_grace = (spec.kind == ClientKind::Editors).then_some(GRACE_SECONDS);
        changes.push(Change::between("RefreshTokenRotation", &grace, &wanted_grace));
    }
    changes
}

/// What other nodes decide.
fn linked(kind: ClientKind, links: &Links, live: &Live) -> [Option<Change>; 3] {
    let identity: &[&str] = match kind {
        ClientKind::Editors | ClientKind::Portal => &IDENTITY_SCOPES,
        ClientKind::Machine => &[],
    };
    let wanted = set(identity.iter().copied().chain(links.scopes.iter().map(String::as_str)));
    let scopes = set(live.client.allowed_o_auth_scopes().iter().map(String::as_str));
    let callbacks = set(live.client.callback_urls().iter().map(String::as_str));
    let wanted_callbacks = set(links.callback_urls.iter().map(String::as_str));
    let providers = set(live.client.supported_identity_providers().iter().map(String::as_str));
    let wanted_providers = set(links.identity_providers.iter().map(String::as_str));
    [
        Change::between("AllowedOAuthScopes", &scopes, &wanted),
        // A portal's comes after the client, from another node.
        Change::between("CallbackURLs", &callbacks, &wanted_callbacks)
            .filter(|_| kind != ClientKind::Portal),
        Change::between("SupportedIdentityProviders", &providers, &wanted_providers)
            .filter(|_| kind.signs_people_in()),
    ]
}

fn set<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    texts.into_iter().collect()
}

fn seconds(number: Option<i32>, unit: Option<&TimeUnitsType>, default: u64) -> Duration {
    let unit = match unit {
        Some(TimeUnitsType::Seconds) => 1,
        Some(TimeUnitsType::Minutes) => MINUTE,
        Some(TimeUnitsType::Hours) => HOUR,
        Some(TimeUnitsType::Days) => DAY,
        _ => default,
    };
    Duration::from_secs(u64::try_from(number.unwrap_or_default()).unwrap_or_default() * unit)
}

#[cfg(test)]
mod tests {
    use super::super::{UserPoolClient, Wanted, units};
    use super::*;
    use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
    use construct_engine::Step;

    fn spec(kind: ClientKind) -> Spec {
        let name = "acme-client-editors".to_owned();
        Spec { name, kind, access_token_minutes: 60, refresh_token_days: 30 }
    }

    fn links() -> Links {
        Links {
            pool_id: "us-west-2_a".into(),
            scopes: vec!["acme/invoke".into(), "acme/admin".into()],
            callback_urls: vec!["https://x/callback".into(), "https://x/connect/callback".into()],
            identity_providers: vec!["COGNITO".into(), "okta".into()],
        }
    }

    fn client(spec: &Spec) -> UserPoolClientType {
        let wanted = Wanted::of(spec, &links()).unwrap();
        UserPoolClientType::builder()
            .user_pool_id("us-west-2_a")
            .client_id("1abc")
            .client_name(&spec.name)
            .access_token_validity(wanted.minutes)
            .id_token_validity(wanted.minutes)
            .set_refresh_token_validity(wanted.days)
            .token_validity_units(units())
            .explicit_auth_flows(wanted.sign_in)
            .set_supported_identity_providers(wanted.identity_providers)
            .set_callback_urls(Some(links().callback_urls.into_iter().rev().collect()))
            .allowed_o_auth_flows(wanted.flow)
            .set_allowed_o_auth_scopes(Some(wanted.scopes.into_iter().rev().collect()))
            .allowed_o_auth_flows_user_pool_client(true)
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .enable_token_revocation(true)
            .set_refresh_token_rotation(wanted.rotation)
            .set_client_secret(spec.kind.has_secret().then(|| "s3cret".to_owned()))
            .build()
    }

    fn changed(diff: Diff) -> Vec<String> {
        match diff {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Replace { .. } => vec!["replace".to_owned()],
        }
    }

    #[test]
    fn what_was_made_from_the_spec_is_the_same_in_any_order() {
        for kind in [ClientKind::Editors, ClientKind::Machine, ClientKind::Portal] {
            let live = Live::of(Some(client(&spec(kind)))).unwrap();
            assert_eq!(UserPoolClient::diff(&spec(kind), Some(&links()), &live), Diff::Same);
            assert_eq!(UserPoolClient::diff(&spec(kind), None, &live), Diff::Same);
        }
    }

    #[test]
    fn the_secret_is_dropped_on_arrival() {
        let live = Live::of(Some(client(&spec(ClientKind::Machine)))).unwrap();
        assert!(live.has_secret && !format!("{live:?}").contains("s3cret"));
    }

    #[test]
    fn each_mutable_field_is_an_update_that_names_it() {
        let live = Live::of(Some(client(&spec(ClientKind::Editors)))).unwrap();
        let editors = spec(ClientKind::Editors);
        let renamed = Spec { name: "x".into(), ..editors.clone() };
        let longer = Spec { refresh_token_days: 31, ..editors.clone() };
        let shorter = Spec { access_token_minutes: 30, ..editors.clone() };
        assert_eq!(changed(diff(&renamed, None, &live)), ["ClientName"]);
        assert_eq!(changed(diff(&longer, None, &live)), ["RefreshTokenValidity"]);
        assert_eq!(
            changed(diff(&shorter, None, &live)),
            ["AccessTokenValidity", "IdTokenValidity"]
        );
        let fewer = Links { scopes: vec!["acme/invoke".into()], ..links() };
        let elsewhere = Links { callback_urls: vec!["https://y/callback".into()], ..links() };
        assert_eq!(changed(diff(&editors, Some(&fewer), &live)), ["AllowedOAuthScopes"]);
        assert_eq!(changed(diff(&editors, Some(&elsewhere), &live)), ["CallbackURLs"]);
        let alone = Links { identity_providers: vec!["COGNITO".into()], ..links() };
        let changes = changed(diff(&editors, Some(&alone), &live));
        assert_eq!(changes, ["SupportedIdentityProviders"]);
        let machine = Live::of(Some(client(&spec(ClientKind::Machine)))).unwrap();
        assert_eq!(diff(&spec(ClientKind::Machine), Some(&alone), &machine), Diff::Same);
    }

    #[test]
    fn drift_is_seen_and_units_are_not_drift() {
        let mut drifted = client(&spec(ClientKind::Editors));
        drifted.refresh_token_rotation = None;
        drifted.prevent_user_existence_errors = Some(PreventUserExistenceErrorTypes::Legacy);
        let live = Live::of(Some(drifted)).unwrap();
        let fields = ["PreventUserExistenceErrors", "RefreshTokenRotation"];
        assert_eq!(changed(diff(&spec(ClientKind::Editors), None, &live)), fields);
        let mut same = client(&spec(ClientKind::Editors));
        same.token_validity_units = None;
        (same.access_token_validity, same.id_token_validity) = (Some(1), Some(1));
        let live = Live::of(Some(same)).unwrap();
        assert_eq!(
            diff(&spec(ClientKind::Editors), None, &live),
            Diff::Same,
            "an hour is sixty minutes"
        );
    }

    #[test]
    fn the_callback_of_a_portal_is_not_its_client_s_affair() {
        let live = Live::of(Some(client(&spec(ClientKind::Portal)))).unwrap();
        let elsewhere = Links { callback_urls: vec!["https://y/callback".into()], ..links() };
        assert_eq!(diff(&spec(ClientKind::Portal), Some(&elsewhere), &live), Diff::Same);
        assert_eq!(changed(diff(&spec(ClientKind::Editors), None, &live)), ["replace"]);
    }

    #[test]
    fn another_kind_or_pool_replaces() {
        let live = Live::of(Some(client(&spec(ClientKind::Editors)))).unwrap();
        let moved = Links { pool_id: "us-west-2_b".into(), ..links() };
        assert_eq!(changed(diff(&spec(ClientKind::Machine), None, &live)), ["replace"]);
        assert_eq!(changed(diff(&spec(ClientKind::Editors), Some(&moved), &live)), ["replace"]);
    }
}
