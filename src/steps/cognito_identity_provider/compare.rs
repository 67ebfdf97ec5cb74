//! What stands between the wanted and the live provider. What Cognito adds by itself is no difference.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Change, Diff};

use super::{Links, Live, Spec, USERNAME, identifiers};
use crate::steps::marks;

/// The detail that holds a metadata document.
const METADATA_FILE: &str = "MetadataFile";
/// The detail with the scopes, in any order.
const SCOPES: &str = "authorize_scopes";
/// Details that only the manifest gives: there without it, they were left behind.
const OPTIONAL: [&str; 3] = ["MetadataURL", METADATA_FILE, "RequestSigningAlgorithm"];

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let fixed: Vec<Change> = [
        Change::between("ProviderType", &live.protocol, &spec.protocol),
        links.and_then(|links| Change::between("UserPoolId", &live.pool_id, &links.pool_id)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !fixed.is_empty() {
        let reason = "an identity provider keeps its type and its pool".to_owned();
        return Diff::Replace { reason, changes: fixed };
    }
    let provider = &live.provider;
    let mut changes = detail_changes(spec, live);
    // Both sides show as words, never as a value.
    changes
        .extend(live.secret_differs.then(|| Change::new("client_secret", "another", "the given")));
    let mapping: BTreeMap<&str, &str> = provider
        .attribute_mapping()
        .into_iter()
        .flatten()
        .map(|(name, claim)| (name.as_str(), claim.as_str()))
        .filter(|(name, _)| *name != USERNAME || spec.attributes.contains_key(USERNAME))
        .collect();
    let wanted: BTreeMap<&str, &str> =
        spec.attributes.iter().map(|(name, claim)| (name.as_str(), claim.as_str())).collect();
    changes.extend(Change::between("AttributeMapping", &mapping, &wanted));
    let named: BTreeSet<String> = provider.idp_identifiers().iter().cloned().collect();
    changes.extend(Change::between(
        "IdpIdentifiers",
        &named,
        &identifiers(spec).into_iter().collect(),
    ));
    Diff::of(changes)
}

fn detail_changes(spec: &Spec, live: &Live) -> Vec<Change> {
    let there = live.provider.provider_details();
    let detail = |name: &str| there.and_then(|details| details.get(name)).map(String::as_str);
    let hidden = |name: &str| name == METADATA_FILE && detail(name).is_none();
    let other_source = detail("MetadataURL").is_some();
    let given = spec.details.iter().filter(|(name, _)| !hidden(name) || other_source);
    let given = given.filter_map(|(name, wanted)| {
        let live = detail(name).unwrap_or_default();
        // A switch that Cognito does not show is off.
        let live = if live.is_empty() && wanted == "false" { "false" } else { live };
        let same = match name.as_str() {
            SCOPES => words(live) == words(wanted),
            _ => live == wanted,
        };
        (!same).then(|| match name.as_str() {
            METADATA_FILE => Change::new(name, marks::digest(live), marks::digest(wanted)),
            _ => Change::new(name, live, wanted),
        })
    });
    let left =
        OPTIONAL.iter().filter(|name| !spec.details.contains_key(**name)).filter_map(|name| {
            let live = detail(name).filter(|value| !value.is_empty())?;
            let shown = if *name == METADATA_FILE { marks::digest(live) } else { live.to_owned() };
            Some(Change::new(*name, shown, ""))
        });
    given.chain(left).collect()
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::types::{IdentityProviderType, IdentityProviderTypeType};

    use super::super::{IdentityProvider, Protocol, mark};
    use super::*;
    use construct_engine::Step;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn oidc() -> Spec {
        Spec {
            name: "okta".into(),
            protocol: Protocol::Oidc,
            details: map(&[
                ("oidc_issuer", "https://idp.example.com"),
                ("client_id", "c"),
                ("authorize_scopes", "openid email"),
                ("attributes_request_method", "GET"),
            ]),
            client_secret: None,
            attributes: map(&[("email", "email")]),
            identifiers: vec!["example.com".into()],
        }
    }

    fn saml() -> Spec {
        Spec {
            name: "adfs".into(),
            protocol: Protocol::Saml,
            details: map(&[("MetadataFile", "<a/>"), ("IDPSignout", "false")]),
            client_secret: None,
            attributes: BTreeMap::new(),
            identifiers: Vec::new(),
        }
    }

    /// What Cognito makes of a spec: endpoints and a mapping of its own beside what was sent.
    fn live(spec: &Spec) -> Live {
        let mut details = spec.details.clone();
        details.insert("token_url".into(), "https://idp.example.com/token".into());
        details.insert("client_secret".into(), "s3cret".into());
        let mut attributes = spec.attributes.clone();
        attributes.insert("username".into(), "sub".into());
        let provider = IdentityProviderType::builder()
            .user_pool_id("us-west-2_a")
            .provider_name(&spec.name)
            .provider_type(match spec.protocol {
                Protocol::Oidc => IdentityProviderTypeType::Oidc,
                Protocol::Saml => IdentityProviderTypeType::Saml,
            })
            .set_provider_details(Some(details.into_iter().collect()))
            .set_attribute_mapping(Some(attributes.into_iter().collect()))
            .set_idp_identifiers(Some(identifiers(spec).into_iter().rev().collect()))
            .build();
        Live::of(Some(provider)).unwrap()
    }

    fn fields(diff: Diff) -> Vec<String> {
        match diff {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Replace { .. } => vec!["replace".to_owned()],
        }
    }

    #[test]
    fn what_was_made_from_the_spec_is_the_same() {
        for spec in [oidc(), saml()] {
            assert_eq!(IdentityProvider::diff(&spec, None, &live(&spec)), Diff::Same);
            let links = Links { pool_id: "us-west-2_a".into() };
            assert_eq!(IdentityProvider::diff(&spec, Some(&links), &live(&spec)), Diff::Same);
        }
    }

    #[test]
    fn the_secret_shows_nowhere() {
        let mut differing = live(&oidc());
        differing.secret_differs = true;
        let diff = IdentityProvider::diff(&oidc(), None, &differing);
        assert!(!format!("{differing:?} {diff:?}").contains("s3cret"));
        assert_eq!(fields(diff), ["client_secret"]);
    }

    #[test]
    fn each_mutable_field_is_an_update_that_names_it() {
        type Case = (&'static str, fn(&mut Spec));
        let cases: [Case; 4] = [
            ("client_id", |spec| drop(spec.details.insert("client_id".into(), "other".into()))),
            ("authorize_scopes", |spec| {
                drop(spec.details.insert("authorize_scopes".into(), "openid".into()));
            }),
            ("AttributeMapping", |spec| drop(spec.attributes.remove("email"))),
            ("IdpIdentifiers", |spec| spec.identifiers.clear()),
        ];
        for (field, change) in cases {
            let mut wanted = oidc();
            change(&mut wanted);
            assert_eq!(fields(IdentityProvider::diff(&wanted, None, &live(&oidc()))), [field]);
        }
        let mut order = oidc();
        order.details.insert("authorize_scopes".into(), "email openid".into());
        assert_eq!(IdentityProvider::diff(&order, None, &live(&oidc())), Diff::Same);
    }

    #[test]
    fn another_source_of_metadata_is_seen_and_a_hidden_one_is_not_missed() {
        let mut by_url = saml();
        by_url.details.remove("MetadataFile");
        by_url.details.insert("MetadataURL".into(), "https://idp.example.com/m".into());
        let changed = fields(IdentityProvider::diff(&by_url, None, &live(&saml())));
        assert_eq!(changed, ["MetadataURL", "MetadataFile"]);
        let mut hidden = live(&saml());
        hidden.provider.provider_details.as_mut().unwrap().remove("MetadataFile");
        assert_eq!(IdentityProvider::diff(&saml(), None, &hidden), Diff::Same);
        let changed = fields(IdentityProvider::diff(&saml(), None, &live(&by_url)));
        assert_eq!(changed, ["MetadataFile", "MetadataURL"]);
        let mut out = saml();
        out.details.insert("IDPSignout".into(), "true".into());
        assert_eq!(fields(IdentityProvider::diff(&out, None, &live(&saml()))), ["IDPSignout"]);
    }

    #[test]
    fn type_and_pool_replace_and_the_mark_is_an_identifier() {
        let other = Spec { protocol: Protocol::Saml, ..oidc() };
        assert_eq!(fields(IdentityProvider::diff(&other, None, &live(&oidc()))), ["replace"]);
        let moved = Links { pool_id: "us-west-2_b".into() };
        let moved = IdentityProvider::diff(&oidc(), Some(&moved), &live(&oidc()));
        assert_eq!(fields(moved), ["replace"]);
        assert!(live(&oidc()).is_marked());
        assert!(mark(&"x".repeat(30)).len() <= 40);
    }
}
